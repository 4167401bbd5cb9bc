"""What is said inside a circle: who is in it, notes, and which devices were given its key.

Each is a record that its author's device signs; it travels sealed (sealing.py) and counts only there. All
name the circle, so that nothing said in one can be carried into another, and the commitment to the key they
are sealed with: what is sealed with a key that no version names, and only some were given, counts for nobody.
"""

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
# How many versions one follows: where more were made apart, several in turn put them together.
AFTER_MAX: Final = 8
# What one record names of devices: parties' devices, and those of parties that are none any more.
DEVICES_MAX: Final = 1_024


class End(Part):
    """The last entry of a device's feed that counts in a circle."""

    device: Key
    seq: Natural
    entry: Id


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
        number: from 1; above those of all that it follows.
        after: the versions that it follows: those that its device knew and that none followed (lineage.py).
        ends: for each device of communities that were parties once and are none now, how far it counts.
    """

    kind: ClassVar[str] = "circle"
    federation: Id
    owner: Id
    nonce: Nonce
    number: Annotated[Positive, Field(le=VERSIONS_MAX)]
    after: Annotated[tuple[Id, ...], Field(max_length=AFTER_MAX)]
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    parties: Annotated[tuple[Id, ...], Field(min_length=1, max_length=PARTIES_MAX)]
    ends: Annotated[tuple[End, ...], Field(max_length=DEVICES_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.circle != circle_id(self.federation, self.owner, self.nonce):
            raise ValueError("the circle's id is not made of its federation, owner and nonce")
        if list(self.parties) != sorted(set(self.parties)):
            raise ValueError("parties must be sorted and different")
        if self.owner not in self.parties:
            raise ValueError("the owner must be a party")
        if list(self.after) != sorted(set(self.after)) or (self.number == 1) != (not self.after):
            raise ValueError("all but the first version must follow others, sorted and different")
        return self


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
