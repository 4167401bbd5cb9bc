"""How long a change takes from one node to each of its many peers, all connected at once.

    python -m bench.fan_out --peers 500 --rate 50 --seconds 20 --json

One node in a process of its own, with its store on disk and everything as shipped, makes changes at an even
rate. Peers in this process are real to it: each a device of its own that shakes hands and belongs to the
federation. Each decrypts and parses every frame it gets and notes how old the newest change in it is:
`p99_ms` is over all deliveries, from before the command was given to after the change was read.
"""

import argparse
import asyncio
import base64
import json
import os
import re
import resource
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import large_store
from bench.large_store import Federation
from bench.live_node import HOST, LiveNode
from node.engine.commands import KeepItems
from node.engine.commands.items import ItemEdit
from node.engine.inputs import CommandReceived
from node.engine.setup import Keyring
from node.feeds import bodies
from node.feeds.stretch import Stretch
from node.keys import KeyPair
from node.net.address import SYNC_PATH
from node.replication import compression, messages
from node.replication.channel import SecureChannel
from node.replication.handshake import LocalIdentity, Role
from node.replication.messages import Charters, Entries, Summary, WantCharters
from node.runtime import logs
from node.runtime.config import Config
from node.storage.sqlite import SqliteStore

# Fewer than the node admits at its door at one time.
_AT_THE_DOOR_MAX: Final = 16
_BINARY: Final = 0x82
_SENT = re.compile(rb"sent at (\d+)")
_SETTLE_S: Final = 3.0
# A ticket of which no answer is awaited: what is measured is when the peers have the change.
_NOBODY_WAITS: Final = 0


class Peer(asyncio.Protocol):
    """One connected device: WebSocket, handshake and introduction, then reading what is pushed."""

    def __init__(self, identity: LocalIdentity, charter: bytes, ages: list[float]) -> None:
        self._channel = SecureChannel(
            role=Role.INITIATOR,
            identity=identity,
            static_private=secrets.token_bytes(32),
            ephemeral_private=secrets.token_bytes(32),
        )
        self._identity = identity
        self._charter = charter
        self._ages = ages
        self._buffer = bytearray()
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: Any = None

    def connection_made(self, transport: Any) -> None:
        """Ask for a WebSocket (RFC 6455, section 4.1)."""
        self._transport = transport
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        transport.write(
            f"GET {SYNC_PATH} HTTP/1.1\r\nHost: {HOST}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, _: Exception | None) -> None:
        """Say so if the node ended it before it was ready."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the node ended the connection"))

    def data_received(self, data: bytes) -> None:
        """Take bytes from the socket."""
        self._buffer += data
        if not self._upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._buffer.startswith(b"HTTP/1.1 101"), bytes(self._buffer[:end])
            del self._buffer[: end + 4]
            self._upgraded = True
            for frame in self._channel.start():
                self._send(frame)
        while (received := self._next()) is not None:
            self._frame(received)

    def _next(self) -> bytes | None:
        """Cut the next frame off what has come; a server does not mask (RFC 6455, section 5.2)."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        start, length = 2, buffer[1]
        if length == 126:
            start, length = 4, int.from_bytes(buffer[2:4], "big")
        elif length == 127:
            start, length = 10, int.from_bytes(buffer[2:10], "big")
        if len(buffer) < max(start, start + length):
            return None
        kind, frame = buffer[0], bytes(buffer[start : start + length])
        del buffer[: start + length]
        return frame if kind == _BINARY else b""

    def _send(self, frame: bytes) -> None:
        """Write a frame with an empty mask, which is one too."""
        head = bytes((_BINARY, 0x80 | min(len(frame), 126)))
        if len(frame) > 125:
            head += len(frame).to_bytes(2, "big")
        self._transport.write(head + bytes(4) + frame)

    def _say(self, message: messages.Message) -> None:
        for frame in self._channel.seal(messages.encode(message)):
            self._send(frame)

    def _frame(self, frame: bytes) -> None:
        if not frame:
            return  # A ping; the node hears of us often enough.
        if not self._channel.established:
            for answer in self._channel.receive_handshake(frame):
                self._send(answer)
            return
        data = self._channel.open(frame)
        if data is None:
            return
        match messages.decode(data):
            case WantCharters():
                self._say(Charters(self._identity.community, (self._charter,)))
            case Summary() as named:
                self._say(named)  # We hold the same as you.
                if not self.ready.done():
                    self.ready.set_result(None)
            case Entries(stretch):
                self._read(stretch)
            case _:
                pass

    def _read(self, stretch: Stretch) -> None:
        """Note how old each change is."""
        now = time.monotonic_ns()
        for item in stretch.items:
            assert item.body is not None
            bodies.decode(item.body)
            found = _SENT.search(item.body)
            if found is not None:
                self._ages.append((now - int(found[1])) / 1e6)


async def serve(folder: Path, made: Federation, *, rate: int, seconds: int) -> None:
    """Run the node: say the port, wait for a line, make changes, say what it took."""
    household = made.households[0]
    store = SqliteStore.open(folder / "node.db")
    node = LiveNode(store, Keyring(household.community, household.devices[0], (household.steward,)))
    print(json.dumps({"port": await node.listen()}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.monotonic()
    cpu = time.process_time()
    for number in range(rate * seconds):
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        fields: dict[str, str | int | bool | None] = {
            "title": "bread",
            "note": f"sent at {time.monotonic_ns()}",
        }
        edit = ItemEdit(key=f"item-{number % 200}", fields=fields)
        node.thread.submit(CommandReceived(_NOBODY_WAITS, KeepItems(items=(edit,))))
    took = time.monotonic() - began
    await asyncio.to_thread(sys.stdin.readline)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cpu = time.process_time() - cpu
    print(
        json.dumps({"rss_mb": round(peak, 1), "node_cpu_s": round(cpu, 2), "made_s": round(took, 2)}),
        flush=True,
    )
    os._exit(0)


async def load(folder: Path, made: Federation, given: argparse.Namespace) -> dict[str, Any]:
    """Start the node, connect the peers, and read what comes."""
    node = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.fan_out", "--serve", str(folder)),
        *("--peers", str(given.peers), "--rate", str(given.rate), "--seconds", str(given.seconds)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert node.stdin is not None
    assert node.stdout is not None
    port = json.loads(await node.stdout.readline())["port"]
    ages: list[float] = []
    peers = [peer for peer in _devices(made) if peer[1] is not made.households[0].devices[0]][: given.peers]
    loop = asyncio.get_running_loop()
    for start in range(0, len(peers), _AT_THE_DOOR_MAX):
        wave = []
        for charter, device, community in peers[start : start + _AT_THE_DOOR_MAX]:
            identity = LocalIdentity(device, community, (compression.FEATURE,))
            wave.append(Peer(identity, charter, ages))
            await loop.create_connection(lambda peer=wave[-1]: peer, HOST, port)  # type: ignore[misc]
        await asyncio.gather(*(peer.ready for peer in wave))
    await asyncio.sleep(_SETTLE_S)
    cpu = time.process_time()
    node.stdin.write(b"go\n")
    await node.stdin.drain()
    await asyncio.sleep(given.seconds + _SETTLE_S)
    cpu = time.process_time() - cpu
    node.stdin.write(b"stop\n")
    await node.stdin.drain()
    said = json.loads(await node.stdout.readline())
    await node.wait()
    ages.sort()
    return {
        "peers": len(peers),
        "changes_per_s": given.rate,
        "seconds": given.seconds,
        "expected": len(peers) * given.rate * given.seconds,
        "delivered": len(ages),
        "p50_ms": round(statistics.median(ages), 1),
        "p99_ms": round(ages[int(len(ages) * 0.99)], 1),
        "max_ms": round(ages[-1], 1),
        **said,
        "load_cpu_s": round(cpu, 2),
    }


def _devices(made: Federation) -> list[tuple[bytes, KeyPair, Any]]:
    return [
        (household.founding.raw, device, household.community)
        for household in made.households
        for device in household.devices
    ]


def main() -> None:
    """Read the command line, and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", type=int, default=500)
    parser.add_argument("--rate", type=int, default=50, help="changes a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    made = large_store.federation(given.peers + 1)
    if given.serve is not None:
        logs.configure(Config())
        asyncio.run(serve(given.serve, made, rate=given.rate, seconds=given.seconds))
        return
    with tempfile.TemporaryDirectory(prefix="fan-out-") as scratch:
        folder = Path(scratch)
        large_store.write(folder / "node.db", made, entries=0)
        large_store.settle_in(folder / "node.db", made.households[0].community)
        found = asyncio.run(load(folder, made, given))
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:16}{value:>12}")


if __name__ == "__main__":
    main()
