"""Everything that can happen to a node: a closed union. Time comes with the call, never from a clock here."""

from dataclasses import dataclass
from typing import TypeAlias

from node.engine.commands import Command


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection stands; the handshake begins. `address` is where we dialled, None for an incoming one."""

    link: int
    address: str | None


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """One frame arrived on a connection."""

    link: int
    frame: bytes


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A connection is gone, whoever ended it."""

    link: int


@dataclass(frozen=True, slots=True)
class DialFailed:
    """An address could not be reached."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True)
class CommandReceived:
    """A person or a program asks something of this node; the reply carries the same ticket."""

    ticket: int
    command: Command


@dataclass(frozen=True, slots=True)
class Woken:
    """A time asked for by `WakeAt` has come."""


Input: TypeAlias = Connected | FrameReceived | Disconnected | DialFailed | CommandReceived | Woken
