"""Checkpoints as bodies say them: from which place on a feed counts (docs/checkpoints.md).

Owns the shape alone. Whether a checkpoint holds, and which of several, is answered above, by whoever knows
the feed and whose it is.
"""

from dataclasses import dataclass
from typing import Final

from node import canonical
from node.canonical import Value
from node.errors import RejectedChangeError
from node.feeds import bodies, scopes
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import ID_BYTES, EntryId
from node.limits import BODY_SALT_BYTES

# How the body of a checkpoint goes on behind its salt: text of ten.
_HEAD: Final = b"\x6acheckpoint"
_KIND_AT: Final = 2 + BODY_SALT_BYTES


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One checkpoint, in its entry.

    Attributes:
        entry: the entry that says it.
        place: the first place of its feed that counts.
        before: the id of the entry before that place, on the same branch.
    """

    feed: FeedKey
    entry: Head
    place: int
    before: EntryId

    @property
    def root(self) -> Head:
        """Return the last entry that does not count any more."""
        return Head(self.place - 1, self.before)


def content(root: Head) -> Value:
    """Return the content of a checkpoint's body: nothing up to `root` counts."""
    return [root.seq + 1, root.id]


def says(entry: Entry) -> bool:
    """Tell whether an entry says that it is a checkpoint, without reading the rest of its body."""
    return entry.body is not None and entry.body.startswith(_HEAD, _KIND_AT)


def read(entry: Entry, body: Body) -> Checkpoint:
    """Return the checkpoint in a body.

    Raises:
        RejectedChangeError: another shape, a place that is not before it, or not in the public scope.
    """
    assert body.kind is Kind.CHECKPOINT
    if entry.feed.scope != scopes.PUBLIC:
        raise RejectedChangeError(
            f"expected a checkpoint in {scopes.PUBLIC}, found one in {entry.feed.scope}"
        )
    match body.document, body.content:
        case None, [place, bytes(before)] if canonical.is_natural(place) and len(before) == ID_BYTES:
            if not 2 <= place <= entry.seq:
                raise RejectedChangeError(f"expected a place from 2 to {entry.seq}, found {place}")
            return Checkpoint(entry.feed, Head(entry.seq, entry.id), place, EntryId(before))
        case _:
            raise RejectedChangeError("expected a checkpoint as [place, id of the entry before it]")


def of(entry: Entry) -> Checkpoint | None:
    """Return the checkpoint that an entry says, None where it says none that can hold."""
    if not says(entry):
        return None
    assert entry.body is not None
    try:
        return read(entry, bodies.decode(entry.body))
    except RejectedChangeError:
        return None
