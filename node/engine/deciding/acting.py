"""What a question with an effect does, and what of the papers that takes: values, and how they join.

Nothing is read here; enacting.py reads.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from node.federation.membership import Members
from node.governance.closing.phases import Facts, Phase, acts, phase
from node.governance.effects import Effect
from node.governance.proposals import Proposal, Roll
from node.ids import CommunityId, PayloadId


@dataclass(frozen=True, slots=True)
class Acting:
    """A question with an effect, and how far it has come.

    Attributes:
        phase: None where its roll is not held or does not stand.
        counted: nothing is certified about it, or that was counted again here.
        passed: a certified result says so.
        acts: it has its effect.
    """

    proposal: Proposal
    effect: Effect
    phase: Phase | None
    counted: bool
    passed: bool
    acts: bool

    @property
    def order(self) -> tuple[int, bytes]:
        """Return its place among the decisions: when its voting ended, then its id."""
        return (self.proposal.windows.closes, self.proposal.id)

    @property
    def since(self) -> int:
        """Return from when everybody could know that it has its effect, in seconds since 1970."""
        return self.proposal.windows.in_force_from


@dataclass(frozen=True, slots=True)
class Ground:
    """What of a federation its questions stand on.

    Attributes:
        federation: its id.
        rolls: the certified ones by id, the first first.
        ever: all that were members at some time.
        bylaws: the decisions that changed the bylaws, by id.
    """

    federation: bytes
    rolls: tuple[PayloadId, ...]
    ever: frozenset[CommunityId]
    bylaws: frozenset[bytes]

    @classmethod
    def of(cls, members: Members, rolls: Sequence[Roll]) -> Self:
        """Return what questions stand on with these members."""
        amendments = frozenset(one.id for one in members.amendments)
        named = tuple(one.payload_id for one in rolls)
        return cls(members.founding.federation, named, frozenset(members.ever), amendments)

    def extends(self, other: Self) -> bool:
        """Tell whether all of another is part of this."""
        return (
            self.federation == other.federation
            and self.rolls[: len(other.rolls)] == other.rolls
            and self.ever >= other.ever
            and self.bylaws >= other.bylaws
        )


@dataclass(frozen=True, slots=True)
class Told:
    """What the papers of one question say, leaving out what others say about it.

    Attributes:
        facts: None where its roll is not held or does not stand.
        stands: a certified result was counted again here and is not in dispute.
        verdict: what that says, empty without it.
        passed: it says that the question passed.
        let: the bylaws let it act by itself.
    """

    facts: Facts | None
    stands: bool = False
    verdict: str = ""
    passed: bool = False
    let: bool = False

    @property
    def incomplete(self) -> bool:
        """Tell whether something is certified that could not be counted again here."""
        return self.facts is not None and self.facts.certified and not self.stands

    @property
    def settled(self) -> bool:
        """Tell whether only more papers about this very question could change it."""
        facts = self.facts
        if facts is None:
            return False
        return facts.failed or facts.withdrawn or (self.stands and (not self.passed or acts(facts)))


def heard(decision: Proposal, appeals: Iterable[tuple[Proposal, Told]]) -> set[bool]:
    """Return what certified questions whether to annul a decision said: whether they passed."""
    return {told.passed for appeal, told in appeals if told.stands and appeal.annuls(decision)}


def with_appeals(proposal: Proposal, facts: Facts, said: set[bool]) -> Facts:
    """Return what is known of a question together with what others said about it."""
    if proposal.is_appeal:
        return facts  # Such a decision is final.
    return replace(facts, annulled=True in said, upheld=said == {False})


def joined(proposal: Proposal, effect: Effect, told: Told, said: set[bool]) -> Acting:
    """Put together what a question's papers say and what certified questions about it said."""
    if told.facts is None:
        return Acting(proposal, effect, None, counted=False, passed=False, acts=False)
    facts = with_appeals(proposal, told.facts, said)
    counted = told.stands or not told.facts.certified
    does = told.passed and told.stands and told.let and acts(facts)
    return Acting(proposal, effect, phase(facts), counted=counted, passed=told.passed, acts=does)
