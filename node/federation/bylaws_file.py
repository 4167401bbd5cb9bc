"""Bylaws written as the TOML file that `bylaws.parse` reads, with every setting that is set."""

import json
from collections.abc import Iterator, Mapping

from node.federation.bylaws import Bylaws


def write(rules: Bylaws) -> str:
    """Return bylaws as the text of a file; read again it gives the same rules."""
    return "\n".join(_lines(rules.model_dump(mode="json"), "")) + "\n"


def _lines(table: Mapping[str, object], path: str) -> Iterator[str]:
    """Yield a table's own settings, then the tables inside it; TOML has no way to write what is not set."""
    for name, value in table.items():
        if value is not None and not isinstance(value, dict):
            yield f"{name} = {_spelled(value)}"
    for name, value in table.items():
        if isinstance(value, dict):
            yield f"[{path}{name}]"
            yield from _lines(value, f"{path}{name}.")


def _spelled(value: object) -> str:
    """Return a number, a truth, a text or a list of texts as TOML spells it: as JSON does, one sign apart."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
