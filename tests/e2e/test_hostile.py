"""A neighbour with a real charter that signs whatever breaks others, over real sockets."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from node import ids
from node.canonical import Value
from node.demo.processes import NodeProcess
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.ids import DocumentId
from node.runtime.keyrings import DEVICE_FILE
from node.storage.files import keyfile
from node.storage.sqlite import SqliteStore
from tests.crdt.test_conformance import hostile_files, variants
from tests.e2e.conftest import alike, befriend, log_of, offers, starting, until

pytestmark = pytest.mark.e2e

Poison = tuple[Kind, Value, DocumentId | None]
WATCHED = Path(__file__).with_name("watched_node.py")
HOURS = 490_000
GATE_REASONS = {
    "expected an actor of at most 32 bytes",
    "expected an actor of 32 bytes",
    "expected the end of an integer within 10 bytes",
}


def publish(node: NodeProcess, poison: list[Poison]) -> set[str]:
    """Sign bodies into a stopped node's own public feed, past its own judgement; return the entries."""
    device = keyfile.read(node.folder.keys / DEVICE_FILE)
    store = SqliteStore.open(node.folder.database)
    try:
        feed = FeedKey(device.public, scopes.PUBLIC)
        (end,) = store.feeds.heads_of(feed)
        written = [
            bodies.encode(kind, content, salt=number.to_bytes(16, "big"), document=document)
            for number, (kind, content, document) in enumerate(poison)
        ]
        made = stretch.make(feed, end, written, hours=HOURS, signer=device)
        store.feeds.append(made)
        store.commit()
    finally:
        store.close()
    return {ids.show(entry.id) for entry in made}


def problems(node: NodeProcess) -> dict[str, str]:
    """Return the entries of a node's log that count for nothing, with the reason."""
    logged = node.ask("show-log", limit=1_000)["entries"]
    return {one["entry"]: one["problem"] for one in logged if one["problem"]}


@dataclass(frozen=True, slots=True)
class Neighbours:
    """A node and its bad neighbour, and the file that notes what counts in documents at the first."""

    victim: NodeProcess
    mallory: NodeProcess
    reached: Path


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    """Return two neighbours, the first of them watched."""
    folder = tmp_path_factory.mktemp("hostile")
    for start in starting(folder):
        (victim,) = start("Victim", program=(sys.executable, str(WATCHED), str(folder / "reached")))
        (mallory,) = start("Mallory")
        befriend(victim, mallory)
        yield Neighbours(victim, mallory, folder / "reached")


def attack(both: Neighbours, poison: list[Poison]) -> set[str]:
    """Let the neighbour publish poison, wait until the victim has all of it, and return the entries."""
    victim, mallory = both.victim, both.mallory
    document = DocumentId(ids.parse(mallory.ask("show-profile")["id"]))
    mallory.begin_stop()
    mallory.end_stop()
    entries = publish(mallory, [(kind, content, named and document) for kind, content, named in poison])
    mallory.begin_serve()
    mallory.end_serve()
    until(partial(alike, victim, mallory))
    return entries


def goes_on(both: Neighbours, title: str) -> None:
    """Check that both still hear what the other offers, and that the victim's log has no failure."""
    victim, mallory = both.victim, both.mallory
    victim.ask("add-offer", title=f"{title} at the victim")
    mallory.ask("add-offer", title=f"{title} at the other")
    expected = {f"{title} at the victim", f"{title} at the other"}
    until(lambda: expected <= offers(victim) & offers(mallory))
    assert victim.running
    assert "event=failed" not in log_of(victim)
    assert victim.ask("doctor")["checks"]


@pytest.mark.shared
def test_what_crashed_automerge_is_kept_and_counts_nowhere(neighbours: Neighbours, shared: Path) -> None:
    """Each file that broke Automerge, as it is and resealed as a change, in a signed entry: a verdict only.

    That none is admitted is read from the victim's own process, in which every change that its gates admit is
    written down: its own and honest ones are, none of these is.
    """
    raws = [
        raw
        for path in hostile_files(shared)
        if path.parent.name == "fuzz-crashers"
        for raw in variants(path.read_bytes())
        if len(raw) <= 100_000
    ]
    assert len(raws) == 8 * 4
    named = DocumentId(bytes(32))
    poison: list[Poison] = [
        (Kind.CHANGES, [nonce, [raw]], named) for raw in raws for nonce in (bytes(range(16)), None)
    ]
    entries = attack(neighbours, poison)
    found = problems(neighbours.victim)
    # The reasons are the gate's own: it was there that each of them ended.
    assert {found[entry].split(",")[0] for entry in entries} <= GATE_REASONS
    goes_on(neighbours, "Bread")
    counted = neighbours.reached.read_text(encoding="ascii").splitlines()
    changes = [line for line in counted if line.startswith("change ")]
    assert len(changes) >= 4, "the watch was not on: two profiles and two offers were admitted"
    for raw in filter(None, raws):
        assert not any(raw.hex() in each for each in counted)
    page = neighbours.victim.ask("search", words=["Mallory"])["listings"]
    assert [one["name"] for one in page] == ["Mallory"]


def test_bodies_of_every_wrong_shape_cost_nobody_anything(neighbours: Neighbours) -> None:
    """Contents that are not what their kind says are kept, told in the log in words, and stop nothing."""
    named = DocumentId(bytes(32))
    shapes: list[Value] = [None, 7, b"", b"garbage", "text", [], [None, []], [None, [7]], {}, [b"", [b""]]]
    poison: list[Poison] = [
        (kind, content, about) for kind in Kind for content in shapes for about in (named, None)
    ]
    entries = attack(neighbours, poison)
    victim = neighbours.victim
    told = {one["entry"]: one for one in victim.ask("show-log", limit=1_000)["entries"]}
    assert entries <= told.keys()
    goes_on(neighbours, "Soup")
    found, listings = problems(victim), victim.ask("show-node")["listings"]
    assert victim.ask("rebuild")["listings"] == listings
    assert problems(victim) == found
