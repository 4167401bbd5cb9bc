"""Which fields each statement has, read from docs/data-model.md itself, section "Shapes"."""

import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any


class Fields(dict[str, Any]):
    """A map whose fields are read as `map.field`; only `keys`, which maps have already, as `map["keys"]`."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


def fields(value: Any) -> Any:
    """Return the same with `Fields` for every map in it."""
    if isinstance(value, list):
        return [fields(one) for one in value]
    return Fields((name, fields(one)) for name, one in value.items()) if isinstance(value, dict) else value


_PAGE = (Path(__file__).parents[2] / "docs" / "data-model.md").read_text()
_LINES = re.sub(r"\n +", " ", _PAGE.split("```text\n")[1].split("```")[0]).splitlines()
_PARTS = {line.split(": ")[0]: line.split(": ", 1)[1].split(" where ") for line in _LINES}
ROWS = {row: dict(field.split(":") for field in parts[0].split()) for row, parts in _PARTS.items()}
STATEMENTS = [*ROWS][[*ROWS].index("charter") :]
EVERY_YEAR = {time.strftime("%m-%d", time.gmtime(day * 86_400)) for day in range(365)}


def fits(value: Any, shape: str) -> bool:
    """Tell whether a value has a shape."""
    if shape.endswith("?"):
        return value is None or fits(value, shape[:-1])
    if found := re.fullmatch(r"([\[<])(.+)[\]>](\d+)\.\.(\d+)", shape):
        ordered, item, least, most = found.groups()
        good = type(value) is list and int(least) <= len(value) <= int(most)
        good = good and all(fits(one, item) for one in value)
        first = next(iter(ROWS.get(item, ())), None)
        named = [one[first] if first else one for one in value] if good and ordered == "<" else []
        return good and all(one < following for one, following in pairwise(named))
    if found := re.fullmatch(r"(t?)(\d+)\.\.(\d*)", shape):
        good = type(value) is (str if found[1] else int)
        return good and int(found[2]) <= (len(value) if found[1] else value) <= int(found[3] or 2**53 - 1)
    if found := re.fullmatch(r"flag|bytes|b(\d+)", shape):
        good = type(value) is (bool if shape == "flag" else bytes)
        return good and (found[1] is None or len(value) == int(found[1]))
    if shape not in ROWS:
        return type(value) is str and value in (EVERY_YEAR if shape == "day" else shape.split("|"))
    good = type(value) is Fields and value.keys() == ROWS[shape].keys()
    good = good and all(fits(value[name], form) for name, form in ROWS[shape].items())
    return good and all(eval(condition, {}, value) for condition in _PARTS[shape][1:])
