"""A node of a later version: it says what this version has no word for, and others must carry it anyhow.

Nodes of now are the former version beside it. Records of unknown kinds, bodies of unknown kinds and documents
of unknown types are kept, passed on and count for nothing (docs/protocol.md, sections 2 and 8).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import ClassVar

from node import canonical, ids
from node.clock import Timestamp
from node.crdt import genesis
from node.crdt.genesis import Communities, Genesis
from node.engine.commands.ask import Ask
from node.engine.drafts import Draft, carry
from node.engine.effects import Effect, Reply
from node.engine.engine import FEATURES, Engine
from node.engine.inputs import CommandReceived, Connected, Input
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.governance.sizes import SizeAttestation
from node.ids import FederationId
from node.records import record
from node.replication.handshake import VERSION_MAX, VERSION_MIN
from tests.sim.disk import Disk

# What a later build may offer besides; the handshake has room for no more.
LATER_FEATURES = tuple(sorted((*FEATURES, "soon")))
_NONCE_BYTES = 16
# Entries of one saying.
_SAID = 6


class SayLater(Ask):
    """A command of the later version: publish what only that version understands, for members."""

    federation: str
    number: int


class LaterKind(StrEnum):
    """A kind of body that there is not yet."""

    LATER = "later"


class LaterEngine(Engine):
    """The engine, and what it may learn to say one day."""

    versions: ClassVar = (VERSION_MIN, VERSION_MAX + 1)

    def handle(self, received: Input, now: Timestamp) -> list[Effect]:
        """Handle one input; a handshake offers the next version of the protocol too."""
        effects = super().handle(received, now)
        if isinstance(received, Connected):
            self._links._links[received.link].channel._versions = self.versions
        return effects

    def _command(self, asked: CommandReceived, now: Timestamp) -> list[Effect]:
        """Carry a command out, also the one that nodes of now do not know."""
        command: object = asked.command
        if not isinstance(command, SayLater):
            return super()._command(asked, now)
        scope = scopes.members(FederationId(ids.parse(command.federation)))
        published = self._publish([(scope, self._drafts(command.number, scope))], now)
        head = self._store.feeds.heads_of(FeedKey(self._keyring.device.public, scope))[-1]
        return [*published, Reply(asked.ticket, {"scope": scope, "seq": head.seq, "id": head.id})]

    def _drafts(self, number: int, scope: str) -> Sequence[Draft]:
        """Write a record, a body, a document and a checkpoint as no node of now reads them."""
        nonce = self._entropy(_NONCE_BYTES)
        device, own = self._keyring.device, self._keyring.community
        founding = genesis.encode(Genesis("later", own, Communities((own,)), scope, nonce))
        document = genesis.document_id(founding)
        unknown = record.sign("later", canonical.encode({"number": number}), device)
        further = {"unit": "households", "size": number}  # A kind of now, with a field that it has not.
        widened = record.sign(SizeAttestation.kind, canonical.encode(further), device)
        later: Kind = LaterKind.LATER  # type: ignore[assignment]  # the point of it
        return (
            carry(unknown),
            carry(widened),
            Draft(later, [number, nonce]),
            Draft(Kind.GENESIS, founding, document),
            Draft(Kind.CHANGES, [nonce, [nonce]], document),
            Draft(Kind.CHECKPOINT, [number], document),
        )


def carried(disk: Disk, feed: FeedKey, head: Head) -> bool:
    """Tell whether a disk holds what a later version said in one go, with all it says."""
    (end,) = disk.feeds.heads_of(feed)  # Its author is honest.
    behind = disk.feeds.path(
        feed, end.id, after_seq=max(0, head.seq - _SAID), entries_max=10**6, bytes_max=10**9
    )
    said = behind[:_SAID]
    return head.id in {entry.id for entry in said} and all(entry.body is not None for entry in said)
