"""What a vote says, as it is written on the command line and shown: names, or `3:yes` for a part of it."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any, Final, TypeAlias

import typer

from node.cli import output
from node.errors import UserError
from node.governance.answers import PORTIONS_MIN, Portion
from node.governance.counting.methods import APPROVAL_METHODS
from node.governance.proposals import WHOLE_BALLOTS
from node.governance.spending import is_budget

SplitOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--split", metavar="N:CHOICE", help='N parts of the vote for this, such as "2:Ana > Ben"; repeat it.'
    ),
]


def read_ranking(words: list[str], options: list[str]) -> list[int]:
    """Return the numbers of the options that the words name, in the same order.

    An option is named by its number, its name, or the beginning of its name where only one begins so.

    Raises:
        UserError: a word names no option or several, or one is named twice.
    """
    choice = [_read_option(word, options) for word in words]
    for number in choice:
        if choice.count(number) > 1:
            raise UserError(f"expected each choice once, found {options[number - 1]!r} again")
    return choice


def _read_option(word: str, options: list[str]) -> int:
    folded = word.strip().casefold()
    names = [option.casefold() for option in options]
    exact = [place for place, name in enumerate(names, start=1) if name == folded]
    if len(exact) == 1:
        return exact[0]
    if folded.isascii() and folded.isdigit() and 1 <= int(folded) <= len(options):
        return int(folded)
    begun = [place for place, name in enumerate(names, start=1) if folded and name.startswith(folded)]
    if len(begun) == 1:
        return begun[0]
    listed = ", ".join(f"{place} {option}" for place, option in enumerate(options[:_OPTIONS_LISTED], start=1))
    more = ", …" if len(options) > _OPTIONS_LISTED else ""
    found = "none of them" if not begun else f"{len(begun)} of them"
    raise UserError(f"expected one of {listed}{more}; {word!r} fits {found}")


# An error is one line: more options than this would hide what it says.
_OPTIONS_LISTED: Final = 12


def read_answer(
    ranking: Sequence[str] | None, split: Sequence[str] | None, paper: dict[str, Any]
) -> tuple[list[int], tuple[Portion, ...]]:
    """Return the choice, or the parts of a vote that is split, that the words of a command say.

    Parts are made as fine as the question has them: `3:yes` and `2:no` of ten parts are six and four.

    Raises:
        UserError: neither or both are given, or what stands there fits no such paper.
    """
    if bool(ranking) == bool(split):
        raise UserError("expected either choices, or --split for each part of the vote")
    if ranking:
        return read_ranking(list(ranking), paper["options"]), ()
    assert split is not None
    read = [_portion(each, paper["options"]) for each in split]
    stated = sum(number for number, _ in read)
    whole = paper["parts"]
    if whole == 1:
        raise UserError(f"votes on “{paper['title']}” cannot be split: {_why_whole(paper['method'])}")
    if whole % stated:
        fitting = ", ".join(str(each) for each in range(PORTIONS_MIN, whole + 1) if whole % each == 0)
        raise UserError(
            f"expected parts that add up to a number that divides {whole} ({fitting}), found {stated} in all"
        )
    choices = [choice for _, choice in read]
    if len(read) < PORTIONS_MIN or any(choices.count(each) > 1 for each in choices):
        raise UserError("expected two parts or more that say different things")
    return [], tuple(
        Portion(parts=number * whole // stated, choice=choice)
        for number, choice in sorted(read, key=lambda each: each[1])
    )


def approves(method: str) -> bool:
    """Tell whether ballots of a method name what they approve, none before the other."""
    return method in APPROVAL_METHODS or is_budget(method)


def approved(words: Sequence[str] | None, paper: dict[str, Any]) -> list[str]:
    """Return what is approved one by one, where none goes before another.

    Raises:
        UserError: on this question the order says something.
    """
    if words and not approves(paper["method"]):
        raise UserError(
            f"expected choices, most wanted first: “{paper['title']}” is counted by {paper['method']}, found"
            " --approve, which is for budgets and committees"
        )
    return list(words or ())


def shown(split: Sequence[Portion], options: Sequence[str]) -> list[dict[str, Any]]:
    """Return the parts of a vote as answers of the node name them."""
    return [{"parts": one.parts, "chosen": [options[number - 1] for number in one.choice]} for one in split]


def in_words(chosen: Sequence[str], split: Sequence[dict[str, Any]]) -> str:
    """Return what a vote says in a line: its choice, or each part with what it says."""
    if not split:
        return ", ".join(chosen)
    whole = sum(one["parts"] for one in split)
    return "; ".join(f"{Fraction(one['parts'], whole)} {', '.join(one['chosen'])}" for one in split)


def show_parts(found: dict[str, Any]) -> None:
    """Say in what votes are counted, where they may be split."""
    if found["parts"] > 1:
        output.say(f"A seat may split its vote: each is counted as {found['parts']} parts.")


def _portion(written: str, options: list[str]) -> tuple[int, tuple[int, ...]]:
    number, colon, said = written.partition(":")
    number = number.strip()
    if not colon or not (number.isascii() and number.isdigit()) or not 0 < len(number) < 4 or int(number) < 1:
        raise UserError(f"expected a part of the vote such as 3:yes, found {written!r}")
    return int(number), tuple(read_ranking([word.strip() for word in said.split(">")], options))


def _why_whole(method: str) -> str:
    if f"{method}/1" in WHOLE_BALLOTS:
        return f"{method} counts whole ballots only"
    return "the federation's bylaws let no vote be split (`casting.parts`)"
