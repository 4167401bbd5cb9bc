import asyncio
from collections.abc import Callable

import pytest

from node.engine.inputs import Connected, DialFailed, Disconnected, FrameReceived, Input
from node.limits import FRAME_BYTES_MAX, SESSIONS_MAX
from node.runtime.network_links import (
    FRAME_WAITING_BYTES,
    WAITING_BYTES_MAX,
    WAITING_BYTES_PER_LINK_MAX,
    NetworkLinks,
)


class Core:
    """Stand for the core: keep what is submitted, and say it is handled when the test wants."""

    def __init__(self) -> None:
        self.inputs: list[Input] = []
        self.waiting: list[Callable[[], None]] = []

    def submit(self, received: Input, handled: Callable[[], None] | None = None) -> None:
        """Take an input."""
        self.inputs.append(received)
        if handled is not None:
            self.waiting.append(handled)


async def test_the_core_hears_an_address_as_it_said_it() -> None:
    """The network spells addresses in its own way; the core finds its own again, however often it dials."""
    core = Core()
    links = NetworkLinks(core.submit, lambda _: None)
    links.dialling("ws://garden:7700/sync", "garden:7700")
    links.dialling("ws://garden:7700/sync", "ws://garden:7700")
    links.dial_failed("ws://garden:7700/sync", "nobody there")
    links.connected(3, outgoing=True, address="ws://garden:7700/sync")
    links.disconnected(3, "over")
    assert core.inputs == [
        DialFailed("garden:7700", "nobody there"),
        Connected(3, "ws://garden:7700"),
        Disconnected(3),
    ]


@pytest.mark.parametrize(("address", "frames"), [("ws://garden:7700/sync", 1), (None, 2)])
async def test_a_link_is_proved_once_its_handshake_was_handled(address: str | None, frames: int) -> None:
    """The side that dialled knows the peer by the first frame, the other by the second (Noise XX)."""
    core = Core()
    proved: list[int] = []
    links = NetworkLinks(core.submit, proved.append)
    if address is not None:
        links.dialling(address, address)
    links.connected(1, outgoing=address is not None, address=address)
    for number in range(1, 4):
        await links.frame_received(1, b"frame")
        assert proved == ([1] if number > frames else [])
        core.waiting.pop()()
        assert proved == ([1] if number >= frames else [])


async def test_a_peer_that_sends_too_fast_has_to_wait() -> None:
    """Only so much of one link waits for the core; the next is read when one was handled."""
    core = Core()
    links = NetworkLinks(core.submit, lambda _: None)
    links.connected(1, outgoing=False, address=None)
    for _ in range(WAITING_BYTES_PER_LINK_MAX // (FRAME_BYTES_MAX + FRAME_WAITING_BYTES)):
        await links.frame_received(1, bytes(FRAME_BYTES_MAX))
    one_more = asyncio.create_task(links.frame_received(1, bytes(FRAME_BYTES_MAX)))
    await asyncio.sleep(0)
    assert not one_more.done()
    core.waiting[0]()
    await one_more
    assert core.inputs[-1] == FrameReceived(1, bytes(FRAME_BYTES_MAX))


async def test_attack_links_without_end_leave_room_for_another() -> None:
    """One attacker fills what it may on as many links as it has: another link's frames still come in."""
    core = Core()
    links = NetworkLinks(core.submit, lambda _: None)
    frame, readers = bytes(FRAME_BYTES_MAX), []

    async def fill(link: int) -> None:
        while True:
            await links.frame_received(link, frame)

    for link in range(2, SESSIONS_MAX // 8):
        links.connected(link, outgoing=False, address=None)
        readers.append(asyncio.create_task(fill(link)))
    for _ in range(20):
        await asyncio.sleep(0)
    held = sum(isinstance(one, FrameReceived) for one in core.inputs)
    assert held * FRAME_BYTES_MAX < WAITING_BYTES_MAX + len(readers) * FRAME_BYTES_MAX
    links.connected(1, outgoing=False, address=None)
    for _ in range(FRAME_BYTES_MAX // (FRAME_WAITING_BYTES + 20)):
        await asyncio.wait_for(links.frame_received(1, b"a small frame"), timeout=10)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)


async def test_a_reader_that_ends_while_it_waits_leaves_nothing_behind() -> None:
    """Room that was granted to a link which was cut in the same moment is there for the next."""
    core = Core()
    links = NetworkLinks(core.submit, lambda _: None)
    links.connected(1, outgoing=False, address=None)
    most = WAITING_BYTES_PER_LINK_MAX // (FRAME_BYTES_MAX + FRAME_WAITING_BYTES)
    for _ in range(most):
        await links.frame_received(1, bytes(FRAME_BYTES_MAX))
    cut = asyncio.create_task(links.frame_received(1, bytes(FRAME_BYTES_MAX)))
    await asyncio.sleep(0)
    core.waiting.pop()()
    # What was handled is looked at in the loop's next round, the reader goes on in the one after it.
    asyncio.get_running_loop().call_soon(cut.cancel)
    await asyncio.gather(cut, return_exceptions=True)
    assert cut.cancelled()
    await asyncio.wait_for(links.frame_received(1, bytes(FRAME_BYTES_MAX)), timeout=10)
    assert len(core.inputs) == 1 + most + 1
