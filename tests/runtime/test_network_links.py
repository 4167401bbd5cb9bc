import asyncio
from collections.abc import Callable

import pytest

from node.engine.inputs import Connected, DialFailed, Disconnected, FrameReceived, Input
from node.runtime.network_links import FRAMES_WAITING_PER_LINK_MAX, NetworkLinks


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
    """Only so many frames of one link wait for the core; the next is read when one was handled."""
    core = Core()
    links = NetworkLinks(core.submit, lambda _: None)
    links.connected(1, outgoing=False, address=None)
    for _ in range(FRAMES_WAITING_PER_LINK_MAX):
        await links.frame_received(1, b"frame")
    one_more = asyncio.create_task(links.frame_received(1, b"last"))
    await asyncio.sleep(0)
    assert not one_more.done()
    core.waiting[0]()
    await one_more
    assert core.inputs[-1] == FrameReceived(1, b"last")
