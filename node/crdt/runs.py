"""Runs: whom Automerge counts as one actor.

An actor is not a key but a run of a key: begun anew at each start of the process and each epoch, so that a
cloned or restored device writes concurrently with its other self instead of contradicting it (design: a fork
is concurrency). The nonce is drawn by the shell and stands in the run's first entry.
"""

from typing import Final

from node import canonical
from node.crdt.operations import Actor
from node.ids import DocumentId

RUN_NONCE_BYTES: Final = 16


def actor(*, device_key: bytes, document: DocumentId, epoch: int, nonce: bytes) -> Actor:
    """Return the actor of one run of one device in one epoch of one document.

    Raises:
        AssertionError: the nonce is not RUN_NONCE_BYTES long or the epoch is negative; readers of foreign
            entries check both before they call.
    """
    assert len(nonce) == RUN_NONCE_BYTES
    assert epoch >= 0
    return Actor(canonical.digest("hedgerow/run/1", device_key, document, epoch, nonce))
