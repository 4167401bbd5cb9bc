"""The founding record: its payload id is the federation's id.

A founding may name the federation that it follows. That gives it nothing of the other one's: neither members
nor decisions nor a say in them. It is a claim, and how far the other one's members stand behind it can be
told by whoever holds their papers (following.py).
"""

from typing import Annotated, ClassVar, Protocol, Self

from pydantic import Field, model_validator

from node import canonical
from node.federation import bylaws
from node.federation.bylaws import Bylaws
from node.ids import CommunityId, FederationId
from node.records.approvals import Signatures
from node.records.statement import Id, Nonce, Part, Statement


class Stewards(Protocol):
    """What must be known of communities to say who stands behind a payload."""

    def approves(self, community_id: CommunityId, payload_id: bytes, signatures: Signatures) -> bool:
        """Tell whether a community's stewards stand behind a payload."""
        ...

    def approvers(self, payload_id: bytes, signatures: Signatures) -> set[CommunityId]:
        """Return all communities whose stewards stand behind a payload."""
        ...


# How many may found one: each must approve, and whoever does not holds all others up.
FOUNDERS_MAX = 32


class Predecessor(Part):
    """The federation that another one says it follows.

    Attributes:
        roll: the last of its certified rolls, by payload id, from which the founders start; the federation's
            own id where it had none.
    """

    federation: Id
    roll: Id


class Founding(Statement):
    """Some communities found a federation on these bylaws; it holds once all of them approved.

    Attributes:
        follows: left out of the payload where it follows none, so that such a founding has one spelling.
    """

    kind: ClassVar[str] = "founding"
    founders: Annotated[tuple[Id, ...], Field(min_length=1, max_length=FOUNDERS_MAX)]
    bylaws: Bylaws
    nonce: Nonce
    follows: Predecessor | None = None

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

    def encode(self) -> bytes:
        """Return the canonical bytes of the payload."""
        fields = {**self.model_dump(), "bylaws": bylaws.spelled(self.bylaws)}
        if self.follows is None:
            del fields["follows"]
        return canonical.encode(fields)

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
