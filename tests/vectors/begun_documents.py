"""Vectors of epochs: what the body of one says, which of several counts, and what they include."""

from dataclasses import replace
from typing import Any

from node import canonical
from node.canonical import Value
from node.crdt import epochs, genesis
from node.crdt.epochs import Epoch, Included
from node.crdt.genesis import Communities, Genesis
from node.feeds import bodies
from node.feeds.bodies import Changes, Kind
from node.ids import CommunityId, DocumentId, EntryId
from tests import builders
from tests.vectors.cases import Case

_REJECTED = "RejectedChangeError"
_OWNER = CommunityId(builders.identifier("the owner"))
_GENESIS = Genesis("offer", _OWNER, Communities((_OWNER,)), "public", builders.nonce("an offer"))
_FIRST = Changes(builders.nonce("run"), (b"a change", b"another"))


def begun_documents() -> dict[str, Any]:
    """Return epochs with what they say, sets of epochs with the one that counts, and broken contents."""
    raw = genesis.encode(_GENESIS)
    return {
        "about": "What begins a document again (epochs.md). `body` is a whole body, `content` what stands in "
        "it, hex; `included` names the places of each branch, `counting` the entry that counts.",
        "genesis": raw.hex(),
        "document": genesis.document_id(raw).hex(),
        "valid": [_case(name, one, genesis.document_id(raw)) for name, one in _epochs(raw).items()],
        "counting": [_set(name, held) for name, held in _sets().items()],
        "broken": [
            {"name": name, "raw": canonical.encode(content).hex(), "error": _REJECTED, "reason": reason}
            for name, (content, reason) in _broken(raw).items()
        ],
    }


def _epochs(raw: bytes) -> dict[str, Epoch]:
    low, high = sorted(builders.key(name).public for name in ("one device", "another device"))
    one, two, three = sorted(EntryId(builders.identifier(f"entry {number}")) for number in range(3))
    plain = Epoch(genesis=raw, number=1, erases=False, before=(), included=(), first=_FIRST)
    part = Included(low, one, epochs.ranges([1]))
    gaps = Included(low, three, epochs.ranges([2, 3, 4, 9]))
    branches = (
        Included(low, one, epochs.ranges([1, 2, 5])),
        Included(low, two, epochs.ranges([1, 2, 3])),
        Included(high, three, epochs.ranges([40])),
    )
    return {
        "the first, of a document in which nothing stands": replace(plain, first=None),
        "one entry of one branch": replace(plain, included=(part,)),
        "to be forgotten, behind two of one number": replace(
            plain, number=2, erases=True, before=(one, two), included=(gaps,)
        ),
        "two branches of one device, one of another": replace(
            plain, number=7, before=(one,), included=branches
        ),
        "the highest number": replace(plain, number=epochs.NUMBER_MAX),
    }


def _case(name: str, one: Epoch, document: DocumentId) -> Case:
    content = epochs.encode(one)
    salt = builders.nonce(name)
    return {
        "name": name,
        "content": canonical.encode(content).hex(),
        "body": bodies.encode(Kind.EPOCH, content, salt=salt, document=document).hex(),
        "number": one.number,
        "erases": one.erases,
        "before": [entry.hex() for entry in one.before],
        "included": [
            {
                "device": its.device.hex(),
                "head": its.head.hex(),
                "seqs": [seq for part in its.seqs for seq in part],
            }
            for its in one.included
        ],
        "run_nonce": one.first.run_nonce.hex() if one.first is not None and one.first.run_nonce else None,
        "changes": [change.hex() for change in one.first.raw_changes] if one.first is not None else [],
    }


def _sets() -> dict[str, list[tuple[EntryId, int]]]:
    low, middle, high = sorted(EntryId(builders.identifier(f"epoch {number}")) for number in range(3))
    return {
        "none": [],
        "one": [(high, 1)],
        "the highest number, whatever its id": [(low, 1), (high, 2)],
        "of two with one number the lower id": [(high, 3), (low, 3)],
        "of two with the highest number the lower id": [(low, 1), (high, 2), (middle, 2)],
    }


def _set(name: str, held: list[tuple[EntryId, int]]) -> Case:
    counts = epochs.counting(held)
    return {
        "name": name,
        "held": [{"entry": entry.hex(), "number": number} for entry, number in held],
        "counts": counts.hex() if counts is not None else None,
    }


def _broken(raw: bytes) -> dict[str, tuple[Value, str]]:
    device, head = bytes(32), bytes([1]) * 32
    nonce: bytes = builders.nonce("run")
    id_low, id_high = bytes([1]) * 32, bytes([2]) * 32
    tail: list[Value] = [None, []]
    twice: list[Value] = [[device, head, [0, 1]], [device, head, [0, 2]]]
    return {
        "no list": (b"epoch", "the content is a list of seven"),
        "a field too few": ([raw, 1, False, [], [], None], "the content is a list of seven"),
        "number 0": (
            [raw, 0, False, [], [], *tail],
            "a document begins in epoch 0, and is begun again from 1 on",
        ),
        "true for number 1": ([raw, True, False, [], [], *tail], "true is not 1"),
        "a number of 33 bits": ([raw, 2**32, False, [], [], *tail], "at most 2^32 - 1"),
        "erases as a number": ([raw, 1, 1, [], [], *tail], "true or false"),
        "an id of 31 bytes before it": ([raw, 2, False, [bytes(31)], [], *tail], "an id has 32 bytes"),
        "ids before it descending": ([raw, 2, False, [id_high, id_low], [], *tail], "ascending"),
        "an id before it twice": ([raw, 2, False, [id_low, id_low], [], *tail], "each once"),
        "17 ids before it": (
            [raw, 2, False, [bytes([number]) * 32 for number in range(17)], [], *tail],
            "at most 16",
        ),
        "a branch twice": ([raw, 1, False, [], twice, *tail], "each pair of device and head once"),
        "a key of 31 bytes": ([raw, 1, False, [], [[bytes(31), head, [0, 1]]], *tail], "a key has 32 bytes"),
        "no place of a branch": ([raw, 1, False, [], [[device, head, []]], *tail], "at least one part"),
        "a skip without a take": ([raw, 1, False, [], [[device, head, [0, 1, 3]]], *tail], "by turns"),
        "nothing taken": ([raw, 1, False, [], [[device, head, [0, 0]]], *tail], "at least one is taken"),
        "nothing skipped between": (
            [raw, 1, False, [], [[device, head, [0, 1, 0, 1]]], *tail],
            "two parts without a gap are one part",
        ),
        "a place beyond 2^53 - 1": (
            [raw, 1, False, [], [[device, head, [2**53, 1]]], *tail],
            "a place that not every implementation reads exactly",
        ),
        "changes without a run": ([raw, 1, False, [], [], None, [b"a change"]], "first changes begin a run"),
        "a run without changes": ([raw, 1, False, [], [], nonce, []], "a run begins with a change"),
    }
