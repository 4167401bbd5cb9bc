"""The explorer where witnesses join each other, as about rolls: what others asked for, or whose turn it is.

Here each honest witness proposes one value by itself, always the same, so that voices come together only by
joining or by locks; and it makes a difference whose turn it is, so nobody stands for anybody else. Each is
shown any part of what was asked for in this round and in earlier ones, the liar's voices among it.

What the node's code goes by is told by its own `Agreement`: what enough ask for in this round; who moved on,
with which proved locks; and of earlier rounds what more than may lie asked for, what the one whose turn it is
asked for, and which locks are proved. Parts that tell the same are tried once, and what earlier rounds tell
only as long as the witness has not asked in its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar

from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, Lock
from node.governance.closing.witness import View
from tests.governance.closing.explorer import (
    HONEST,
    INSTANCE,
    LIAR,
    VALUES,
    Explorer,
    History,
    Short,
    held_as,
    identity,
    short,
    subsets,
    value_of,
)

# Who said what.
Said = tuple[str, Short]
# What earlier rounds tell: what enough asked for, what the one whose turn it is did, which locks are proved.
Tells = tuple[tuple[CutValue, ...], CutValue | None, frozenset[tuple[int, str | None]]]
_Told = TypeVar("_Told")
# What each honest witness proposes by itself.
WANTS = ("A", "A", "B")
_NEEDED = 3


def ended() -> list[tuple[History, ...]]:
    """Return every way in which round 1 may have ended where in round 0 nobody committed to anything.

    In round 0 each asked for what it proposes, in round 1 for either value or for none, and whoever was shown
    that enough asked for one, the liar's voice among them, may have committed to it.
    """
    found = []
    for asked in product((None, *VALUES), repeat=len(HONEST)):
        enough = [value for value in VALUES if asked.count(value) + 1 >= _NEEDED]
        for committed in product((None, *enough), repeat=len(HONEST)):
            histories = []
            for wanted, each, lock in zip(WANTS, asked, committed, strict=True):
                said: list[Short] = [("pre", 0, wanted, -1), ("rc", 1, None, -1)]
                said += [("pre", 1, each, -1)] if each is not None else []
                said += [("com", 1, lock, -1)] if lock is not None else []
                said.append(("rc", 2, lock, 1 if lock is not None else -1))
                histories.append(frozenset(said))
            found.append(tuple(histories))
    return found


def turns_with(turn: str) -> list[str]:
    """Return the four in an order in which it is somebody's turn in round 2, the first with turns."""
    others = [name for name in (*HONEST, LIAR) if name != turn]
    return [*others[:2], turn, *others[2:]]


@dataclass(slots=True)
class InTurns(Explorer):
    """Explore what witnesses sign who join each other.

    Attributes:
        turns: the four in the order in which it is their turn: in round r the one at r mod 4.
    """

    turns: Sequence[str] = ()
    _answered: dict[tuple[object, ...], frozenset[Short]] = field(default_factory=dict)
    _parts: dict[tuple[object, ...], dict[Tells, list[VoteHeld]]] = field(default_factory=dict)

    def canonical(self, state: tuple[History, ...]) -> tuple[History, ...]:
        """Return the state as it is."""
        return state

    def next(self, state: tuple[History, ...], index: int) -> frozenset[Short]:
        """Return every vote that one witness may sign next."""
        own = state[index]
        now_in = max((vote[1] for vote in own if vote[0] == "rc"), default=0)
        said = frozenset(
            (name, vote)
            for name, history in zip(HONEST, state, strict=True)
            for vote in history
            if name != HONEST[index] and (vote[0] == "pre" or (vote[0] == "rc" and vote[1] >= now_in))
        )
        key = (index, own, frozenset(one for one in said if one[1][0] == "rc" or one[1][1] <= now_in))
        if key not in self._answered:
            self._answered[key] = frozenset(
                self._answers_to(HONEST[index], own, sorted(said, key=str), now_in)
            )
        return self._answered[key]

    def _answers_to(self, me: str, own: History, said: list[Said], now_in: int) -> Iterator[Short]:
        """Ask the code under every view that the network and the liar can give one witness."""
        mine = [held_as(me, vote) for vote in sorted(own, key=str)]
        asked = [one for one in said if one[1][:2] == ("pre", now_in)]
        asked += [(LIAR, ("pre", now_in, value, -1)) for value in VALUES]
        asking = _unlike(subsets(asked), lambda told: told.asked_enough(now_in), self.quorum, mine)
        asks = all(vote[:2] != ("pre", now_in) for vote in own)
        moving: dict[object, list[list[VoteHeld]]] = {}
        for (_, _, proved), earlier in self._earlier(me, own, said, now_in).items():
            before = [*mine, *earlier]
            # Of what was said earlier only proofs of locks bear on who moved on.
            if proved not in moving:
                found = _unlike(
                    self._moves(said, now_in),
                    lambda told: _moved(told, now_in, asks=asks),
                    self.quorum,
                    before,
                )
                moving[proved] = list(found.values())
            for shown, moved in product(asking.values(), moving[proved]):
                agreement = Agreement.of(INSTANCE, self.quorum, [*before, *shown, *moved])
                yield from self._signed(agreement, me)

    def _moves(self, said: list[Said], now_in: int) -> Iterator[list[Said]]:
        """Yield what can be shown of those that moved on, the liar among them."""
        later = [one for one in said if one[1][0] == "rc"]
        lies: list[list[Said]] = [[]]
        lies += [[(LIAR, ("rc", each, None, -1))] for each in range(max(now_in, 1), self.rounds_last + 1)]
        lies += [[(LIAR, ("rc", now_in, value, each))] for each, value in product(range(now_in), VALUES)]
        for shown, lie in product(subsets(later), lies):
            yield [*shown, *lie]

    def _earlier(self, me: str, own: History, said: list[Said], now_in: int) -> dict[Tells, list[VoteHeld]]:
        """Return what can be shown of earlier rounds; whoever committed keeps the proof."""
        asks = all(vote[:2] != ("pre", now_in) for vote in own)
        before = frozenset(vote for vote in own if vote[1] < now_in)
        asked = [one for one in said if one[1][0] == "pre" and one[1][1] < now_in]
        key = (me, before, tuple(asked), now_in, asks)
        if key not in self._parts:
            asked += [(LIAR, ("pre", each, value, -1)) for each, value in product(range(now_in), VALUES)]
            locks = frozenset((vote[1], vote[2]) for vote in before if vote[0] == "com")
            turn = identity(self.turns[now_in % len(self.turns)])

            def tells(told: Agreement) -> Tells:
                held = [
                    (each, value)
                    for each, value in product(range(now_in), VALUES)
                    if _proves(told, each, value)
                ]
                return tuple(told.asked_before(now_in)), told.asked_by(turn, now_in - 1), frozenset(held)

            parts = subsets(asked) if asks else [tuple(asked)]
            mine = [held_as(me, vote) for vote in sorted(before, key=str)]
            found = _unlike(parts, tells, self.quorum, mine)
            self._parts[key] = {told: held for told, held in found.items() if locks <= told[2]}
        return self._parts[key]

    def _signed(self, agreement: Agreement, me: str) -> Iterator[Short]:
        for overdue in (False, True):
            self.asked += 1
            view = View(
                agreement=agreement,
                me=identity(me),
                proposed=lambda: value_of(WANTS[HONEST.index(me)]),
                confirms=lambda _: True,
                overdue=overdue,
                joining=[identity(name) for name in self.turns],
            )
            vote = self.step(view)
            if vote is not None:
                if vote.round <= self.rounds_last:
                    yield short(vote)
                return  # A witness whose patience ends says something else only where it had nothing to say.


def _unlike(
    parts: Iterable[Sequence[Said]],
    tells: Callable[[Agreement], _Told],
    quorum: Quorum,
    beside: list[VoteHeld],
) -> dict[_Told, list[VoteHeld]]:
    """Return those of several parts that tell a witness something different, by what they tell."""
    found: dict[_Told, list[VoteHeld]] = {}
    for part in parts:
        held = [held_as(name, vote) for name, vote in part]
        found.setdefault(tells(Agreement.of(INSTANCE, quorum, [*beside, *held])), held)
    return found


def _moved(told: Agreement, now_in: int, *, asks: bool) -> tuple[int, bool, frozenset[Lock | None]]:
    """Return how far others are; for one that has not asked also whether enough moved, with which locks."""
    moved = told.moved_to(now_in) if asks else []
    return told.ahead_of(now_in), bool(moved), frozenset(vote.lock for vote in moved)


def _proves(told: Agreement, round_number: int, value: str) -> bool:
    return told.lock(round_number, value_of(value)) is not None
