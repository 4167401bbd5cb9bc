"""Write the vectors of changes: ``python -m tests.crdt.change_vectors``.

They are made of fixed inputs, so that the same files come out each time.
"""

import json
import zlib
from pathlib import Path
from typing import Any

from node.crdt import changes, genesis, leb128, runs
from node.crdt.document import Document
from node.crdt.edits import Delete, Edit, Put
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.crdt.operations import Key
from node.errors import RejectedChangeError
from node.ids import CommunityId, FederationId
from tests.crdt.histories import actor, put, resealed

FOLDER = Path(__file__).resolve().parent.parent / "vectors"
VALID = FOLDER / "changes_valid.json"
BROKEN = FOLDER / "changes_broken.json"


def valid_cases() -> dict[str, Any]:
    """Return changes that pass the rule of admission, beside what they say, and the ids that go with them."""
    return {
        "about": "Change chunks in hex and what they say; docs/changes.md describes the format.",
        "changes": [{"raw": raw.hex(), **_spelled(raw)} for raw in _history()],
        "runs": [_run(epoch) for epoch in (0, 1)],
        "genesis": [
            _genesis(Communities((_community(3), _community(4)))),
            _genesis(MembersOf(_federation())),
        ],
    }


def broken_cases() -> dict[str, Any]:
    """Return bytes that are no admissible change, each with the reason this implementation gives."""
    good = changes.encode(put())
    body = good[10:]
    made = {
        "empty": b"",
        "cut short": good[:-1],
        "one byte too many": good + b"\x00",
        "another mark": b"\x85\x6f\x4a\x84" + good[4:],
        "checksum does not fit": good[:4] + bytes(4) + good[8:],
        "whole document": resealed(good[:8] + b"\x00" + good[9:]),
        "compressed": good[:8] + b"\x02" + _packed(body),
        "bundle": resealed(good[:8] + b"\x03" + good[9:]),
        "long spelling of the length": resealed(good[:9] + bytes([good[9] | 0x80, 0]) + body),
        "bytes behind the columns": _with_body(body + b"\x00"),
        "actor of 31 bytes": _with_body(body[:1] + b"\x1f" + body[3:]),
        "unknown column": _with_body(body.replace(b"\x56\x03", b"\x55\x03", 1)),
        "one value written as a run": _with_body(body.replace(b"\x7f\x01", b"\x01\x01")),
        "float": _value(good, kind=5, data=bytes(8)),
        "counter": _value(good, kind=8, data=b"\x01"),
        "timestamp": _value(good, kind=9, data=b"\x01"),
        "unsigned integer": _value(good, kind=3, data=b"\x01"),
        "text that is not UTF-8": _value(good, kind=6, data=b"\xff"),
        "integer in a longer spelling": _value(good, kind=4, data=b"\x81\x00"),
        "no operation": _with_body(body[: body.index(actor(1)) + 32] + b"\x01\x01\x00\x00\x00\x00"),
    }
    cases = [{"name": name, "raw": raw.hex(), "reason": _reason(raw)} for name, raw in made.items()]
    return {"about": "Bytes that must be rejected, and why.", "cases": cases}


def _history() -> list[bytes]:
    document = Document.empty(actor(1))
    steps: list[tuple[int, list[Edit]]] = [
        (1, [Put(("name",), "Oak Lane"), Put(("tags",), ["garden", "repair"])]),
        (
            2,
            [
                Put(("homes",), 14),
                Put(("open",), value=True),
                Put(("mark",), b"\x00\xff"),
                Put(("note",), None),
            ],
        ),
        (1, [Delete(("tags", 0)), Put(("place",), {"country": "DE", "deep": {"number": -1}})]),
    ]
    made = []
    for number, edits in steps:
        raw = document.change(actor=actor(number), edits=edits, time_s=1_790_000_000, message="Grüße")
        assert raw is not None
        document = document.apply([raw])
        made.append(raw)
    return made


def _spelled(raw: bytes) -> dict[str, Any]:
    change = changes.decode(raw)
    return {
        "hash": changes.change_hash(raw).hex(),
        "actor": change.actor.hex(),
        "seq": change.seq,
        "start": change.start,
        "time_s": change.time_s,
        "message": change.message,
        "dependencies": [it.hex() for it in change.dependencies],
        "operations": [
            {
                "id": _key(it.id),
                "action": it.action.name,
                "object": None if it.object is None else _key(it.object),
                "key": _key(it.key),
                "insert": it.insert,
                "value": {"bytes": it.value.hex()} if isinstance(it.value, bytes) else it.value,
                "predecessors": [_key(predecessor) for predecessor in it.predecessors],
            }
            for it in change.operations
        ],
    }


def _key(key: Key) -> Any:
    return key if isinstance(key, str) else [key.counter, key.actor.hex()]


def _run(epoch: int) -> dict[str, Any]:
    document = genesis.document_id(b"a genesis")
    made = runs.actor(device_key=bytes(range(32)), document=document, epoch=epoch, nonce=bytes(16))
    return {
        "device_key": bytes(range(32)).hex(),
        "document": document.hex(),
        "epoch": epoch,
        "nonce": bytes(16).hex(),
        "actor": made.hex(),
    }


def _genesis(writers: Communities | MembersOf) -> dict[str, str]:
    written = genesis.encode(
        Genesis(type="profile", owner=_community(3), writers=writers, scope="public", nonce=bytes(range(16)))
    )
    return {"bytes": written.hex(), "document_id": genesis.document_id(written).hex()}


def _community(number: int) -> CommunityId:
    return CommunityId(bytes([number]) * 32)


def _federation() -> FederationId:
    return FederationId(bytes([9]) * 32)


def _with_body(body: bytes) -> bytes:
    return resealed(changes.MAGIC + bytes(4) + b"\x01" + leb128.unsigned(len(body)) + body)


def _packed(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(body) + packer.flush()
    return leb128.unsigned(len(packed)) + packed


def _value(good: bytes, *, kind: int, data: bytes) -> bytes:
    """Return a change whose one value has this kind and these bytes, by way of a text of equal length."""
    stand_in = changes.encode(put(value="#" * len(data)))
    shape = bytes([0x7F, *leb128.unsigned(len(data) << 4 | 6)])
    other = bytes([0x7F, *leb128.unsigned(len(data) << 4 | kind)])
    assert good[10:43] == stand_in[10:43]
    return _with_body(stand_in[10:].replace(shape, other, 1).replace(b"#" * len(data), data, 1))


def _reason(raw: bytes) -> str:
    try:
        changes.decode(raw)
    except RejectedChangeError as error:
        return str(error)
    raise AssertionError(f"expected a rejection of {raw.hex()}, found none")


def main() -> None:
    """Write both files."""
    for path, cases in ((VALID, valid_cases()), (BROKEN, broken_cases())):
        path.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
