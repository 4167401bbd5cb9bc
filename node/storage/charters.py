"""Charter records in a database."""

from sqlalchemy import bindparam, delete, select

from node.ids import ID_BYTES, CommunityId, RecordId
from node.storage import tables
from node.storage.database import Database
from node.storage.upserts import Upsert

_columns = tables.charters.c
_ADD = Upsert(tables.charters)
_DROP = delete(tables.charters).where(
    _columns.community == bindparam("of_community"), _columns.record == bindparam("of_record")
)
_OF = select(_columns.raw).where(_columns.community == bindparam("community")).order_by(_columns.record)
_COMMUNITIES = select(_columns.community).distinct().order_by(_columns.community)


class SqlCharters:
    """Keep the records that say who a community is: the port's CharterStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, community: CommunityId, record_id: RecordId, raw: bytes) -> bool:
        """Keep one charter record; False when it was held already."""
        assert len(community) == len(record_id) == ID_BYTES
        assert raw
        values = {"community": community, "record": record_id, "raw": raw}
        return self._database.upsert(_ADD, values)

    def drop(self, community: CommunityId, record_id: RecordId) -> None:
        """Keep one charter record no more; nothing happens when it is not held."""
        self._database.run(_DROP, [{"of_community": community, "of_record": record_id}])

    def of(self, community: CommunityId) -> list[bytes]:
        """Return the charter records of a community, sorted by record id."""
        return [row.raw for row in self._database.rows(_OF, {"community": community})]

    def communities(self) -> list[CommunityId]:
        """Return the communities whose charter is held, sorted."""
        return [CommunityId(row.community) for row in self._database.rows(_COMMUNITIES)]
