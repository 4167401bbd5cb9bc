"""A bad network between namespaces: each machine has a network of its own, joined by a switch here.

The kernel's own emulator is missing in many places, so frames pass through this process: lost, late, doubled,
or kept back while a way is cut. It needs root and /dev/net/tun; whoever lacks them gets a reason to skip.
"""

import contextlib
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

# linux/if_tun.h
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI = 0x0002, 0x1000
_FRAME_BYTES_MAX = 65_536
_IPV6 = b"\x86\xdd"
_TICK_S = 0.05


def missing() -> str:
    """Return why no network can be made here, "" when it can."""
    if os.geteuid() != 0:
        return "needs root to make network namespaces"
    return "" if Path("/dev/net/tun").exists() else "needs /dev/net/tun"


@dataclass(frozen=True, slots=True)
class Faults:
    """What the switch does to frames: shares from 0 to 1, times in seconds."""

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    doubled: float = 0.0


class Switch:
    """Join namespaces named by number from 1; each is reached at `address(number)`.

    Args:
        prefix: begins the namespaces' names, so that two switches do not meet.
    """

    def __init__(self, prefix: str, machines: int, faults: Faults, seed: int) -> None:
        self._prefix = prefix
        self._faults = faults
        self._random = random.Random(seed)
        self._waiting: list[tuple[float, int, int, bytes]] = []
        self._places: dict[bytes, int] = {}
        self._cut: frozenset[frozenset[int]] = frozenset()
        self._ended = threading.Event()
        self.counts = {"passed": 0, "lost": 0, "cut": 0, "doubled": 0}
        self._taps = {number: self._plug_in(number) for number in range(1, machines + 1)}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def namespace(self, number: int) -> str:
        """Return the name of a machine's network."""
        return f"{self._prefix}{number}"

    @staticmethod
    def address(number: int) -> str:
        """Return where a machine is reached by the others."""
        return f"10.78.0.{number}"

    def cut(self, *pairs: Collection[int]) -> None:
        """Let nothing pass between these pairs, and everything between all others."""
        self._cut = frozenset(frozenset(pair) for pair in pairs)

    def close(self) -> None:
        """Take the network down."""
        self._ended.set()
        self._thread.join()
        for number, tap in self._taps.items():
            os.close(tap)
            _ip("netns", "delete", self.namespace(number))

    def _plug_in(self, number: int) -> int:
        name = self.namespace(number)
        tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        fcntl.ioctl(tap, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TAP | _IFF_NO_PI))
        _ip("netns", "add", name)
        _ip("link", "set", name, "netns", name)
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "address", "add", f"{self.address(number)}/24", "dev", name)
        _ip("-n", name, "link", "set", name, "up")
        return tap

    def _run(self) -> None:
        numbers = {tap: number for number, tap in self._taps.items()}
        while not self._ended.is_set():
            now = time.monotonic()
            due_s = max(0.0, self._waiting[0][0] - now) if self._waiting else _TICK_S
            readable, _, _ = select.select(list(numbers), [], [], min(due_s, _TICK_S))
            for tap in readable:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        self._take(numbers[tap], os.read(tap, _FRAME_BYTES_MAX))
            while self._waiting and self._waiting[0][0] <= time.monotonic():
                _, _, number, frame = heapq.heappop(self._waiting)
                with contextlib.suppress(BlockingIOError):  # A full queue loses frames, as real ones do.
                    os.write(self._taps[number], frame)

    def _take(self, source: int, frame: bytes) -> None:
        """Pass a frame on to whom it is for; to all where that is not known."""
        if frame[12:14] == _IPV6:
            return
        self._places[frame[6:12]] = source
        known = self._places.get(frame[:6])
        for number in [known] if known is not None else [n for n in self._taps if n != source]:
            self._send(source, number, frame)

    def _send(self, source: int, number: int, frame: bytes) -> None:
        faults = self._faults
        if frozenset((source, number)) in self._cut:
            self.counts["cut"] += 1
            return
        if self._random.random() < faults.loss:
            self.counts["lost"] += 1
            return
        copies = 2 if self._random.random() < faults.doubled else 1
        self.counts["doubled"] += copies - 1
        for _ in range(copies):
            self.counts["passed"] += 1
            late_s = max(0.0, self._random.gauss(faults.delay_s, faults.jitter_s))
            heapq.heappush(self._waiting, (time.monotonic() + late_s, self.counts["passed"], number, frame))


@contextlib.contextmanager
def joined(prefix: str, machines: int, faults: Faults, *, seed: int = 1) -> Iterator[Switch]:
    """Yield a switch between so many machines, and take it down whatever happens."""
    made = Switch(prefix, machines, faults, seed)
    try:
        yield made
    finally:
        made.close()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
