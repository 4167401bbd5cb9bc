"""Which ballots count and what they come to, written from docs/counting.md and docs/data-model.md."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from fractions import Fraction
from heapq import merge
from itertools import groupby, islice, permutations, takewhile
from operator import itemgetter
from typing import Any

from tests.verifier.proving import digest
from tests.verifier.shapes import Fields

UNITS, FINE, OMEGA = 100_000, 10**9, 1_000
SEAT = itemgetter("community", "seat")
CHOICES = ("yes", "no", "abstain", "stand-aside", "block")
# What is compared for the seat after s seats, over what; where the quotients are roots, their squares.
QUOTIENTS: Mapping[str, Callable[[int, int], tuple[int, int]]] = {
    "dhondt": lambda size, s: (size, s + 1),
    "sainte-lague": lambda size, s: (size, 2 * s + 1),
    "huntington-hill": lambda size, s: (size**2, s * (s + 1)),
    "dean": lambda size, s: (size * (2 * s + 1), s * (s + 1)),
    "penrose": lambda size, s: (size, (2 * s + 1) ** 2),
    "adams": lambda size, s: (size, s),
    "cambridge": lambda size, s: (size, s),
}


def share_out(method: str, house: int, size: Any, lot: Any, floor: int, cap: int) -> Any:
    """Return how many seats each has by its size, and whom the lot parted over the last of them."""

    def bounded(at: Fraction) -> dict[Any, Fraction]:
        return {one: min(max(number * at, Fraction(floor)), Fraction(cap)) for one, number in size.items()}

    def claims(one: Any) -> Iterable[Any]:
        for s in range(floor, cap):
            number, over = QUOTIENTS[method](size[one], s - floor if method == "cambridge" else s)
            yield (over > 0, Fraction(-number, over or 1)), lot[one], one

    if method == "hamilton":
        # From one bound to the next lies the quota at which the bounded quotas add up to the house.
        edges = {Fraction(edge, number) for number in size.values() for edge in (floor, cap)}
        low = max((at for at in edges if sum(bounded(at).values()) <= house), default=Fraction(0))
        free = sum(number for number in size.values() if floor <= number * low < cap) or 1
        quotas = bounded(low + (house - sum(bounded(low).values())) / Fraction(free))
        found = {one: int(quota) for one, quota in quotas.items()}
        ranked: Iterator[Any] = iter(sorted((found[one] - quotas[one], lot[one], one) for one in size))
    else:
        found, ranked = dict.fromkeys(size, floor), merge(*map(claims, size))
    won = [*islice(ranked, house - sum(found.values()))]
    for *_, one in won:
        found[one] += 1
    last = [one for value, _, one in won if value == won[-1][0]]
    lost = [one for *_, one in takewhile(lambda claim: claim[0] == won[-1][0], ranked if won else ())]
    return found, [[*last[n:], *lost] for n in range(len(last))] if lost else []


class Election:
    """A count under way: who stands, who won, the stages so far, the ties that the lot decided."""

    def __init__(self, asked: Fields, rankings: list[list[str]]) -> None:
        self.method, self.seats, self.rankings = asked.method.removesuffix("/1"), asked.seats, rankings
        self.order, self.firsts, self.quota = sorted(asked.options), Counter(each[0] for each in rankings), 0
        self.lot = {one: digest("hedgerow/lot/1", asked.lot_seed, one) for one in self.order}
        self.standing = [*self.order]
        self.past, self.elected, self.stages, self.lots = (list[Any]() for _ in range(4))

    def told(self) -> list[Any]:
        """Count, and return method, outcome, stages and lots."""
        # Methods are named by the first of their words below; a shape lets no other in.
        getattr(self, self.method.split("-")[0])()
        excluded = [[stage[2], stage[0]] for stage in self.stages if stage[1] == "exclusion"]
        verdict = "elected" if self.elected else "no-valid-ballot"
        outcome = [verdict, self.seats, len(self.rankings), 0, self.quota, self.elected, excluded]
        return [[self.method, 1, []], outcome, self.stages, self.lots]

    def open(self) -> bool:
        """Tell whether a seat is left, somebody for it, and a vote that could say who."""
        left = self.seats - len(self.elected)
        return left > 0 < len(self.standing) and bool(self.rankings or len(self.standing) <= left)

    def best(self, purpose: str, among: Iterable[str], skip: int = 0) -> list[str]:
        """Return who had most (to be excluded: least) when they last differed, by a lot that is noted."""
        past = {one: [then.get(one, -1) for then in self.past[::-1][skip:]] for one in among}
        most = min(past.values()) if purpose == "exclusion" else max(past.values())
        tied = sorted((one for one in past if past[one] == most), key=self.lot.__getitem__)
        chosen = tied[-1 if purpose == "exclusion" else 0]
        self.lots += [[len(self.stages) + 1, purpose, tied, chosen]] if len(tied) > 1 else []
        return tied

    def seat(self, names: list[str]) -> None:
        """Let options take seats at this stage."""
        self.standing = [one for one in self.standing if one not in names]
        self.elected += [[name, len(self.stages) + 1] for name in names]

    def elect(self, values: Mapping[str, Any]) -> None:
        """Give a seat to the highest; who has no value comes last."""
        self.past.append(values)
        self.seat(self.best("seat", self.standing)[:1])

    def write(self, what: Any, values: Any, unit: int = 1, spent: int = 0, keep: Any = ()) -> None:
        """Write a stage, cut off after five decimals; where a vote is of several units, votes move."""
        now, number = [values.get(one, 0) * UNITS // unit for one in self.order], len(self.stages) + 1
        before = now if unit == 1 else self.stages[-1][3] if self.stages else [0] * len(now)
        moved = [has - had for has, had in zip(now, before, strict=True)]
        lost = len(self.rankings) * UNITS - sum(now) - spent if unit > 1 else 0
        won, out = [one for one, at in self.elected if at == number], [what[1]] * (what[0] == "exclusion")
        self.stages.append([number, *what, now, moved, spent, lost, self.quota, won, out, [*keep]])

    def settle(self, what: Any, total: Any, unit: int, at: int, spent: int, keep: Any = ()) -> bool:
        """Elect who has `at`, or all if they are no more than the seats left; tell whether to go on."""
        left, won = self.seats - len(self.elected), list[str]()
        self.past.append({**total})
        among = {one for one in self.standing if total[one] >= at or len(self.standing) <= left}
        while rest := among.difference(won):
            won += self.best("order", rest)
        self.seat(won[:left])
        self.quota = at * UNITS // unit
        self.write(what, total, unit, spent * UNITS // unit, keep)
        return self.open()

    def scottish(self) -> None:
        """Count by the Scottish rules; under None is what is exhausted."""
        total: dict[str | None, int] = dict.fromkeys([*self.order, None], 0)
        at = (len(self.rankings) // (self.seats + 1) + 1) * UNITS
        piles: dict[str | None, list[Any]] = {one: [] for one in total}
        source, kept, papers = None, 0, [(UNITS, each) for each in self.rankings]
        what = "first-preferences"
        while True:
            for value, ranking in papers:
                to = next((one for one in ranking if one in self.standing), None)
                total[to] += value
                piles[to].append((value, ranking))
            if not self.settle((what, source), total, UNITS, at, total[None]):
                return
            over = [one for one, _ in self.elected if total[one] > at]
            what, kept = ("surplus", at) if over else ("exclusion", 0)
            source = self.best(what, over or self.standing)[0 if over else -1]
            self.standing = [one for one in self.standing if one != source]
            had, total[source] = total[source], kept
            papers = [(value * (had - kept) // (had or 1), rest) for value, rest in piles.pop(source)]

    def meek(self) -> None:
        """Count by Meek's rule, ballot by ballot; division by `//` of what is below nothing rounds up."""
        keep, what, source = dict.fromkeys(self.order, FINE), "first-preferences", None
        surplus = most = FINE * (len(self.rankings) + 1)
        while True:
            total, spent = dict.fromkeys(self.order, 0), 0
            for ranking in self.rankings:
                value = FINE
                for name in ranking:
                    kept = -(-value * keep[name] // FINE)
                    total[name], value = total[name] + kept, value - kept
                spent += value
            at = sum(total.values()) // (self.seats + 1) + 1
            before, surplus = surplus, max(0, sum(total[name] - at for name, _ in self.elected))
            if OMEGA <= surplus < before and all(total[name] < at for name in self.standing):
                for name, _ in self.elected:
                    less = -keep[name] * at // FINE
                    keep[name] = -(less * FINE // total[name])
                continue
            if not self.settle((what, source), total, FINE, at, spent, keep.values()):
                return
            bound = min(total[one] for one in self.standing) + surplus
            close = [one for one in self.standing if total[one] <= bound]
            what, source, surplus = "surplus", None, most
            if not self.stages[-1][8]:
                what, source = "exclusion", self.best("exclusion", close, skip=1)[-1]
                self.standing.remove(source)
                keep[source] = 0

    def plurality(self) -> None:
        """Give the seats to the most first choices."""
        while self.open():
            self.elect(self.firsts)
        self.write(("first-preferences", None), self.firsts)

    def schulze(self) -> None:
        """Give each seat to one whom nobody left beats by a stronger path."""
        places, last = [{name: place for place, name in enumerate(r)} for r in self.rankings], len(self.order)
        pairs = [*permutations(self.order, 2)]
        votes = {(a, b): sum(r.get(a, last) < r.get(b, last) for r in places) for a, b in pairs}
        path = {(a, b): votes[a, b] * (votes[a, b] > votes[b, a]) for a, b in pairs}
        for over, a, b in permutations(self.order, 3):
            path[a, b] = max(path[a, b], min(path[a, over], path[over, b]))
        for action, found in (("pairwise", votes), ("paths", path)):
            for one in self.order:
                self.write((action, one), {b: found[a, b] for a, b in pairs if a == one})
        while self.open():
            left = [(a, b) for a, b in pairs if a in self.standing and b in self.standing]
            beaten = Counter(b for a, b in left if path[a, b] > path[b, a])
            self.elect({one: not beaten[one] for one in self.standing})
            self.write(("seat", None), beaten)

    def phragmen(self) -> None:
        """Seat whose voters would then carry least; by equal shares, sell to the smallest of these before.

        What a voter carries is less than nothing as long as it has money, and 1 is what a seat costs.
        """
        valid, buying, action = len(self.rankings), self.method == "equal-shares", "seat"
        self.quota = valid * UNITS // self.seats if buying else 0
        papers: list[Any] = [[Fraction(-self.seats * buying, valid), each] for each in self.rankings]
        while self.open():
            values = dict[str, Fraction]()
            for name in self.standing:
                money, rest = sorted(-load for load, approved in papers if name in approved), Fraction(1)
                if buying and sum(money) >= 1:
                    while money[0] * len(money) < rest:
                        rest -= money.pop(0)
                    values[name] = len(money) / rest
                elif money and not buying:
                    values[name] = len(money) / (1 - sum(money))
            if buying and not values:
                buying, action = False, "completion"
                continue
            self.elect(values)
            self.write((action, None), values)
            for paper in (paper for paper in papers if self.elected[-1][0] in paper[1]):
                share = 1 / values[self.elected[-1][0]]
                paper[0] = min(paper[0] + share, Fraction(0)) if buying else share

    equal = phragmen

    def party(self) -> None:
        """Share out the seats over first choices."""
        votes, house = self.firsts, self.seats if self.rankings else 0
        given, ties = share_out(self.method.removeprefix("party-list-"), house, votes, self.lot, 0, house)
        for tied in ties:
            self.best("seat", tied)
        for name in sorted(votes, key=lambda name: (-votes[name], name)):
            self.seat([name] * given[name])
        self.write(("lists", None), votes)


def answer(rule: Fields, cast: Counter[str], electorate: int) -> list[Any]:
    """Decide a question: is there a quorum, does a block stop it, is the share reached."""
    of = {"cast": cast["yes"] + cast["no"] + cast["block"], "present": cast.total(), "all": electorate}
    share = Fraction(*rule.threshold) * of[rule.of]
    needed = share // 1 + 1 if rule.strictly_above else max(1, -(-share // 1))
    verdict = "passed" if cast["yes"] >= needed else "rejected"
    verdict = "blocked" if rule.blocks_stop and cast["block"] else verdict
    verdict = verdict if cast.total() >= Fraction(*rule.quorum) * electorate else "no-quorum"
    threshold, above = _ratio("threshold", rule.threshold), [["more_than", int(rule.strictly_above)]]
    blocks, every = [["blocks_max", 0]] * rule.blocks_stop, [["electorate", electorate]]
    numbers = threshold + above + _ratio("quorum", rule.quorum) + blocks + every
    won, votes = ["yes"] * (verdict == "passed"), [cast[name] * UNITS for name in sorted(CHOICES)]
    outcome = [verdict, 1, cast.total(), 0, needed * UNITS, [[name, 1] for name in won], []]
    stage = [1, "choices", None, votes, votes, 0, 0, needed * UNITS, won, [], []]
    return [[f"yes-no-{rule.of}", 1, numbers], outcome, [stage], []]


def _ratio(name: str, pair: list[int]) -> list[list[Any]]:
    share = Fraction(*pair)
    return [[f"{name}_numerator", share.numerator], [f"{name}_denominator", share.denominator]]


def seats(roll: Fields) -> Any:
    """Share out a roll's seats again; None where floors and caps cannot be met."""
    size = {one.community: one.size for one in roll.holders}
    house, floor, cap = roll.house, roll.floor, roll.cap or roll.house
    if not (floor <= cap and floor * len(size) <= house <= cap * len(size)):
        return None
    seed = digest("hedgerow/roll-lot/1", roll.federation, sorted(size))
    lot = {one: digest("hedgerow/lot/1", seed, one.hex()) for one in size}
    return share_out(roll.method, house, size, lot, floor, cap)[0]


def count(asked: Fields, ballots: Iterable[Any], void: int, electorate: int) -> list[Any]:
    """Count a question's chosen ballots as the list whose hash is the count id."""
    names, parts = asked.options or CHOICES, asked.casting.parts
    portions = [each for one in ballots for each in one.split or [Fields(one, parts=parts)]]
    rankings = [[names[n - 1] for n in one.choice] for one in portions for _ in range(one.parts)]
    rankings += [["abstain"]] * void * parts if asked.rule else []
    place = {name: str(number) for number, name in enumerate(sorted(names), 1)}
    spelled = Counter(" ".join(place[name] for name in each) for each in rankings)
    lines = "".join(sorted(f"{each}:{number}\n" for each, number in spelled.items())).encode()
    contest = [asked.title, asked.seats, [[name, name, False] for name in place], lines]
    cast = Counter(each[0] for each in rankings)
    told = answer(asked.rule, cast, electorate * parts) if asked.rule else Election(asked, rankings).told()
    return ["hedgerow/result/1", told[0], digest("hedgerow/contest/1", *contest), *told[1:]]


def turned_out(asked: Fields, told: list[Any], came: set[Any], seated: Mapping[bytes, int]) -> list[Any]:
    """Return a count; or, where too few took part in an election, that nobody is elected."""
    wanted = asked.turnout or Fields(of="seats", quorum=[0, 1])
    by_seat, numbers = wanted.of == "seats", _ratio("quorum", wanted.quorum)
    total = sum(seated.values()) if by_seat else sum(number > 0 for number in seated.values())
    if len(came if by_seat else {one for one, _ in came}) >= Fraction(*wanted.quorum) * total:
        return told
    method = [*told[1][:2], [*numbers, ["electorate" if by_seat else "communities", total]]]
    return [told[0], method, told[2], ["no-quorum", *told[3][1:4], 0, [], []], [], []]


def decide(asked: Fields, seated: Mapping[bytes, int], held: list[Fields], given: list[Fields]) -> list[Any]:
    """Return the count, the ballots counted, the votes lent and the void seats, as the decision's id does."""
    counted, void = choose(held, given)
    lent, idle = loans(counted, void, given, seated) if asked.casting.lending else ([], 0)
    said = {one.id: one for one in counted}
    ballots = [one for one in counted if not one.follows] + [said[one] for *_, one in lent if one]
    told = count(asked, ballots, len(void) + idle, sum(seated.values()))
    came = {*map(SEAT, counted), *map(tuple, void), *((one[0], one[1]) for one in lent if one[2])}
    return [turned_out(asked, told, came, seated), [*said], lent, void]


def choose(ballots: list[Fields], mandates: list[Fields]) -> tuple[list[Fields], list[Any]]:
    """Return the ballot that counts of each seat, and the seats that spoke twice in one place."""
    counted, void = list[Fields](), list[Any]()
    for seat, each in groupby(sorted(ballots, key=SEAT), SEAT):
        cast = [*each]
        highest = max(one.by.seq for one in cast)
        given = [one for one in mandates if SEAT(one) == seat] + [one.by for one in cast]
        if any(mandate.revokes_ballots and mandate.seq > highest for mandate in given):
            continue
        under = [one for one in cast if one.by.seq == highest]
        rivals, voice = len({one.by.id for one in under}) > 1, min(one.voice for one in under)
        spoken = [one for one in under if rivals or one.voice == voice]
        before, numbers = [one.prev for one in spoken if one.prev], {one.seq: one for one in spoken}
        if rivals or len({*before}) < len(before) or len(numbers) < len(spoken):
            void.append([*seat])
        else:
            counted.append(numbers[max(numbers)])
    return counted, void


def loans(counted: list[Fields], void: list[Any], given: list[Fields], seated: Any) -> tuple[list[Any], int]:
    """Return each lent vote with the ballot whose choice it takes, and how many ballots follow nobody."""
    chosen = {SEAT(one): one.id for one in counted if not one.follows}
    followed = {SEAT(one): SEAT(one.follows) for one in counted if one.follows}
    onward, spoken = {**followed}, {*chosen, *followed, *map(tuple, void)}
    for seat, each in groupby(sorted(given, key=lambda one: (SEAT(one), -one.seq)), SEAT):
        newest, *older = each
        last = not older or older[0].seq < newest.seq
        if newest.lends and last and seat not in spoken and seat[1] <= seated.get(seat[0], 0):
            onward[seat] = SEAT(newest.lends)
    ends = {seat: seat for seat in sorted(onward)}
    for _ in onward:
        ends = {seat: onward.get(at, at) for seat, at in ends.items()}
    idle = sum(at not in chosen and seat in followed for seat, at in ends.items())
    return [[*seat, chosen.get(at)] for seat, at in ends.items()], idle
