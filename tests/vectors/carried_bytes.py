"""Vectors of feeds and of the messages of a session."""

from dataclasses import replace
from typing import Any

from node import canonical
from node.feeds import bodies, checkpoints, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.ids import CommunityId, DocumentId, EntryId
from node.limits import STRETCH_ENTRIES_MAX
from node.replication import messages
from node.replication.beginning import Beginning
from node.replication.messages import (
    Answered,
    Charters,
    ClaimedCharter,
    ClaimedHead,
    Entries,
    Farewell,
    Heads,
    Join,
    JoinAnswer,
    Message,
    Opened,
    Paused,
    ScopeSummary,
    Summary,
    Want,
    WantCharters,
    Wanted,
)
from node.replication.ranges.parts import Fingerprints, Lacking, Listed, Ranges, Split
from tests import builders
from tests.vectors.cases import LIMIT, MALFORMED, UNSIGNED, Broken, Case, listed

_AUTHOR = builders.key("Ash device")
_FEED = FeedKey(_AUTHOR.public, "public")


def _bodies() -> list[bytes]:
    document = DocumentId(builders.identifier("a document"))
    drafts: list[builders.Draft] = [
        (Kind.RECORD, builders.community("Ash").founding.raw, None),
        (Kind.GENESIS, b"a genesis", document),
        (Kind.CHANGES, [builders.nonce("run"), [b"a change", b"another"]], document),
        (Kind.CHECKPOINT, None, None),
    ]
    return [
        bodies.encode(kind, content, salt=builders.nonce(f"salt {place}"), document=named)
        for place, (kind, content, named) in enumerate(drafts)
    ]


def _written() -> list[Entry]:
    """Return two commits of one feed."""
    first, second, third, fourth = _bodies()
    begun = stretch.make(_FEED, None, [first, second], hours=500_000, signer=_AUTHOR)
    return begun + stretch.make(_FEED, builders.head(begun), [third, fourth], hours=500_001, signer=_AUTHOR)


def feeds() -> dict[str, Any]:
    """Return a feed, its entries with their headers, its stretches, and stretches that must be refused."""
    written = _written()
    parts = stretch.split(written)
    gone = written[2]
    left = Item(500_001, None, gone.body_hash, gone.body_bytes, gone.document)
    erased = replace(parts[1], items=(left, parts[1].items[1]))
    return {
        "about": "A feed of two commits (protocol.md, section 4), all bytes hex: bodies, headers, ids, and "
        "the stretches in which it travels.",
        "device_seed": _AUTHOR.seed.hex(),
        "device": _AUTHOR.public.hex(),
        "scope": _FEED.scope,
        "entries": [_entry(one) for one in written],
        "stretches": [
            {"name": name, "raw": stretch.encode(one).hex(), "ids": [e.id.hex() for e in stretch.prove(one)]}
            for name, one in (("first", parts[0]), ("second", parts[1]), ("second, a body erased", erased))
        ],
        "broken": _broken_stretches(parts[0], parts[1]),
    }


def _entry(one: Entry) -> Case:
    named = [one.feed.device, one.feed.scope, one.seq, one.prev]
    header = [1, *named, one.body_hash, one.body_bytes, one.hours, one.document]
    assert one.body is not None
    return {
        "seq": one.seq,
        "hours": one.hours,
        "body": one.body.hex(),
        "body_hash": one.body_hash.hex(),
        "document": one.document.hex() if one.document is not None else None,
        "header": canonical.encode(header).hex(),
        "id": one.id.hex(),
        "signature": one.signature.hex() if one.signature is not None else None,
    }


def _broken_stretches(first: Stretch, second: Stretch) -> list[Case]:
    return listed(_misshapen(first) | _unproved_headers(first, second) | _unproved_items(first, second))


def _misshapen(first: Stretch) -> Broken:
    """Return bytes that are no stretch, whatever their signature says."""
    fields = stretch.to_value(first)
    return {
        "no bytes": (b"", MALFORMED, "no CBOR"),
        "cut by a byte": (stretch.encode(first)[:-1], MALFORMED, "64 bytes of signature were announced"),
        "five fields": (canonical.encode(fields[:-1]), MALFORMED, "there are six fields"),
        "no entry": (canonical.encode([*fields[:4], [], fields[5]]), MALFORMED, "at least one entry"),
        "seq 0": (canonical.encode([*fields[:2], 0, *fields[3:]]), MALFORMED, "places count from 1"),
        "true for seq 1": (canonical.encode([*fields[:2], True, *fields[3:]]), MALFORMED, "true is not 1"),
        "something before the first": (
            canonical.encode([*fields[:3], bytes(32), *fields[4:]]),
            MALFORMED,
            "nothing is before place 1",
        ),
        "nothing before the second": (
            canonical.encode([*fields[:2], 2, None, *fields[4:]]),
            MALFORMED,
            "null at place 1 only",
        ),
        "a scope that is none": (
            canonical.encode([fields[0], "members:hedge", *fields[2:]]),
            MALFORMED,
            "an id has 52 characters",
        ),
        "a scope with stray last bits": (
            canonical.encode([fields[0], "members:" + "b" * 52, *fields[2:]]),
            MALFORMED,
            "an id has one spelling",
        ),
        "an entry of four": (
            canonical.encode([*fields[:4], [[1, bytes(32), 3, 4]], fields[5]]),
            MALFORMED,
            "[hours, body] or [hours, hash, length]",
        ),
        "257 entries": (
            canonical.encode([*fields[:4], [[1, b""]] * (STRETCH_ENTRIES_MAX + 1), fields[5]]),
            LIMIT,
            "at most 256 entries under one signature",
        ),
    }


def _unproved_headers(first: Stretch, second: Stretch) -> Broken:
    """Return stretches whose device, scope, place, predecessor or signature is another."""
    other = builders.key("Birch device")
    return {
        "another device": (
            stretch.encode(replace(first, feed=first.feed._replace(device=other.public))),
            UNSIGNED,
            "the device is in every header",
        ),
        "another scope": (
            stretch.encode(replace(first, feed=first.feed._replace(scope="local"))),
            UNSIGNED,
            "the scope is in every header",
        ),
        "another place": (
            stretch.encode(replace(second, first_seq=4)),
            UNSIGNED,
            "the place is in every header",
        ),
        "another entry before": (
            stretch.encode(replace(second, prev=EntryId(bytes(32)))),
            UNSIGNED,
            "the entry before is in the header",
        ),
        "the other stretch's signature": (
            stretch.encode(replace(first, signature=second.signature)),
            UNSIGNED,
            "the signature is over another entry",
        ),
        "signed by another device": (
            stretch.encode(replace(first, signature=other.sign(b"hedgerow/feed/1" + bytes(32)))),
            UNSIGNED,
            "the feed's own device signs",
        ),
    }


def _unproved_items(first: Stretch, second: Stretch) -> Broken:
    """Return stretches in which an entry is another, is left out or was put behind the signed one."""
    item = first.items[1]
    body = item.body or b""
    return {
        "another hour": (
            stretch.encode(replace(first, items=(first.items[0], item._replace(hours=1)))),
            UNSIGNED,
            "the time is in the header",
        ),
        "entries in another order": (
            stretch.encode(replace(first, items=first.items[::-1])),
            UNSIGNED,
            "each header names the one before",
        ),
        "an entry left out": (
            stretch.encode(replace(first, items=first.items[1:])),
            UNSIGNED,
            "each header names the one before",
        ),
        "one bit of a body": (
            stretch.encode(
                replace(first, items=(first.items[0], item._replace(body=body[:-1] + bytes([body[-1] ^ 1]))))
            ),
            UNSIGNED,
            "the body's hash is in the header",
        ),
        "an unsigned tail": (
            stretch.encode(replace(first, items=(*first.items, second.items[0]))),
            UNSIGNED,
            "the signature is over the entry before the last",
        ),
    }


def session_messages() -> dict[str, Any]:
    """Return one message of each kind, and bytes that are none."""
    ash = builders.community("Ash")
    head = builders.head(_written())
    community = CommunityId(ash.id)
    examples: list[Message] = [
        Summary((ScopeSummary("public", bytes(range(16))),)),
        Heads(
            "public",
            (ClaimedHead(community, _AUTHOR.public, head),),
            (ClaimedCharter(community, builders.identifier("a digest")),),
        ),
        Want("public", (Wanted(_AUTHOR.public, head.id, (Head(2, _written()[1].id),)),)),
        Entries(stretch.split(_written())[0]),
        Answered("public", _AUTHOR.public, head.id),
        WantCharters((community,)),
        Charters(community, (ash.founding.raw,)),
        Opened(b"a founding record"),
        Join(builders.identifier("a secret"), (b"a record",)),
        JoinAnswer(accepted=True, text="welcome"),
        Farewell("good night"),
        Fingerprints(((bytes(range(4)), bytes(range(8))), (bytes(4), bytes(8)))),
        Ranges(
            bytes(range(4)),
            (
                Listed("0", (bytes(8), bytes(range(8)))),
                Split("a3", tuple(bytes([digit]) * 8 for digit in range(16))),
                Lacking("f", (bytes(range(8)),)),
            ),
        ),
        Paused("public", tuple(sorted((_AUTHOR.public, builders.key("Birch device").public)))),
        Beginning(stretch.split(_checkpoint())[0]),
    ]
    return {
        "about": "The messages of a session (protocol.md, section 6), in hex, and what must be refused.",
        "valid": [
            {"name": type(one).__name__, "number": number, "raw": messages.encode(one).hex()}
            for number, one in enumerate(examples, start=1)
        ],
        "broken": _broken_messages(community, head),
    }


def _checkpoint() -> list[Entry]:
    """Return the entry that says that nothing before the last written one counts."""
    written = _written()
    root, last = written[-2], Head(written[-1].seq, written[-1].id)
    said = bodies.encode(Kind.CHECKPOINT, checkpoints.content(Head(root.seq, root.id)), salt=bytes(16))
    return stretch.make(written[0].feed, last, [said], hours=written[-1].hours, signer=_AUTHOR)


def _broken_messages(community: CommunityId, head: Head) -> list[Case]:
    made: dict[str, tuple[Any, str, str]] = {
        "an empty list": ([], MALFORMED, "a message begins with its number"),
        "a number alone": (1, MALFORMED, "a message is a list"),
        "a map": ({}, MALFORMED, "a message is a list"),
        "number 0": ([0, []], MALFORMED, "messages are numbered from 1"),
        "number 16": ([16, []], MALFORMED, "there are fifteen messages"),
        "a beginning that is none": ([15, []], MALFORMED, "a stretch has six fields"),
        "true for number 1": ([True, []], MALFORMED, "true is not 1"),
        "a negative number": ([-1, []], MALFORMED, "messages are numbered from 1"),
        "a summary that is no list": ([1, {}], MALFORMED, "summaries are a list"),
        "a field too many": ([1, [], None], MALFORMED, "a summary has one field"),
        "a fingerprint of 15 bytes": ([1, [["public", bytes(15)]]], MALFORMED, "16 bytes"),
        "257 scopes": ([1, [["public", bytes(16)]] * 257], LIMIT, "at most 256 scopes"),
        "a scope that is none": ([1, [["private", bytes(16)]]], MALFORMED, "scopes have four spellings"),
        "a head at seq 0": ([2, "public", [[community, bytes(32), 0, head.id]], []], MALFORMED, "from 1"),
        "a head at seq true": (
            [2, "public", [[community, bytes(32), True, head.id]], []],
            MALFORMED,
            "from 1",
        ),
        "501 items": ([2, "public", [], [[community, bytes(32)]] * 501], LIMIT, "at most 500 items"),
        "a digest of 31 bytes": ([2, "public", [], [[community, bytes(31)]]], MALFORMED, "32 bytes"),
        "a want without points": ([3, "public", [[bytes(32), head.id]]], MALFORMED, "[device, head, known]"),
        "a want of 65 points": (
            [3, "public", [[bytes(32), head.id, [[1, head.id]] * 65]]],
            MALFORMED,
            "at most 64 points",
        ),
        "a stretch that is none": ([4, [1, 2, 3]], MALFORMED, "a stretch has six fields"),
        "an answer without a head": (
            [5, "public", bytes(32), None],
            MALFORMED,
            "the head that was asked for",
        ),
        "a community of 33 bytes": ([6, [bytes(33)]], MALFORMED, "32 bytes"),
        "records that are text": ([7, community, ["record"]], MALFORMED, "records are byte strings"),
        "257 records": ([7, community, [b""] * 257], LIMIT, "at most 256 records"),
        "a founding record as text": ([8, "founding"], MALFORMED, "a byte string"),
        "a secret of 16 bytes": ([9, bytes(16), []], MALFORMED, "32 bytes"),
        "accepted as a number": ([10, 1, ""], MALFORMED, "true or false"),
        **_misshapen_ranges(),
        "a pause without a scope": ([14, [bytes(32)]], MALFORMED, "a pause is of one scope"),
        "a pause of half a device": ([14, "public", [bytes(16)]], MALFORMED, "32 bytes"),
        "501 pauses": ([14, "public", [bytes(32)] * 501], LIMIT, "at most 500 feeds"),
        "301 characters": ([11, "x" * 301], MALFORMED, "at most 300 characters"),
    }
    return listed({name: (canonical.encode(value), error, why) for name, (value, error, why) in made.items()})


def _misshapen_ranges() -> dict[str, tuple[canonical.Value, str, str]]:
    """Return what is not said of ranges."""
    tag = bytes(4)
    return {
        "a fingerprint cut short": ([12, bytes(23)], MALFORMED, "12 bytes a scope"),
        "257 scopes": ([12, bytes(257 * 12)], LIMIT, "at most 256 scopes"),
        "a scope by its name": ([13, "public", []], MALFORMED, "scopes are named by 4 salted bytes"),
        "digits in capitals": ([13, tag, [["A", 0, b""]]], MALFORMED, "lower-case digits"),
        "65 digits": ([13, tag, [["0" * 65, 0, b""]]], MALFORMED, "a place has 64 digits"),
        "a fourth kind": ([13, tag, [["0", 3, b""]]], MALFORMED, "kinds from 0 to 2"),
        "false for kind 0": ([13, tag, [["0", False, b""]]], MALFORMED, "false is not 0"),
        "fifteen fingerprints": ([13, tag, [["0", 1, bytes(120)]]], MALFORMED, "a range has 16 parts"),
        "17 names": (
            [13, tag, [["0", 0, b"".join(bytes([n]) * 8 for n in range(17))]]],
            MALFORMED,
            "at most 16 are listed",
        ),
        "names out of order": ([13, tag, [["0", 0, b"\x01" * 8 + bytes(8)]]], MALFORMED, "sorted"),
        "a name twice": ([13, tag, [["0", 0, bytes(16)]]], MALFORMED, "each once"),
        "nothing lacking": ([13, tag, [["0", 2, b""]]], MALFORMED, "at least one is lacking"),
        "ranges out of order": ([13, tag, [["1", 0, b""], ["0", 0, b""]]], MALFORMED, "ascending"),
        "a range twice": ([13, tag, [["1", 0, b""], ["1", 0, b""]]], MALFORMED, "each once"),
        "a range inside another": ([13, tag, [["1", 0, b""], ["12", 0, b""]]], MALFORMED, "disjoint"),
        "257 ranges": (
            [13, tag, [[f"{n:03x}", 0, b""] for n in range(257)]],
            LIMIT,
            "at most 256 ranges a message",
        ),
    }
