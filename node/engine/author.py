"""This node's own feeds: bodies in, signed entries out, taken in by the same way as everybody's."""

from collections.abc import Callable, Sequence

from node.clock import Timestamp, hours
from node.engine.drafts import Draft
from node.engine.ingest import Arrival, Ingest
from node.engine.ports import Store
from node.feeds import bodies, stretch
from node.feeds.entry import FeedKey
from node.keys import Signer
from node.limits import BODY_SALT_BYTES


class Author:
    """Publish under this node's device key.

    Args:
        entropy: returns that many random bytes; the shell's or the simulator's.
    """

    def __init__(self, store: Store, ingest: Ingest, device: Signer, entropy: Callable[[int], bytes]) -> None:
        self._store = store
        self._ingest = ingest
        self._device = device
        self._entropy = entropy

    def publish(self, scope: str, drafts: Sequence[Draft], now: Timestamp) -> Arrival:
        """Write drafts behind our own feed's end and sign once at its new end (or where a limit asks)."""
        assert drafts
        feed = FeedKey(self._device.public, scope)
        ends = self._store.feeds.heads_of(feed)
        written = [
            bodies.encode(d.kind, d.content, salt=self._entropy(BODY_SALT_BYTES), document=d.document)
            for d in drafts
        ]
        entries = stretch.make(
            feed, ends[-1] if ends else None, written, hours=hours(now), signer=self._device
        )
        return self._ingest.take(entries)
