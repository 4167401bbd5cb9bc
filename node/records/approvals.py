"""Approvals: how several keys sign one payload.

What several must sign is one payload with its own id. Whoever signs the payload's own record approves it;
every further signer adds an `Approval` that names the payload. It holds once the named number of keys did.

One key may be a steward's of two communities. So an approval names the community that it speaks for, and
what several communities stand behind is approved by approvals alone: its own record says for nobody in
particular who signed it. Else one signature, given for one community, would count for the other as well.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from node.ids import CommunityId, PayloadId
from node.keys import PublicKey
from node.records.record import Record
from node.records.statement import Id, Statement


class Approval(Statement):
    """The signer, a steward of `community`, stands behind the payload named by `of` for that community."""

    kind: ClassVar[str] = "approval"
    of: Id
    community: Id


# Kinds of statements that several communities stand behind; every other kind speaks for one, which it names.
SHARED_KINDS: Final = frozenset({"founding", "membership", "petition"})


class Signatures:
    """Who stands behind which payload, read once from some records.

    An approval that cannot be read approves nothing.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._stated: dict[bytes, set[PublicKey]] = {}
        self._approved: dict[bytes, dict[bytes, set[PublicKey]]] = {}
        for record in records:
            if record.kind not in SHARED_KINDS:
                self._stated.setdefault(record.payload_id, set()).add(record.signer)
            for approval in Approval.among([record]):
                given = self._approved.setdefault(approval.of, {})
                given.setdefault(approval.community, set()).add(record.signer)

    def of(self, payload_id: PayloadId | bytes, community: CommunityId | bytes) -> frozenset[PublicKey]:
        """Return the keys that signed this payload, or an approval of it, for a community.

        Of a kind that speaks for one community, ask for that one.
        """
        approved = self._approved.get(payload_id, {}).get(community, ())
        return frozenset((*self._stated.get(payload_id, ()), *approved))

    def communities(self, payload_id: PayloadId | bytes) -> list[CommunityId]:
        """Return the communities for which somebody approved this payload, sorted."""
        return sorted(map(CommunityId, self._approved.get(payload_id, ())))
