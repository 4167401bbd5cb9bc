"""The file of a bundle: parts that are each whole by themselves, chained by checksums (docs/bundles.md).

Owns how the bytes of parts are framed, found again behind damage, and unpacked within bounds. What is in a
part is `bundle_items.py`'s; who may read or take it is the engine's. Checksums tell accidents and cut-off
files; they prove nothing about anybody, so what a part holds is proved item by item.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from node.errors import LimitExceededError, MalformedMessageError, UnsupportedVersionError
from node.limits import MESSAGE_BYTES_MAX

# Begins every part: a byte that no text has, so that a text is no bundle, and an end of line, so that a
# copy in text mode shows at once.
MARK: Final = b"\xffhedgeb\n"
VERSION: Final = 1
# What one part unpacks to: the longest stretch of a session, with a list around it.
PART_BYTES_MAX: Final = MESSAGE_BYTES_MAX + 64
# What a writer fills a part to before it begins the next: as small as one command to a running node should
# be, as large as zlib's window of 32 KiB makes use of.
PART_BYTES_WANTED: Final = 64 * 1024
# At the wanted size 6 GiB unpacked; a file without end is left there.
PARTS_MAX: Final = 100_000
# Places that look like a part and are none, each checked at the cost of one checksum: a file that is all
# beginnings of parts must not keep a reader busy for hours.
BROKEN_MAX: Final = 1_000

# Mark, version, form, number, stored length, checksum of the part before.
_HEAD: Final = struct.Struct(">8sBBII32s")
HEAD_BYTES: Final = _HEAD.size
CHECKSUM_BYTES: Final = 32
_NOTHING_BEFORE: Final = bytes(CHECKSUM_BYTES)
_COMPRESSED: Final = 1
_LAST: Final = 2
# As between nodes: on a directory of offers level 6 saves 1 % more of the file at twice the time.
_LEVEL: Final = 1


@dataclass(frozen=True, slots=True)
class Part:
    """One whole part.

    Attributes:
        number: its place in the file as written, from 0.
        at: where it begins in the file as read, in bytes.
        content: unpacked.
    """

    number: int
    at: int
    content: bytes
    last: bool


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is wrong with the file, in a sentence's end.

    Attributes:
        at: where, in bytes from the file's beginning.
    """

    at: int
    reason: str


class Writer:
    """Frame one part after the other."""

    def __init__(self) -> None:
        self._number = 0
        self._before = _NOTHING_BEFORE

    def part(self, content: bytes, *, last: bool = False) -> bytes:
        """Return the bytes of the next part.

        Raises:
            LimitExceededError: the file has as many parts as a file may have.
        """
        assert 0 < len(content) <= PART_BYTES_MAX
        if self._number >= PARTS_MAX:
            raise LimitExceededError(f"expected a bundle of at most {PARTS_MAX:,} parts: write less at once")
        small = zlib.compress(content, _LEVEL)
        form = _LAST if last else 0
        if len(small) < len(content):
            content, form = small, form | _COMPRESSED
        covered = _HEAD.pack(MARK, VERSION, form, self._number, len(content), self._before) + content
        self._number, self._before = self._number + 1, sha256(covered).digest()
        return covered + self._before


class Reader:
    """Find the parts of a file that comes in pieces of any size; holds one part and a piece at most."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._at = 0
        self._damaged_at: int | None = None
        self._broken = 0
        self._parts = 0
        self._next = 0
        self._before = _NOTHING_BEFORE
        self.ended = False

    def feed(self, data: bytes) -> Iterator[Part | Damage]:
        """Yield what a further piece of the file completes; to be exhausted before the next piece.

        Raises:
            LimitExceededError: the rest is not worth reading: too many parts or broken places.
            UnsupportedVersionError: a newer version wrote the file.
        """
        if not self.ended:
            self._buffer += data
            yield from self._found(final=False)

    def end(self) -> Iterator[Part | Damage]:
        """Yield what is left at the file's end.

        Raises:
            LimitExceededError: as `feed`.
            UnsupportedVersionError: as `feed`.
        """
        yield from self._found(final=True)
        if not self.ended:
            yield from self._damage_over()
            yield Damage(self._at, "the file ends before its last part: it was cut off, or not written whole")

    def _found(self, *, final: bool) -> Iterator[Part | Damage]:
        while not self.ended and self._seek(final=final):
            taken = self._whole(final=final)
            if taken is None:
                return
            if taken:
                yield from self._damage_over()
                yield from self._read(taken)

    def _seek(self, *, final: bool) -> bool:
        """Go on to the next mark; False while there is none."""
        found = self._buffer.find(MARK)
        if found < 0:
            # The beginning of a mark may stand at the very end.
            self._skip(len(self._buffer) if final else max(0, len(self._buffer) - len(MARK) + 1))
            return False
        self._skip(found)
        return True

    def _whole(self, *, final: bool) -> bytes | None:
        """Take the part at the buffer's beginning; empty if it is broken, None while more is needed."""
        buffer = self._buffer
        length = _HEAD.unpack_from(buffer)[4] if len(buffer) >= HEAD_BYTES else 0
        size = HEAD_BYTES + length + CHECKSUM_BYTES
        if length <= PART_BYTES_MAX and len(buffer) < size and not final:
            return None
        if length <= PART_BYTES_MAX and len(buffer) >= size:
            part = bytes(buffer[:size])
            if sha256(part[:-CHECKSUM_BYTES]).digest() == part[-CHECKSUM_BYTES:]:
                return part
        self._broken += 1
        if self._broken > BROKEN_MAX:
            raise LimitExceededError(f"the file is broken in more than {BROKEN_MAX:,} places")
        self._skip(1)
        return b""

    def _read(self, part: bytes) -> Iterator[Part | Damage]:
        """Read a part whose checksum holds."""
        _, version, form, number, _, before = _HEAD.unpack_from(part)
        if version != VERSION or form & ~(_COMPRESSED | _LAST):
            raise UnsupportedVersionError(
                f"expected a bundle of version {VERSION}, found version {version}, form {form}"
            )
        self._parts += 1
        if self._parts > PARTS_MAX:
            raise LimitExceededError(f"expected at most {PARTS_MAX:,} parts, found more")
        at = self._at
        if (number, before) != (self._next, self._before):
            yield Damage(at, self._break_in_chain(number))
        self._next, self._before = number + 1, part[-CHECKSUM_BYTES:]
        self._at += len(part)
        del self._buffer[: len(part)]
        content = part[HEAD_BYTES:-CHECKSUM_BYTES]
        try:
            content = _inflate(content) if form & _COMPRESSED else content
        except (MalformedMessageError, LimitExceededError) as error:
            yield Damage(at, f"part {number} cannot be unpacked: {error}")
        else:
            yield Part(number, at, content, bool(form & _LAST))
        self.ended = bool(form & _LAST)

    def _break_in_chain(self, number: int) -> str:
        if number == self._next:
            return f"part {number} is of another file than what stands before it"
        if number < self._next:
            return f"part {number} stands here where part {self._next} was expected"
        missing = number - self._next
        return f"{missing} part{'s' if missing > 1 else ''} before part {number} cannot be read"

    def _skip(self, count: int) -> None:
        """Pass over bytes that are no part."""
        if count and self._damaged_at is None:
            self._damaged_at = self._at
        self._at += count
        del self._buffer[:count]

    def _damage_over(self) -> Iterator[Damage]:
        """Name the bytes passed over, once for all that stand together."""
        if self._damaged_at is not None:
            yield Damage(self._damaged_at, f"{self._at - self._damaged_at:,} bytes are damaged")
            self._damaged_at = None


def _inflate(small: bytes) -> bytes:
    """Unpack one part, and never more than a part may hold.

    Raises:
        LimitExceededError: it holds more.
        MalformedMessageError: not one whole zlib stream.
    """
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(small, PART_BYTES_MAX + 1)
    except zlib.error as error:
        raise MalformedMessageError(f"expected compressed bytes: {error}") from error
    if len(content) > PART_BYTES_MAX:
        raise LimitExceededError(f"expected at most {PART_BYTES_MAX:,} bytes in a part, found more")
    if not stream.eof or stream.unused_data:
        raise MalformedMessageError("expected one whole compressed part")
    return content
