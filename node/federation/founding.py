"""The founding record: its payload id is the federation's id."""

from typing import Annotated, ClassVar, Protocol, Self

from pydantic import Field, model_validator

from node.federation.bylaws import Bylaws
from node.ids import CommunityId, FederationId
from node.records.approvals import Signatures
from node.records.statement import Id, Nonce, Statement


class Stewards(Protocol):
    """What must be known of communities to say who stands behind a payload."""

    def approves(self, community_id: CommunityId, payload_id: bytes, signatures: Signatures) -> bool:
        """Tell whether a community's stewards stand behind a payload."""
        ...

    def approvers(self, payload_id: bytes, signatures: Signatures) -> set[CommunityId]:
        """Return all communities whose stewards stand behind a payload."""
        ...


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


def missing_founders(founding: Founding, signatures: Signatures, stewards: Stewards) -> list[CommunityId]:
    """Return the founders whose approval is still awaited, sorted; none means that the federation holds."""
    return [
        CommunityId(founder)
        for founder in founding.founders
        if not stewards.approves(CommunityId(founder), founding.payload_id, signatures)
    ]
