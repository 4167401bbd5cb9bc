"""Which ballots count and what they come to, written from docs/counting.md and docs/data-model.md."""

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from itertools import count as naturals
from itertools import groupby, permutations
from operator import itemgetter
from typing import Any

from tests.verifier.proving import digest, encode
from tests.verifier.shapes import Fields
from tests.verifier.sharing import affordable, bought, pay, share_out

UNITS, FINE, OMEGA = 100_000, 10**9, 1_000
SEAT = itemgetter("community", "seat")
WORDS = ("seq", "prev", "choice", "split", "follows", "reason")
CHOICES = ("yes", "no", "abstain", "stand-aside", "block")


class Election:
    """A count under way: who stands, who won, the stages so far, the ties that the lot decided."""

    def __init__(self, asked: Fields, rankings: list[list[str]], cost: dict[str, int]) -> None:
        self.method, self.seats, self.rankings = asked.method.removesuffix("/1"), asked.seats, rankings
        self.order, self.firsts, self.quota = sorted(asked.options), Counter(each[0] for each in rankings), 0
        self.lot = {one: digest("hedgerow/lot/1", asked.lot_seed, one) for one in self.order}
        self.standing = [*self.order]
        self.asked, self.cost = asked, cost
        self.past, self.elected, self.stages, self.lots = (list[Any]() for _ in range(4))

    def told(self) -> list[Any]:
        """Count, and return method, outcome, stages and lots."""
        # Methods are named by the first of their words below; a shape lets no other in.
        getattr(self, self.method.split("-")[0])()
        excluded = [[stage[2], stage[0]] for stage in self.stages if stage[1] == "exclusion"]
        none = "nothing-funded" if self.cost and self.rankings else "no-valid-ballot"
        verdict, places = "elected" if self.elected else none, len(self.cost) or self.seats
        outcome = [verdict, places, len(self.rankings), 0, self.quota, self.elected, excluded]
        numbers = [["doubles_after", 25]] if self.method == "budget-equal-shares" else []
        return [[self.method, 1, numbers], outcome, self.stages, self.lots]

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

    def elect(self, values: Mapping[str, Any]) -> str:
        """Give a seat to the highest, and return it; who has no value comes last."""
        self.past.append(values)
        name = self.best("seat", self.standing)[0]
        self.seat([name])
        return name

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
        papers: list[Any] = [[None, UNITS, each] for each in self.rankings]
        what, source, had, kept = "first-preferences", None, 1, 0
        while True:
            for paper in (paper for paper in papers if paper[0] == source):
                paper[0] = next((one for one in paper[2] if one in self.standing), None)
                paper[1] = paper[1] * (had - kept) // (had or 1)
                total[paper[0]] += paper[1]
            if not self.settle((what, source), total, UNITS, at, total[None]):
                return
            over = [one for one, _ in self.elected if total[one] > at]
            what, kept = ("surplus", at) if over else ("exclusion", 0)
            source = self.best(what, over or self.standing)[0 if over else -1]
            self.standing = [one for one in self.standing if one != source]
            had, total[source] = total[source], kept

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

    def phragmen(self, action: str = "seat", papers: Iterable[list[Any]] = ()) -> None:
        """Give each seat to whose voters would then carry the least load, beside what they carry already."""
        loads = [*papers] or [[Fraction(0), each] for each in self.rankings]
        while self.open():
            values = dict[str, Fraction]()
            for name in self.standing:
                if carried := [load for load, approved in loads if name in approved]:
                    values[name] = len(carried) / (1 + sum(carried))
            name = self.elect(values)
            self.write((action, None), values)
            for paper in (paper for paper in loads if name in paper[1]):
                paper[0] = 1 / values[name]

    def equal(self) -> None:
        """Sell seats to voters with purses alike; who has money left begins with so much less of a load."""
        self.quota = len(self.rankings) * UNITS // self.seats
        papers: list[Any] = [[Fraction(self.seats, len(self.rankings)), each] for each in self.rankings]
        while self.open() and (values := affordable(papers, dict.fromkeys(self.standing, 1))):
            name = self.elect(values)
            self.write(("seat", None), values)
            pay(papers, name, 1 / values[name])
        self.phragmen("completion", [[-money, each] for money, each in papers])

    def budget(self) -> None:
        """Pay for projects; of what has equal votes the cheaper goes first, whatever was before."""
        votes = Counter(name for each in self.rankings for name in each)
        needed = max(1, (self.asked.budget.needed or 0) * self.asked.casting.parts)
        cost = {one: self.cost[one] for one in self.order if votes[one] >= needed}
        self.quota = self.asked.budget.money * UNITS
        if self.method == "budget-equal-shares":
            self._pay_alike(cost, votes)
            return
        while cost:
            self.past = [{one: (votes[one], -cost[one]) for one in cost}]
            name = self.best("seat", cost)[0]
            fitting = cost.pop(name) <= self.quota
            self.seat([name] * fitting)
            self.quota -= self.cost[name] * fitting
            self.write(("funded" if fitting else "passed-over", name), votes)
            if self.method == "budget-greedy-no-skip" and not fitting:
                return

    def _pay_alike(self, cost: dict[str, int], votes: Counter[str]) -> None:
        """Let all buy with purses alike; raise these (Add1) as long as that is not too dear and can help."""
        money, raised = self.quota, 0
        purse = Fraction(money, len(self.rankings) or 1)
        cost = {one: cost[one] for one in sorted(cost, key=self.lot.__getitem__)}
        found = bought([[purse, each] for each in self.rankings], cost, votes)
        for number in naturals():
            more = raised + 2 ** (number // 25) * UNITS
            left = money - sum(cost[one] for one in found)
            if all(price > left for one, price in cost.items() if one not in found):
                break
            then = bought([[purse + more, each] for each in self.rankings], cost, votes)
            if sum(cost[one] for one in then) > money:
                break
            raised, found = more, then
        self.quota = raised
        self.write(("endowment", None), votes)
        self.quota = money
        for name, ranked in found.items():
            self.past = [ranked]
            self.seat(self.best("seat", ranked)[:1])
            self.quota -= cost[name]
            self.write(("funded", name), {one: value for one, (value, *_) in ranked.items()})

    def party(self) -> None:
        """Share out the seats over first choices."""
        votes, house = self.firsts, self.seats if self.rankings else 0
        given, ties = share_out(self.method.removeprefix("party-list-"), house, votes, self.lot, 0, house)
        for tied in ties:
            self.best("seat", tied)
        for name in sorted(votes, key=lambda name: (-votes[name], name)):
            self.seat([name] * given[name])
        self.write(("lists", None), votes)


def answer(rule: Fields, rankings: list[list[str]], electorate: int) -> list[Any]:
    """Decide a question: is there a quorum, does a block stop it, is the share reached."""
    cast = Counter(choice for (choice,) in rankings)
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


def count(asked: Fields, ballots: Iterable[Any], void: int, electorate: int) -> list[Any]:
    """Count a question's chosen ballots as the list whose hash is the count id."""
    names, parts = asked.options or CHOICES, asked.casting.parts
    portions = [each for one in ballots for each in one.split or [Fields(one, parts=parts)]]
    rankings = [[names[n - 1] for n in one.choice] for one in portions for _ in range(one.parts)]
    rankings += [["abstain"]] * void * parts if asked.rule else []
    about, cost = ["hedgerow/contest/1", asked.title, asked.seats], dict[str, int]()
    if budget := asked.budget:
        rankings = [sorted(each) for each in rankings]
        needed = budget.needed and budget.needed * parts
        about = ["hedgerow/budget/1", asked.title, budget.money * UNITS, needed]
        cost = {name: each * UNITS for name, each in zip(names, budget.costs, strict=True)}
    place = {name: str(number) for number, name in enumerate(sorted(names), 1)}
    spelled = Counter(" ".join(place[name] for name in each) for each in rankings)
    lines = "".join(sorted(f"{each}:{number}\n" for each, number in spelled.items())).encode()
    about += [[[name, name, cost.get(name, False)] for name in place], lines]
    if asked.rule:
        told = answer(asked.rule, rankings, electorate * parts)
    else:
        told = Election(asked, rankings, cost).told()
    return ["hedgerow/result/1", told[0], digest(*about), *told[1:]]


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
        # Of those that say the same the lowest id stands for all.
        falling = sorted(spoken, key=itemgetter("id"), reverse=True)
        said = {encode([one[word] for word in WORDS]): one for one in falling}.values()
        before, numbers = [one.prev for one in said if one.prev], {one.seq: one for one in said}
        if rivals or len({*before}) < len(before) or len(numbers) < len(said):
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
