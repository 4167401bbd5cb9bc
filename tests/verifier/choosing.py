"""Which ballots count for the second reader, and what lent votes come to, by docs/data-model.md."""

from collections.abc import Mapping
from typing import Any

from tests.verifier.counting import count, turned_out
from tests.verifier.shapes import Fields


def decide(
    asked: Fields, seated: Mapping[bytes, int], held: list[dict[str, Any]], given: list[dict[str, Any]]
) -> list[Any]:
    """Return the count, the ballots counted, the votes lent and the void seats, as the decision's id does."""
    counted, void = choose(held, given)
    lent, idle = loans(counted, void, given, seated) if asked["casting"]["lending"] else ([], 0)
    said = {one["id"]: one for one in counted}
    ballots = [one for one in counted if not one["follows"]] + [said[one] for *_, one in lent if one]
    told = count(asked, ballots, len(void) + idle, sum(seated.values()))
    came = [(one["community"], one["seat"]) for one in counted] + [(one[0], one[1]) for one in void]
    came += [(community, number) for community, number, takes in lent if takes]
    return [turned_out(asked, told, set(came), seated), [*said], lent, void]


def choose(ballots: list[dict[str, Any]], mandates: list[dict[str, Any]]) -> tuple[list[Any], list[Any]]:
    """Return the ballot that counts of each seat, and the seats that spoke twice in one place."""
    counted: list[Any] = []
    void: list[Any] = []
    for seat in sorted({(one["community"], one["seat"]) for one in ballots}):
        cast = [one for one in ballots if (one["community"], one["seat"]) == seat]
        given = [m for m in mandates if (m["community"], m["seat"]) == seat] + [one["by"] for one in cast]
        highest = max(one["by"]["seq"] for one in cast)
        if any(mandate["revokes_ballots"] and mandate["seq"] > highest for mandate in given):
            continue
        under = [one for one in cast if one["by"]["seq"] == highest]
        if len({one["by"]["id"] for one in under}) == 1:
            under = [one for one in under if one["voice"] == min(each["voice"] for each in under)]
        numbers, before = [one["seq"] for one in under], [one["prev"] for one in under if one["prev"]]
        twice = any(len(set(each)) < len(each) for each in (numbers, before))
        if twice or len({one["by"]["id"] for one in under}) > 1:
            void.append(list(seat))
        else:
            counted.append(max(under, key=lambda one: one["seq"]))
    return counted, void


def loans(
    counted: list[Any], void: list[Any], given: list[Any], seated: Mapping[bytes, int]
) -> tuple[list[Any], int]:
    """Return each lent vote with the ballot whose choice it takes, and how many ballots follow nobody."""
    chosen = {(one["community"], one["seat"]): one["id"] for one in counted if not one["follows"]}
    onward = {(one["community"], one["seat"]): one["follows"] for one in counted if one["follows"]}
    followed, spoken = set(onward), {*chosen, *onward, *map(tuple, void)}
    for mandate in given:
        seat = (mandate["community"], mandate["seat"])
        same = [one for one in given if (one["community"], one["seat"]) == seat]
        last = [one["seq"] for one in same if one["seq"] >= mandate["seq"]] == [mandate["seq"]]
        if last and mandate["lends"] and seat not in spoken and seat[1] <= seated.get(seat[0], 0):
            onward[seat] = mandate["lends"]
    lent, idle = [], 0
    for seat in sorted(onward):
        at, steps = seat, 0
        while at in onward and steps <= len(onward):
            at, steps = (onward[at]["community"], onward[at]["seat"]), steps + 1
        takes = chosen.get(at)
        idle += takes is None and seat in followed
        lent.append([*seat, takes])
    return lent, idle
