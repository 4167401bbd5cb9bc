"""Inserts that give way to the row already there, or write over it, as each database spells them."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.base import Executable


class Upsert:
    """Spell one insert for every database a store runs on.

    Args:
        table: where to insert.
        keys: the columns that a unique index covers; given, the row with the same keys is written over. Left
            out, any row that is in the way stays and nothing happens.
    """

    __slots__ = ("_spelled",)

    def __init__(self, table: Table, *keys: str) -> None:
        self._spelled: Final[Mapping[str, Executable]] = {
            "sqlite": _sqlite(table, keys),
            "postgresql": _postgresql(table, keys),
        }

    def spelled(self, dialect: str) -> Executable:
        """Return the statement for a database, named as SQLAlchemy names its dialects."""
        return self._spelled[dialect]


# Nobody asks for the number that a database gives a new row (`inline`), but whether there was one.
_COUNTED: Final = {"preserve_rowcount": True}


def _sqlite(table: Table, keys: tuple[str, ...]) -> Executable:
    statement = sqlite.insert(table).inline().execution_options(**_COUNTED)
    if not keys:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in _replaced(table, keys)}
    )


def _postgresql(table: Table, keys: tuple[str, ...]) -> Executable:
    statement = postgresql.insert(table).inline().execution_options(**_COUNTED)
    if not keys:
        return statement.on_conflict_do_nothing()
    return statement.on_conflict_do_update(
        index_elements=keys, set_={name: statement.excluded[name] for name in _replaced(table, keys)}
    )


def _replaced(table: Table, keys: tuple[str, ...]) -> list[str]:
    """Return the columns that are neither keys nor the number of the row."""
    return [column.name for column in table.columns if column.name not in keys and not column.primary_key]
