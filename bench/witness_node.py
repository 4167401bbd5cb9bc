"""One witness of `bench.certify`: a whole node in a process of its own, asked over its standard input.

It notes when its own seal and a certificate are on its disk, and how many bytes it sent.
"""

import asyncio
import json
import os
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.large_store import Federation, Household
from bench.live_node import LiveNode
from node import ids, keys
from node.engine import commands
from node.engine.effects import Effect, SendFrame
from node.engine.ports import Carrier, RecordRow
from node.engine.setup import Keyring
from node.governance import ballots, papers
from node.governance.ballots import Ballot
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote, Seal
from node.storage.sqlite import SqliteStore


def delegate(made: Federation) -> keys.KeyPair:
    """Return the key that votes for every seat: who holds a seat makes no difference to the close."""
    return made.households[0].devices[0]


@dataclass(slots=True)
class Seen:
    """What a node's store holds of one closing, and since when (seconds of the machine's steady clock)."""

    community: bytes
    instance: bytes = b""
    needed: int = 0
    sealed_at: float | None = None
    certified_at: float | None = None
    sealed_cpu: float = 0.0
    certified_cpu: float = 0.0
    ballots: int = 0
    paper_bytes: int = 0
    fresh: list[RecordRow] = field(default_factory=list)
    voices: dict[bytes, set[bytes]] = field(default_factory=dict)

    def commit(self) -> None:
        """Look at what was just made lasting."""
        rows, self.fresh = self.fresh, []
        for row in rows:
            if row.kind in papers.KINDS:
                self.paper_bytes += len(row.raw)
            if row.kind == Ballot.kind:
                self.ballots += 1
            elif row.kind == Seal.kind:
                if Seal.read(row.record).witness == self.community:
                    self.sealed_at, self.sealed_cpu = time.monotonic(), time.process_time()
            elif row.kind == CutVote.kind:
                self._hear(CutVote.read(row.record))

    def _hear(self, vote: CutVote) -> None:
        if vote.instance != self.instance or vote.step != "com" or vote.value is None:
            return
        voices = self.voices.setdefault(bytes(vote.value.cut) + bytes([vote.round]), set())
        voices.add(bytes(vote.witness))
        if len(voices) >= self.needed and self.certified_at is None:
            self.certified_at, self.certified_cpu = time.monotonic(), time.process_time()


class SeenRecords:
    """A store's records, with a note of those that are new."""

    def __init__(self, records: Any, seen: Seen) -> None:
        self._records = records
        self._seen = seen

    def add(self, row: RecordRow, carrier: Carrier) -> bool:
        """Keep a record."""
        new = bool(self._records.add(row, carrier))
        if new:
            self._seen.fresh.append(row)
        return new

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)


class SeenStore:
    """A store that tells after each commit what came with it."""

    def __init__(self, store: SqliteStore, seen: Seen) -> None:
        self._store = store
        self._seen = seen
        self.records = SeenRecords(store.records, seen)

    def commit(self) -> None:
        """Commit, then look."""
        self._store.commit()
        self._seen.commit()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class WitnessNode(LiveNode):
    """A live node that counts the bytes it sends."""

    sent_bytes = 0
    sent_at = 0.0

    def _release(self, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, SendFrame):
                self.sent_bytes += len(effect.frame)
                self.sent_at = time.monotonic()
        super()._release(effects)


async def serve(folder: Path, made: Federation, household: Household, witnesses: int) -> None:
    """Be one witness: read what is asked, a line of JSON each, and answer with one."""
    seen = Seen(bytes(household.community), needed=Quorum.of(witnesses).needed)
    store: Any = SeenStore(SqliteStore.open(folder / "node.db"), seen)
    node = WitnessNode(store, Keyring(household.community, household.devices[0], (household.steward,)))
    _say({"port": await node.listen()})
    while True:
        line = await asyncio.to_thread(sys.stdin.readline)
        asked = json.loads(line) if line else {"do": "end"}
        if asked["do"] == "end":
            os._exit(0)
        _say(await _answer(node, seen, made, asked))


async def _answer(node: WitnessNode, seen: Seen, made: Federation, asked: dict[str, Any]) -> dict[str, Any]:
    match asked["do"]:
        case "meet":
            for community in asked["communities"]:
                await node.ask(commands.AddPeer(target=community))
            for address in asked["addresses"]:
                await node.ask(commands.AddPeer(target=address))
            return {}
        case "open":
            opened = await node.ask(commands.OpenProposal(title="A bike?"))
            return {"proposal": opened["proposal"]}
        case "watch":
            seen.instance = papers.instance(ids.parse(asked["proposal"]))
            return {}
        case "vote":
            holder = delegate(made)
            paper = await node.ask(
                commands.ShowPaper(proposal=asked["proposal"], holder=keys.show(holder.public))
            )
            signed = [
                ballots.make(ballots.paper_of(paper, seat), (1,), holder).raw
                for seat in paper["seats"][asked["from"] : asked["to"]]
            ]
            await node.ask(commands.CastBallots(ballots=tuple(signed)))
            return {"seats": len(paper["seats"])}
        case "result":
            shown = await node.ask(commands.ShowResult(proposal=asked["proposal"]))
            return {"state": shown["state"], "result_id": shown["result_id"]}
        case _:
            return _looked(node, seen)


def _looked(node: WitnessNode, seen: Seen) -> dict[str, Any]:
    return {
        "ballots": seen.ballots,
        "sealed_at": seen.sealed_at,
        "certified_at": seen.certified_at,
        "sealed_cpu": seen.sealed_cpu,
        "certified_cpu": seen.certified_cpu,
        "paper_bytes": seen.paper_bytes,
        "sent_bytes": node.sent_bytes,
        "sent_at": node.sent_at,
        "links": len(node._open),  # noqa: SLF001 (the bench's own node)
        "cpu_s": time.process_time(),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)
