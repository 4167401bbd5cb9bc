"""What a fuzz target is: bytes in, nothing out, and no errors but those that are the peer's fault."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.errors import NodeError, PeerError, RejectedChangeError
from tests.fuzz.longer import Grow, lengthened

VECTORS = Path(__file__).resolve().parent.parent / "vectors"


@dataclass(frozen=True, slots=True)
class Target:
    """One reader of foreign bytes.

    Attributes:
        name: as on the command line.
        feed: takes any bytes; whatever it raises beyond `refusals` is a finding.
        seeds: inputs to begin with, made by a program from the vectors.
        bytes_max: the longest input that most of the time goes to.
        refusals: the errors that say "the peer's fault".
        long_max: what the reader takes at most, tried a part of the time; 0 where `bytes_max` is that much.
        long_seeds: inputs near it to begin with.
        grow: makes an input longer, up to so many bytes.
    """

    name: str
    feed: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    bytes_max: int = 4_096
    refusals: tuple[type[NodeError], ...] = (PeerError, RejectedChangeError)
    long_max: int = 0
    long_seeds: Callable[[], Iterable[bytes]] = tuple
    grow: Grow = lengthened

    def attempt(self, data: bytes) -> None:
        """Feed one input; come back, or raise what must not escape."""
        with suppress(*self.refusals):
            self.feed(data)


def vector(name: str) -> Any:
    """Return one of the files of vectors."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def hexes(value: Any) -> Iterator[bytes]:
    """Yield every byte string in a file of vectors, which holds them in hex."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from hexes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from hexes(inner)
    elif isinstance(value, str) and len(value) > 8:
        try:
            yield bytes.fromhex(value)
        except ValueError:
            return


def prefixed(prefixes: Iterable[int], inputs: Iterable[bytes]) -> Iterator[bytes]:
    """Yield each input behind each byte that tells a target how to read it."""
    held = list(inputs)
    for prefix in prefixes:
        for data in held:
            yield bytes([prefix]) + data


class Choices:
    """Take small numbers from an input, and zeros when it is used up."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        """Tell whether anything is left."""
        return self._at < len(self._data)

    def below(self, bound: int) -> int:
        """Return a number from 0 to bound - 1."""
        return self.byte() % bound

    def byte(self) -> int:
        """Return the next byte."""
        found = self._data[self._at] if self.left else 0
        self._at += 1
        return found

    def take(self) -> bytes:
        """Return the next part, whose length stands before it in two bytes."""
        length = self.byte() << 8 | self.byte()
        part = self._data[self._at : self._at + length]
        self._at += length
        return part


def parts(*inputs: bytes) -> bytes:
    """Write what `Choices.take` reads."""
    return b"".join(len(it).to_bytes(2, "big") + it for it in inputs)
