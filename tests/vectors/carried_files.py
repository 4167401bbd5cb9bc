"""Vectors of bundles: whole files, their items, and files that are damaged or forged."""

import struct
import zlib
from hashlib import sha256
from typing import Any

from node.feeds import bundle_items
from node.feeds.bundle import MARK, PART_BYTES_MAX, Damage, Part, Reader
from node.feeds.bundle_items import CharterRecords, ClaimedFeed, FoundingRecord, Item, Opening
from node.feeds.entry import FeedKey
from node.ids import CommunityId
from tests import builders
from tests.vectors.cases import Case


def bundles() -> dict[str, Any]:
    """Return files that are whole and what is in them, and files with what is found in them all the same."""
    items = _items()
    contents = [b"".join(bundle_items.contents([item])) for item in items]
    file = _framed(contents)
    first, second = (len(_framed(contents[:n], end=False)) for n in (1, 2))
    flipped = bytearray(file)
    flipped[first + 60] ^= 1
    plain = _part(contents[0], form=2)
    return {
        "about": "Bundles (bundles.md), all bytes hex. `items`: one of each kind, alone in a part's content; "
        "`whole`: files, and the contents of their parts; `damaged`: files, the contents of what is whole in "
        "them, and how many things are wrong; `broken`: files and contents that are refused.",
        "items": [
            {"kind": type(item).__name__, "content": content.hex()}
            for item, content in zip(items, contents, strict=True)
        ],
        "whole": [
            _read("parts of one item each, none compressed", file),
            _read("a compressed part", _part(_stored(contents[0]), form=3)),
            _read("bytes behind the last part are left", plain + b"more"),
        ],
        "damaged": [
            _read("cut off in the last part", file[:-1]),
            _read("cut off behind the second part", file[:second]),
            _read("a bit flipped in the second part", bytes(flipped)),
            _read("the second part is lost", file[:first] + file[second:]),
            _read("the first part stands there twice", file[:first] + file),
            _read("other bytes between two parts", file[:first] + b"noise" + file[first:]),
        ],
        "broken": [
            _case(
                "another version",
                _part(contents[0], version=2),
                "UnsupportedVersionError",
                "the checksum holds, so it is no damage",
            ),
            _case(
                "a flag that nobody knows",
                _part(contents[0], form=6),
                "UnsupportedVersionError",
                "what it means is not known",
            ),
        ],
        "broken_parts": [
            _case(
                "unpacks to too much",
                _part(_zeros(PART_BYTES_MAX + 1), form=3),
                "LimitExceededError",
                "a part may hold 512 KiB and 64 bytes",
            ),
            _case(
                "a stream cut off",
                _part(_stored(contents[0])[:-2], form=3),
                "MalformedMessageError",
                "the compressed bytes are not one whole stream",
            ),
        ],
    }


def _items() -> list[Item]:
    ann = builders.community("Ann")
    bundle, reader = builders.nonce("bundle"), CommunityId(builders.identifier("Bob"))
    drafts = builders.carried(builders.approvals(ann.steward, 2))
    (sent,) = builders.stretches(ann.device, drafts)
    held = ClaimedFeed(
        FeedKey(ann.device.public, "public"), (builders.head(builders.written(ann.device, drafts)),)
    )
    return [
        Opening(bundle, ann.id, reader, 500_000, whole=True),
        CharterRecords(ann.id, (ann.founding.raw,)),
        FoundingRecord(builders.approvals(ann.steward, 1)[0].raw),
        sent,
        bundle_items.claims(bundle, ann.id, [held], ann.device),
    ]


def _framed(contents: list[bytes], *, end: bool = True) -> bytes:
    parts, before = [], bytes(32)
    for number, content in enumerate(contents):
        last = end and number == len(contents) - 1
        parts.append(_part(content, form=2 if last else 0, number=number, before=before))
        before = parts[-1][-32:]
    return b"".join(parts)


def _part(
    stored: bytes, *, version: int = 1, form: int = 2, number: int = 0, before: bytes = bytes(32)
) -> bytes:
    head = struct.pack(">8sBBII32s", MARK, version, form, number, len(stored), before)
    return head + stored + sha256(head + stored).digest()


def _stored(content: bytes) -> bytes:
    """Return a zlib stream of one stored block: the same whatever library compresses."""
    length = len(content).to_bytes(2, "little")
    complement = bytes(255 - byte for byte in length)
    return b"\x78\x01\x01" + length + complement + content + zlib.adler32(content).to_bytes(4, "big")


def _zeros(count: int) -> bytes:
    """Return a zlib stream of so many zeros, in one block of fixed codes (RFC 1951, section 3.2.6)."""
    runs, singles = divmod(count - 1, 258)
    zero, run, end = "00110000", "11000101" + "00000", "0000000"
    bits = "110" + zero * (1 + singles) + run * runs + end
    padded = bits.ljust(-(-len(bits) // 8) * 8, "0")
    packed = bytes(int(padded[at : at + 8][::-1], 2) for at in range(0, len(padded), 8))
    return b"\x78\x01" + packed + zlib.adler32(bytes(count)).to_bytes(4, "big")


def _read(name: str, file: bytes) -> Case:
    reader = Reader()
    found = [*reader.feed(file), *reader.end()]
    return {
        "name": name,
        "file": file.hex(),
        "parts": [one.content.hex() for one in found if isinstance(one, Part)],
        "complaints": sum(isinstance(one, Damage) for one in found),
    }


def _case(name: str, file: bytes, error: str, reason: str) -> Case:
    return {"name": name, "file": file.hex(), "error": error, "reason": reason}
