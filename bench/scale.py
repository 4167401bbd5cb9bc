"""What a large store costs: opening it, and comparing it with a neighbour's.

    python -m bench.scale --entries 1000000 --json

A store of N entries in N/10 documents and N/1,000 feeds. `open_s` runs from opening the file to being ready
for the first comparison, in a fresh process, whose memory `rss_mb` is. Two nodes, each with such a store,
then talk in memory, encrypted as over a socket: `idle_sync` is one comparison of which nothing comes, both
ways; `ten_differences` begins with a connection and ends when ten new entries in ten feeds are here, judged
and on the disk, and nothing is left to say: the median of some rounds, and the first of them, in which both
nodes do for the first time what they do then. Bytes are those of the encrypted frames behind the handshake;
milliseconds are of both nodes on one core, commits to disk included. How much of them was processor time, how
much commits, and what was read from the disk itself stands beside. Both nodes have been woken once before, as
at any start, and take what waits for them into one commit, as the core's thread does.

Stores are kept in `--folder` for further runs; to write a million entries takes minutes.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import ClassVar

from bench import large_store
from bench.large_store import Federation, Household
from node.clock import Timestamp
from node.engine.commands import PeerStatus
from node.engine.effects import Reply, SendFrame
from node.engine.engine import Engine
from node.engine.inputs import CommandReceived, Connected, Disconnected, FrameReceived, Input, Woken
from node.engine.reactor import Reactor
from node.engine.setup import Keyring
from node.limits import COMPARE_INTERVAL_MS
from node.storage.sqlite import SqliteStore

_START = Timestamp(1_790_000_000_000)
_ROUNDS = 5
_DIFFERENCES = 10
_STORES = ("a.db", "b.db")
_HANDSHAKE_FRAMES = 3
# Numbers that no document of a large store has.
_NEW_DOCUMENTS = 9_000_000


class TimedStore(SqliteStore):
    """A store on disk that says how long commits took, of all such stores together."""

    committing_s: ClassVar[float] = 0.0

    def commit(self) -> None:
        """Commit, and count what that took."""
        began = time.perf_counter()
        super().commit()
        TimedStore.committing_s += time.perf_counter() - began


class Side:
    """One node, asked and heard directly."""

    def __init__(self, path: Path, household: Household) -> None:
        self.store = TimedStore.open(path)
        self.engine = Engine(
            store=self.store,
            keyring=Keyring(household.community, household.devices[0], (household.steward,)),
            entropy=secrets.token_bytes,
            static_private=secrets.token_bytes(32),
        )
        self.reactor = Reactor(self.engine, self.store)
        self.out: deque[bytes] = deque()
        self.answer: dict[str, object] = {}

    def give(self, *inputs: Input, now: Timestamp) -> None:
        """Handle inputs that wait, and commit once, as the core's thread does."""
        for received in inputs:
            self.reactor.handle(received, now)
        for effect in self.reactor.commit():
            if isinstance(effect, SendFrame):
                self.out.append(effect.frame)
            elif isinstance(effect, Reply) and isinstance(effect.result, dict):
                self.answer = effect.result


class Pair:
    """Two nodes on one line, in virtual time."""

    def __init__(self, near: Side, far: Side) -> None:
        self.near, self.far = near, far
        self.now = _START
        # Of the handshake, and of all that comes after it.
        self.handshake_bytes = self.sent_bytes = 0
        self._link = 0
        self._frames = 0

    def connect(self) -> None:
        """Join them anew and let them talk until nothing is left to say."""
        if self._link:
            self.near.give(Disconnected(self._link), now=self.now)
            self.far.give(Disconnected(self._link), now=self.now)
        self._link += 1
        self._frames = 0
        self.far.give(Connected(self._link, None), now=self.now)
        self.near.give(Connected(self._link, "far.example:1"), now=self.now)
        self.talk()

    def compare(self) -> None:
        """Let a minute pass, after which both sides compare, and let them talk."""
        self.now = Timestamp(self.now + COMPARE_INTERVAL_MS)
        self.near.give(Woken(), now=self.now)
        self.far.give(Woken(), now=self.now)
        self.talk()

    def talk(self) -> None:
        """Deliver until nothing is under way."""
        while self.near.out or self.far.out:
            for sender, receiver in ((self.near, self.far), (self.far, self.near)):
                under_way, sender.out = list(sender.out), deque()
                for frame in under_way:
                    self._frames += 1
                    if self._frames > _HANDSHAKE_FRAMES:
                        self.sent_bytes += len(frame)
                    else:
                        self.handshake_bytes += len(frame)
                if under_way:
                    frames = (FrameReceived(self._link, frame) for frame in under_way)
                    receiver.give(*frames, now=self.now)

    def equal(self) -> bool:
        """Tell whether the near side knows both to hold the same."""
        self.near.give(CommandReceived(1, PeerStatus()), now=self.now)
        sessions = self.near.answer["sessions"]
        assert isinstance(sessions, list)
        return bool(sessions) and all(scope["equal_since"] for one in sessions for scope in one["scopes"])


def measure_open(folder: Path, made: Federation) -> dict[str, float]:
    """Open the first store as a node does when it starts."""
    began = time.perf_counter()
    side = Side(folder / _STORES[0], made.households[0])
    side.give(Woken(), now=_START)  # It makes the trees that the first session compares.
    opened = time.perf_counter() - began
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return {"open_s": round(opened, 3), "rss_mb": round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)}


def measure_sync(folder: Path, made: Federation) -> dict[str, float]:
    """Let two nodes compare, first with nothing to find, then with ten new entries on the far side."""
    pair = Pair(*(Side(folder / name, made.households[index]) for index, name in enumerate(_STORES)))
    pair.connect()
    assert pair.equal(), "two copies of one store did not agree"
    idle_bytes, idle_ms = _idle(pair)
    rounds = [_ten_differences(pair, folder, made) for _ in range(_ROUNDS)]
    median = sorted(rounds, key=lambda one: one["ms"])[_ROUNDS // 2]
    return {
        "idle_sync_bytes": idle_bytes,
        "idle_sync_ms": round(idle_ms, 2),
        "ten_differences_first_ms": rounds[0]["ms"],
        **{f"ten_differences_{name}": value for name, value in median.items()},
    }


def _ten_differences(pair: Pair, folder: Path, made: Federation) -> dict[str, float]:
    """Let ten new entries on the far side come over a new connection, and return what that took."""
    far = pair.far.store
    before = pair.near.store.feeds.count()
    for number, author in enumerate(made.authors()[-_DIFFERENCES:]):
        large_store.further_entry(far, made, author, _NEW_DOCUMENTS + before + number)
    far.commit()
    # The far node learns of what was written beside it as it does of everything: when it starts.
    pair.far = Side(folder / _STORES[1], made.households[1])
    pair.far.give(Woken(), now=pair.now)
    far.close()
    pair.sent_bytes = 0
    committed_s, read_bytes = TimedStore.committing_s, _read_bytes()
    began, worked = time.perf_counter(), time.process_time()
    pair.connect()
    took = {
        "ms": (time.perf_counter() - began) * 1_000,
        "cpu_ms": (time.process_time() - worked) * 1_000,
        "commit_ms": (TimedStore.committing_s - committed_s) * 1_000,
        "read_kb": (_read_bytes() - read_bytes) / 1_024,
        "bytes": float(pair.sent_bytes),
    }
    found = pair.near.store.feeds.count() - before
    assert found == min(_DIFFERENCES, len(made.authors())), f"{found} of the new entries came over"
    pair.compare()
    equal = pair.equal()
    assert equal, f"after ten differences the nodes did not agree: {pair.near.answer}"
    return {name: round(value, 2) for name, value in took.items()}


def _read_bytes() -> int:
    """Return what this process has made the disk itself read so far, the system's memory left out."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["read_bytes"])


def _idle(pair: Pair) -> tuple[int, float]:
    """Compare some times with nothing to find, and return the bytes and the median milliseconds of one."""
    taken: list[float] = []
    pair.sent_bytes = 0
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        pair.compare()
        taken.append((time.perf_counter() - began) * 1_000)
    return pair.sent_bytes // _ROUNDS, statistics.median(taken)


def prepare(folder: Path, entries: int) -> None:
    """Write both stores."""
    made = large_store.federation(max(2, entries // large_store.ENTRIES_PER_FEED))
    large_store.write(folder / _STORES[0], made, entries=entries)
    large_store.copy(folder / _STORES[0], folder / _STORES[1])
    for index, name in enumerate(_STORES):
        large_store.settle_in(folder / name, made.households[index].community)


def main() -> None:
    """Read the command line, and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--folder", type=Path, help="where the stores lie; made there if they are not")
    parser.add_argument("--phase", choices=("open", "sync"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.phase is not None:
        made = large_store.federation(max(2, given.entries // large_store.ENTRIES_PER_FEED))
        measure = measure_open if given.phase == "open" else measure_sync
        print(json.dumps(measure(given.folder, made)))
        return
    with tempfile.TemporaryDirectory(prefix="scale-") as scratch:
        folder = given.folder or Path(scratch)
        if not (folder / _STORES[1]).exists():
            began = time.perf_counter()
            folder.mkdir(parents=True, exist_ok=True)
            prepare(folder, given.entries)
            print(f"stores written in {time.perf_counter() - began:.0f} s", file=sys.stderr)
        found: dict[str, float] = {"entries": given.entries}
        for phase in ("open", "sync"):
            command = [sys.executable, "-m", "bench.scale", "--phase", phase, "--folder", str(folder)]
            done = subprocess.run(
                [*command, "--entries", str(given.entries)], check=True, stdout=subprocess.PIPE
            )
            found |= json.loads(done.stdout)
            if phase == "open":
                size = (folder / _STORES[0]).stat().st_size
                found["store_mb"] = round(size / 2**20, 1)
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:24}{value:>14}")


if __name__ == "__main__":
    main()
