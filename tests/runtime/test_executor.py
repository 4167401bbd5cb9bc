import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from node.clock import Timestamp
from node.engine.commands import AddOffer
from node.engine.effects import Effect, Reply
from node.engine.inputs import CommandReceived, FrameReceived, Input
from node.engine.reactor import Reactor
from node.errors import StoreUnavailableError
from node.ids import CommunityId
from node.runtime.batches import BATCH_INPUTS_MAX
from node.runtime.executor import ReactorThread
from node.runtime.opening import open_core
from node.storage.files.folder import DataFolder
from node.storage.opening import OpenStore
from tests.runtime.conftest import no_passphrase

Found = Callable[[str], tuple[DataFolder, CommunityId]]
NOW = Timestamp(1_800_000_000_000)


class Recorded:
    """A real store that writes down when it is committed and rolled back, and can be told to fail."""

    def __init__(self, store: OpenStore, story: list[str], *, broken: bool = False) -> None:
        self._store = store
        self._story = story
        self._broken = broken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self) -> None:
        """Commit, or fail as a full disk does."""
        if self._broken:
            raise StoreUnavailableError("the disk is full")
        self._store.commit()
        self._story.append("commit")

    def rollback(self) -> None:
        """Roll back."""
        self._store.rollback()
        self._story.append("rollback")


async def work(
    folder: DataFolder, *, commands: int, broken: bool = False, reactor_class: type[Reactor] = Reactor
) -> tuple[list[str], list[Exception]]:
    """Give a core some commands at once and return the story of commits and releases."""
    core = open_core(folder, no_passphrase)
    story: list[str] = []
    failures: list[Exception] = []
    store = Recorded(core.store, story, broken=broken)
    reactor = reactor_class(core.reactor._engine, store)

    def release(effects: list[Effect]) -> None:
        story.extend("release" for effect in effects if isinstance(effect, Reply))

    thread = ReactorThread(
        reactor, store, now=lambda: NOW, release=release, failed=failures.append, batch_s_max=60
    )
    for ticket in range(commands):
        thread.submit(CommandReceived(ticket, AddOffer(title=f"Offer {ticket}")))
    thread.start()
    await thread.stop()
    await asyncio.sleep(0)  # What the thread handed to the loop runs before this returns.
    core.store.close()
    return story, failures


async def test_nothing_is_released_before_its_commit(community: Found) -> None:
    """Persist before send: the commit comes first, and waiting commands share one."""
    folder, _ = community("riverside")
    story, failures = await work(folder, commands=5)
    assert story == ["commit", *["release"] * 5]
    assert failures == []


async def test_a_batch_has_an_end(community: Found) -> None:
    """More inputs than one batch holds are committed in several, each before its own effects."""
    folder, _ = community("riverside")
    story, _ = await work(folder, commands=BATCH_INPUTS_MAX + 1)
    assert story.count("commit") == 2
    assert story[0] == "commit"
    assert story[-1] == "release"


class Patient(Reactor):
    """A reactor that takes frames in without a link to hear them on."""

    def handle(self, received: Input, now: Timestamp) -> None:
        """Do nothing with what came."""


@pytest.mark.parametrize(("links", "commits"), [((1, 1, 1), 1), ((1, 2, 1), 2)])
async def test_a_neighbour_alone_fills_longer_batches(
    community: Found, links: tuple[int, ...], commits: int
) -> None:
    """Frames of one neighbour alone share a commit for longer than those of several."""
    folder, _ = community("riverside")
    core = open_core(folder, no_passphrase)
    story: list[str] = []
    store = Recorded(core.store, story)
    thread = ReactorThread(
        Patient(core.reactor._engine, store),
        store,
        now=lambda: NOW,
        release=lambda _: None,
        failed=lambda _: None,
        batch_s_max=0,
        catching_up_s_max=60,
    )
    for link in links:
        thread.submit(FrameReceived(link, b"a frame"))
    thread.start()
    await thread.stop()
    await asyncio.sleep(0)  # As above.
    core.store.close()
    assert story == ["commit"] * commits


async def test_a_failed_commit_releases_nothing_and_stays_undone(community: Found) -> None:
    """When the disk fails, nothing leaves the node, and after a restart nothing of the batch is there."""
    folder, _ = community("riverside")
    story, failures = await work(folder, commands=3, broken=True)
    assert story == ["rollback"]
    assert [str(failure) for failure in failures] == ["the disk is full"]
    core = open_core(folder, no_passphrase)
    assert core.store.feeds.count() == 0
    core.store.close()


class Mistaken(Reactor):
    """A reactor with a mistake of ours in it."""

    def handle(self, received: Input, now: Timestamp) -> None:
        """Find a state that cannot be."""
        super().handle(received, now)
        raise AssertionError("a state that cannot be")


async def test_our_own_mistake_stops_the_thread(community: Found) -> None:
    """An assertion that fails rolls the batch back and is reported once; what waits is not handled."""
    folder, _ = community("riverside")
    story, failures = await work(folder, commands=3, reactor_class=Mistaken)
    assert story == ["rollback"]
    assert [type(failure) for failure in failures] == [AssertionError]
