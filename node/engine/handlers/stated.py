"""Statements with a serial that a community's stewards make: those held, those that hold, and making one.

A community of several stewards states something once enough of them signed the same payload. Whoever states
what another steward stated and what waits for a second signature signs that one, instead of a rival.
"""

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from node.engine.desk import Desk
from node.engine.drafts import Draft, carry
from node.ids import CommunityId, PayloadId
from node.records.approvals import Approval
from node.records.statement import Statement


class Serial(Protocol):
    """What such a statement has."""

    @property
    def community(self) -> bytes:
        """Return whose stewards say it."""
        ...

    @property
    def serial(self) -> int:
        """Return its number: the highest counts."""
        ...

    @property
    def payload_id(self) -> PayloadId:
        """Return the id that approvals name."""
        ...


Form = TypeVar("Form", bound=Statement)
Numbered = TypeVar("Numbered", bound=Serial)


def held(form: type[Form], scope: str, subject: bytes, desk: Desk) -> list[Form]:
    """Return what is stated about something, whether enough stewards signed it or not."""
    return form.among(desk.questions.about(scope, form.kind, subject))


def holding(known: Iterable[Numbered], kind: str, scope: str, desk: Desk) -> list[Numbered]:
    """Return the statements that enough of their community's stewards signed."""
    found = []
    for one in known:
        first, *_ = desk.questions.with_payload(scope, kind, one.payload_id)
        signatures = desk.questions.signatures(scope, first)
        if desk.registry.approves(CommunityId(one.community), one.payload_id, signatures):
            found.append(one)
    return found


def next_serial(own: Iterable[Serial]) -> int:
    """Return the number after those that hold."""
    return max((one.serial for one in own), default=0) + 1


def state(
    made: Form, known: Iterable[Form], desk: Desk, *, alike: Callable[[Form, Form], bool] | None = None
) -> Draft:
    """Return what a steward publishes to state something: its own record, or an approval of what waits.

    Args:
        made: what the steward says, with the number after what holds.
        known: what is held about the same.
        desk: whose steward states it.
        alike: tells whether two say the same; without it, whether they are equal.
    """
    steward = desk.steward()
    for one in known:
        if alike(one, made) if alike is not None else one == made:
            return carry(Approval(of=one.payload_id, community=desk.own).sign(steward))
    return carry(made.sign(steward))
