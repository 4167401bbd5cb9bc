"""This node's own feeds: bodies in, signed entries out, taken in by the same way as everybody's.

What several commands publish in one transaction is signed once, before the transaction ends: a signature
costs its author little, but every reader as much as a change, and it travels.
"""

from collections.abc import Callable, Sequence

from node.clock import Timestamp, hours
from node.engine.drafts import Draft
from node.engine.ingest import Arrival, Ingest
from node.engine.ports import Store
from node.feeds import bodies, stretch
from node.feeds.entry import Entry, FeedKey
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
        # Written and taken in since the last signature, by scope.
        self._unsigned: dict[str, list[Entry]] = {}

    def publish(self, scope: str, drafts: Sequence[Draft], now: Timestamp) -> Arrival:
        """Write drafts behind our own feed's end; `sign` has to follow before the commit."""
        assert drafts
        feed = FeedKey(self._device.public, scope)
        written = [
            bodies.encode(d.kind, d.content, salt=self._entropy(BODY_SALT_BYTES), document=d.document)
            for d in drafts
        ]
        entries = stretch.chain(feed, self._ingest.end(feed), written, hours=hours(now))
        self._unsigned.setdefault(scope, []).extend(entries)
        return self._ingest.take(entries)

    def sign(self) -> list[list[Entry]]:
        """Sign what was written, at its end and where a limit asks; return it by feed, sorted by scope."""
        signed: list[list[Entry]] = []
        for scope in sorted(self._unsigned):
            entries = stretch.sign(self._unsigned[scope], self._device)
            for entry in entries:
                if entry.signature is not None:
                    self._store.feeds.append([entry])  # It is held; what it lacked is kept.
            signed.append(entries)
        self._unsigned.clear()
        return signed
