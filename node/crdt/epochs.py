"""Epochs: how a document begins again from its present state, and which epoch of several counts.

An epoch is written by the document's owner. It names the epochs before it, lists the entries whose effect it
includes, and writes the state as first changes of a new run (docs/epochs.md). What is listed counts no more
and its body may be dropped; an epoch may itself be listed by the next, so each lists all that those before it
listed. Whether its author may write it, and whether an entry lies on a branch, is answered above.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from node import canonical
from node.canonical import Value
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.bodies import Changes
from node.ids import ID_BYTES, EntryId
from node.keys import KEY_BYTES, PublicKey

# Far more than anybody restarts a document; it keeps numbers within what every implementation reads exactly.
NUMBER_MAX: Final = 2**32 - 1
# Epochs of one number are few: the owner's devices wrote them without knowing of each other.
BEFORE_MAX: Final = 16
# A sequence number that every implementation reads exactly, JavaScript included.
_SEQ_MAX: Final = 2**53 - 1


class Included(NamedTuple):
    """The entries of one branch of a feed that an epoch includes. A tuple: every epoch brings some.

    Attributes:
        device: whose feed it is, in the document's own scope.
        head: the last of them; with it the branch is known, for its header covers all before.
        seqs: their places, as ascending ranges with a gap between any two.
    """

    device: PublicKey
    head: EntryId
    seqs: tuple[range, ...]

    @property
    def last(self) -> int:
        """Return the place of the last entry included."""
        return self.seqs[-1].stop - 1

    def has_place(self, seq: int) -> bool:
        """Tell whether the entry at this place of the branch is included."""
        if len(self.seqs) == 1:  # Asked for each header that a newcomer takes.
            return seq in self.seqs[0]
        at = bisect_right(self.seqs, seq, key=_start)
        return at > 0 and seq in self.seqs[at - 1]


@dataclass(frozen=True, slots=True)
class Epoch:
    """What the body of an epoch says.

    Attributes:
        genesis: canonical bytes of the document's genesis, so that the epoch stands alone.
        number: from 1; a document begins in epoch 0.
        erases: whether what it includes shall be forgotten everywhere at once.
        before: entries of the epochs that it includes and takes the place of, ascending.
        included: what it includes, ascending by device and head.
        first: its run and first changes; None where nothing stands in the document.
    """

    genesis: bytes
    number: int
    erases: bool
    before: tuple[EntryId, ...]
    included: tuple[Included, ...]
    first: Changes | None


def _start(part: range) -> int:
    return part.start


def counting(epochs: Iterable[tuple[EntryId, int]]) -> EntryId | None:
    """Return which of a document's epochs counts, given as entry and number; None where there is none.

    A higher number beats a lower one; of two with one number the lower entry id stands.
    """
    return min(epochs, key=lambda one: (-one[1], one[0]), default=(None, 0))[0]


def encode(epoch: Epoch) -> Value:
    """Return the content of an epoch's body."""
    first: list[Value] = [None, []] if epoch.first is None else _changes(epoch.first)
    included: list[Value] = [[one.device, one.head, _skips(one.seqs)] for one in epoch.included]
    return [epoch.genesis, epoch.number, epoch.erases, list(epoch.before), included, *first]


def decode(content: Value) -> Epoch:
    """Read the content of an epoch's body.

    Raises:
        RejectedChangeError: another shape, or a field out of its bounds.
    """
    match content:
        case [bytes(founding), number, bool(erases), [*before], [*included], nonce, [*raw]] if (
            canonical.is_natural(number) and 1 <= number <= NUMBER_MAX
        ):
            pass
        case _:
            raise RejectedChangeError(
                "expected an epoch [genesis, number, erases, before, included, run nonce, changes]"
            )
    if nonce is None and not raw:
        first = None
    else:
        first = bodies.changes([nonce, raw])
        _expect(first.run_nonce is not None, "the nonce of its run")
    read = tuple(map(_included, included))
    if len(read) > 1:
        places = [(one.device, one.head) for one in read]
        _expect(places == sorted(set(places)), "its branches ascending, each once")
    return Epoch(founding, number, erases, _before(before), read, first)


def ranges(seqs: Iterable[int]) -> tuple[range, ...]:
    """Return places in any order as ascending ranges with a gap between any two."""
    found: list[range] = []
    for seq in sorted(set(seqs)):
        if found and found[-1].stop == seq:
            found[-1] = range(found[-1].start, seq + 1)
        else:
            found.append(range(seq, seq + 1))
    return tuple(found)


def _changes(first: Changes) -> list[Value]:
    return [first.run_nonce, list(first.raw_changes)]


def _skips(seqs: Sequence[range]) -> list[Value]:
    """Spell ranges as how many places are skipped and how many are taken, by turns, from place 1 on."""
    spelled: list[Value] = []
    at = 1
    for part in seqs:
        spelled += [part.start - at, len(part)]
        at = part.stop
    return spelled


def _included(value: Value) -> Included:
    match value:
        case [bytes(device), bytes(head), [_, _, *_] as skips] if (
            len(device) == KEY_BYTES and len(head) == ID_BYTES and len(skips) % 2 == 0
        ):
            return Included(PublicKey(device), EntryId(head), _read_skips(skips))
        case _:
            raise RejectedChangeError("expected what an epoch includes as [device, head, [skip, take, …]]")


def _read_skips(skips: Sequence[Value]) -> tuple[range, ...]:
    found: list[range] = []
    at = 1
    for skipped, taken in zip(skips[::2], skips[1::2], strict=True):
        if not (canonical.is_natural(skipped) and canonical.is_natural(taken)):
            raise RejectedChangeError("expected an epoch with numbers of entries skipped and taken")
        _expect(taken > 0 and (skipped > 0 or not found), "no empty part in what it includes")
        found.append(range(at + skipped, at + skipped + taken))
        at = found[-1].stop
        _expect(at <= _SEQ_MAX, "places that can be")
    return tuple(found)


def _before(values: Sequence[Value]) -> tuple[EntryId, ...]:
    if not values:
        return ()
    found = [EntryId(one) for one in values if isinstance(one, bytes) and len(one) == ID_BYTES]
    _expect(len(found) == len(values) <= BEFORE_MAX, f"at most {BEFORE_MAX} ids of epochs before it")
    _expect(found == sorted(set(found)), "the epochs before it ascending, each once")
    return tuple(found)


def _expect(holds: bool, what: str) -> None:  # noqa: FBT001  a check reads as a sentence
    """Refuse an epoch that is not as described."""
    if not holds:
        raise RejectedChangeError(f"expected an epoch with {what}, found another")
