"""Carries what happens on sockets to the core, and slows down a peer that sends faster than it reads."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from node.engine.inputs import Connected, DialFailed, Disconnected, FrameReceived, Input

# Frames that wait for the core: of one peer 1 MiB, so that as many are read while as many are handled; of all
# peers together 32 MiB.
FRAMES_WAITING_PER_LINK_MAX: Final = 16
FRAMES_WAITING_MAX: Final = 512
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

    room: asyncio.Semaphore
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
        self._room = asyncio.Semaphore(FRAMES_WAITING_MAX)
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
            room=asyncio.Semaphore(FRAMES_WAITING_PER_LINK_MAX),
            proof_frame=_PROOF_FRAME_DIALLED if outgoing else _PROOF_FRAME_INCOMING,
        )
        self._submit(Connected(link, None if address is None else self._spelling(address)))

    async def frame_received(self, link: int, data: bytes) -> None:
        """Pass a frame on, and return when there is room for the next."""
        flow = self._flows[link]
        await flow.room.acquire()
        await self._room.acquire()
        flow.frames += 1
        proof = flow.frames == flow.proof_frame

        def handled() -> None:
            flow.room.release()
            self._room.release()
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
