"""Carries what happens on sockets to the core, and slows down a peer that sends faster than it reads."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from node.engine.inputs import Connected, DialFailed, Disconnected, FrameReceived, Input
from node.limits import FRAME_BYTES_MAX

# Frames that wait for the core: of one link 1 MiB, so that as much is read while as much is handled; of all
# together 32 MiB, beside one of the largest of each link or many small ones: an attacker may have as many
# links as it takes to fill what is common.
WAITING_BYTES_PER_LINK_MAX: Final = 1024**2
WAITING_BYTES_MAX: Final = 32 * 1024**2
# What a frame that waits takes beside its bytes.
FRAME_WAITING_BYTES: Final = 1_024
_OWN_BYTES: Final = FRAME_BYTES_MAX + FRAME_WAITING_BYTES
# Noise XX: who dialled knows the other by the first frame that comes, who was dialled by the second.
# The core ends a link whose handshake fails, so one that outlives these frames has proved who it is.
_PROOF_FRAME_DIALLED: Final = 1
_PROOF_FRAME_INCOMING: Final = 2


class Submit(Protocol):
    """Hands an input to the core; `handled` is called once its effects are released."""

    def __call__(self, received: Input, handled: Callable[[], None] | None = None) -> None:
        """Queue the input."""
        ...


@dataclass(slots=True)
class _Flow:
    """How one link's frames come in."""

    proof_frame: int
    frames: int = 0


class NetworkLinks:
    """Be what the network tells its news to: its `Links`.

    Args:
        proved: told of each link whose handshake is over.
    """

    def __init__(self, submit: Submit, proved: Callable[[int], None]) -> None:
        self._submit = submit
        self._proved = proved
        self._room = Room()
        self._flows: dict[int, _Flow] = {}
        # The core's spelling of each address under way; the network tells of them in its own.
        self._spelled: dict[str, list[str]] = {}

    def dialling(self, url: str, address: str) -> None:
        """Note how the core spells an address that is being dialled."""
        self._spelled.setdefault(url, []).append(address)

    def connected(self, link: int, *, outgoing: bool, address: str | None) -> None:
        """Tell the core of a new link."""
        assert outgoing == (address is not None)
        self._flows[link] = _Flow(
            proof_frame=_PROOF_FRAME_DIALLED if outgoing else _PROOF_FRAME_INCOMING,
        )
        self._submit(Connected(link, None if address is None else self._spelling(address)))

    async def frame_received(self, link: int, data: bytes) -> None:
        """Pass a frame on, and return when there is room for the next."""
        flow = self._flows[link]
        size = len(data) + FRAME_WAITING_BYTES
        await self._room.take(link, size)
        flow.frames += 1
        proof = flow.frames == flow.proof_frame

        def handled() -> None:
            self._room.give_back(link, size)
            if proof:
                self._proved(link)

        self._submit(FrameReceived(link, data), handled)

    def disconnected(self, link: int, reason: str) -> None:  # noqa: ARG002 (the network's log has it)
        """Tell the core that a link is over."""
        del self._flows[link]
        self._submit(Disconnected(link))

    def dial_failed(self, address: str, reason: str) -> None:
        """Tell the core that nobody was reached."""
        self._submit(DialFailed(self._spelling(address), reason))

    def _spelling(self, url: str) -> str:
        waiting = self._spelled[url]
        spelled = waiting.pop(0)
        if not waiting:
            del self._spelled[url]
        return spelled


class Room:
    """What of each link waits for the core, in bytes, and who has to wait to add to it."""

    def __init__(self) -> None:
        self._held: Counter[int] = Counter()
        # What all together hold beyond what each has for itself.
        self._common = 0
        # By link, what its reader would add; one link reads one frame at a time.
        self._readers: dict[int, tuple[int, asyncio.Future[None]]] = {}
        self._looking = False

    async def take(self, link: int, size: int) -> None:
        """Take room for a frame, as soon as there is some for this link."""
        if self._fits(link, size):
            self._add(link, size)
            return
        granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._readers[link] = (size, granted)
        try:
            await granted
        except asyncio.CancelledError:
            if granted.done() and not granted.cancelled():
                self.give_back(link, size)
            raise
        finally:
            if self._readers.get(link) == (size, granted):
                del self._readers[link]

    def give_back(self, link: int, size: int) -> None:
        """Give the room of a frame back; whoever waits is looked at once for all that were handled."""
        self._add(link, -size)
        if self._readers and not self._looking:
            self._looking = True
            asyncio.get_running_loop().call_soon(self._look)

    def _look(self) -> None:
        self._looking = False
        for link, (size, granted) in list(self._readers.items()):
            if not granted.done() and self._fits(link, size):
                self._add(link, size)
                del self._readers[link]
                granted.set_result(None)

    def _fits(self, link: int, size: int) -> bool:
        before = self._held[link]  # Of a Counter: none is 0, and is not noted.
        after = before + size
        if after <= _OWN_BYTES:
            return True
        common = self._common + after - max(before, _OWN_BYTES)
        return after <= WAITING_BYTES_PER_LINK_MAX and common <= WAITING_BYTES_MAX

    def _add(self, link: int, size: int) -> None:
        before = self._held[link]
        self._common += max(before + size, _OWN_BYTES) - max(before, _OWN_BYTES)
        self._held[link] += size
        if not self._held[link]:
            del self._held[link]
