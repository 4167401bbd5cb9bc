"""What compressing the batches of a first synchronisation costs and saves: `python -m bench.compression`.

Two whole nodes in this process: one keeps documents that were each edited twice, the other fetches them all.
The messages of entries that pass are then packed one by one, as the channel does, and unpacked again, in each
of several ways. Processor time, the best of several passes. zstandard is no dependency of the project: it is
measured too after `pip install --target build/zstandard zstandard`, with `PYTHONPATH=build/zstandard`.
"""

import argparse
import asyncio
import random
import tempfile
import time
import timeit
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cbor2

from bench.live_node import HOST, LiveNode
from node.directory.item import ITEM_TYPE
from node.engine.commands import AddPeer, FoundFederation, Invite, JoinFederation, KeepItems
from node.engine.commands.items import ITEMS_PER_COMMAND_MAX, ItemEdit
from node.engine.ports import DocumentRow
from node.replication.channel import SecureChannel
from node.replication.compression import COMPRESSED_BYTES_MIN
from node.runtime import logs
from node.runtime.config import Config

_WORDS = (
    "bread seed tool repair lift garden childcare translation compost firewood bicycle apples honey room van "
    "workshop laptop plumbing sewing tutoring ladder cement kitchen potatoes vote council harvest mill river"
)
_REVISIONS = 3
_DICTIONARY_BYTES, _WINDOW_BYTES = 16 * 1024, 32 * 1024

Way = tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]


async def batches(documents: int, seed: int, folder: Path) -> list[bytes]:
    """Return the messages of entries by which one node fetches all that another holds; say what it took."""
    whole: set[bytes] = set()

    def seen(rows: Sequence[DocumentRow]) -> None:
        items = (row for row in rows if row.type == ITEM_TYPE)
        whole.update(row.id for row in items if cbor2.loads(row.tree)["rev"] == _REVISIONS)

    holder, newcomer = LiveNode.found(folder / "a", lambda _: None), LiveNode.found(folder / "b", seen)
    await holder.ask(FoundFederation(bylaws=b'name = "Bench"\n', file_name="bench.toml"))
    dice = random.Random(seed)
    for start in range(0, documents, ITEMS_PER_COMMAND_MAX):
        numbers = range(start, min(documents, start + ITEMS_PER_COMMAND_MAX))
        for revision in range(1, _REVISIONS + 1):
            await holder.ask(KeepItems(items=tuple(_edit(dice, one, revision) for one in numbers)))
    await newcomer.ask(JoinFederation(link=(await holder.ask(Invite()))["link"]))
    port, held, sizes = await holder.listen(), list[bytes](), list[int]()

    def seal(channel: SecureChannel, message: bytes, *, compress: bool = False) -> list[bytes]:
        if compress and len(message) >= COMPRESSED_BYTES_MIN:
            held.append(message)
        frames = sealed(channel, message, compress=compress)
        sizes.extend(map(len, frames))
        return frames

    sealed = SecureChannel.seal
    SecureChannel.seal = seal  # type: ignore[method-assign,assignment] # To look over its shoulder.
    begun = time.process_time()
    await newcomer.ask(AddPeer(target=f"ws://{HOST}:{port}"))
    while len(whole) < documents:  # noqa: ASYNC110 - what another thread sees
        await asyncio.sleep(0.05)
    took = time.process_time() - begun
    SecureChannel.seal = sealed  # type: ignore[method-assign]
    for node in (newcomer, holder):
        await node.network.stop()
        await node.thread.stop()
    print(f"{documents:,} documents: frames {sum(sizes):,} bytes, both nodes {took:.2f} s of processor time;")
    print(f"{len(held)} messages of {sum(map(len, held)):,} bytes may be compressed")
    return held


def _edit(dice: random.Random, number: int, revision: int) -> ItemEdit:
    """Return what the side-by-side harness puts: a document of about 500 bytes, then its title anew."""
    edited: dict[str, Any] = {"id": f"doc-{number:07}", "title": _text(dice, 60), "rev": revision}
    if revision == 1:
        edited |= {"kind": "offer", "community": f"c-{number % 97}", "body": _text(dice, 260)}
        edited |= {"contact": f"{_text(dice, 12)}@example.org", "price": dice.randrange(1_000)}
    return ItemEdit(key=edited["id"], fields=edited)


def _text(dice: random.Random, chars: int) -> str:
    return " ".join(dice.choices(_WORDS.split(), k=chars))[:chars].strip()


def ways(trained_on: Sequence[bytes]) -> dict[str, Way]:
    """Return each way to pack and unpack, with zstandard only where that is installed."""
    found: dict[str, Way] = {}
    for level in (1, 3, 6, 9):
        found[f"zlib {level}"] = (partial(zlib.compress, level=level), zlib.decompress)
    words = b"".join(trained_on)[-_WINDOW_BYTES:]

    def deflated(raw: bytes) -> bytes:
        stream = zlib.compressobj(1, zdict=words)
        return stream.compress(raw) + stream.flush()

    found["zlib 1, known"] = (deflated, lambda small: zlib.decompressobj(zdict=words).decompress(small))
    if find_spec("zstandard") is None:
        print("zstandard is not installed: zlib alone")
        return found
    zstandard: Any = import_module("zstandard")
    pieces = [one[at : at + 500] for one in trained_on for at in range(0, len(one), 500)]
    trained = zstandard.train_dictionary(_DICTIONARY_BYTES, pieces)
    for level, known in [*((level, None) for level in (-1, 1, 3, 6, 9)), (1, trained), (3, trained)]:
        pack = zstandard.ZstdCompressor(level=level, dict_data=known).compress
        unpack = zstandard.ZstdDecompressor(dict_data=known).decompress
        found[f"zstd {level}" + (", known" if known else "")] = (pack, unpack)
    return found


def _microseconds(work: Callable[[bytes], bytes], given: Sequence[bytes], changes: int) -> float:
    passes = timeit.repeat(lambda: list(map(work, given)), timer=time.process_time, repeat=5, number=1)
    return min(passes) * 1_000_000 / changes


def main() -> None:
    """Measure and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=2_000)
    documents = parser.parse_args().documents
    logs.configure(Config())
    with tempfile.TemporaryDirectory() as folder:
        trained_on = asyncio.run(batches(200, 2, Path(folder, "200")))
        held = asyncio.run(batches(documents, 1, Path(folder, "all")))
    changes = documents * _REVISIONS
    for name, (pack, unpack) in ways(trained_on).items():
        small = [pack(one) for one in held]
        assert [unpack(one) for one in small] == held
        costs = _microseconds(pack, held, changes), _microseconds(unpack, small, changes)
        size = sum(map(len, small))
        print(
            f"{name:18} {size:>10,} bytes, {size / changes:5.1f} a change; us {costs[0]:5.2f} {costs[1]:5.2f}"
        )


if __name__ == "__main__":
    main()
