"""A meeting: when and where, of which body, what is on the agenda, and the minutes of each point.

One document that all members of the federation write together. Each point stands in a map of its own, so two
people who write the minutes of two points both keep theirs. Who adopted the minutes never stands here, where
anybody could change it: that is a record beside the card (node/governance/minutes.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from node.crdt.genesis import Genesis, MembersOf
from node.crdt.schema import ANY, DocumentSchema, Kind, Rule
from node.directory import forms, plain_text
from node.directory.trees import TreeReader
from node.feeds import scopes
from node.ids import ID_CHARS, CommunityId, FederationId
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

MEETING_TYPE: Final = "meeting"
# A day's agenda; longer ones are several meetings.
POINTS_MAX: Final = 200
POINT_KEY_BYTES: Final = 8
# Seconds since 1970 up to the year 9900, as the times of a question.
MOMENT_MAX: Final = 250_000_000_000
# A week.
MINUTES_LONG_MAX: Final = 7 * 24 * 60

MEETING_SCHEMA: Final = DocumentSchema(
    (
        Rule(("title",), frozenset({Kind.STR}), NAME_CHARS_MAX),
        Rule(("body",), frozenset({Kind.STR}), ID_CHARS),
        Rule(("place",), frozenset({Kind.STR}), NAME_CHARS_MAX),
        Rule(("begins",), frozenset({Kind.INT})),
        Rule(("minutes_long",), frozenset({Kind.INT})),
        Rule(("called_off",), frozenset({Kind.BOOL})),
        Rule(("points",), frozenset({Kind.MAP})),
        Rule(("points", ANY), frozenset({Kind.MAP})),
        Rule(("points", ANY, "title"), frozenset({Kind.STR}), NAME_CHARS_MAX),
        Rule(("points", ANY, "text"), frozenset({Kind.STR}), TEXT_CHARS_MAX),
        Rule(("points", ANY, "about"), frozenset({Kind.STR}), ID_CHARS),
        Rule(("points", ANY, "order"), frozenset({Kind.INT})),
        Rule(("points", ANY, "minutes"), frozenset({Kind.STR}), TEXT_CHARS_MAX),
    )
)


@dataclass(frozen=True, slots=True)
class Point:
    """A point of the agenda.

    Attributes:
        key: its name in the document, which stays when the title changes.
        about: the id of a question or a petition that it is about; "" for none.
        order: points are taken up from the lowest on.
    """

    key: str
    title: str
    text: str
    about: str
    order: int
    minutes: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as a reader sees it.

    Attributes:
        body: the document id of the body that meets; "" where it is everybody's.
        begins: seconds since 1970; None while it is open when.
        minutes_long: how long it is to last, in minutes; 0 where nobody said.
        points: in the order of the agenda.
    """

    title: str
    body: str
    place: str
    begins: int | None
    minutes_long: int
    called_off: bool
    points: tuple[Point, ...]


def founding(federation: FederationId, owner: CommunityId, nonce: bytes) -> Genesis:
    """Return the genesis of a meeting; unlike a body it is begun once, by whoever calls it."""
    return Genesis(MEETING_TYPE, owner, MembersOf(federation), scopes.members(federation), nonce)


def from_tree(tree: Mapping[str, object]) -> Meeting:
    """Read a meeting leniently: what makes no sense is left out."""
    reader = TreeReader(tree)
    points = tree.get("points")
    keys = sorted(key for key in points if isinstance(key, str)) if isinstance(points, Mapping) else []
    read = [_point(reader, key) for key in keys if forms.is_slug(f"p{key}")]
    return Meeting(
        title=reader.text("title", clean=plain_text.line, chars_max=NAME_CHARS_MAX),
        body=_id(reader, "body"),
        place=reader.text("place", clean=plain_text.line, chars_max=NAME_CHARS_MAX),
        begins=reader.integer("begins", smallest=0, largest=MOMENT_MAX),
        minutes_long=reader.integer("minutes_long", smallest=0, largest=MINUTES_LONG_MAX) or 0,
        called_off=tree.get("called_off") is True,
        points=tuple(sorted(read, key=lambda one: (one.order, one.key))[:POINTS_MAX]),
    )


def _point(reader: TreeReader, key: str) -> Point:
    at = ("points", key)
    return Point(
        key=key,
        title=reader.text(*at, "title", clean=plain_text.line, chars_max=NAME_CHARS_MAX),
        text=reader.text(*at, "text", clean=plain_text.block, chars_max=TEXT_CHARS_MAX),
        about=_id(reader, *at, "about"),
        order=reader.integer(*at, "order", smallest=0, largest=2**31) or 0,
        minutes=reader.text(*at, "minutes", clean=plain_text.block, chars_max=TEXT_CHARS_MAX),
    )


def _id(reader: TreeReader, *path: str) -> str:
    return reader.checked(*path, is_valid=lambda text: len(text) == ID_CHARS, expected="an id") or ""
