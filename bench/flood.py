"""What a flooding neighbour costs the others: `python -m bench.flood --rates 100,200 --seconds 3 --before 9`.

One real node (engine, reactor, batches and turns as it serves, SQLite with synchronous=FULL) and three
neighbours. Two are honest and push offers one by one at a steady rate. The third sends whatever its attack
says, as fast as the node takes it; with `--before` it has done so for a while when the honest begin.

Time is the processor time of the node alone, so that what else runs on the machine does not show. Each attack
is compared with a run without one: how many offers of the honest were taken in the same time, and how long
they waited.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from bench.clocks import Clock
from bench.flooding import Neighbour, Node, feed, found, offers, signed
from node.engine.ports import Store
from node.feeds.entry import Head
from node.feeds.stretch import Stretch
from node.replication.messages import Answered, Entries
from node.storage.sqlite import SqliteStore

# A frame of the flood holds so many entries under one signature.
_ENTRIES_A_FRAME = 40
_HUGE_KEYS = 60
_MANY_LINKS = 4
# So much an attacker has ready on each link each time that the node reads.
_READY_BYTES = 16 * 1024
_US_PER_S = 1_000_000

# What an attacker sends on one link, without end or until it has nothing more to send.
Attack = Callable[[Neighbour], Iterator[Stretch]]


@dataclass(frozen=True)
class Fared:
    """How the honest fared.

    Attributes:
        taken: offers of the honest that were taken in.
        waits_ms: how long each waited from when it was due, sorted.
        taken_of_attacker: its entries taken in the same time.
        part: what handling the attacker's took of the node's time, from 0 to 1.
    """

    taken: int
    waits_ms: list[float]
    taken_of_attacker: int
    part: float


def nothing(author: Neighbour) -> Iterator[Stretch]:
    """Send nothing."""
    del author
    yield from ()


def flood(author: Neighbour) -> Iterator[Stretch]:
    """Push valid offers without end."""
    return _offers(author, _ENTRIES_A_FRAME)


def operations(author: Neighbour) -> Iterator[Stretch]:
    """Push offers that hold as many words as a change may."""
    return _offers(author, 4, keys=_HUGE_KEYS)


def branches(author: Neighbour) -> Iterator[Stretch]:
    """Begin a thousand branches behind one entry, and more."""
    trunk = feed(author, offers(author, 1))
    yield from signed(author, trunk, 1)
    for number in count():
        beside = feed(author, [b"branch %d" % number], Head(trunk[0].seq, trunk[0].id))
        yield from signed(author, beside, 1)


def endless(author: Neighbour) -> Iterator[Stretch]:
    """Go on with one branch of bodies that nobody can read, a signature each."""
    end: Head | None = None
    for number in count():
        written = feed(author, [b"%d" % number], end)
        end = Head(written[0].seq, written[0].id)
        yield from signed(author, written, 1)


# By name: what is sent, and on how many links of as many devices.
ATTACKS: dict[str, tuple[Attack, int]] = {
    "nothing": (nothing, 1),
    "flood": (flood, 1),
    f"flood, {_MANY_LINKS} links": (flood, _MANY_LINKS),
    "thousand branches": (branches, 1),
    "endless branch": (endless, 1),
    "operations": (operations, 1),
}


def run(
    attack: str, *, rate: int, seconds: float, before: float, store: Store, clock: Clock, honest: int = 2
) -> Fared:
    """Let the honest push at a rate while another attacks, and return how they fared.

    Args:
        attack: one of ATTACKS.
        store: an empty one.
        clock: by which all of it goes.
        honest: how many they are.
        rate: offers a second of each of the honest.
        seconds: how long they push.
        before: for how many seconds the other has attacked when they begin.
    """
    arms, links = ATTACKS[attack]
    good, bad = [found(f"honest {number}") for number in range(honest)], found("mallory", devices=links)
    node = Node(store, [*good, bad], clock)
    hostile = [_Attacker(one, arms(one)) for one in node.neighbours[honest:]]
    written = int(rate * seconds)
    waiting = [
        list(reversed(signed(one, feed(one, offers(one, written)), 1))) for one in node.neighbours[:honest]
    ]
    begun = clock.seconds()
    while clock.seconds() - begun < before:
        _turn(node, hostile)
    begun, taken_before = clock.seconds(), node.held_of(bad)
    spent_before = node.ledger.spent_us[bad.community]
    untaken: list[list[float]] = [[] for _ in range(honest)]
    waits: list[float] = []
    while clock.seconds() - begun < seconds:
        elapsed = clock.seconds() - begun
        for one, ready, dues in zip(node.neighbours, waiting, untaken, strict=False):
            while ready and (due := (written - len(ready)) / rate) <= elapsed:
                one.say(Entries(ready.pop()))
                dues.append(due)
        _turn(node, hostile)
        for one, dues in zip(node.neighbours, untaken, strict=False):
            left = len(one.outbox) + len(one.waiting)
            handled, dues[:] = dues[: len(dues) - left], dues[len(dues) - left :]
            waits += [(clock.seconds() - begun - due) * 1_000 for due in handled]
    taken = sum(map(node.held_of, good))
    spent_s = (node.ledger.spent_us[bad.community] - spent_before) / _US_PER_S
    part = spent_s / (clock.seconds() - begun)
    return Fared(taken, sorted(waits), node.held_of(bad) - taken_before, part)


class _Attacker:
    """One link of an attacker's: its frames are always ready, and it gives what it is asked for."""

    def __init__(self, link: Neighbour, arms: Iterator[Stretch]) -> None:
        self._link = link
        self._arms = arms
        self._said: dict[int, Stretch] = {}

    def go_on(self) -> None:
        """Put the next frame under way: what was asked for, or the next of what it has."""
        link = self._link
        while sum(map(len, link.outbox)) < _READY_BYTES:
            if link.asked:
                want = link.asked.popleft()
                for wanted in want.wanted:
                    known = max((point.seq for point in wanted.known), default=0)
                    if known + 1 in self._said:
                        link.say(Entries(self._said[known + 1]))
                    link.say(Answered(want.scope, wanted.device, wanted.head))
            elif (part := next(self._arms, None)) is not None:
                self._said.setdefault(part.first_seq, part)
                link.say(Entries(part))
            else:
                return


def _turn(node: Node, hostile: list[_Attacker]) -> None:
    """Let the node take a turn, with as much of the attacker's waiting as it reads."""
    for attacker in hostile:
        attacker.go_on()
    node.turn()


def _offers(author: Neighbour, size: int, *, keys: int = 1) -> Iterator[Stretch]:
    end: Head | None = None
    for begin in count(step=size):
        written = feed(author, offers(author, size, keys=keys, begin=begin), end)
        end = Head(written[-1].seq, written[-1].id)
        yield from signed(author, written, size)


def main() -> None:
    """Measure and print a line for each rate and attack."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", default="100", help="offers a second of each honest neighbour, by commas")
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--before", type=float, default=0, help="seconds of attack before the honest begin")
    parser.add_argument("--json", action="store_true")
    wanted = parser.parse_args()
    rows = []
    for rate in map(int, wanted.rates.split(",")):
        alone = 0
        for attack in ATTACKS:
            with tempfile.TemporaryDirectory() as folder:
                store = SqliteStore.open(Path(folder) / "node.db")
                before = wanted.before if attack != "nothing" else 0
                found_ = run(
                    attack, rate=rate, seconds=wanted.seconds, before=before, store=store, clock=Clock()
                )
                store.close()
            alone = alone or found_.taken
            rows.append(
                {
                    "rate": rate,
                    "attack": attack,
                    "taken_per_s": round(found_.taken / wanted.seconds, 1),
                    "fewer_percent": round(100 * (1 - found_.taken / alone), 1),
                    "wait_ms_p50": round(found_.waits_ms[len(found_.waits_ms) // 2], 1),
                    "wait_ms_p99": round(found_.waits_ms[len(found_.waits_ms) * 99 // 100], 1),
                    "taken_of_attacker": found_.taken_of_attacker,
                    "part_percent": round(100 * found_.part, 1),
                }
            )
            if not wanted.json:
                print(*(f"{value!s:>18}" for value in rows[-1].values()), flush=True)
    if wanted.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
