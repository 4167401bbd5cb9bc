"""Everything a node asks of the world: a closed union, released only after what led to it is on the disk."""

from dataclasses import dataclass
from typing import Any, TypeAlias

from node.clock import Timestamp
from node.errors import NodeError


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send one frame on a connection."""

    link: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class CloseLink:
    """End a connection; `reason` is for the log of this side."""

    link: int
    reason: str


@dataclass(frozen=True, slots=True)
class Introduced:
    """A session has begun on a connection: the peer is one this node talks with, no stranger any more."""

    link: int


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect to an address; `Connected` or `DialFailed` comes back."""

    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer a command: what was found or done, or the error that says why not."""

    ticket: int
    result: dict[str, Any] | NodeError


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Come back with `Woken` at this time; a later `WakeAt` replaces an earlier one."""

    at: Timestamp


@dataclass(frozen=True, slots=True)
class Note:
    """A line for the log: an event's name and its fields."""

    event: str
    fields: dict[str, str | int]


Effect: TypeAlias = SendFrame | CloseLink | Introduced | Dial | Reply | WakeAt | Note
