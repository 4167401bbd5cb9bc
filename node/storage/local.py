"""What only this node knows, in a database."""

from sqlalchemy import bindparam, delete, select

from node.storage import tables
from node.storage.database import Database
from node.storage.upserts import Upsert

_columns = tables.local.c
_at = (_columns.drawer == bindparam("at_drawer"), _columns.key == bindparam("at_key"))
_GET = select(_columns.value).where(*_at)
_PUT = Upsert(tables.local, "drawer", "key")
_REMOVE = delete(tables.local).where(*_at)
_ALL = (
    select(_columns.key, _columns.value)
    .where(_columns.drawer == bindparam("at_drawer"))
    .order_by(_columns.key)
)


class SqlLocal:
    """Keep neighbours' addresses, invitations, settings: the port's LocalStore."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Written in this transaction and not yet sent to the database, None for what was taken out: many go
        # in one statement, and what comes and goes within one transaction costs the database nothing.
        self._pending: dict[tuple[str, bytes], bytes | None] = {}

    def get(self, drawer: str, key: bytes) -> bytes | None:
        """Return one value."""
        if (drawer, key) in self._pending:
            return self._pending[drawer, key]
        row = self._database.one(_GET, {"at_drawer": drawer, "at_key": key})
        return row.value if row is not None else None

    def put(self, drawer: str, key: bytes, value: bytes) -> None:
        """Write one value over its former one; the database has it after `flush`."""
        assert drawer
        self._pending[drawer, key] = value

    def remove(self, drawer: str, key: bytes) -> None:
        """Take one value out; nothing happens when it is not there."""
        self._pending[drawer, key] = None

    def all(self, drawer: str) -> list[tuple[bytes, bytes]]:
        """Return the keys and values of a drawer, sorted by key."""
        self.flush()
        return [(row.key, row.value) for row in self._database.rows(_ALL, {"at_drawer": drawer})]

    def flush(self) -> None:
        """Send what was written to the database, before it commits or is asked about a whole drawer."""
        if not self._pending:
            return
        written, removed = [], []
        for (drawer, key), value in sorted(self._pending.items(), key=lambda one: one[0]):
            if value is None:
                removed.append({"at_drawer": drawer, "at_key": key})
            else:
                written.append({"drawer": drawer, "key": key, "value": value})
        if removed:
            self._database.change_all(_REMOVE, removed)
        if written:
            self._database.upsert_all(_PUT, written)
        self._pending.clear()

    def forget(self) -> None:
        """Drop what was not sent: the transaction was rolled back."""
        self._pending.clear()
