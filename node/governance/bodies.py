"""Who holds the places of a body: a function of the elections that filled it and of who stepped down.

Nobody writes down who holds a place. Each place goes by the newest election that names it and whose term has
begun; whoever was elected, in the order of election, takes the places in their order. Where a holder has
stepped down the next deputy follows: whoever was elected beyond the places, in the order of election. Without
a deputy, and after the term, the place is vacant. No order of arrival matters: what counts is the set of
resignations.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from node.governance.proposals import Proposal
from node.ids import PayloadId
from node.keys import PublicKey
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.records.record import Record
from node.records.statement import Id, Statement


class Resignation(Statement):
    """Someone elected steps down: signed with the key that the election names for that option, once for all.

    Attributes:
        proposal: the election; whoever is elected again by another one holds that place.
        option: the number of the option, from 1.
    """

    kind: ClassVar[str] = "resignation"
    federation: Id
    proposal: Id
    option: Annotated[int, Field(ge=1, le=OPTIONS_PER_PROPOSAL_MAX)]


@dataclass(frozen=True, slots=True)
class Election:
    """A decided election that fills places of a body.

    Attributes:
        elected: numbers of options, in the order of election.
        resigned: numbers of options that stepped down.
    """

    proposal: Proposal
    elected: tuple[int, ...]
    resigned: frozenset[int] = frozenset()

    @property
    def precedence(self) -> tuple[int, int, PayloadId]:
        """Return what says which of two elections for one place is the newer."""
        assert self.proposal.fills is not None
        return (self.proposal.fills.starts, self.proposal.windows.opens, self.proposal.id)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a place, or stands by to follow.

    Attributes:
        key: with which this person may step down; None for who gave none.
        followed: whether this person was elected as a deputy and moved up.
    """

    option: int
    name: str
    key: PublicKey | None
    followed: bool


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a body.

    Attributes:
        holder: None while it is vacant.
        election: the one that the place goes by; None where none has filled it yet.
        stepped_down: whether somebody whom that election put here stepped down.
        is_over: whether the term of that election has ended.
    """

    number: int
    holder: Holder | None
    election: Election | None
    stepped_down: bool = False
    is_over: bool = False


def resigned(proposal: Proposal, records: Iterable[Record]) -> frozenset[int]:
    """Return the options of an election that stepped down, each by its own key."""
    filling = proposal.fills
    if filling is None:
        return frozenset()
    return frozenset(
        said.option
        for one in records
        for said in Resignation.among([one])
        if said.proposal == proposal.id
        and said.federation == proposal.federation
        and said.option <= len(filling.keys)
        and filling.keys[said.option - 1] == one.signer
    )


def standing(elections: Sequence[Election], *, places: int, now: int) -> list[Place]:
    """Return the places of a body by number, as they are held at a time (seconds since 1970).

    Args:
        elections: all that were decided for this body.
        places: how many places it has; a place beyond shows only while an election fills it.
        now: the reader's time.
    """
    newest: dict[int, Election] = {}
    for election in sorted(elections, key=lambda one: one.precedence):
        filling = election.proposal.fills
        assert filling is not None
        # Where nobody voted nobody is elected, and nobody has to go.
        if filling.starts <= now and election.elected:
            newest.update(dict.fromkeys(filling.places, election))
    found = {number: Place(number, None, None) for number in range(1, places + 1)}
    for election in {id(one): one for one in newest.values()}.values():
        for place in _of(election, {n for n, one in newest.items() if one is election}, now):
            if place.number <= places or not place.is_over:
                found[place.number] = place
    return [found[number] for number in sorted(found)]


def deputies(election: Election, taken: Iterable[Place]) -> list[Holder]:
    """Return who would follow next, in order: elected beyond the places, not moved up, not stepped down."""
    assert election.proposal.fills is not None
    moved = {place.holder.option for place in taken if place.holder is not None}
    beyond = election.elected[len(election.proposal.fills.places) :]
    return [
        _holder(election, option, followed=False)
        for option in beyond
        if option not in election.resigned and option not in moved
    ]


def _of(election: Election, numbers: set[int], now: int) -> list[Place]:
    """Return the places that go by one election."""
    filling = election.proposal.fills
    assert filling is not None
    if filling.ends <= now:
        return [Place(number, None, election, is_over=True) for number in sorted(numbers)]
    following = iter([one for one in election.elected[len(filling.places) :] if one not in election.resigned])
    made = []
    for number, option in zip(filling.places, _elected(election), strict=True):
        if number not in numbers:
            continue
        stepped_down = option in election.resigned
        follower = next(following, None) if stepped_down else None
        holder = option if not stepped_down else follower
        made.append(
            Place(
                number,
                _holder(election, holder, followed=stepped_down) if holder is not None else None,
                election,
                stepped_down,
            )
        )
    return made


def _elected(election: Election) -> list[int | None]:
    """Return for each place whom the election put there; None where fewer were elected than there are."""
    assert election.proposal.fills is not None
    count = len(election.proposal.fills.places)
    first: list[int | None] = list(election.elected[:count])
    return first + [None] * (count - len(first))


def _holder(election: Election, option: int, *, followed: bool) -> Holder:
    filling = election.proposal.fills
    assert filling is not None
    key = filling.keys[option - 1]
    return Holder(option, election.proposal.options[option - 1], PublicKey(key) if key else None, followed)
