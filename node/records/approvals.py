"""Approvals: how several keys sign one payload.

What several must sign is one payload with its own id. Whoever signs the payload's own record approves it;
every further signer adds an `Approval` that names the payload. It holds once the named number of keys did.
"""

from collections.abc import Iterable
from typing import ClassVar

from node.ids import PayloadId
from node.keys import PublicKey
from node.records.record import Record
from node.records.statement import Id, Statement


class Approval(Statement):
    """The signer stands behind the payload named by `of`."""

    kind: ClassVar[str] = "approval"
    of: Id


class Signatures:
    """Who stands behind which payload, read once from some records.

    An approval that cannot be read approves nothing.
    """

    def __init__(self, records: Iterable[Record]) -> None:
        self._signers: dict[bytes, set[PublicKey]] = {}
        for record in records:
            self._signers.setdefault(record.payload_id, set()).add(record.signer)
            for approval in Approval.among([record]):
                self._signers.setdefault(approval.of, set()).add(record.signer)

    def of(self, payload_id: PayloadId | bytes) -> frozenset[PublicKey]:
        """Return the keys that signed this payload or an approval of it."""
        return frozenset(self._signers.get(payload_id, ()))
