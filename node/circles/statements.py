"""What is said inside a circle: who is in it, notes, and which devices were given its key.

Each is a record that its author's device signs; it travels sealed (sealing.py) and counts only there. All
name the circle, so that nothing said in one can be carried into another, and the commitment to the key they
are sealed with: what is sealed with a key that no version names, and only some were given, counts for nobody.
"""

from collections import Counter
from functools import cached_property
from typing import Annotated, ClassVar, Final, Self

from pydantic import Field, model_validator

from node import canonical
from node.limits import NAME_CHARS_MAX
from node.records.statement import Id, Key, Natural, Nonce, Part, Positive, Statement

# Who belongs together closely enough to keep something from the others; each version's key is wrapped for
# every device of theirs, some 150 bytes and 100 microseconds each.
PARTIES_MAX: Final = 64
# A few screens of a phone; what is longer belongs into a document.
NOTE_CHARS_MAX: Final = 4_000
# A circle that changes each day goes on for eleven years; its parties read all its versions.
VERSIONS_MAX: Final = 4_096
CIRCLE_NONCE_BYTES: Final = 16
# How many devices of the owner's may change a circle in all its time; the first genesis names as many.
MAKERS_MAX: Final = 64
# By how many versions one party may have been let in: as many of the owner's machines did so apart.
LETTINGS_OF_ONE_MAX: Final = 8
# What one record names of devices: parties' devices, and those of parties that are none any more.
DEVICES_MAX: Final = 1_024


class End(Part):
    """The last entry of a device's feed that counts in a circle."""

    device: Key
    seq: Natural
    entry: Id


class Made(Part):
    """A version of a circle: its maker's device key, and its number."""

    maker: Key
    number: Annotated[Positive, Field(le=VERSIONS_MAX)]


class LetIn(Made):
    """A version that let parties in, which have been such since."""

    parties: Annotated[tuple[Id, ...], Field(min_length=1, max_length=PARTIES_MAX)]


class Said(Statement):
    """What every statement in a circle names.

    Attributes:
        circle: `circle_id`.
        key: the commitment to the content key it is sealed with (sealing.ContentKey.commitment).
    """

    circle: Id
    key: Id


class Circle(Said):
    """One version of a circle: its name, its parties, its key. Only its owner's devices make versions.

    The highest number holds; of two with one number the lower payload id.

    Attributes:
        maker: the device that made it and signs it.
        number: the next after the highest that its maker knew; 1 for the first.
        seen: of each of the owner's devices the last version that its maker knew (lineage.py).
        lettings: the parties but for the owner, by what let them in: this version, or some its maker knew.
        ends: for each device of communities that were parties once and are none now, how far it counts.
    """

    kind: ClassVar[str] = "circle"
    federation: Id
    owner: Id
    nonce: Nonce
    maker: Key
    number: Annotated[Positive, Field(le=VERSIONS_MAX)]
    seen: Annotated[tuple[Made, ...], Field(max_length=MAKERS_MAX)]
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    lettings: Annotated[tuple[LetIn, ...], Field(max_length=PARTIES_MAX * LETTINGS_OF_ONE_MAX)]
    ends: Annotated[tuple[End, ...], Field(max_length=DEVICES_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.circle != circle_id(self.federation, self.owner, self.nonce):
            raise ValueError("the circle's id is not made of its federation, owner and nonce")
        self._check_seen()
        self._check_parties()
        return self

    @cached_property
    def parties(self) -> tuple[bytes, ...]:
        """Return who is in it, the owner always, ascending."""
        return tuple(sorted({self.owner, *(party for one in self.lettings for party in one.parties)}))

    def _check_seen(self) -> None:
        makers = [one.maker for one in self.seen]
        if makers != sorted(set(makers)):
            raise ValueError("of each device one version must be known, the devices sorted")
        if self.number != 1 + max((one.number for one in self.seen), default=0):
            raise ValueError("the number must be the next after the highest known")
        known = {one.maker: one.number for one in self.seen} | {self.maker: self.number}
        if any(one.number > known.get(one.maker, 0) for one in self.lettings):
            raise ValueError("a party can be let in only by versions that are known")

    def _check_parties(self) -> None:
        named = [(one.maker, one.number) for one in self.lettings]
        if named != sorted(set(named)):
            raise ValueError("what let parties in must be sorted and different")
        times: Counter[bytes] = Counter()
        for one in self.lettings:
            if list(one.parties) != sorted(set(one.parties)) or self.owner in one.parties:
                raise ValueError("parties must be sorted and different, the owner not among them")
            times.update(one.parties)
        if len(times) >= PARTIES_MAX or max(times.values(), default=0) > LETTINGS_OF_ONE_MAX:
            raise ValueError(
                f"at most {PARTIES_MAX} can be in a circle, each let in {LETTINGS_OF_ONE_MAX} times"
            )


class CircleMoved(Said):
    """A version is over: what is said from now on is sealed with the next one's key.

    It is sealed with the old key, so that who was left out learns that the circle went on without it.
    """

    kind: ClassVar[str] = "circle-moved"


class CircleGiven(Said):
    """These devices were given a version's key."""

    kind: ClassVar[str] = "circle-given"
    devices: Annotated[tuple[Key, ...], Field(min_length=1, max_length=DEVICES_MAX)]


class CircleNote(Said):
    """Something a party says to the others.

    Attributes:
        at: milliseconds since 1970 by its author's clock; for people only.
        nonce: tells a note apart from an equal one that was taken back.
    """

    kind: ClassVar[str] = "circle-note"
    community: Id
    text: Annotated[str, Field(min_length=1, max_length=NOTE_CHARS_MAX)]
    at: Natural
    nonce: Nonce


class CircleUnsaid(Said):
    """A party takes a note back; `note` is its payload id."""

    kind: ClassVar[str] = "circle-unsaid"
    community: Id
    note: Id


class CircleLeft(Said):
    """A party leaves. Its owner's node makes the next version without it."""

    kind: ClassVar[str] = "circle-left"
    community: Id


FORMS: Final[tuple[type[Said], ...]] = (
    Circle,
    CircleGiven,
    CircleLeft,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
)
# Sealed, nothing else counts: a ballot that only a circle can read must not count in the federation. Outside,
# none of these does: else what one node reads in a circle another would read outside it.
KINDS: Final = frozenset(form.kind for form in FORMS)


def circle_id(federation: bytes, owner: bytes, nonce: bytes) -> bytes:
    """Return the id of a circle."""
    return canonical.digest("hedgerow/circle/1", federation, owner, nonce)
