"""Which fields each statement has, read from docs/data-model.md itself, section "Shapes"."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Fields = dict[str, Any]

_PAGE = (Path(__file__).parents[2] / "docs" / "data-model.md").read_text()
_LINES = re.sub(r"\n +", " ", _PAGE.split("```text\n")[1].split("```")[0]).splitlines()
ROWS = {line.split(": ")[0]: dict(re.findall(r"(\S+):(\S+)", line)) for line in _LINES}
STATEMENTS = list(ROWS)[list(ROWS).index("charter") :]
EVERY_YEAR = {time.strftime("%m-%d", time.gmtime(day * 86_400)) for day in range(365)}
WHOLE = ("scottish-stv/1", "meek/1")


def fits(value: Any, shape: str) -> bool:
    """Tell whether a value has a shape."""
    if shape.endswith("?"):
        return value is None or fits(value, shape[:-1])
    if found := re.fullmatch(r"([\[<])(.+)[\]>](\d+)\.\.(\d+)", shape):
        good = type(value) is list and int(found[3]) <= len(value) <= int(found[4])
        good = good and all(fits(one, found[2]) for one in value)
        named = value if good and found[1] == "<" else []
        keys = [one["community"] if type(one) is dict else one for one in named]
        return good and keys == sorted(set(keys))
    if found := re.fullmatch(r"(t?)(\d+)\.\.(\d*)", shape):
        good = type(value) is (str if found[1] else int)
        return good and int(found[2]) <= (len(value) if found[1] else value) <= int(found[3] or 2**53 - 1)
    if re.fullmatch(r"flag|bytes|b\d+", shape):
        good = type(value) is (bool if shape == "flag" else bytes)
        return good and (shape in ("flag", "bytes") or len(value) == int(shape[1:]))
    if shape not in ROWS:
        return value in shape.split("|")
    good = type(value) is dict and value.keys() == ROWS[shape].keys()
    good = good and all(fits(value[name], ROWS[shape][name]) for name in value)
    return good and (shape not in ALSO or ALSO[shape](value))


def _says_one_thing(v: Fields) -> bool:
    said = [tuple(one["choice"]) for one in v["split"]]
    kinds = [bool(v["choice"]), bool(said), bool(v.get("follows"))]
    return sum(kinds) == 1 and len(said) != 1 and said == sorted(set(said))


def _mandate(v: Fields) -> bool:
    good = v["holder"] or v["paper"] or v["lends"] or not (v["substitute"] or v["instruction"])
    good = good and (v["prev"] is None) == (v["seq"] == 1) and (v["question"] or not v["instruction"])
    good = good and v["lends"] != {"community": v["community"], "seat": v["seat"]}
    good = good and (v["holder"] is None or v["holder"] != v["substitute"])
    return bool(good and (None in (v["since"], v["until"]) or v["since"] < v["until"]))


def _proposal(v: Fields) -> bool:
    fills, options, rule = v["fills"], v["options"], v["rule"]
    good = (v["method"] == "yes-no/1") == (rule is not None) == (not options)
    good &= len({*options}) == len(options) and (v["casting"]["parts"] == 1 or v["method"] not in WHOLE)
    good &= v["seats"] == 1 and not v["turnout"] and not fills if rule else not v["effect"]
    if fills:
        keys = [one for one in fills["keys"] if one]
        good &= fills["ends"] > fills["starts"] and len({*keys}) == len(keys)
        good &= len(fills["keys"]) == len(options) and v["seats"] >= len(fills["places"])
        good &= not v["method"].startswith("party-list-")
    return bool(good)


def _effect(v: Fields) -> bool:
    needs = {"bylaws": ["content"], "form": ["content", "name"], "budget": ["amount", "name", "unit"]}
    given = sorted(name for name in v if v[name] not in (None, "", b"") and name not in ("act", "lasts"))
    ends = not v.get("lasts") or v["act"] == "remove"
    return ends and given == needs.get(v["act"], ["target"]) and len(v["content"] or b"") <= 16 * 1024


def _cut_vote(v: Fields) -> bool:
    later = v["round"] > (v["lock"]["round"] if v["lock"] else 0)
    return (v["value"] is None) == (v["step"] == "rc") and (later if v["step"] == "rc" else not v["lock"])


# What docs/data-model.md says below its table.
ALSO: dict[str, Callable[[Any], bool]] = {
    "keyset": lambda v: v["threshold"] <= len(v["keys"]),
    "sizes": lambda v: v["days"] == sorted(EVERY_YEAR.intersection(v["days"])),
    "share": lambda v: v["numerator"] <= v["denominator"],
    "passing": lambda v: (
        0 < v["threshold"]["numerator"] <= v["threshold"]["denominator"] - v["strictly_above"]
    ),
    "rule": lambda v: (
        0 < v["threshold"][0] <= v["threshold"][1] - v["strictly_above"]
        and v["quorum"][1] >= max(1, v["quorum"][0])
    ),
    "turnout": lambda v: v["quorum"][0] <= v["quorum"][1],
    "seating": lambda v: v["cap"] is None or v["cap"] >= v["floor"],
    "windows": lambda v: v["closes"] > v["opens"],
    "effect": _effect,
    "charter": lambda v: not {*v["stewards"]["keys"]} & {*v["recovery"]["keys"]},
    "founding": lambda v: v["bylaws"]["admission"]["approvals"] <= len(v["founders"]),
    "ballot": lambda v: (v["prev"] is None) == (v["seq"] == 1) and _says_one_thing(v),
    "ballot-entry": _says_one_thing,
    "mandate": _mandate,
    "proposal": _proposal,
    "cut-vote": _cut_vote,
}
