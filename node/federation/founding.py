"""The founding record: its payload id is the federation's id."""

from collections.abc import Callable, Iterable
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from node.federation.bylaws import Bylaws
from node.ids import CommunityId, FederationId
from node.records.record import Record
from node.records.statement import Id, Nonce, Statement

# Tells whether a community's stewards stand behind a payload, given the records at hand.
Approves = Callable[[CommunityId, bytes, Iterable[Record]], bool]

_FOUNDERS_MAX = 32


class Founding(Statement):
    """Some communities found a federation on these bylaws; it holds once all of them approved."""

    kind: ClassVar[str] = "founding"
    founders: Annotated[tuple[Id, ...], Field(min_length=1, max_length=_FOUNDERS_MAX)]
    bylaws: Bylaws
    nonce: Nonce

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.founders) != sorted(set(self.founders)):
            raise ValueError("founders must be sorted and different")
        if self.bylaws.admission.approvals > len(self.founders):
            raise ValueError(
                f"admission asks for {self.bylaws.admission.approvals} approvals, "
                f"so at least that many communities must found together, found {len(self.founders)}"
            )
        return self

    @property
    def federation(self) -> FederationId:
        """Return the id of the federation that this founds."""
        return FederationId(self.payload_id)


def missing_founders(founding: Founding, records: list[Record], approves: Approves) -> list[CommunityId]:
    """Return the founders whose approval is still awaited, sorted; none means that the federation holds."""
    return [
        CommunityId(founder)
        for founder in founding.founders
        if not approves(CommunityId(founder), founding.payload_id, records)
    ]
