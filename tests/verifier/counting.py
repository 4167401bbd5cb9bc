"""The second reader's counts of chosen ballots and of seats, written from docs/counting.md."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from tests.verifier.methods import COUNTS, QUOTIENTS, UNITS, Rankings
from tests.verifier.proving import digest
from tests.verifier.shapes import Fields

CHOICES = ("yes", "no", "abstain", "stand-aside", "block")


def turned_out(
    asked: Fields, told: list[Any], came: set[tuple[bytes, int]], seated: Mapping[bytes, int]
) -> list[Any]:
    """Return a count; or, where too few took part in an election, that nobody is elected."""
    wanted = asked["turnout"]
    if wanted is None:
        return told
    by_seat, (part, whole) = wanted["of"] == "seats", Fraction(*wanted["quorum"]).as_integer_ratio()
    total = sum(seated.values()) if by_seat else sum(number > 0 for number in seated.values())
    if len(came if by_seat else {one for one, _ in came}) * whole >= part * total:
        return told
    numbers = [["quorum_numerator", part], ["quorum_denominator", whole]]
    numbers += [["electorate" if by_seat else "communities", total]]
    method = [told[1][0], told[1][1], numbers]
    return [told[0], method, told[2], ["no-quorum", *told[3][1:4], 0, [], []], [], []]


def seats(roll: Fields) -> dict[bytes, int] | None:
    """Share out a roll's seats again; None where floors and caps cannot be met."""
    size = {one["community"]: one["size"] for one in roll["holders"]}
    house, floor, cap = roll["house"], roll["floor"], roll["cap"] or roll["house"]
    if not (floor <= cap and floor * len(size) <= house <= cap * len(size)):
        return None
    seed = digest("hedgerow/roll-lot/1", roll["federation"], sorted(size))
    place = {one: digest("hedgerow/lot/1", seed, one.hex()) for one in size}
    found: dict[bytes, int] = dict.fromkeys(size, int(floor))
    base = floor if roll["method"] == "cambridge" else 0

    def claim(one: bytes) -> tuple[bool, Fraction, bytes]:
        above, below = QUOTIENTS[roll["method"]](size[one], found[one] - base)
        return (below > 0, -Fraction(above, below or 1), place[one])

    if roll["method"] != "hamilton":
        for _ in range(house - floor * len(size)):
            found[min((one for one in size if found[one] < cap), key=claim)] += 1
        return found

    def bounded(at: Fraction) -> dict[bytes, Fraction]:
        return {one: min(max(size[one] * at, Fraction(floor)), Fraction(cap)) for one in size}

    # Hamilton: from one bound to the next lies the quota at which the bounded quotas add up to the house.
    low = max(
        at
        for at in {Fraction(edge, size[one]) for one in size for edge in (floor, cap)}
        if sum(bounded(at).values()) <= house
    )
    free = sum(size[one] for one in size if floor <= size[one] * low < cap)
    missing = house - sum(bounded(low).values())
    quotas = bounded(low + Fraction(missing, free) if missing else low)
    ranked = sorted(size, key=lambda one: (int(quotas[one]) - quotas[one], place[one]))
    left = house - sum(map(int, quotas.values()))
    return {one: int(quotas[one]) + (one in ranked[:left]) for one in size}


def count(asked: Fields, ballots: list[Fields], void: int, electorate: int) -> list[Any]:
    """Count a question's chosen ballots as the list whose hash is the count id."""
    names, rule, parts = asked["options"] or list(CHOICES), asked["rule"], asked["casting"]["parts"]
    portions = [each for one in ballots for each in one["split"] or [{**one, "parts": parts}]]
    rankings = [[names[n - 1] for n in one["choice"]] for one in portions for _ in range(one["parts"])]
    rankings += [["abstain"]] * void * parts if rule else []
    order = sorted(names, key=str.encode)
    spelled = [" ".join(str(order.index(name) + 1) for name in each) for each in rankings]
    lines = sorted(f"{each}:{spelled.count(each)}\n" for each in set(spelled))
    question = [asked["title"], asked["seats"], [[name, name, False] for name in order]]
    named = digest("hedgerow/contest/1", *question, "".join(lines).encode())
    if rule:
        method, told = _questioned(rule, order, rankings, electorate * parts)
    else:
        name = asked["method"].removesuffix("/1")
        lot = {one: digest("hedgerow/lot/1", asked["lot_seed"], one) for one in order}
        method, told = [name, 1, []], COUNTS[name](asked["seats"], order, rankings, lot)
    return ["hedgerow/result/1", method, named, *told]


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


def _questioned(rule: Fields, order: list[str], rankings: Rankings, electorate: int) -> list[Any]:
    cast = {choice: rankings.count([choice]) for choice in CHOICES}
    said, needed = verdict(cast, rule, electorate)
    over, under = Fraction(*rule["threshold"]).as_integer_ratio()
    numbers: list[Any] = [["threshold_numerator", over], ["threshold_denominator", under]]
    numbers += [["more_than", int(rule["strictly_above"])]]
    over, under = Fraction(*rule["quorum"]).as_integer_ratio()
    numbers += [["quorum_numerator", over], ["quorum_denominator", under]]
    numbers += [["blocks_max", 0]] if rule["blocks_stop"] else []
    numbers += [["electorate", electorate]]
    totals, won = [cast[name] * UNITS for name in order], ["yes"] if said == "passed" else []
    outcome = [said, 1, len(rankings), 0, needed * UNITS, [[name, 1] for name in won], []]
    stage = [1, "choices", None, totals, totals, 0, 0, needed * UNITS, won, [], []]
    return [[f"yes-no-{rule['of']}", 1, numbers], [outcome, [stage], []]]
