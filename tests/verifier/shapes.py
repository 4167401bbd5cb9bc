"""A second reader of decision files, written from docs/ alone; it shares no line with the node.

This part reads which fields every statement has from docs/data-model.md itself, section "Shapes": what is
wrong there fails here.
"""

import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Fields = Mapping[str, Any]

_DOCS = Path(__file__).parents[2] / "docs" / "data-model.md"
_TABLE = re.sub(r"\n +", " ", _DOCS.read_text().split("```text\n")[1].split("```")[0])
OBJECTS = dict(line.split(": ", 1) for line in _TABLE.splitlines())
STATEMENTS = list(OBJECTS)[list(OBJECTS).index("charter") :]


def fits(value: Any, shape: str) -> bool:  # noqa: PLR0911 - a table
    """Tell whether a value has a shape."""
    if shape.endswith("?"):
        return value is None or fits(value, shape[:-1])
    if found := re.fullmatch(r"([\[<])(.+)[\]>](\d+)\.\.(\d+)", shape):
        if not isinstance(value, list) or not int(found[3]) <= len(value) <= int(found[4]):
            return False
        keys = [one.get("community", b"") if isinstance(one, dict) else one for one in value]
        return all(fits(one, found[2]) for one in value) and (found[1] == "[" or keys == sorted(set(keys)))
    if found := re.fullmatch(r"(t?)(\d+)\.\.(\d*)", shape):
        if not isinstance(value, str) if found[1] else type(value) is not int:
            return False
        size = len(value) if isinstance(value, str) else value
        return int(found[2]) <= size <= int(found[3] or 2**53 - 1)
    if shape == "flag":
        return isinstance(value, bool)
    if shape[0] == "b" and (shape == "bytes" or shape[1:].isdigit()):
        return isinstance(value, bytes) and (shape == "bytes" or len(value) == int(shape[1:]))
    if "|" in shape:
        return isinstance(value, str) and value in shape.split("|")
    fields = dict(pair.split(":") for pair in OBJECTS[shape].split())
    if not isinstance(value, dict) or value.keys() != fields.keys():
        return False
    return all(fits(value[name], fields[name]) for name in fields) and ALSO.get(shape, lambda _: True)(value)


def _share(pair: list[int], above: int) -> bool:
    return 0 < pair[0] <= pair[1] and not (above and pair[0] == pair[1])


def _fills(filling: Fields, by: Fields) -> bool:
    fitting = len(filling["keys"]) == len(by["options"]) and by["seats"] >= len(filling["places"])
    return fitting and not by["method"].startswith("party-list-")


def _says_one_thing(ballot: Fields) -> bool:
    said = [tuple(one["choice"]) for one in ballot["split"]]
    kinds = [bool(ballot["choice"]), bool(said), bool(ballot["follows"])]
    return sum(kinds) == 1 and len(said) != 1 and said == sorted(set(said))


def _acts(effect: Fields) -> bool:
    needs = {"bylaws": ["content"], "form": ["content", "name"], "budget": ["amount", "name", "unit"]}
    given = sorted(name for name, value in effect.items() if value not in (None, "") and name != "act")
    return given == needs.get(effect["act"], ["target"]) and 0 < len(effect["content"] or b"-") <= 16 * 1024


def _different(keys: list[bytes | None]) -> bool:
    return len({*keys} - {None}) + keys.count(None) == len(keys)


# What docs/data-model.md says below its table.
def _every_year(day: str) -> bool:
    try:
        return time.strftime("%m-%d", time.strptime(f"2001-{day}", "%Y-%m-%d")) == day
    except ValueError:
        return False


ALSO: dict[str, Callable[[Any], bool]] = {
    "keyset": lambda v: v["threshold"] <= len(v["keys"]),
    "sizes": lambda v: v["days"] == sorted(set(v["days"])) and all(map(_every_year, v["days"])),
    "share": lambda v: v["numerator"] <= v["denominator"],
    "passing": lambda v: _share([*v["threshold"].values()], v["strictly_above"]),
    "rule": lambda v: _share(v["threshold"], v["strictly_above"]) and 0 < v["quorum"][1] >= v["quorum"][0],
    "turnout": lambda v: v["quorum"][0] <= v["quorum"][1],
    "seating": lambda v: v["cap"] is None or v["cap"] >= v["floor"],
    "windows": lambda v: v["closes"] > v["opens"],
    "filling": lambda v: v["ends"] > v["starts"] and _different(v["keys"]),
    "effect": _acts,
    "charter": lambda v: not set(v["stewards"]["keys"]) & set(v["recovery"]["keys"]),
    "founding": lambda v: v["bylaws"]["admission"]["approvals"] <= len(v["founders"]),
    "ballot": lambda v: (v["prev"] is None) == (v["seq"] == 1) and _says_one_thing(v),
    "ballot-entry": lambda v: _says_one_thing({**v, "follows": None}),
    "mandate": lambda v: (
        (v["prev"] is None) == (v["seq"] == 1)
        and (v["holder"] or v["paper"] or v["lends"] or (v["substitute"] is None and not v["instruction"]))
        and v["lends"] != {k: v[k] for k in ("community", "seat")}
        and (v["holder"] is None or v["holder"] != v["substitute"])
        and (None in (v["since"], v["until"]) or v["since"] < v["until"])
        and not (v["instruction"] and v["question"] is None)
    ),
    "proposal": lambda v: (
        (v["rule"] is None)
        == (v["method"] != "yes-no/1")
        == (0 < len(set(v["options"])) == len(v["options"]))
        and (v["rule"] is None or (v["seats"] == 1 and not v["options"] and not v["turnout"]))
        and (v["method"] not in ("scottish-stv/1", "meek/1") or v["casting"]["parts"] == 1)
        and (v["fills"] is None or (v["rule"] is None and _fills(v["fills"], v)))
        and (v["effect"] is None or v["rule"] is not None)
    ),
    "cut-vote": lambda v: (
        (v["value"] is None) == (v["step"] == "rc") == (v["step"] == "rc" and v["round"] > 0)
        and (v["lock"] is None or (v["step"] == "rc" and v["lock"]["round"] < v["round"]))
    ),
}
