"""The further methods of the second reader, written from docs/counting.md; it shares no line with the node.

Each function takes the seats, the options in bytewise order, one ranking a ballot and each option's place in
the lot, and returns outcome, stages and lots as the result's bytes have them.
"""

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from itertools import product
from typing import Any

UNITS = 100_000
FINE, OMEGA = 10**9, 1_000

Lot = Mapping[str, bytes]
Rankings = list[list[str]]


class Table:
    """The stages of a count that gives seats one after another."""

    def __init__(self, seats: int, order: list[str], valid: int, lot: Lot, quota: int = 0) -> None:
        self.seats, self.order, self.valid, self.lot, self.quota = seats, order, valid, lot, quota
        self.standing, self.history = list(order), list[dict[str, int]]()
        self.elected, self.stages, self.lots, self.now = (list[Any]() for _ in range(4))

    def open(self) -> bool:
        """Tell whether a seat is left, somebody for it, and a vote that could say who."""
        contested = len(self.standing) + len(self.elected) > self.seats
        return bool(len(self.elected) < self.seats and self.standing and (self.valid or not contested))

    def weigh(self, values: Mapping[str, Fraction | int]) -> None:
        """Note by what the next seats go; who has no value comes last."""
        ranks = {value: rank for rank, value in enumerate(sorted(set(values.values())), 1)}
        self.history.append({name: ranks[values[name]] if name in values else 0 for name in self.order})

    def elect(self) -> str:
        """Give a seat to the best, then the better at an earlier stage, then the first in the lot."""
        past = {name: [then[name] for then in reversed(self.history)] for name in self.standing}
        best = max(past.values())
        tied = sorted((name for name in past if past[name] == best), key=self.lot.__getitem__)
        number = len(self.stages) + 1
        self.lots += [[number, "seat", tied, tied[0]]] if len(tied) > 1 else []
        self.standing.remove(tied[0])
        self.elected.append([tied[0], number])
        self.now.append(tied[0])
        return tied[0]

    def close(self, action: str, values: Mapping[str, Fraction | int], source: str | None = None) -> None:
        """Write a stage's row; values in votes, cut off after five decimals."""
        totals, none = [int(values.get(name, 0) * UNITS) for name in self.order], [0] * len(self.order)
        number = len(self.stages) + 1
        self.stages.append([number, action, source, totals, none, 0, 0, self.quota, self.now, [], []])
        self.now = []

    def told(self) -> list[Any]:
        """Return outcome, stages and lots."""
        said = "elected" if self.elected else "no-valid-ballot"
        outcome = [said, self.seats, self.valid, 0, self.quota, self.elected, []]
        return [outcome, self.stages, self.lots]


def plurality(seats: int, order: list[str], rankings: Rankings, lot: Lot) -> list[Any]:
    """Give the seats to the most first choices."""
    table, votes = Table(seats, order, len(rankings), lot), firsts(order, rankings)
    table.weigh(votes)
    while table.open():
        table.elect()
    table.close("first-preferences", votes)
    return table.told()


def firsts(order: list[str], rankings: Rankings) -> dict[str, int]:
    """Return how many ballots begin with each option."""
    return {name: sum(each[0] == name for each in rankings) for name in order}


def schulze(seats: int, order: list[str], rankings: Rankings, lot: Lot) -> list[Any]:
    """Give each seat to one whom nobody left beats by a stronger path."""
    table = Table(seats, order, len(rankings), lot)

    def prefers(ranking: list[str], one: str, other: str) -> bool:
        return one in ranking and other not in ranking[: ranking.index(one)]

    pairs = [(one, other) for one, other in product(order, order) if one != other]
    votes = {(one, other): sum(prefers(each, one, other) for each in rankings) for one, other in pairs}
    path = {(one, other): votes[one, other] * (votes[one, other] > votes[other, one]) for one, other in pairs}
    for over, one, other in product(order, order, order):
        if len({over, one, other}) == 3:
            path[one, other] = max(path[one, other], min(path[one, over], path[over, other]))
    for action, found in (("pairwise", votes), ("paths", path)):
        for one in order:
            table.close(action, {other: found[one, other] for other in order if other != one}, one)
    while table.open():
        left = table.standing
        beaten = {one: sum(path[o, one] > path[one, o] for o in left if o != one) for one in left}
        table.weigh({one: int(not beaten[one]) for one in left})
        table.elect()
        table.close("seat", beaten)
    return table.told()


def phragmen(seats: int, order: list[str], rankings: Rankings, lot: Lot) -> list[Any]:
    """Give each seat where its voters would carry the least."""
    table = Table(seats, order, len(rankings), lot)
    _share_loads(table, rankings, [Fraction(0)] * len(rankings), "seat")
    return table.told()


def equal_shares(seats: int, order: list[str], rankings: Rankings, lot: Lot) -> list[Any]:
    """Sell seats to the smallest equal shares, then go on by loads."""
    price = len(rankings)
    table = Table(seats, order, price, lot, quota=price * UNITS // seats)
    purse = [Fraction(seats)] * price
    while table.open() and price:
        shares = {name: _share([p for p, r in zip(purse, rankings, strict=True) if name in r], price)
                  for name in table.standing}  # fmt: skip
        values = {name: price / share for name, share in shares.items() if share}
        if not values:
            break
        table.weigh(values)
        name = table.elect()
        table.close("seat", values)
        purse = [max(Fraction(0), p - price / values[name]) if name in r else p
                 for p, r in zip(purse, rankings, strict=True)]  # fmt: skip
    _share_loads(table, rankings, [-each / max(1, price) for each in purse], "completion")
    return table.told()


def _share(purses: list[Fraction], price: int) -> Fraction | None:
    """Return what each pays at most, so that all together pay the price."""
    if sum(purses) < price:
        return None
    rest, held = Fraction(price), sorted(each for each in purses if each)
    while held[0] * len(held) < rest:
        rest -= held.pop(0)
    return rest / len(held)


def _share_loads(table: Table, rankings: Rankings, load: list[Fraction], action: str) -> None:
    while table.open():
        values: dict[str, Fraction] = {}
        for name in table.standing:
            carried = [each for each, ranking in zip(load, rankings, strict=True) if name in ranking]
            values |= {name: Fraction(len(carried)) / (1 + sum(carried))} if carried else {}
        table.weigh(values)
        name = table.elect()
        level = 1 / values.get(name, Fraction(1))
        load = [level if name in r else each for each, r in zip(load, rankings, strict=True)]
        table.close(action, values)


def lists(quotient: Callable[[int, int], Fraction] | None) -> Callable[..., list[Any]]:
    """Return the count that shares out seats by quotients, or by the largest remainders without one."""

    def count(seats: int, order: list[str], rankings: Rankings, lot: Lot) -> list[Any]:
        votes = firsts(order, rankings)
        claims: list[tuple[Fraction, str]] = []
        given = dict.fromkeys(order, 0)
        if quotient:
            claims = [(quotient(votes[name], s), name) for name in order if votes[name] for s in range(seats)]
        elif rankings:
            quota = {name: Fraction(votes[name] * seats, len(rankings)) for name in order if votes[name]}
            given |= {name: int(each) for name, each in quota.items()}
            claims = [(each - int(each), name) for name, each in quota.items()]
        left = seats - sum(given.values()) if rankings else 0
        claims.sort(key=lambda one: (-one[0], lot[one[1]]))
        for _, name in claims[:left]:
            given[name] += 1
        lots: list[Any] = []
        if 0 < left < len(claims) and claims[left - 1][0] == claims[left][0]:
            tied = sorted((n for value, n in claims if value == claims[left][0]), key=lot.__getitem__)
            for name in [n for value, n in claims[:left] if value == claims[left][0]]:
                lots.append([1, "seat", list(tied), name])
                tied.remove(name)
        names = sorted(order, key=lambda name: -votes[name])
        elected = [name for name in names for _ in range(given[name])]
        totals, none = [votes[name] * UNITS for name in order], [0] * len(order)
        said = "elected" if elected else "no-valid-ballot"
        outcome = [said, seats, len(rankings), 0, 0, [[name, 1] for name in elected], []]
        return [outcome, [[1, "lists", None, totals, none, 0, 0, 0, elected, [], []]], lots]

    return count


class Meek:
    """An election by Meek's rule, ballot by ballot; votes in units of 0.000000001."""

    def __init__(self, seats: int, order: list[str], rankings: Rankings, lot: Lot) -> None:
        self.seats, self.order, self.rankings, self.lot = seats, order, rankings, lot
        self.keep, self.standing = dict.fromkeys(order, FINE), list(order)
        self.total, self.surplus = dict.fromkeys(order, 0), 0
        self.history: list[dict[str, int]] = []
        self.elected, self.excluded, self.stages, self.lots = (list[Any]() for _ in range(4))

    def count(self) -> list[Any]:
        """Return outcome, stages and lots."""
        self._settle("first-preferences", None)
        while len(self.elected) < self.seats and self.standing and self.rankings:
            if self.stages[-1][8]:
                self._settle("surplus", None)
                continue
            bound = min(self.total[name] for name in self.standing) + self.surplus
            low = [name for name in self.standing if self.total[name] <= bound]
            past = {name: [then[name] for then in reversed(self.history[:-1])] for name in low}
            name = self._drawn("exclusion", [one for one in low if past[one] == min(past.values())])[-1]
            self.standing.remove(name)
            self.keep[name] = 0
            self.excluded.append([name, len(self.stages) + 1])
            self._settle("exclusion", name)
        said, quota = "elected" if self.elected else "no-valid-ballot", self.stages[-1][7]
        outcome = [said, self.seats, len(self.rankings), 0, quota, self.elected, self.excluded]
        return [outcome, self.stages, self.lots]

    def _drawn(self, purpose: str, tied: Iterable[str]) -> list[str]:
        by_lot = sorted(tied, key=self.lot.__getitem__)
        chosen = by_lot[-1 if purpose == "exclusion" else 0]
        self.lots += [[len(self.stages) + 1, purpose, by_lot, chosen]] if len(by_lot) > 1 else []
        return by_lot

    def _settle(self, action: str, source: str | None) -> None:
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
            chosen = [name for name, _ in self.elected]
            self.surplus = max(0, sum(self.total[name] - quota for name in chosen))
            reached = any(self.total[name] >= quota for name in self.standing)
            if reached or self.surplus < OMEGA or (before is not None and self.surplus >= before):
                break
            before = self.surplus
            for name in chosen:
                kept = -(-self.keep[name] * quota // FINE)
                self.keep[name] = -(-kept * FINE // self.total[name])
        self._close(action, source, quota)

    def _close(self, action: str, source: str | None, quota: int) -> None:
        self.history.append(dict(self.total))
        number, open_seats = len(self.stages) + 1, self.seats - len(self.elected)
        fit = len(self.standing) <= open_seats
        reach = [name for name in self.standing if fit or self.total[name] >= quota]
        past = {name: [then[name] for then in reversed(self.history)] for name in reach}
        won: list[str] = []
        for record in sorted({tuple(each) for each in past.values()}, reverse=True):
            won += self._drawn("order", [name for name in reach if past[name] == list(record)])
        won = won[:open_seats]
        self.standing = [name for name in self.standing if name not in won]
        self.elected += [[name, number] for name in won]
        shown = [self.total[name] * UNITS // FINE for name in self.order]
        before = self.stages[-1][3] if self.stages else [0] * len(shown)
        moved = [now - then for now, then in zip(shown, before, strict=True)]
        spent = (len(self.rankings) * FINE - sum(self.total.values())) * UNITS // FINE
        lost = len(self.rankings) * UNITS - sum(shown) - spent
        out, keep = [source] if action == "exclusion" else [], [self.keep[name] for name in self.order]
        needed = quota * UNITS // FINE
        row = [number, action, source, shown, moved, spent, lost, needed, won, out, keep]
        self.stages.append(row)


COUNTS: Mapping[str, Callable[..., list[Any]]] = {
    "plurality": plurality,
    "schulze": schulze,
    "phragmen": phragmen,
    "equal-shares": equal_shares,
    "party-list-dhondt": lists(lambda votes, s: Fraction(votes, s + 1)),
    "party-list-sainte-lague": lists(lambda votes, s: Fraction(votes, 2 * s + 1)),
    "party-list-hamilton": lists(None),
    "meek": lambda *asked: Meek(*asked).count(),
}
