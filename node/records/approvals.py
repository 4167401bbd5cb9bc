"""Approvals: how several keys sign one payload.

What several must sign is one payload with its own id. Whoever signs the payload's own record approves it;
every further signer adds an `Approval` that names the payload. It holds once the named number of keys did.
"""

from collections.abc import Iterable
from typing import ClassVar

from node.errors import PeerError
from node.keys import PublicKey
from node.records.record import Record
from node.records.statement import Id, Statement


class Approval(Statement):
    """The signer stands behind the payload named by `of`."""

    kind: ClassVar[str] = "approval"
    of: Id


def signers(payload_id: bytes, records: Iterable[Record]) -> frozenset[PublicKey]:
    """Return the keys that signed this payload or an approval of it."""
    return frozenset(record.signer for record in records if _stands_behind(record, payload_id))


def _stands_behind(record: Record, payload_id: bytes) -> bool:
    if record.payload_id == payload_id:
        return True
    if record.kind != Approval.kind:
        return False
    try:
        return Approval.read(record).of == payload_id
    except PeerError:
        return False  # An approval that cannot be read approves nothing.
