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

    def get(self, drawer: str, key: bytes) -> bytes | None:
        """Return one value."""
        row = self._database.one(_GET, {"at_drawer": drawer, "at_key": key})
        return row.value if row is not None else None

    def put(self, drawer: str, key: bytes, value: bytes) -> None:
        """Write one value over its former one."""
        assert drawer
        self._database.upsert(_PUT, {"drawer": drawer, "key": key, "value": value})

    def remove(self, drawer: str, key: bytes) -> None:
        """Take one value out; nothing happens when it is not there."""
        self._database.run(_REMOVE, {"at_drawer": drawer, "at_key": key})

    def all(self, drawer: str) -> list[tuple[bytes, bytes]]:
        """Return the keys and values of a drawer, sorted by key."""
        return [(row.key, row.value) for row in self._database.rows(_ALL, {"at_drawer": drawer})]
