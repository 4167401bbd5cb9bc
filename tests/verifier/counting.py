"""The counts of the second reader: seats, which ballot counts, yes or no, Scottish elections."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests.verifier.methods import COUNTS
from tests.verifier.proving import CHOICES, UNITS, digest
from tests.verifier.shapes import Fields


def seats(roll: Fields) -> dict[bytes, int] | None:
    """Share out a roll's seats again; None where floors and caps cannot be met."""
    size = {one["community"]: one["size"] for one in roll["holders"]}
    house, floor, cap = roll["house"], roll["floor"], roll["cap"] or roll["house"]
    if not (floor <= cap and floor * len(size) <= house <= cap * len(size)):
        return None
    seed = digest("hedgerow/roll-lot/1", roll["federation"], sorted(size))
    place = {one: digest("hedgerow/lot/1", seed, one.hex()) for one in size}
    found = dict.fromkeys(size, int(floor))
    if roll["method"] == "sainte-lague":
        for _ in range(house - floor * len(size)):
            room = [one for one in size if found[one] < cap]
            found[min(room, key=lambda one: (-Fraction(size[one], 2 * found[one] + 1), place[one]))] += 1
        return found

    def bounded(at: Fraction) -> dict[bytes, Fraction]:
        return {one: min(max(size[one] * at, Fraction(floor)), Fraction(cap)) for one in size}

    # Hamilton: from one bound to the next lies the quota at which the bounded quotas add up to the house.
    bounds = {Fraction(edge, size[one]) for one in size for edge in (floor, cap)}
    low = max(at for at in bounds if sum(bounded(at).values()) <= house)
    free = sum(size[one] for one in size if floor <= size[one] * low < cap)
    missing = house - sum(bounded(low).values())
    quotas = bounded(low + Fraction(missing, free) if missing else low)
    whole: dict[bytes, int] = {one: int(quotas[one]) for one in size}
    ranked = sorted(size, key=lambda one: (whole[one] - quotas[one], place[one]))
    return {one: whole[one] + (one in ranked[: house - sum(whole.values())]) for one in size}


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
    chosen = {(one["community"], one["seat"]): one["id"] for one in counted if one["choice"]}
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


def verdict(cast: Mapping[str, int], rule: Fields, electorate: int) -> tuple[str, int]:
    """Return what a yes/no question came to, and how much support was needed."""
    present = sum(cast.values())
    base = {"cast": present - cast["abstain"] - cast["stand-aside"], "present": present, "all": electorate}
    share = Fraction(*rule["threshold"]) * base[rule["of"]]
    needed = share.__floor__() + 1 if rule["strictly_above"] else max(1, share.__ceil__())
    if present < Fraction(*rule["quorum"]) * electorate:
        return "no-quorum", needed
    if rule["blocks_stop"] and cast["block"]:
        return "blocked", needed
    return ("passed" if cast["yes"] >= needed else "rejected"), needed


def count(proposal: Fields, ballots: list[Any], void: int, electorate: int) -> list[Any]:
    """Return a count as the list whose hash is the count id."""
    names, rule = proposal["options"] or list(CHOICES), proposal["rule"]
    rankings = [[names[number - 1] for number in one["choice"]] for one in ballots]
    rankings += [["abstain"]] * void if rule else []
    order = sorted(names, key=str.encode)
    spelled = [" ".join(str(order.index(name) + 1) for name in each) for each in rankings]
    lines = sorted(f"{each}:{spelled.count(each)}\n" for each in set(spelled))
    question = [proposal["title"], proposal["seats"], [[name, name, False] for name in order]]
    named = digest("hedgerow/contest/1", *question, "".join(lines).encode())
    if not rule:
        method = proposal["method"].removesuffix("/1")
        lot = {name: digest("hedgerow/lot/1", proposal["lot_seed"], name) for name in order}
        told = (
            Scottish(proposal, order, rankings).count()
            if method == "scottish-stv"
            else COUNTS[method](proposal["seats"], order, rankings, lot)
        )
        return ["hedgerow/result/1", [method, 1, []], named, *told]
    cast = {choice: sum(each == [choice] for each in rankings) for choice in CHOICES}
    said, needed = verdict(cast, rule, electorate)
    numbers: list[Any] = []
    for name, between in (("threshold", ["more_than", int(rule["strictly_above"])]), ("quorum", [])):
        part, whole = Fraction(*rule[name]).as_integer_ratio()
        numbers += [
            [f"{name}_numerator", part],
            [f"{name}_denominator", whole],
            *([between] if between else []),
        ]
    numbers += [["blocks_max", 0]] if rule["blocks_stop"] else []
    numbers += [["electorate", electorate]]
    totals, won = [cast[name] * UNITS for name in order], ["yes"] if said == "passed" else []
    outcome = [said, 1, len(rankings), 0, needed * UNITS, [[name, 1] for name in won], []]
    stage = [1, "choices", None, totals, totals, 0, 0, needed * UNITS, won, [], []]
    method = [f"yes-no-{rule['of']}", 1, numbers]
    return ["hedgerow/result/1", method, named, outcome, [stage], []]


class Scottish:
    """An election by the Scottish rules; votes in units of 0.00001."""

    def __init__(self, proposal: Fields, order: list[str], rankings: list[list[str]]) -> None:
        self.order, self.seats, self.valid = order, proposal["seats"], len(rankings)
        self.lot = {name: digest("hedgerow/lot/1", proposal["lot_seed"], name) for name in order}
        self.quota = (self.valid // (self.seats + 1) + 1) * UNITS
        self.standing, self.exhausted, self.total = set(order), 0, dict.fromkeys(order, 0)
        self.piles: dict[str, list[Any]] = {name: [] for name in order}
        self.history: list[dict[str, int]] = []
        self.elected, self.excluded, self.stages, self.lots = (list[Any]() for _ in range(4))
        self._move([(UNITS, each) for each in rankings])

    def count(self) -> list[Any]:
        """Return outcome, stages and lots."""
        self._close("first-preferences", None, [])
        while len(self.elected) < self.seats and self.standing and self.valid:
            waiting = [name for name, _ in self.elected if self.total[name] > self.quota]
            if waiting:
                name = self._pick("surplus", max(map(self._past, waiting)), waiting)
                papers, total = self.piles.pop(name), self.total[name]
                self.total[name] = self.quota
                self._move([(value * (total - self.quota) // total, rest) for value, rest in papers])
                self._close("surplus", name, [])
            else:
                name = self._pick("exclusion", min(map(self._past, self.standing)), self.standing)
                self.standing.remove(name)
                self.excluded.append([name, len(self.stages) + 1])
                self.total[name] = 0
                self._move(self.piles.pop(name))
                self._close("exclusion", name, [name])
        said = "elected" if self.elected else "no-valid-ballot"
        outcome = [said, self.seats, self.valid, 0, self.quota, self.elected, self.excluded]
        return [outcome, self.stages, self.lots]

    def _past(self, name: str) -> list[int]:
        return [totals[name] for totals in reversed(self.history)]

    def _pick(self, purpose: str, record: list[int], among: Iterable[str]) -> str:
        tied = sorted((name for name in among if self._past(name) == record), key=self.lot.__getitem__)
        chosen = tied[-1 if purpose == "exclusion" else 0]
        number = len(self.stages) + 1
        self.lots += [[number, purpose, tied, chosen]] if len(tied) > 1 else []
        return chosen

    def _move(self, papers: Iterable[tuple[int, list[str]]]) -> None:
        for value, ranking in papers:
            to = next((name for name in ranking if name in self.standing), None)
            if to is None:
                self.exhausted += value
            else:
                self.total[to] += value
                self.piles[to].append((value, ranking))

    def _close(self, action: str, source: str | None, out: list[str]) -> None:
        before, number = self.stages[-1][3] if self.stages else [0] * len(self.order), len(self.stages) + 1
        self.history.append(dict(self.total))
        fit = len(self.standing) <= self.seats - len(self.elected)
        reach = {name: self._past(name) for name in self.standing if fit or self.total[name] >= self.quota}
        for record in sorted(map(list, {tuple(past) for past in reach.values()}), reverse=True):
            self._pick("order", record, reach)
        won = sorted(reach, key=lambda name: ([-votes for votes in reach[name]], self.lot[name]))
        totals = list(self.total.values())
        moved = [now - then for now, then in zip(totals, before, strict=True)]
        lost = self.valid * UNITS - sum(totals) - self.exhausted
        self.standing -= set(won)
        self.elected += [[name, number] for name in won]
        row = [number, action, source, totals, moved, self.exhausted, lost, self.quota, won, out, []]
        self.stages.append(row)
