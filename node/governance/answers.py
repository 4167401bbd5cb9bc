"""What can stand on a ballot: a choice, or a vote split into equal parts that say different things; a reason.

Where the bylaws let seats split their votes they say into how many equal parts (`casting.parts`). All votes
are counted in these parts, whole ones and split ones, so that a count stays one of whole numbers. Whoever
follows a seat that splits its vote is split in the same way: a delegate who holds five votes and says three
fifths yes has three of the five say yes, however many more are lent to it before voting ends.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

from pydantic import Field

from node.errors import UserError
from node.governance.choices import Choice
from node.governance.proposals import PARTS_MAX, WHOLE_BALLOTS, Proposal
from node.governance.spending import is_budget
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.records.statement import Part, Positive


class Portion(Part):
    """So many of a vote's parts, and what they say: option numbers as a whole ballot has them."""

    parts: Annotated[int, Field(ge=1, lt=PARTS_MAX)]
    choice: Annotated[tuple[Positive, ...], Field(min_length=1, max_length=OPTIONS_PER_PROPOSAL_MAX)]


# A vote is not split into one portion, which would be a second spelling of a whole vote.
PORTIONS_MIN: Final = 2
Split = Annotated[tuple[Portion, ...], Field(max_length=PARTS_MAX)]


def check_shape(choice: Sequence[int], split: Sequence[Portion], *, follows: bool = False) -> None:
    """Check that a ballot says one thing, in its one spelling.

    Raises:
        ValueError: it says nothing, or several things, or a split vote in another order than by choices.
    """
    if [bool(choice), bool(split), follows].count(True) != 1:
        raise ValueError("a ballot makes a choice, or splits the vote, or names the seat that it follows")
    choices = [one.choice for one in split]
    if split and (len(split) < PORTIONS_MIN or choices != sorted(set(choices))):
        raise ValueError("a split vote says two things or more, all different, in ascending order")


def portions(choice: Sequence[int], split: Sequence[Portion], proposal: Proposal) -> Iterator[Portion]:
    """Yield the parts of a vote with what they say: of one that is not split all parts say the same."""
    whole = proposal.casting.parts
    if choice:
        yield Portion.model_construct(parts=whole, choice=tuple(choice))
    yield from split


def check_answer(proposal: Proposal, choice: Sequence[int], split: Sequence[Portion]) -> None:
    """Check that a choice or a split vote fits the question.

    Raises:
        UserError: the question's rules let no vote be split, or it does not add up; or as `check_choice`.
    """
    if not split:
        check_choice(proposal, choice)
        return
    whole = proposal.casting.parts
    if whole == 1:
        raise UserError(f"the ballot splits the seat's vote, {why_whole(proposal.method)}")
    if (found := sum(one.parts for one in split)) != whole:
        raise UserError(f"expected the parts of a split vote to add up to {whole}, found {found}")
    for one in split:
        check_choice(proposal, one.choice)


def why_whole(method: str) -> str:
    """Return, as the end of a sentence, why votes on a question cannot be split."""
    if method in WHOLE_BALLOTS:
        why = "Add1 gives something to each" if is_budget(method) else "its quota is a number of them"
        return f"and {method.removesuffix('/1')} counts whole ballots only: {why}"
    return "which this question's rules do not allow"


def check_choice(proposal: Proposal, choice: Sequence[int]) -> None:
    """Check that a choice fits the question.

    Raises:
        UserError: an option that is not on the paper, one named twice, or more than yes/no can hold.
    """
    count = len(Choice) if proposal.method == "yes-no/1" else len(proposal.options)
    for number in choice:
        if not 1 <= number <= count:
            raise UserError(f"expected options from 1 to {count}, found {number}")
    if len(set(choice)) != len(choice):
        raise UserError("expected each option at most once")
    if proposal.method == "yes-no/1" and len(choice) != 1:
        raise UserError("a yes/no question takes exactly one answer")
    if not choice:
        raise UserError("expected at least one option")


def check_reason(
    proposal: Proposal, choice: Sequence[int], reason: str, split: Sequence[Portion] = ()
) -> None:
    """Check that reasons stand where they belong, and where the question's rule asks for one.

    Raises:
        UserError: a reason in an election, or a block without one.
    """
    if proposal.rule is None:
        if reason:
            raise UserError("an election takes no reasons: they belong to a yes/no question")
        return
    block = list(Choice).index(Choice.BLOCK) + 1
    blocks = block in choice or any(block in one.choice for one in split)
    if proposal.rule.block_reasons and blocks and not reason.strip(" "):
        raise UserError("a block needs a reason: this question's rules ask for one")
