"""Statements as SQLite's own text, for what is hot enough to go to the driver past SQLAlchemy.

Each is spelled once and remembered. Knows no table; carries nothing out (database.py does).
"""

from functools import cache

from sqlalchemy import Table, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement


@cache
def positional(statement: ClauseElement, columns: tuple[str, ...] | None) -> tuple[str, tuple[str, ...]]:
    """Return a statement as SQLite's text, and the names of its values in the order of their places.

    Args:
        statement: without values of its own.
        columns: those that an insert fills; None for an update or a deletion, which name their own.
    """
    compiled = statement.compile(
        dialect=sqlite.dialect(), column_keys=list(columns) if columns is not None else None
    )
    assert isinstance(compiled, SQLCompiler)
    assert compiled.positiontup is not None
    return str(compiled), tuple(compiled.positiontup)


@cache
def question(statement: ClauseElement) -> tuple[str, tuple[str, ...], dict[str, object]]:
    """Return a query as SQLite's text, the names of its values in order, and those it has of its own."""
    compiled = statement.compile(dialect=sqlite.dialect())
    assert isinstance(compiled, SQLCompiler)
    assert compiled.positiontup is not None
    own = {name: value for name, value in compiled.params.items() if value is not None}
    return str(compiled), tuple(compiled.positiontup), own


@cache
def insertion(table: Table) -> str:
    """Return the text that inserts a whole row, its values in the order of the table's columns."""
    names = [column.name for column in table.columns]
    return str(insert(table).compile(dialect=sqlite.dialect(), column_keys=names))
