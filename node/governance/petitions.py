"""Petitions: what people of a community ask the federation to decide, and who supports it.

A person hands a petition in at their community, and its stewards sign it. Other communities support it by an
approval of the same payload. When as many members as the bylaws say stand behind it, it is due: the members
owe it a question. The record names no person, because nobody could take that back.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from node.governance.proposals import Proposal
from node.ids import CommunityId, PayloadId
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from node.records.statement import Id, Nonce, Statement


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
class Standing:
    """A petition as the papers held tell of it.

    Attributes:
        supporters: members whose stewards stand behind it, sorted.
        put: the questions put in answer to it, the first put first.
    """

    petition: Petition
    supporters: tuple[CommunityId, ...]
    needed: int
    put: tuple[PayloadId, ...]

    @property
    def state(self) -> State:
        """Return how far it has come."""
        if self.put:
            return State.PUT
        return State.DUE if len(self.supporters) >= self.needed else State.GATHERING


def evaluate(
    petition: Petition,
    *,
    approvers: Iterable[CommunityId],
    members: Container[CommunityId],
    needed: int,
    proposals: Iterable[Proposal],
) -> Standing | None:
    """Return how a petition stands; None where it is nobody's: its own community does not stand behind it.

    Args:
        petition: what is asked.
        approvers: communities whose stewards signed or approved it.
        members: of the federation; nobody else's support counts.
        needed: how many must stand behind it, by the bylaws.
        proposals: questions put to the federation that are under way or decided.
    """
    supporters = tuple(sorted(one for one in approvers if one in members))
    if petition.community not in supporters:
        return None
    answering = [one for one in proposals if answers(one, petition)]
    return Standing(
        petition,
        supporters,
        needed,
        tuple(one.id for one in sorted(answering, key=lambda one: (one.windows.opens, one.id))),
    )
