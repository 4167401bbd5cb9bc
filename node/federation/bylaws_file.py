"""Bylaws as people write them, in a TOML file: read, and written with every setting that is set."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from node.errors import InputFileError
from node.federation.bylaws import Bylaws
from node.records.complaints import in_words

# Bylaws are a page or two; some nestings cost a TOML reader the square of their length.
_FILE_BYTES_MAX = 16 * 1024


def parse(data: bytes, *, file_name: str) -> Bylaws:
    """Read a bylaws file.

    Raises:
        InputFileError: not TOML, or not the settings that bylaws have; it names the first mistake.
    """
    if len(data) > _FILE_BYTES_MAX:
        raise InputFileError(f"{file_name}: expected bylaws of at most {_FILE_BYTES_MAX} bytes")
    try:
        tree: dict[str, Any] = tomllib.loads(data.decode("utf-8"))
        return Bylaws.model_validate(tree, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"]) or "bylaws"
        raise InputFileError(f"{file_name}: {place}: {in_words(first)}") from error
    except (ValueError, RecursionError) as error:  # Not UTF-8, not TOML, a number or a nesting beyond reason.
        raise InputFileError(f"{file_name}: expected bylaws in TOML: {error}") from error


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
