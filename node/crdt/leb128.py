"""Variable-length integers of the Automerge binary format: LEB128, unsigned and signed, at most 64 bits.

Every integer has one spelling, its shortest: a reader here refuses any other, because a change is admitted
only if writing what was read gives the same bytes (`changes.decode`).
"""

from typing import Final

from node.errors import RejectedChangeError

# 64 bits in groups of seven: a tenth byte is the last that may add to the value.
_BYTES_MAX: Final = 10
_UNSIGNED_MAX: Final = 2**64 - 1
_SIGNED_MIN: Final = -(2**63)
_SIGNED_MAX: Final = 2**63 - 1


class Reader:
    """Walk over bytes from front to back, never beyond their end.

    Every method raises RejectedChangeError when the bytes end too early, or an integer is out of range or not
    in its shortest spelling.
    """

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data = data
        self.at = at
        self.end = len(data)

    def unsigned(self) -> int:
        """Read one unsigned integer of at most 64 bits."""
        at = self.at
        if at < self.end and self.data[at] < 0x80:  # Nearly every integer of a change is one byte.
            self.at = at + 1
            return self.data[at]
        value, shift = self._groups()
        if value > _UNSIGNED_MAX:
            raise RejectedChangeError(f"expected an unsigned 64-bit integer, found one of {shift} bits")
        if value >> (shift - 7) == 0:
            raise _long_spelling()
        return value

    def signed(self) -> int:
        """Read one two's-complement integer of at most 64 bits."""
        value, shift = self._groups()
        if value >> (shift - 1):
            value -= 1 << shift
        if not _SIGNED_MIN <= value <= _SIGNED_MAX:
            raise RejectedChangeError(f"expected a signed 64-bit integer, found one of {shift} bits")
        if shift > 7 and -1 << (shift - 8) <= value < 1 << (shift - 8):
            raise _long_spelling()
        return value

    def take(self, length: int) -> bytes:
        """Read exactly `length` bytes."""
        if length > self.end - self.at:
            raise RejectedChangeError(f"expected {length} more bytes, found {self.end - self.at}")
        start = self.at
        self.at = start + length
        return self.data[start : self.at]

    def counted(self, *, bytes_max: int, what: str) -> bytes:
        """Read a length and that many bytes, refusing a length beyond `bytes_max` before taking any."""
        length = self.unsigned()
        if length > bytes_max:
            raise RejectedChangeError(f"expected {what} of at most {bytes_max} bytes, found {length}")
        return self.take(length)

    @property
    def finished(self) -> bool:
        """Tell whether every byte has been read."""
        return self.at == self.end

    def _groups(self) -> tuple[int, int]:
        """Return the joined seven-bit groups and how many bits they span."""
        data = self.data
        at = self.at
        if at < self.end and data[at] < 0x80:
            self.at = at + 1
            return data[at], 7
        value = shift = 0
        stop = min(self.end, at + _BYTES_MAX)
        while at < stop:
            group = data[at]
            at += 1
            value |= (group & 0x7F) << shift
            shift += 7
            if group < 0x80:
                self.at = at
                return value, shift
        raise RejectedChangeError(f"expected the end of an integer within {_BYTES_MAX} bytes, found none")


def _long_spelling() -> RejectedChangeError:
    return RejectedChangeError("expected an integer in its shortest spelling, found a longer one")


def unsigned(value: int) -> bytes:
    """Write an unsigned integer in its shortest spelling.

    Raises:
        ValueError: negative, or more than 64 bits.
    """
    if 0 <= value < 0x80:
        return _ONE_BYTE[value]
    if not 0 <= value <= _UNSIGNED_MAX:
        raise ValueError(f"expected an unsigned 64-bit integer, found {value}")
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed(value: int) -> bytes:
    """Write a two's-complement integer in its shortest spelling.

    Raises:
        ValueError: more than 64 bits.
    """
    if -0x40 <= value < 0x40:
        return _ONE_BYTE[value & 0x7F]
    if not _SIGNED_MIN <= value <= _SIGNED_MAX:
        raise ValueError(f"expected a signed 64-bit integer, found {value}")
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)


_ONE_BYTE: Final = tuple(bytes([value]) for value in range(0x80))
