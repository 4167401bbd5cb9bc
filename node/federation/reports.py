"""Reports: what a member's steward tells the stewards of a federation about a listing or a community.

A report is an opinion with a name under it. It decides nothing and hides nothing: each node's steward reads
it and does what seems right there. A set of records only grows, so whoever takes a report back states that
too, and both are kept.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field

from node.ids import CommunityId, PayloadId
from node.keys import PublicKey
from node.records.record import Record
from node.records.statement import Id, Natural, Nonce, Statement

# A screen of a phone: who has more to say writes to the other stewards.
REPORT_TEXT_CHARS_MAX = 1_000

# Why something is reported; what none of them names is said in the text.
Reason = Literal["spam", "wrong", "harmful", "illegal", "impersonation", "other"]


class Report(Statement):
    """A steward of a member community reports something to the federation's stewards.

    Attributes:
        community: on whose behalf the signer speaks.
        about: the id of a document or of a community.
        hours: when it was written by its author's clock, in whole hours since 1970; for people only.
        nonce: tells a report apart from an equal one that was withdrawn.
    """

    kind: ClassVar[str] = "report"
    federation: Id
    community: Id
    about: Id
    reason: Reason
    text: Annotated[str, Field(max_length=REPORT_TEXT_CHARS_MAX)]
    hours: Natural
    nonce: Nonce


class Withdrawal(Statement):
    """The community that made a report takes it back; `report` is the payload id of that report."""

    kind: ClassVar[str] = "report-withdrawal"
    federation: Id
    community: Id
    report: Id


# Tells whether a key is one of a community's steward keys.
IsSteward: TypeAlias = Callable[[CommunityId, PublicKey], bool]


@dataclass(frozen=True, slots=True)
class Told:
    """A report that holds.

    Attributes:
        signers: the steward keys that stated it, sorted.
        withdrawn: whether its community took it back.
    """

    id: PayloadId
    report: Report
    signers: tuple[PublicKey, ...]
    withdrawn: bool


def evaluate(
    federation: bytes, records: Iterable[Record], members: Container[CommunityId], is_steward: IsSteward
) -> list[Told]:
    """Return the reports that members' stewards made to a federation, newest first, then by id.

    One steward's word is enough, whatever the community's threshold: a report binds nobody. It holds while
    its community is a member and its signer a steward.
    """

    def holds(said: Report | Withdrawal, signer: PublicKey) -> bool:
        author = CommunityId(said.community)
        return said.federation == federation and author in members and is_steward(author, signer)

    made: dict[PayloadId, tuple[Report, set[PublicKey]]] = {}
    withdrawn: set[tuple[bytes, bytes]] = set()
    for one in records:
        for report in Report.among([one]):
            if holds(report, one.signer):
                made.setdefault(one.payload_id, (report, set()))[1].add(one.signer)
        for withdrawal in Withdrawal.among([one]):
            if holds(withdrawal, one.signer):
                withdrawn.add((withdrawal.report, withdrawal.community))
    found = [
        Told(payload, report, tuple(sorted(signers)), (payload, report.community) in withdrawn)
        for payload, (report, signers) in made.items()
    ]
    return sorted(found, key=lambda told: (-told.report.hours, told.id))
