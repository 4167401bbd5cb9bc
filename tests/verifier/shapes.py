"""Which fields each statement has, read from docs/data-model.md itself, section "Shapes"."""

import operator
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any


class Fields(dict[str, Any]):
    """A map whose fields are read as `map.field`; only `keys`, which maps have already, as `map["keys"]`."""

    def __getattr__(self, name: str) -> Any:
        return self[name]


_PAGE = (Path(__file__).parents[2] / "docs" / "data-model.md").read_text()
_LINES = re.sub(r"\n +", " ", _PAGE.split("```text\n")[1].split("```")[0]).splitlines()
_PARTS = {line.split(": ")[0]: line.split(": ", 1)[1].split(" where ") for line in _LINES}
ROWS = {row: dict(field.split(":") for field in parts[0].split()) for row, parts in _PARTS.items()}
STATEMENTS = [*ROWS][[*ROWS].index("charter") :]
EVERY_YEAR = {time.strftime("%m-%d", time.gmtime(day * 86_400)) for day in range(365)}
_PLAIN: dict[str, Any] = {"flag": bool, "bytes": bytes, "": int, "t": str, "b": bytes}
_SIGNS = {"<": operator.lt, "<=": operator.le, "=": operator.eq}


def fits(value: Any, shape: str) -> bool:
    """Tell whether a value has a shape."""
    if shape[-1] in "?*":
        return value is {"?": None, "*": ...}[shape[-1]] or fits(value, shape[:-1])
    if found := re.fullmatch(r"([\[<])(.+)[\]>](\d+)\.\.(\d+)", shape):
        ordered, item, least, most = found.groups()
        good = type(value) is list and int(least) <= len(value) <= int(most)
        good = good and all(fits(one, item) for one in value)
        first = next(iter(ROWS.get(item, ())), None)
        named = [one[first] if first else one for one in value] if good and ordered == "<" else []
        return good and all(one < following for one, following in pairwise(named))
    if found := re.fullmatch(r"([tb]?)(\d+)(\.\.)?(\d*)", shape):
        kind, least, several, most = found.groups()
        number = (value if kind == "" else len(value)) if type(value) is _PLAIN[kind] else -1
        return int(least) <= number <= (int(most or 2**53 - 1) if several else int(least))
    if shape in _PLAIN:
        return type(value) is _PLAIN[shape]
    if shape not in ROWS:
        return type(value) is str and value in (EVERY_YEAR if shape == "day" else shape.split("|"))
    good = type(value) is Fields and value.keys() <= ROWS[shape].keys()
    good = good and all(fits(value.get(name, ...), form) for name, form in ROWS[shape].items())
    return good and all(holds(condition, value) for condition in _PARTS[shape][1:])


def holds(condition: str, row: Fields) -> bool:
    """Tell whether a condition holds: the page says above its table what each word means."""
    if found := re.fullmatch("(.+) (iff|if) (.+)", condition):
        ours, given = holds(found[1], row), holds(found[3], row)
        return ours == given or (ours and found[2] == "if")
    match condition.split():
        case [("no" | "any" | "one") as number, *names]:
            values = [_named(name, row) for name in names]
            there = sum(type(one) is int or bool(one) for one in values)
            return {"no": there == 0, "any": there > 0, "one": there == 1}[number]
        case ["different", *names]:
            lists = [_named(name, row) for name in names]
            items = [one for each in lists for one in (each if isinstance(each, list) else [each])]
            return len({*items} - {None}) == len(items) - items.count(None)
        case [name, "is", words]:
            return row[name] in words.split("|")
        case [left, sign, right]:
            pair = _named(left, row), _named(right, row)
            return None in pair or bool(_SIGNS[sign](*pair))
        case _:
            raise ValueError("a condition that the page does not explain")


def _named(name: str, row: Any) -> Any:
    """Return a number, or what stands under a name; null where something on the way to it is null."""
    if name.isdecimal():
        return int(name)
    for step in name.removeprefix("#").split("."):
        row = row if row is None else row[int(step)] if step.isdecimal() else row.get(step)
    return len(row) if name.startswith("#") and row is not None else row
