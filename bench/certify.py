"""How long it takes to certify a decision once the last witness has sealed, and what a node sends for it.

    python -m bench.certify --communities 100 --witnesses 31 --json

Each witness is a process of its own: a whole node with its store on disk, real sockets on loopback, every
signature checked. Each dials `--links` others, the next in a ring and the rest at even distances. All seats
vote (a delegate of each community, one ballot a seat); the bylaws close early, so the last ballot makes
everybody seal. `last_seal_to_certified_s` is from when the last witness had its seal on its disk to when the
last of them held Q equal commitments, by the machine's one steady clock. `bytes_sent_*` are frames as sent,
counted at each node from before the last ballot until nothing more comes; `closing_papers_bytes` are the
receipts, seals and votes of that time themselves, each once.
"""

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Literal

from bench import large_store
from bench.large_store import Federation, Household
from bench.live_node import HOST
from bench.witness_node import delegate, serve
from node import ids
from node.engine.registry import Registry
from node.engine.rolls.rolls import Rolls
from node.federation.bylaws import Bylaws, Closing, Seats
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Membership
from node.governance.closing import subjects
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId
from node.limits import WITNESSES_MAX
from node.records.approvals import Approval
from node.records.record import Record
from node.runtime import clock, logs
from node.runtime.config import Config
from node.storage.sqlite import SqliteStore

# As many as may found a federation together; the others join.
FOUNDERS_MAX: Final = 32
_PEOPLE: Final = 20
# A wait is given up after this long; on a busy machine starting thirty processes takes a minute of it.
_PATIENCE_S: Final = 600.0
# Each witness notes its own times; asking it more often would take time from what is measured.
_LOOK_S: Final = 1.0
# Nothing has come for so long: what was under way has arrived.
_QUIET_S: Final = 2.0
_QUIET_S_MAX: Final = 60.0
_HOUR_S: Final = 3_600
# By which the witnesses of one roll certify the next.
_STEPS: Final[tuple[Literal["pre", "com"], ...]] = ("pre", "com")


def federation(communities: int) -> Federation:
    """Return a federation whose bylaws give a seat for each community and close early."""
    households = tuple(large_store.household(number, 1) for number in range(communities))
    bylaws = Bylaws(
        name="Certified",
        seats=Seats(house=communities),
        closing=Closing(voting=24 * _HOUR_S, patience=_HOUR_S, early=True),
    )
    founders = tuple(sorted(one.community for one in households[:FOUNDERS_MAX]))
    founding = Founding(founders=founders, bylaws=bylaws, nonce=bytes(16))
    return Federation(households, founding.sign(households[0].steward), founding.federation)


def prepare(made: Federation, one: Household) -> list[Record]:
    """Return what a community publishes before the question: its size, and whose key votes for its seat.

    The first community publishes besides that those who did not found the federation asked and were admitted.
    """
    joined: list[Record] = []
    for other in made.households[FOUNDERS_MAX:] if one is made.households[0] else ():
        asked = JoinRequest(federation=made.id, community=other.community, name="", nonce=bytes(16))
        admitted = Membership(federation=made.id, community=other.community, request=asked.payload_id)
        approval = Approval(of=admitted.payload_id, community=one.community)
        joined += [asked.sign(other.steward), admitted.sign(one.steward), approval.sign(one.steward)]
    size = SizeAttestation(
        federation=made.id, attester=one.community, subject=one.community, size=_PEOPLE, serial=1
    )
    seat = large_store.seat_of(made, one, delegate(made))
    return [*joined, size.sign(one.steward), seat]


def certify_roll(path: Path, made: Federation) -> list[int]:
    """Let the founders certify the first roll, and return who witnesses by it: numbers of households.

    The founders need not run for it: what they signed is in the store that each witness begins with.
    """
    store = SqliteStore.open(path)
    registry = Registry(store)
    rolls, members = Rolls(store, registry), registry.members(made.id)
    assert members is not None
    roll, _ = rolls.present(members, clock.now())
    assert roll is not None
    entitled = rolls.newest(members).pinned
    store.close()
    about, value = Place(made.id, ROLL, roll.version).instance, subjects.roll_value(roll.payload_id)
    written: dict[CommunityId, list[Record]] = {}
    for one in made.households:
        if one.community in entitled:
            votes = [
                CutVote(instance=about, witness=one.community, step=step, round=0, value=value, lock=None)
                for step in _STEPS
            ]
            device = one.devices[0]
            written[one.community] = [roll.sign(device), *(vote.sign(device) for vote in votes)]
    large_store.publish(path, made, written)
    named = {witness.community for witness in roll.witnesses}
    return [number for number, one in enumerate(made.households) if one.community in named]


class Panel:
    """All witness processes, as the one that started them speaks with them."""

    def __init__(self, processes: list[asyncio.subprocess.Process]) -> None:
        self._processes = processes

    async def ask(self, number: int, **asked: Any) -> dict[str, Any]:
        """Ask one witness."""
        process = self._processes[number]
        assert process.stdin is not None
        assert process.stdout is not None
        if asked:
            process.stdin.write(json.dumps(asked).encode() + b"\n")
        return dict(json.loads(await process.stdout.readline()))

    async def all(self, **asked: Any) -> list[dict[str, Any]]:
        """Ask every witness."""
        return await asyncio.gather(*(self.ask(number, **asked) for number in range(len(self._processes))))

    async def until(self, what: str, holds: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Look at all of them until something holds of each.

        Raises:
            TimeoutError: it does not come to that.
        """
        began = time.monotonic()
        found = await self.all(do="look")
        while time.monotonic() < began + _PATIENCE_S:
            if all(holds(one) for one in found):
                return found
            await asyncio.sleep(_LOOK_S)
            found = await self.all(do="look")
        raise TimeoutError(f"waited {_PATIENCE_S} s for {what}, found {found}")

    async def quiet(self) -> list[dict[str, Any]]:
        """Wait until nobody has sent anything for a while; on a busy machine somebody always has."""
        began = time.monotonic()

        def still(one: dict[str, Any]) -> bool:
            now = time.monotonic()
            return now - one["sent_at"] > _QUIET_S or now - began > _QUIET_S_MAX

        return await self.until("quiet", still)


async def measure(folder: Path, made: Federation, given: argparse.Namespace) -> dict[str, Any]:
    """Start the witnesses, let everybody vote, and read what they saw."""
    large_store.write(folder / "made.db", made, entries=0, further=lambda one: prepare(made, one))
    chosen = certify_roll(folder / "made.db", made)
    started = []
    for number in chosen:
        household = made.households[number]
        own = folder / str(number)
        own.mkdir()
        large_store.copy(folder / "made.db", own / "node.db")
        large_store.settle_in(own / "node.db", household.community)
        started.append(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.certify", "--serve", str(own), "--number", str(number)),
                *("--communities", str(given.communities), "--witnesses", str(given.witnesses)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        )
    panel = Panel(started)
    try:
        ports = [said["port"] for said in await panel.all()]
        return await _close(panel, ports, [made.households[number] for number in chosen], given)
    finally:
        for process in started:
            process.kill()
        for process in started:
            await process.wait()


async def _close(
    panel: Panel, ports: list[int], chosen: list[Household], given: argparse.Namespace
) -> dict[str, Any]:
    count, communities = len(ports), [ids.show(one.community) for one in chosen]
    steps = sorted({max(1, step * count // (2 * given.links)) for step in range(1, given.links + 1)} | {1})
    for number in range(count):
        addresses = [f"ws://{HOST}:{ports[(number + step) % count]}" for step in steps if step % count]
        # Whom it dials and who dials it: a neighbour out of reach would be waited for after a start.
        near = {(number + one) % count for step in steps for one in (step, -step)} - {number}
        others = [communities[one] for one in sorted(near)]
        await panel.ask(number, do="meet", communities=others, addresses=addresses)
    await panel.quiet()
    proposal = (await panel.ask(0, do="open"))["proposal"]
    await panel.all(do="watch", proposal=proposal)
    await panel.quiet()
    votes = {"do": "vote", "proposal": proposal}
    await panel.ask(0, **votes, **{"from": 0, "to": given.communities - 1})
    await panel.until("ballots", lambda one: one["ballots"] >= given.communities - 1)
    before = await panel.quiet()
    began = time.monotonic()
    await panel.ask(0, **votes, **{"from": given.communities - 1, "to": given.communities})
    await panel.until("the certificate", lambda one: one["certified_at"] is not None)
    after = await panel.quiet()
    results = await panel.all(do="result", proposal=proposal)
    assert {one["state"] for one in results} <= {"certified", "in force"}, results
    assert len({one["result_id"] for one in results}) == 1
    return _told(given, before, after, began)


def _told(
    given: argparse.Namespace, before: list[dict[str, Any]], after: list[dict[str, Any]], began: float
) -> dict[str, Any]:
    """Return the figures."""
    sent = [now["sent_bytes"] - then["sent_bytes"] for now, then in zip(after, before, strict=True)]
    last_seal = max(one["sealed_at"] for one in after)
    certified = sorted(one["certified_at"] - last_seal for one in after)
    quorum = Quorum.of(given.witnesses)
    links = max(one["links"] for one in after)
    return {
        "communities": given.communities,
        "witnesses": given.witnesses,
        "needed": quorum.needed,
        "links_max": links,
        "first_seal_to_last_s": round(last_seal - min(one["sealed_at"] for one in after), 2),
        "last_seal_to_certified_s": round(certified[-1], 2),
        "last_seal_to_certified_median_s": round(statistics.median(certified), 2),
        "last_ballot_to_certified_s": round(last_seal + certified[-1] - began, 2),
        "bytes_sent_median": round(statistics.median(sent)),
        "bytes_sent_max": max(sent),
        "papers_bytes": max(one["paper_bytes"] for one in after),
        "closing_papers_bytes": max(
            now["paper_bytes"] - then["paper_bytes"] for now, then in zip(after, before, strict=True)
        ),
        "cpu_s_seal_to_certified": round(sum(one["certified_cpu"] - one["sealed_cpu"] for one in after), 1),
        "cpu_s_all": round(
            sum(now["cpu_s"] - then["cpu_s"] for now, then in zip(after, before, strict=True)), 1
        ),
        "rss_mb_each_max": round(max(one["rss_mb"] for one in after), 1),
    }


def main() -> None:
    """Read the command line, and print what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--communities", type=int, default=100)
    parser.add_argument("--witnesses", type=int, default=WITNESSES_MAX)
    parser.add_argument("--links", type=int, default=4, help="how many others each witness dials")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--number", type=int, default=0, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.witnesses != min(given.communities, WITNESSES_MAX):
        parser.error(
            f"every community witnesses, up to {WITNESSES_MAX}: expected --witnesses to be that many"
        )
    made = federation(given.communities)
    if given.serve is not None:
        logs.configure(Config())
        asyncio.run(serve(given.serve, made, made.households[given.number], given.witnesses))
        return
    with tempfile.TemporaryDirectory(prefix="certify-") as scratch:
        found = asyncio.run(measure(Path(scratch), made, given))
    if given.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:34}{value:>12}")


if __name__ == "__main__":
    main()
