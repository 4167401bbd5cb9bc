"""How long the pages of a large directory take: a real store on disk, the real core, real listeners.

    python -m bench.pages --listings 100000

All but a thousand listings are written straight into the store's caches, as the core leaves them there: their
entries would take an hour to make and no page reads them. Nothing is remembered from one request to the next.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from node import canonical
from node.clock import Timestamp
from node.crdt import genesis
from node.crdt.genesis import Communities, Genesis
from node.directory import offer, profile
from node.directory.location import Location
from node.directory.offer import Offer
from node.directory.profile import Address, Profile, Subject
from node.directory.schemas import OFFER_TYPE, PROFILE_TYPE
from node.directory.search import listing_row
from node.engine.commands import (
    Attest,
    Browse,
    Command,
    EditProfile,
    FoundFederation,
    ImportFile,
    ListFederations,
    ListProposals,
    OpenProposal,
    Search,
)
from node.engine.effects import Reply
from node.engine.engine import Engine
from node.engine.inputs import CommandReceived
from node.engine.ports import DocumentRow
from node.engine.reactor import Reactor
from node.engine.setup import Keyring, found_community
from node.errors import NodeError
from node.feeds import scopes
from node.ids import CommunityId
from node.keys import KeyPair
from node.storage.sqlite import SqliteStore
from node.web.app import operator_app, public_app
from node.web.asking import WebConfig

REAL_LISTINGS = 1_000
QUESTIONS = 40
ROUNDS = 40
# Words and tags as people use them: the n-th most frequent is 1/n as frequent as the first (Zipf).
_WORDS = 5_000
_TAGS = 400
_LANGUAGES = 24
_PLACES = (("CH", 46.8, 8.2), ("DE", 51.1, 10.4), ("FR", 46.6, 2.4), ("GB", 52.5, -1.9), ("ES", 40.2, -3.6))
_START = Timestamp(1_790_000_000_000)


class Core:
    """The core over a store, asked directly: what is measured holds no queue."""

    def __init__(self, path: Path, draw: random.Random) -> None:
        self.store = SqliteStore.open(path)
        keys = [KeyPair(draw.randbytes(32)) for _ in range(4)]
        self.community = found_community(
            self.store,
            steward=keys[0],
            device=keys[1],
            box_public=draw.randbytes(32),
            recovery_public=keys[2].public,
            next_public=keys[3].public,
            nonce=draw.randbytes(16),
        )
        self.store.commit()
        engine = Engine(
            store=self.store,
            keyring=Keyring(self.community, keys[1], (keys[0],)),
            entropy=draw.randbytes,
            static_private=draw.randbytes(32),
        )
        self._reactor = Reactor(engine, self.store)
        self._tickets = itertools.count(1)
        self.core_s = 0.0

    async def ask(self, command: Command) -> dict[str, Any]:
        """Carry out a command and return its answer."""
        ticket = next(self._tickets)
        begun = time.thread_time()
        self._reactor.handle(CommandReceived(ticket, command), _START)
        replies = [effect for effect in self._reactor.commit() if isinstance(effect, Reply)]
        self.core_s += time.thread_time() - begun
        result = next(one.result for one in replies if one.ticket == ticket)
        if isinstance(result, NodeError):
            raise result
        return result


def fill(core: Core, count: int, draw: random.Random) -> None:
    """Write listings, one in twenty an offer or a need, straight into the caches."""
    for number in range(count):
        content = _offer(number, draw) if number % 20 == 0 else _profile(number, draw)
        kind, tree = (
            (OFFER_TYPE, offer.to_tree(content))
            if isinstance(content, Offer)
            else (PROFILE_TYPE, profile.to_tree(content))
        )
        founding = genesis.encode(_genesis(kind, core.community, draw))
        document = genesis.document_id(founding)
        core.store.documents.put(
            DocumentRow(document, kind, core.community, scopes.PUBLIC, founding, b"", canonical.encode(tree))
        )
        core.store.directory.put(listing_row(document, core.community, content))
        if number % 5_000 == 0:
            core.store.commit()
    core.store.commit()


def _genesis(kind: str, owner: CommunityId, draw: random.Random) -> Genesis:
    nonce = draw.randbytes(genesis.GENESIS_NONCE_BYTES)
    return Genesis(kind, owner, Communities((owner,)), scopes.PUBLIC, nonce)


def _profile(number: int, draw: random.Random) -> Profile:
    country, latitude, longitude = draw.choice(_PLACES)
    place = Location(
        int((latitude + draw.uniform(-2, 2)) * 1e7), int((longitude + draw.uniform(-3, 3)) * 1e7)
    )
    tags = tuple(sorted({f"tag{_zipf(_TAGS, draw)}" for _ in range(4)}))
    spoken = tuple(sorted({_language(_zipf(_LANGUAGES, draw)) for _ in range(2)}))
    subject = Subject(source="A map of others", source_id=str(number), licence="ODbL-1.0")
    return Profile(
        name={spoken[0]: f"{_text(2, draw).title()} of place {number:06}"},
        description={tag: _text(50, draw) for tag in spoken},
        urls=(f"https://place-{number}.example/",),
        address=Address(city=f"Town {number % 900}"),
        country=country,
        location=place,
        tags=tags,
        languages=spoken,
        subject=subject if number % 2 else None,
        confirmed_at=int(_START) // 3_600_000 - number % 9_000,
    )


def _offer(number: int, draw: random.Random) -> Offer:
    return Offer(
        kind="need" if number % 40 else "offer",
        title={"en": f"{_text(3, draw).title()}, {number} of them"},
        text={"en": _text(40, draw)},
        tags=(f"tag{_zipf(_TAGS, draw)}",),
        expires=600_000 if number % 100 == 0 else None,
    )


def _zipf(count: int, draw: random.Random) -> int:
    """Draw a rank from 0: the n-th comes about 1/n as often as the first."""
    return min(count - 1, int(count ** draw.random()) - 1)


def _text(words: int, draw: random.Random) -> str:
    return " ".join(f"word{_zipf(_WORDS, draw)}" for _ in range(words))


def _language(rank: int) -> str:
    return f"{'deenfresit'[2 * rank : 2 * rank + 2]}" if rank < 5 else f"q{chr(ord('a') + rank)}"


def real_listings(count: int) -> bytes:
    """Return a file that the core imports the ordinary way, so that there is news to find."""
    rows = "\n".join(f"{number};Newly arrived {number};garden;CH" for number in range(count))
    return f"id;name;tags;country\n{rows}\n".encode()


def routes(listing: str, an_offer: str, question: str) -> dict[str, str]:
    """Return what is measured, by what it shows; a mark says what only the operator sees."""
    return {
        "home": "/",
        "directory": "/directory",
        "directory, one word (12 in 100)": "/directory?q=word40",
        "directory, two words": "/directory?q=word40+word55",
        "directory, a rare word": "/directory?q=077777",
        "directory, tag and country": "/directory?tag=tag9&country=CH",
        "directory, most frequent tag": "/directory?tag=tag0",
        "directory, most frequent language": "/directory?language=de",
        "directory, a rarer language": "/directory?language=it",
        "directory, near": "/directory?near=46.8,8.2",
        "directory, within 25 km": "/directory?near=46.8,8.2&within=25",
        "directory, part 1,000": "/directory?page=1000",
        "directory, last part": "/directory?page=5000",
        "directory, one word, part 500": "/directory?q=word40&page=500",
        "directory, most frequent language, part 1,000": "/directory?language=de&page=1000",
        "directory, country, last part": "/directory?country=DE&page=950",
        "directory, near, part 50, the last": "/directory?near=46.8,8.2&page=50",
        "directory, near, a rare word": "/directory?near=46.8,8.2&q=077777",
        "directory, within 500 km, one word": "/directory?near=46.8,8.2&within=500&q=word40",
        "listing": f"/listings/{listing}",
        "offers": "/offers",
        "offers, last part": "/offers?page=124",
        "needs": "/offers?kind=need",
        "offer": f"/offers/{an_offer}",
        "proposals (operator)": "/proposals",
        "a proposal (operator)": f"/proposals/{question}",
        "log (operator)": "/log",
        "news.atom": "/feeds/news.atom",
        "murmurations.json": "/murmurations.json",
        "one card": f"/listings/{listing}.vcf",
        "deadlines.ics (feed)": "/feeds/deadlines.ics",
        "directory.geojson (feed)": "/feeds/directory.geojson",
        "directory.geojson, kept (feed)": "/feeds/directory.geojson",
    }


async def measure(core: Core, count: int) -> list[dict[str, Any]]:
    """Ask for every route, one request after the other, and return the times."""
    listing = (await core.ask(Search(words=("place",), kind="profile", limit=1, offset=count // 2)))[
        "listings"
    ]
    an_offer = (await core.ask(Browse(kind="offer", limit=1)))["listings"]
    question = (await core.ask(ListProposals()))["proposals"][0]["id"]
    ages = itertools.count(int(_START), 60_000)  # No answer is young enough to be used again.
    config = WebConfig(version="bench", public_allowance=None, operator_allowance=None)
    rows = []
    for name, path in routes(listing[0]["id"], an_offer[0]["id"], question).items():
        make = operator_app if name.endswith("(operator)") else public_app
        is_kept = "kept" in name
        app = make(core, config=config, now=(lambda: _START) if is_kept else (lambda: Timestamp(next(ages))))
        async with _listening(app) as (session, base):
            rows.append(await _times(session, base + path, name, core))
            print(_row(rows[-1]))
    return rows


async def _times(session: ClientSession, url: str, name: str, core: Core) -> dict[str, Any]:
    times, sizes, cpu_s = [], 0, 0.0
    await (await session.get(url)).read()
    core.core_s = 0.0
    rounds = 5 if name.endswith("(feed)") else ROUNDS
    for _ in range(rounds):
        begun, begun_cpu = time.perf_counter(), time.thread_time()
        async with session.get(url) as response:
            sizes = len(await response.read())
            assert response.status == 200, (url, response.status)
        times.append((time.perf_counter() - begun) * 1_000)
        cpu_s += time.thread_time() - begun_cpu
    times.sort()
    return {
        "page": name,
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(times[int(len(times) * 0.95) - 1], 1),
        "cpu_ms": round(cpu_s * 1_000 / rounds, 1),
        "core_cpu_ms": round(core.core_s * 1_000 / rounds, 1),
        "kb": round(sizes / 1_000, 1),
    }


@contextlib.asynccontextmanager
async def _listening(app: web.Application) -> Any:
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with ClientSession() as session:
        yield session, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


def _row(row: dict[str, Any]) -> str:
    return "| " + " | ".join(str(cell) for cell in row.values()) + " |"


@contextlib.contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="hedgerow-bench-") as folder:
        yield Path(folder)


def main() -> None:
    """Build the store and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="keep the store here and use it again")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    draw = random.Random(1)
    with _folder(arguments.folder) as folder:
        is_filled = (folder / "node.db").exists()
        core = Core(folder / "node.db", draw)
        begun = time.perf_counter()
        if not is_filled:
            fill(core, arguments.listings - REAL_LISTINGS, draw)
        asyncio.run(_prepare(core))
        print(f"{arguments.listings:,} listings ready in {time.perf_counter() - begun:.0f} s")
        rows = asyncio.run(measure(core, arguments.listings - REAL_LISTINGS))
        core.store.close()
    if arguments.json:
        print(json.dumps({"listings": arguments.listings, "pages": rows}))


async def _prepare(core: Core) -> None:
    if not (await core.ask(Search(words=("Newly",), limit=1)))["total"]:
        await _prepare_listings(core)
    if not (await core.ask(ListFederations()))["federations"]:
        await core.ask(FoundFederation(bylaws=b'name = "All"\n', file_name="bylaws.toml"))
        await core.ask(Attest(size=100))
        for number in range(QUESTIONS):
            await core.ask(OpenProposal(title=f"Question {number}", text=f"Why {number}. " * 20))


async def _prepare_listings(core: Core) -> None:
    await core.ask(EditProfile(name="The hub", description="Many listings.", country="CH"))
    await core.ask(
        ImportFile(data=real_listings(REAL_LISTINGS), file_name="new.csv", source="New", licence="CC0-1.0")
    )


if __name__ == "__main__":
    main()
