"""Petitions: what people of a community ask the federation to decide, and who supports it.

A person hands a petition in at their community, and its stewards sign it. Other communities support it by an
approval of the same payload. People support it at their own community, whose stewards state how many of them
do. When as many communities, and as many people, as the bylaws say stand behind it, it is due: the members
owe it a question. No record names a person, because nobody could take that back.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, ClassVar, Final

from pydantic import Field

from node.governance.proposals import Proposal
from node.ids import CommunityId, PayloadId
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from node.records import serials
from node.records.statement import Id, Nonce, Positive, Statement

# As many as a community can have people (sizes.py).
PEOPLE_MAX: Final = 10**9


class Petition(Statement):
    """People of a community ask that a question be put.

    Attributes:
        community: where it was handed in, whose stewards sign it; the first to stand behind it.
        title: the question, as it shall be put.
    """

    kind: ClassVar[str] = "petition"
    federation: Id
    community: Id
    title: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    text: Annotated[str, Field(max_length=TEXT_CHARS_MAX)]
    nonce: Nonce


class PetitionSupport(Statement):
    """The stewards of a community state how many of its people support a petition.

    Each community counts its own people, and answers for the number: others can only see that it is not above
    the community's size. That the community itself stands behind the petition is an approval, not this.

    Attributes:
        people: nothing takes an earlier number back.
        serial: the highest of a community about one petition counts.
    """

    kind: ClassVar[str] = "petition-support"
    federation: Id
    community: Id
    petition: Id
    people: Annotated[int, Field(ge=0, le=PEOPLE_MAX)]
    serial: Positive


def answers(proposal: Proposal, petition: Petition) -> bool:
    """Tell whether a question is the one that a petition asks for: in its words, and nothing beside them."""
    return (
        proposal.petition == petition.payload_id
        and (proposal.title, proposal.text) == (petition.title, petition.text)
        and proposal.method == "yes-no/1"
        and proposal.effect is None
    )


class State(StrEnum):
    """How far a petition has come."""

    GATHERING = "gathering"  # too few stand behind it yet
    DUE = "due"  # enough do, and nobody has put the question yet
    PUT = "put"


@dataclass(frozen=True, slots=True)
class Threshold:
    """Who must stand behind a petition, as the bylaws in force say.

    Attributes:
        communities: how many members.
        people: how many people of members; 0 where none are asked for.
        either: one of the two numbers is enough, where people are asked for.
    """

    communities: int
    people: int = 0
    either: bool = False

    @classmethod
    def of(cls, communities: int, share: Fraction, *, population: int, either: bool) -> "Threshold":
        """Return the threshold of a share of all people in communities whose size is stated."""
        # Of nobody at least one: a share of an unknown number is never reached by nothing.
        people = max(1, -(-population * share.numerator // share.denominator)) if share else 0
        return cls(communities, people, either)

    def reached(self, *, communities: int, people: int) -> bool:
        """Tell whether so many are enough."""
        by_communities, by_people = communities >= self.communities, people >= self.people
        if self.people == 0:
            return by_communities
        return by_communities or by_people if self.either else by_communities and by_people


@dataclass(frozen=True, slots=True)
class Standing:
    """A petition as the papers held tell of it.

    Attributes:
        supporters: members whose stewards stand behind it, sorted.
        people: members of whom some people support it, with how many, sorted by community.
        doubtful: members that state more supporters than they have people: counted as none.
        put: the questions put in answer to it, the first put first.
    """

    petition: Petition
    supporters: tuple[CommunityId, ...]
    people: tuple[tuple[CommunityId, int], ...]
    doubtful: tuple[tuple[CommunityId, int], ...]
    needed: Threshold
    put: tuple[PayloadId, ...]

    @property
    def people_in_all(self) -> int:
        """Return how many people support it."""
        return sum(number for _, number in self.people)

    @property
    def state(self) -> State:
        """Return how far it has come."""
        if self.put:
            return State.PUT
        enough = self.needed.reached(communities=len(self.supporters), people=self.people_in_all)
        return State.DUE if enough else State.GATHERING


def latest(stated: Iterable[PetitionSupport]) -> list[PetitionSupport]:
    """Return the statement that counts of each community about each petition, sorted."""
    return serials.latest(stated, lambda one: (one.petition, one.community))


def evaluate(
    petition: Petition,
    *,
    approvers: Iterable[CommunityId],
    stated: Iterable[PetitionSupport],
    members: Container[CommunityId],
    sizes: Mapping[CommunityId, int],
    needed: Threshold,
    proposals: Iterable[Proposal],
) -> Standing | None:
    """Return how a petition stands; None where it is nobody's: its own community does not stand behind it.

    Args:
        petition: what is asked.
        approvers: communities whose stewards signed or approved it.
        stated: what members' stewards state about how many of their people support it.
        members: of the federation; nobody else's support counts.
        sizes: of the members, as they give seats now; of a member without one nobody's support counts.
        needed: who must stand behind it, by the bylaws.
        proposals: questions put to the federation that are under way or decided.
    """
    supporters = tuple(sorted(one for one in approvers if one in members))
    if petition.community not in supporters:
        return None
    answering = [one for one in proposals if answers(one, petition)]
    told = [
        (CommunityId(one.community), one.people)
        for one in latest(stated)
        if (one.federation, one.petition) == (petition.federation, petition.payload_id)
        and one.community in members
        and one.people > 0
    ]
    return Standing(
        petition,
        supporters,
        tuple((one, number) for one, number in told if number <= sizes.get(one, 0)),
        tuple((one, number) for one, number in told if number > sizes.get(one, 0)),
        needed,
        tuple(one.id for one in sorted(answering, key=lambda one: (one.windows.opens, one.id))),
    )
