"""What may still be said about a question once it is put: taken back, reviewed, let stand.

A review must be asked for in time, and nobody's clock but the witnesses' says what was in time: when the time
is over by its clock, each witness signs which requests it held. A decision stands unreviewed once as many
witnesses as certify said that there were none. So whether a decision is in force follows from papers alone,
the same on every node and for ever.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from node.governance.closing.quorum import Quorum
from node.limits import TEXT_CHARS_MAX
from node.records.statement import Id, Statement

# Each community of the largest federation may ask once.
REQUESTS_MAX = 1_000


class Withdraw(Statement):
    """The stewards of a question's proposer take it back; it needs a certificate, as a result does."""

    kind: ClassVar[str] = "withdrawal"
    proposal: Id


class ReviewRequest(Statement):
    """The stewards of a community ask that a certified result be looked at again.

    Attributes:
        result: the decision's id, so that a request is about what was decided and not about the question.
    """

    kind: ClassVar[str] = "review-request"
    proposal: Id
    community: Id
    result: Id
    reason: Annotated[str, Field(min_length=1, max_length=TEXT_CHARS_MAX)]


class ReviewEnd(Statement):
    """A witness's time for asking is over; these requests had come in by then. Signed once a decision.

    Attributes:
        requests: payload ids, sorted; none where too few communities asked for a review to open.
        contested: contested ballots could change the outcome, so a review opens by itself.
    """

    kind: ClassVar[str] = "review-end"
    proposal: Id
    witness: Id
    result: Id
    requests: Annotated[tuple[Id, ...], Field(max_length=REQUESTS_MAX)]
    contested: bool

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.requests) != sorted(set(self.requests)):
            raise ValueError("the requests must be sorted and different")
        return self

    @property
    def clear(self) -> bool:
        """Tell whether nothing speaks against letting the decision stand."""
        return not self.requests and not self.contested


# The kinds of record that are signed about a question beside its closing.
KINDS = (Withdraw.kind, ReviewRequest.kind, ReviewEnd.kind)


@dataclass(frozen=True, slots=True)
class Review:
    """How far the review of a certified decision has come.

    Attributes:
        requests: those that hold, one a community, sorted by payload id.
        opened: enough communities asked, or contested ballots could change the outcome.
        over: so many witnesses let it stand that nobody can ask any more.
    """

    requests: tuple[ReviewRequest, ...]
    opened: bool
    over: bool


def read(
    result: bytes,
    quorum: Quorum,
    ends: Iterable[ReviewEnd],
    requests: Sequence[ReviewRequest],
    *,
    needed: int,
    contested: bool,
) -> Review:
    """Return how far the review of a result has come.

    Args:
        result: the decision's id.
        quorum: of its closing.
        ends: by the devices that the roll pins for their witnesses.
        requests: signed by their communities' stewards, of communities that may ask.
        needed: how many communities must ask.
        contested: contested ballots could change the outcome.
    """
    first: dict[bytes, ReviewRequest] = {}
    for one in sorted(requests, key=lambda each: each.payload_id):
        if one.result == result:
            first.setdefault(one.community, one)
    clear = {one.witness for one in ends if one.result == result and one.clear}
    standing = tuple(sorted(first.values(), key=lambda each: each.payload_id))
    return Review(
        requests=standing,
        opened=contested or len(standing) >= needed,
        over=len(clear) >= quorum.needed,
    )
