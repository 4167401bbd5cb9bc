"""Minutes that somebody adopted: the text itself in a record, and who stands behind which text.

A meeting's card is written by all members together, so what stands there may change at any time, whoever was
shown it. What was adopted is therefore no mark on the card but a statement beside it: `Minutes` holds the
text, and its payload id names that text and no other; an `Adoption` says that somebody adopted it. Readers
show the adopted text, and what the card says since then as changed.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar, Final, TypeAlias

from pydantic import Field

from node.governance.closing.phases import Moment
from node.ids import CommunityId, PayloadId
from node.keys import PublicKey
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX
from node.records import serials
from node.records.record import Record
from node.records.statement import Id, Part, Positive, Statement

# As on a meeting's card (directory/meeting.py).
POINTS_MAX: Final = 200
# One record has to carry the text, within a body's bound in limits.py; a day's minutes are a tenth of it.
MINUTES_BYTES_MAX: Final = 160 * 1024

Line = Annotated[str, Field(max_length=NAME_CHARS_MAX)]
Text = Annotated[str, Field(max_length=TEXT_CHARS_MAX)]


class MinutedPoint(Part):
    """A point of the agenda with what was said about it.

    Attributes:
        about: the question or petition that it is about.
    """

    title: Line
    text: Text
    about: Id | None
    minutes: Text


class Minutes(Statement):
    """The minutes of a meeting as somebody read them; its payload id is the name of this text.

    Whoever carries it says nothing by it: that is for adoptions.

    Attributes:
        meeting: the document id of the meeting's card.
        body: the document id of the body that met; null for everybody.
        begins: seconds since 1970.
        points: in the order of the agenda.
    """

    kind: ClassVar[str] = "minutes"
    federation: Id
    meeting: Id
    title: Line
    body: Id | None
    place: Line
    begins: Moment | None
    points: Annotated[tuple[MinutedPoint, ...], Field(max_length=POINTS_MAX)]


class Adoption(Statement):
    """A steward notes that somebody of the community adopted a text, or took that back.

    Attributes:
        name: of the person.
        minutes: the payload id of the text; null where it is taken back.
        serial: the highest of a community about one meeting and name counts.
    """

    kind: ClassVar[str] = "adoption"
    federation: Id
    community: Id
    meeting: Id
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    minutes: Id | None
    serial: Positive


# Tells whether a key is one of a community's steward keys.
IsSteward: TypeAlias = Callable[[CommunityId, PublicKey], bool]


@dataclass(frozen=True, slots=True)
class Adopted:
    """A text, and who adopted it.

    Attributes:
        id: the payload id that adoptions name.
        text: None while no record of it is held here.
        by: names with their communities, sorted by name.
    """

    id: PayloadId
    text: Minutes | None
    by: tuple[tuple[str, CommunityId], ...]


def latest(
    meeting: bytes,
    records: Iterable[Record],
    *,
    federation: bytes,
    members: Container[CommunityId],
    is_steward: IsSteward,
) -> list[Adoption]:
    """Return the adoptions about a meeting that count, those taken back among them, sorted by name.

    One steward's word is enough, whatever the community's threshold, as for a report: it decides nothing.
    """
    found = [
        adoption
        for one in records
        for adoption in Adoption.among([one])
        if (adoption.federation, adoption.meeting) == (federation, meeting)
        and adoption.community in members
        and is_steward(CommunityId(adoption.community), one.signer)
    ]
    return serials.latest(found, lambda one: (one.name, one.community))


def adopted(adoptions: Iterable[Adoption], texts: Iterable[Record]) -> list[Adopted]:
    """Return the adopted texts, the one that most people adopted first, then by id.

    Args:
        adoptions: those that count, as `latest` returns them.
        texts: records of minutes held.
    """
    held = {one.payload_id: one for one in Minutes.among(texts)}
    by: dict[PayloadId, list[tuple[str, CommunityId]]] = {}
    about: dict[PayloadId, Adoption] = {}
    for one in adoptions:
        if one.minutes is not None:
            named = PayloadId(one.minutes)
            by.setdefault(named, []).append((one.name, CommunityId(one.community)))
            about[named] = one
    found = []
    for named, names in by.items():
        text, said = held.get(named), about[named]
        # A text of another meeting is not this one's, whoever names it here.
        fits = text is not None and (text.federation, text.meeting) == (said.federation, said.meeting)
        found.append(Adopted(named, text if fits else None, tuple(sorted(names))))
    return sorted(found, key=lambda one: (-len(one.by), one.id))
