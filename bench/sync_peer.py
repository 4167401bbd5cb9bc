"""Hedgerow in the side-by-side benchmark: one node, asked on stdin, answering on stdout, one JSON a line.

    python -m bench.sync_peer ROLE DIR

The conversation is that of peers/sync/README.md: `{"id", "method", "params"}` in, `{"id", "ok"}` or
`{"id", "error"}` out, and `{"visible": [[document, revision], …]}` unasked whenever a commit let a reader see
these documents at these revisions. Role A founds a federation and invites; B accepts the invitation. What is
put becomes items of that federation: CRDT documents that every member may write.
"""

import asyncio
import contextlib
import json
import os
import resource
import sqlite3
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import cbor2

from bench.live_node import LiveNode
from node.directory.item import ITEM_TYPE
from node.engine.commands import (
    AddPeer,
    ForgetHistory,
    FoundFederation,
    Invite,
    JoinFederation,
    KeepItems,
    ListItems,
    PeerStatus,
    RemovePeer,
)
from node.engine.commands.items import ITEMS_PER_COMMAND_MAX, ItemEdit
from node.engine.commands.restarting import DOCUMENTS_PER_COMMAND_MAX
from node.engine.ports import DocumentRow
from node.errors import NodeError
from node.runtime import logs
from node.runtime.config import Config

_FOUNDER = "A"
_BYLAWS = b'name = "Bench"\n'
_POLL_S = 0.001
_LOOK_S = 0.1

Answer = Any


class Peer:
    """One side of the benchmark."""

    def __init__(self, role: str, path: Path) -> None:
        self.role = role
        self._out = threading.Lock()
        self._node = LiveNode.found(path / "data", self._seen)
        self._database = path / "data" / "node.db"
        self._url: str | None = None
        self._methods: dict[str, Callable[[dict[str, Any]], Awaitable[Answer]]] = {
            "meta": self._meta,
            "trust": self._trust,
            "put": self._put,
            "listen": self._listen,
            "connect": self._connect,
            "ensure_connected": self._connect,
            "synced": self._synced,
            "disconnect": self._disconnect,
            "all": self._all,
            "epoch": self._epoch,
            "stats": self._stats,
            "usage": self._usage,
        }

    async def begin(self) -> None:
        """Found the federation, if it is this side's to found."""
        if self.role == _FOUNDER:
            await self._node.ask(FoundFederation(bylaws=_BYLAWS, file_name="bench.toml"))

    async def answer(self, asked: dict[str, Any]) -> None:
        """Carry out one request and answer it."""
        try:
            method = self._methods[asked["method"]]
            said = {"id": asked["id"], "ok": await method(asked.get("params") or {})}
        except (NodeError, KeyError, ValueError) as error:
            said = {"id": asked["id"], "error": f"{type(error).__name__}: {error}"}
        self._say(said)

    def _say(self, message: dict[str, Any]) -> None:
        line = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self._out:
            sys.stdout.buffer.write(line)
            sys.stdout.buffer.flush()

    def _seen(self, rows: Sequence[DocumentRow]) -> None:
        """Say which items a reader sees now; on the core's thread, right after the commit."""
        trees = [cbor2.loads(row.tree) for row in rows if row.type == ITEM_TYPE]
        found = [[tree["id"], tree["rev"]] for tree in trees if "rev" in tree]
        if found:
            self._say({"visible": found})

    async def _meta(self, _: dict[str, Any]) -> Answer:
        if self.role != _FOUNDER:
            return {"community": self._node.community.hex()}
        return {"invitation": (await self._node.ask(Invite()))["link"]}

    async def _trust(self, params: dict[str, Any]) -> Answer:
        """Accept the other side: the founder has, by its invitation; the other asks to join by it."""
        invitation = params["peer"].get("invitation")
        if invitation is not None:
            await self._node.ask(JoinFederation(link=invitation))
        return True

    async def _put(self, params: dict[str, Any]) -> Answer:
        edits = tuple(ItemEdit(key=doc["id"], fields=doc) for doc in params["docs"])
        step = ITEMS_PER_COMMAND_MAX
        parts = [edits[start : start + step] for start in range(0, len(edits), step)]
        await asyncio.gather(*(self._node.ask(KeepItems(items=part)) for part in parts))
        return True

    async def _listen(self, _: dict[str, Any]) -> Answer:
        return {"port": await self._node.listen()}

    async def _connect(self, params: dict[str, Any]) -> Answer:
        if self._url is None:
            self._url = params["url"]
            await self._node.ask(AddPeer(target=self._url))
        return await self._until(lambda sessions: any(one["introduced"] for one in sessions))

    async def _synced(self, _: dict[str, Any]) -> Answer:
        await self._until(_agree)
        return {"monotonic_ms": time.monotonic_ns() / 1e6}

    async def _disconnect(self, _: dict[str, Any]) -> Answer:
        if self._url is not None:
            await self._node.ask(RemovePeer(target=self._url))
            self._url = None
        self._node.cut()
        return await self._until(lambda sessions: not sessions)

    async def _until(self, holds: Callable[[list[dict[str, Any]]], bool]) -> bool:
        """Ask how the sessions stand until it is so."""
        while True:
            if holds((await self._node.ask(PeerStatus()))["sessions"]):
                return True
            await asyncio.sleep(_POLL_S)

    async def _all(self, _: dict[str, Any]) -> Answer:
        return {"docs": [one["fields"] for one in (await self._node.ask(ListItems()))["items"]]}

    async def _epoch(self, _: dict[str, Any]) -> Answer:
        """Begin every item of this side's anew, and wait until the bodies before are dropped here."""
        named = [one["id"] for one in (await self._node.ask(ListItems()))["items"]]
        if self.role == _FOUNDER:  # It answers for the items of the federation that it founded.
            for start in range(0, len(named), DOCUMENTS_PER_COMMAND_MAX):
                await self._node.ask(
                    ForgetHistory(ids=tuple(named[start : start + DOCUMENTS_PER_COMMAND_MAX]))
                )
        while self._entries() > len(named):  # noqa: ASYNC110 - what another process sees of the same file
            await asyncio.sleep(_LOOK_S)
        return True

    async def _stats(self, _: dict[str, Any]) -> Answer:
        """Count the entries held with their bodies, by a reader of its own beside the node."""
        return {"entries": self._entries()}

    def _entries(self) -> int:
        with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as reader:
            counted = "select count(*) from entries where body is not null and document is not null"
            found = reader.execute(counted).fetchone()[0]
        assert isinstance(found, int)
        return found

    async def _usage(self, _: dict[str, Any]) -> Answer:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {"cpu_ms": (used.ru_utime + used.ru_stime) * 1_000, "rss_mb": _resident_mb()}


def _agree(sessions: list[dict[str, Any]]) -> bool:
    """Tell whether both sides named the same of everything they share."""
    scopes = [scope for session in sessions for scope in session["scopes"]]
    return bool(scopes) and all(scope["equal_since"] and not scope["missing"] for scope in scopes)


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


async def run(role: str, path: Path) -> None:
    """Answer until stdin ends."""
    peer = Peer(role, path)
    await peer.begin()
    reader = asyncio.StreamReader(limit=64 * 2**20)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer
    )
    answering: set[asyncio.Task[None]] = set()
    while line := await reader.readline():
        task = asyncio.ensure_future(peer.answer(json.loads(line)))
        answering.add(task)
        task.add_done_callback(answering.discard)


def main() -> None:
    """Read the command line and run."""
    _, role, path = sys.argv
    logs.configure(Config())
    asyncio.run(run(role, Path(path)))


if __name__ == "__main__":
    main()
