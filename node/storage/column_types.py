"""Whole numbers and texts as columns, so that each database keeps them as the other does.

PostgreSQL's own integers end at 2^31, its texts sort as the machine's locale says, and it refuses the
character U+0000. Here a number has 64 bits, texts sort by code points as Python and SQLite sort them, and
every text that can be kept in one database can be kept in the other: what a neighbour writes must never stop
a node.
"""

from typing import Final

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

# U+0000 becomes \x01\x01 and U+0001 becomes \x01\x02: no two texts meet, and their order stays.
_ESCAPE: Final = "\x01"
_ESCAPED: Final = {0: "\x01\x01", 1: "\x01\x02"}


def escaped(text: str) -> str:
    """Return the text without U+0000, such that texts keep their order and `unescaped` takes it back."""
    return text.translate(_ESCAPED) if "\x00" in text or _ESCAPE in text else text


def unescaped(text: str) -> str:
    """Take `escaped` back."""
    return text.replace("\x01\x01", "\x00").replace("\x01\x02", "\x01") if _ESCAPE in text else text


class _PostgresText(TypeDecorator[str]):
    impl = Text(collation="C")
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write."""
        del dialect
        return None if value is None else escaped(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Read."""
        del dialect
        return None if value is None else unescaped(value)


# SQLite numbers its rows itself only where the type is called INTEGER; its integers have 64 bits anyway.
WHOLE = BigInteger().with_variant(Integer(), "sqlite")
TEXT = Text().with_variant(_PostgresText(), "postgresql")
