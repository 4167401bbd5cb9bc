"""What a session asks to be done: a closed union that the engine carries out in order."""

from dataclasses import dataclass
from typing import TypeAlias

from node.feeds.entry import Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId
from node.replication.messages import Message


@dataclass(frozen=True, slots=True)
class Say:
    """Send this message."""

    message: Message


@dataclass(frozen=True, slots=True)
class Admit:
    """Prove this stretch and keep it.

    Attributes:
        by: the checkpoint from whose place it begins a branch, None where what lies before it is held.
    """

    stretch: Stretch
    by: Head | None = None


@dataclass(frozen=True, slots=True)
class AdmitCharter:
    """Prove these charter records and keep what holds."""

    community: CommunityId
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Invited:
    """The peer shares the scope of this founding record with us."""

    founding: bytes


@dataclass(frozen=True, slots=True)
class JoinAsked:
    """The peer asks to join by an invitation."""

    secret: bytes
    records: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class JoinAnswered:
    """The peer answered our request to join."""

    accepted: bool
    text: str


@dataclass(frozen=True, slots=True)
class Yielded:
    """This peer did not give what it claimed: other sessions may ask for it now."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The peer says why it ends the session."""

    text: str


Outcome: TypeAlias = Say | Admit | AdmitCharter | Invited | JoinAsked | JoinAnswered | Yielded | Ended
