"""The second reader's counts of elections, written from docs/counting.md; it shares no line with the node.

Each takes the seats, the options in bytewise order, one ranking a ballot and each option's place in the lot,
and returns outcome, stages and lots as the result's bytes have them.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

UNITS, FINE, OMEGA = 100_000, 10**9, 1_000

# What goes by quotients: numerator and denominator for a size and the next seat after so many.
QUOTIENTS: Mapping[str, Callable[[int, int], tuple[int, int]]] = {
    "dhondt": lambda size, s: (size, s + 1),
    "sainte-lague": lambda size, s: (size, 2 * s + 1),
    "huntington-hill": lambda size, s: (size**2, s * (s + 1)),
    "dean": lambda size, s: (size * (2 * s + 1), 2 * s * (s + 1)),
    "adams": lambda size, s: (size, s),
    "penrose": lambda size, s: (size, (2 * s + 1) ** 2),
    "cambridge": lambda size, s: (size, s),
}

Rankings = list[list[str]]
Values = Mapping[str, Fraction | int]


class Table:
    """The stages of a count, who stands, and what ties were met."""

    def __init__(self, seats: int, order: list[str], rankings: Rankings, lot: Mapping[str, bytes]) -> None:
        self.seats, self.order, self.rankings, self.lot = seats, order, rankings, lot
        self.valid, self.quota, self.standing = len(rankings), 0, list(order)
        self.history: list[Values] = []
        self.elected, self.excluded, self.stages, self.lots, self.now = (list[Any]() for _ in range(5))

    def open(self) -> bool:
        """Tell whether a seat is left, somebody for it, and a vote that could say who."""
        contested = len(self.standing) + len(self.elected) > self.seats
        return bool(len(self.elected) < self.seats and self.standing and (self.valid or not contested))

    def past(self, name: str) -> tuple[Any, ...]:
        """Return what an option had at each stage, the last one first."""
        return tuple(then[name] for then in reversed(self.history))

    def drawn(self, purpose: str, tied: Iterable[str]) -> list[str]:
        """Return equal options in the order of the lot, and note that it was needed."""
        by_lot = sorted(tied, key=self.lot.__getitem__)
        chosen = by_lot[-1 if purpose == "exclusion" else 0]
        self.lots += [[len(self.stages) + 1, purpose, by_lot, chosen]] if len(by_lot) > 1 else []
        return by_lot

    def elect(self, values: Values) -> str:
        """Give a seat to the highest, then the higher before, then the first in the lot; no value is last."""
        self.history.append({name: values.get(name, -1) for name in self.order})
        best = max(self.past(name) for name in self.standing)
        name = self.drawn("seat", [one for one in self.standing if self.past(one) == best])[0]
        self.seat([name])
        return name

    def seat(self, names: list[str]) -> None:
        """Let options take seats at this stage."""
        self.standing = [one for one in self.standing if one not in names]
        self.elected += [[name, len(self.stages) + 1] for name in names]
        self.now += names

    def exclude(self, name: str) -> None:
        """Take an option out at this stage."""
        self.standing.remove(name)
        self.excluded.append([name, len(self.stages) + 1])

    def show(self, action: str, values: Values, source: str | None = None) -> None:
        """Write a stage in which no votes move; values in votes, cut off after five decimals."""
        self.write(action, source, [int(values.get(name, 0) * UNITS) for name in self.order])

    def write(self, action: str, source: str | None, totals: list[int], *moved: Any, keep: Any = ()) -> None:
        """Write a stage's row; `moved` are transfers, exhausted and lost."""
        change = moved or ([0] * len(self.order), 0, 0)
        out = [source] if action == "exclusion" else []
        row = [len(self.stages) + 1, action, source, totals, *change, self.quota, self.now, out, list(keep)]
        self.stages.append(row)
        self.now = []

    def told(self) -> list[Any]:
        """Return outcome, stages and lots."""
        said = "elected" if self.elected else "no-valid-ballot"
        outcome = [said, self.seats, self.valid, 0, self.quota, self.elected, self.excluded]
        return [outcome, self.stages, self.lots]


class Transfers(Table):
    """An election in which votes move: totals in units of which `unit` are a vote."""

    unit = UNITS
    total: dict[str, int]

    def settle(self, action: str, source: str | None, at: int, spent: int, keep: Iterable[int] = ()) -> None:
        """End a stage: elect who has `at`, or all where they are no more than the seats left."""
        self.history.append(dict(self.total))
        left, shown = self.seats - len(self.elected), [v * UNITS // self.unit for v in self.total.values()]
        fit = len(self.standing) <= left
        past = {one: self.past(one) for one in self.standing if fit or self.total[one] >= at}
        won: list[str] = []
        for record in sorted(set(past.values()), reverse=True):
            won += self.drawn("order", [one for one in past if past[one] == record])
        self.seat(won[:left])
        before = self.stages[-1][3] if self.stages else [0] * len(shown)
        moved = [now - then for now, then in zip(shown, before, strict=True)]
        self.quota = at * UNITS // self.unit
        self.write(action, source, shown, moved, spent, self.valid * UNITS - sum(shown) - spent, keep=keep)


class Scottish(Transfers):
    """An election by the Scottish rules."""

    def count(self) -> list[Any]:
        """Return outcome, stages and lots."""
        at, self.total, self.spent = (
            (self.valid // (self.seats + 1) + 1) * UNITS,
            dict.fromkeys(self.order, 0),
            0,
        )
        self.piles: dict[str, list[tuple[int, list[str]]]] = {name: [] for name in self.order}
        self._move([(UNITS, each) for each in self.rankings])
        self.settle("first-preferences", None, at, self.spent)
        while self.open():
            if waiting := [name for name, _ in self.elected if self.total[name] > at]:
                best = max(map(self.past, waiting))
                name = self.drawn("surplus", [one for one in waiting if self.past(one) == best])[0]
                papers, total, self.total[name] = self.piles.pop(name), self.total[name], at
                self._move([(value * (total - at) // total, rest) for value, rest in papers])
                self.settle("surplus", name, at, self.spent)
            else:
                least = min(map(self.past, self.standing))
                name = self.drawn("exclusion", [o for o in self.standing if self.past(o) == least])[-1]
                self.exclude(name)
                self.total[name] = 0
                self._move(self.piles.pop(name))
                self.settle("exclusion", name, at, self.spent)
        return self.told()

    def _move(self, papers: Iterable[tuple[int, list[str]]]) -> None:
        for value, ranking in papers:
            to = next((name for name in ranking if name in self.standing), None)
            if to is None:
                self.spent += value
            else:
                self.total[to] += value
                self.piles[to].append((value, ranking))


class Meek(Transfers):
    """An election by Meek's rule, ballot by ballot."""

    unit = FINE

    def count(self) -> list[Any]:
        """Return outcome, stages and lots."""
        self.keep = dict.fromkeys(self.order, FINE)
        self._iterate("first-preferences", None)
        while self.open():
            if self.stages[-1][8]:
                self._iterate("surplus", None)
                continue
            bound = min(self.total[name] for name in self.standing) + self.surplus
            past = {name: self.past(name)[1:] for name in self.standing if self.total[name] <= bound}
            name = self.drawn("exclusion", [one for one in past if past[one] == min(past.values())])[-1]
            self.exclude(name)
            self.keep[name] = 0
            self._iterate("exclusion", name)
        return self.told()

    def _iterate(self, action: str, source: str | None) -> None:
        before: int | None = None
        while True:
            self.total = dict.fromkeys(self.order, 0)
            for ranking in self.rankings:
                value = FINE
                for name in ranking:
                    kept = -(-value * self.keep[name] // FINE)
                    self.total[name] += kept
                    value -= kept
            quota = sum(self.total.values()) // (self.seats + 1) + 1
            self.surplus = max(0, sum(self.total[name] - quota for name, _ in self.elected))
            reached = any(self.total[name] >= quota for name in self.standing)
            if reached or self.surplus < OMEGA or (before is not None and self.surplus >= before):
                break
            before = self.surplus
            for name, _ in self.elected:
                kept = -(-self.keep[name] * quota // FINE)
                self.keep[name] = -(-kept * FINE // self.total[name])
        spent = (self.valid * FINE - sum(self.total.values())) * UNITS // FINE
        self.settle(action, source, quota, spent, self.keep.values())


def plurality(*asked: Any) -> list[Any]:
    """Give the seats to the most first choices."""
    table = Table(*asked)
    votes = {name: sum(each[0] == name for each in table.rankings) for name in table.order}
    while table.open():
        table.elect(votes)
    table.show("first-preferences", votes)
    return table.told()


def schulze(*asked: Any) -> list[Any]:
    """Give each seat to one whom nobody left beats by a stronger path."""
    table = Table(*asked)
    order, pairs = table.order, [(a, b) for a, b in product(table.order, repeat=2) if a != b]
    votes = dict.fromkeys(pairs, 0)
    for ranking in table.rankings:
        for place, one in enumerate(ranking):
            for other in set(order) - set(ranking[: place + 1]):
                votes[one, other] += 1
    path = {(a, b): votes[a, b] * (votes[a, b] > votes[b, a]) for a, b in pairs}
    for over, one, other in product(order, repeat=3):
        if len({over, one, other}) == 3:
            path[one, other] = max(path[one, other], min(path[one, over], path[over, other]))
    for action, found in (("pairwise", votes), ("paths", path)):
        for one in order:
            table.show(action, {other: found[one, other] for other in order if other != one}, one)
    while table.open():
        left = table.standing
        beaten = {one: sum(path[o, one] > path[one, o] for o in left if o != one) for one in left}
        table.elect({one: int(not beaten[one]) for one in left})
        table.show("seat", beaten)
    return table.told()


def phragmen(*asked: Any) -> list[Any]:
    """Give each seat where its voters would carry the least."""
    table = Table(*asked)
    return _by_loads(table, [Fraction(0)] * table.valid, "seat")


def _by_loads(table: Table, load: list[Fraction], action: str) -> list[Any]:
    while table.open():
        values: dict[str, Fraction] = {}
        for name in table.standing:
            carried = [each for each, ranking in zip(load, table.rankings, strict=True) if name in ranking]
            values |= {name: Fraction(len(carried)) / (1 + sum(carried))} if carried else {}
        name = table.elect(values)
        level = 1 / values.get(name, Fraction(1))
        load = [level if name in r else each for each, r in zip(load, table.rankings, strict=True)]
        table.show(action, values)
    return table.told()


def equal_shares(*asked: Any) -> list[Any]:
    """Sell seats to the smallest equal shares, then go on by loads."""
    table = Table(*asked)
    price, purse = table.valid, [Fraction(table.seats)] * table.valid
    table.quota = price * UNITS // table.seats
    while table.open() and price:
        values: dict[str, Fraction] = {}
        for name in table.standing:
            held = sorted(
                p for p, ranking in zip(purse, table.rankings, strict=True) if p and name in ranking
            )
            rest = Fraction(price)
            if sum(held) >= price:
                while held[0] * len(held) < rest:
                    rest -= held.pop(0)
                values[name] = price * len(held) / rest
        if not values:
            break
        name = table.elect(values)
        table.show("seat", values)
        share = price / values[name]
        purse = [
            max(p - share, Fraction(0)) if name in r else p
            for p, r in zip(purse, table.rankings, strict=True)
        ]
    return _by_loads(table, [-each / max(1, price) for each in purse], "completion")


def lists(*asked: Any, by: str) -> list[Any]:
    """Share out seats over first choices, by quotients or by the largest remainders."""
    table = Table(*asked)
    votes = {name: sum(each[0] == name for each in table.rankings) for name in table.order}
    quota = {name: Fraction(votes[name] * table.seats, max(1, table.valid)) for name in table.order}
    given = {name: int(quota[name]) if by == "hamilton" else 0 for name in table.order}
    claims = [(quota[name] - given[name], name) for name in table.order if votes[name]]
    if by != "hamilton":
        numbers = product((name for _, name in claims), range(table.seats))
        claims = [(Fraction(*QUOTIENTS[by](votes[name], s)), name) for name, s in numbers]
    left = table.seats - sum(given.values()) if table.valid else 0
    claims.sort(key=lambda one: (-one[0], table.lot[one[1]]))
    last = claims[left - 1][0] if 0 < left < len(claims) else None
    tied = [name for value, name in claims if value == last]
    won = [name for value, name in claims[:left] if value == last]
    for name in won if len(won) < len(tied) else ():
        table.drawn("seat", tied)
        tied.remove(name)
    for _, name in claims[:left]:
        given[name] += 1
    for name in sorted(table.order, key=lambda name: -votes[name]):
        table.seat([name] * given[name])
    table.show("lists", votes)
    return table.told()


COUNTS: Mapping[str, Callable[..., list[Any]]] = {
    "scottish-stv": lambda *asked: Scottish(*asked).count(),
    "meek": lambda *asked: Meek(*asked).count(),
    "plurality": plurality,
    "schulze": schulze,
    "phragmen": phragmen,
    "equal-shares": equal_shares,
    "party-list-dhondt": partial(lists, by="dhondt"),
    "party-list-sainte-lague": partial(lists, by="sainte-lague"),
    "party-list-hamilton": partial(lists, by="hamilton"),
}
