"""Every method a second time, straight from its definition: fractions, one ballot after the other, no speed.

Nothing here uses the counting code beyond the contest itself and the published lot.
"""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeAlias

from node.governance.counting.contest import Contest
from node.governance.counting.lots import lot_order

Voter: TypeAlias = tuple[int, tuple[int, ...]]
# What an option is worth at one stage; an option that is not there is worth less than all others.
Values: TypeAlias = dict[int, Fraction]


class Election:
    """What the textbook methods need of a contest.

    Attributes:
        standing: the options that did not withdraw.
        voters: weight and ranking of those that stand, of every ballot that names one.
        elected: in order.
    """

    def __init__(self, contest: Contest, seed: bytes) -> None:
        ids = [option.id for option in contest.options]
        lots = lot_order(seed, ids)
        self.lot = {number: lots.index(option_id) for number, option_id in enumerate(ids, start=1)}
        self.ids = dict(enumerate(ids, start=1))
        self.standing = [number for number in self.lot if number not in contest.withdrawn]
        stripped = [
            (weight, tuple(number for number in ranking if number not in contest.withdrawn))
            for weight, ranking in contest.ballots
        ]
        self.voters: list[Voter] = [(weight, ranking) for weight, ranking in stripped if ranking]
        self.votes = sum(weight for weight, _ in self.voters)
        self.seats = contest.seats
        self.elected: list[int] = []
        self.history: list[Values] = []

    def open(self) -> bool:
        """Tell whether a seat can still be given."""
        if len(self.elected) == self.seats or not self.continuing():
            return False
        return self.votes > 0 or len(self.standing) <= self.seats

    def continuing(self) -> list[int]:
        """List who stands and has no seat."""
        return [number for number in self.standing if number not in self.elected]

    def take(self, values: Values) -> int:
        """Give a seat to the highest; of equals to the one higher before; of equals always to the lot."""
        self.history.append(values)
        tied = self.continuing()
        for earlier in reversed(self.history):
            best = max(earlier.get(number, Fraction(-1)) for number in tied)
            tied = [number for number in tied if earlier.get(number, Fraction(-1)) == best]
        chosen = min(tied, key=self.lot.__getitem__)
        self.elected.append(chosen)
        return chosen


def plurality(contest: Contest, seed: bytes) -> list[int]:
    """Sort by first choices."""
    election = Election(contest, seed)
    firsts = {
        number: sum(weight for weight, ranking in election.voters if ranking[0] == number)
        for number in election.standing
    }
    order = sorted(election.standing, key=lambda number: (-firsts[number], election.lot[number]))
    return order[: election.seats] if election.open() else []


def schulze(contest: Contest, seed: bytes) -> list[int]:
    """Compare every pair ballot by ballot, and try the strengths of paths from the strongest down."""
    election = Election(contest, seed)
    options = election.standing

    def prefers(ranking: tuple[int, ...], one: int, other: int) -> bool:
        """Tell whether a ballot prefers one option to another."""
        return one in ranking and (other not in ranking or ranking.index(one) < ranking.index(other))

    direct = {
        (one, other): sum(weight for weight, ranking in election.voters if prefers(ranking, one, other))
        for one in options
        for other in options
    }

    def reaches(one: int, other: int, strength: int) -> bool:
        """Tell whether a path leads from one to another over victories of at least a strength."""
        seen, waiting = {one}, [one]
        while waiting:
            here = waiting.pop()
            for there in options:
                if (
                    there not in seen
                    and direct[here, there] >= strength
                    and (direct[here, there] > direct[there, here])
                ):
                    seen.add(there)
                    waiting.append(there)
        return other in seen

    strengths = sorted(set(direct.values()), reverse=True)
    path = {
        (one, other): next((s for s in strengths if s > 0 and reaches(one, other, s)), 0)
        for one in options
        for other in options
        if one != other
    }
    while election.open():
        left = election.continuing()
        unbeaten = [
            number
            for number in left
            if all(path[number, other] >= path[other, number] for other in left if other != number)
        ]
        election.take({number: Fraction(number in unbeaten) for number in left})
    return election.elected


def phragmen(contest: Contest, seed: bytes) -> list[int]:
    """Let every voter earn one a second; supporters buy a seat as soon as they have one together."""
    election = Election(contest, seed)
    _earn_and_buy(election, [Fraction(0)] * len(election.voters))
    return election.elected


def _earn_and_buy(election: Election, money: list[Fraction]) -> None:
    now = Fraction(0)
    while election.open():
        when: Values = {}
        for number in election.continuing():
            weight = sum(w for w, ranking in election.voters if number in ranking)
            held = sum(
                (w * money[i] for i, (w, ranking) in enumerate(election.voters) if number in ranking),
                Fraction(0),
            )
            if weight:
                when[number] = now + (1 - held) / weight
        chosen = election.take({number: 1 / moment for number, moment in when.items()})
        if chosen in when:
            money = [each + when[chosen] - now for each in money]
            now = when[chosen]
            for i, (_, ranking) in enumerate(election.voters):
                if chosen in ranking:
                    money[i] = Fraction(0)


def equal_share(purses: Sequence[tuple[int, Fraction]], price: Fraction) -> Fraction | None:
    """Return the share at which everybody, or all she has, together pays a price; tried purse by purse."""
    if sum(weight * purse for weight, purse in purses) < price:
        return None
    for bound in sorted({purse for _, purse in purses}):
        poor = sum((weight * purse for weight, purse in purses if purse < bound), Fraction(0))
        rich = sum(weight for weight, purse in purses if purse >= bound)
        share = (price - poor) / rich
        if share <= bound:
            return share
    raise AssertionError


def equal_shares(contest: Contest, seed: bytes) -> list[int]:
    """Sell seats at the smallest equal share; what nobody can pay is waited for."""
    election = Election(contest, seed)
    money = [Fraction(election.seats, election.votes) for _ in election.voters]
    while election.open():
        shares: Values = {}
        for number in election.continuing():
            purses = [
                (weight, money[i])
                for i, (weight, ranking) in enumerate(election.voters)
                if number in ranking and money[i] > 0
            ]
            share = equal_share(purses, Fraction(1))
            if share is not None:
                shares[number] = share
        if not shares:
            break
        chosen = election.take({number: 1 / share for number, share in shares.items()})
        for i, (_, ranking) in enumerate(election.voters):
            if chosen in ranking:
                money[i] -= min(money[i], shares[chosen])
    _earn_and_buy(election, money)
    return election.elected


def party_list(first: int, step: int) -> Callable[[Contest, bytes], list[int]]:
    """Give seat after seat to the largest votes over first, first + step, and so on."""

    def count(contest: Contest, seed: bytes) -> list[int]:
        election = Election(contest, seed)
        if not election.votes:
            return []
        votes = {n: sum(w for w, r in election.voters if r[0] == n) for n in election.standing}
        seats = dict.fromkeys(election.standing, 0)
        with_votes = [number for number in election.standing if votes[number]]
        for _ in range(election.seats):
            chosen = max(
                with_votes,
                key=lambda n: (Fraction(votes[n], first + step * seats[n]), -election.lot[n]),
            )
            seats[chosen] += 1
        return _listed(election, votes, seats)

    return count


def hamilton(contest: Contest, seed: bytes) -> list[int]:
    """Give whole quotas and then the largest remainders."""
    election = Election(contest, seed)
    if not election.votes:
        return []
    votes = {n: sum(w for w, r in election.voters if r[0] == n) for n in election.standing}
    quotas = {n: Fraction(votes[n] * election.seats, election.votes) for n in election.standing}
    seats = {number: int(quota) for number, quota in quotas.items()}
    with_votes = [number for number in election.standing if votes[number]]
    by_rest = sorted(with_votes, key=lambda n: (seats[n] - quotas[n], election.lot[n]))
    for number in by_rest[: election.seats - sum(seats.values())]:
        seats[number] += 1
    return _listed(election, votes, seats)


def _listed(election: Election, votes: dict[int, int], seats: dict[int, int]) -> list[int]:
    order = sorted(seats, key=lambda number: (-votes[number], election.ids[number]))
    return [number for number in order for _ in range(seats[number])]


class Scottish:
    """The Scottish rules, one paper after the other, each with its own value in units of 0.00001 vote."""

    def __init__(self, contest: Contest, seed: bytes) -> None:
        self.election = Election(contest, seed)
        self.quota = (self.election.votes // (self.election.seats + 1) + 1) * 100_000
        # Weight, what is left of the ranking, value; by the option that holds the paper.
        self.held: dict[int, list[tuple[int, tuple[int, ...], int]]] = {
            number: [] for number in self.election.standing
        }
        self.totals = dict.fromkeys(self.election.standing, 0)
        self.running = list(self.election.standing)
        self.pending: list[int] = []
        self.history: list[dict[int, int]] = []

    def run(self) -> list[int]:
        """Count to the end."""
        election = self.election
        self.give([(weight, ranking, 100_000) for weight, ranking in election.voters])
        self.close_stage()
        while len(election.elected) < election.seats and self.running and election.votes:
            if self.pending:
                self.transfer(self.look_back(self.pending, highest=True)[0])
            else:
                self.exclude(self.look_back(self.running, highest=False)[-1])
            self.close_stage()
        return election.elected

    def transfer(self, source: int) -> None:
        """Move a surplus."""
        self.pending.remove(source)
        worth, over = self.totals[source], self.totals[source] - self.quota
        self.totals[source] = self.quota
        self.give([(weight, ranking, over * value // worth) for weight, ranking, value in self.held[source]])

    def exclude(self, source: int) -> None:
        """Take an option out."""
        self.running.remove(source)
        self.totals[source] = 0
        self.give(self.held[source])

    def give(self, papers: list[tuple[int, tuple[int, ...], int]]) -> None:
        """Carry papers to their next continuing option."""
        for weight, ranking, value in papers:
            for place, number in enumerate(ranking):
                if number in self.running:
                    self.held[number].append((weight, ranking[place + 1 :], value))
                    self.totals[number] += weight * value
                    break

    def look_back(self, numbers: list[int], *, highest: bool) -> list[int]:
        """Keep those that are best, or worst, now and then at each earlier stage."""
        for stage in reversed(self.history):
            bound = (max if highest else min)(stage[number] for number in numbers)
            numbers = [number for number in numbers if stage[number] == bound]
        return sorted(numbers, key=self.election.lot.__getitem__)

    def close_stage(self) -> None:
        """Elect whom the totals elect, highest first."""
        self.history.append(dict(self.totals))
        left = self.election.seats - len(self.election.elected)
        came = [n for n in self.running if len(self.running) <= left or self.totals[n] >= self.quota]
        while came:
            best = self.look_back(came, highest=True)[0]
            came.remove(best)
            self.running.remove(best)
            self.election.elected.append(best)
            if self.totals[best] > self.quota:
                self.pending.append(best)


METHODS: dict[str, Callable[[Contest, bytes], list[int]]] = {
    "scottish-stv": lambda contest, seed: Scottish(contest, seed).run(),
    "plurality": plurality,
    "schulze": schulze,
    "phragmen": phragmen,
    "equal-shares": equal_shares,
    "party-list-dhondt": party_list(1, 1),
    "party-list-sainte-lague": party_list(1, 2),
    "party-list-hamilton": hamilton,
}
