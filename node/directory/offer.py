"""What an offer or a need holds, as a form and as a document's tree.

An offer belongs to the community that makes it. Owns the fields, how they stand in a document and the lenient
reading of what a peer wrote. Refuses to own matching offers with needs and who may write.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from node.directory import forms, plain_text, shared_fields
from node.directory.forms import Extra, Form, Hours, Line, Names, Slug, Tags, Texts
from node.directory.language_tags import best_text
from node.directory.trees import Path, TreeReader

OfferKind = Literal["offer", "need"]
OfferState = Literal["open", "withdrawn"]

DEFAULT_CATEGORY: Final = "other"
# The categories the forms offer; a federation may add others, so an offer may hold any word of this shape.
KNOWN_CATEGORIES: Final = (
    "mentoring",
    "service",
    "resource",
    "product",
    "mediation",
    "crisis-support",
    "other",
)


class Offer(Form):
    """Something a community offers or needs.

    Attributes:
        expires: whole hours since 1970 after which it is no longer shown as open; None for no end.
        state: "withdrawn" is kept, so that everybody learns of it.
    """

    kind: OfferKind
    category: Slug = DEFAULT_CATEGORY
    title: Names = Field(default_factory=dict)
    text: Texts = Field(default_factory=dict)
    tags: Tags = ()
    quantity: Annotated[Line, Field(max_length=forms.QUANTITY_CHARS_MAX)] = ""
    expires: Hours | None = None
    state: OfferState = "open"
    extra: Extra = Field(default_factory=dict)

    def shown_title(self, *languages: str) -> str:
        """Choose the title to show, by the reader's languages; "" when it has none yet."""
        return best_text(self.title, languages=languages)

    def is_open(self, *, now_hours: int) -> bool:
        """Say whether the offer stands at that time, in whole hours since 1970."""
        return self.state == "open" and (self.expires is None or now_hours < self.expires)


_KNOWN_KEYS: Final = frozenset(Offer.model_fields)


def to_tree(offer: Offer) -> dict[str, object]:
    """Write the offer as a document's tree; every map is there even when it is empty (see profile.py)."""
    tree: dict[str, object] = {
        "kind": offer.kind,
        "category": offer.category,
        "title": dict(offer.title),
        "text": dict(offer.text),
        "tags": dict.fromkeys(offer.tags, True),
        "extra": dict(offer.extra),
        "state": offer.state,
    }
    if offer.quantity:
        tree["quantity"] = offer.quantity
    if offer.expires is not None:
        tree["expires"] = offer.expires
    return tree


@dataclass(frozen=True, slots=True)
class OfferReading:
    """An offer as far as a document could be read; `unread` holds path and value of what was left aside."""

    offer: Offer
    problems: tuple[str, ...]
    unread: tuple[tuple[Path, str], ...]


def from_tree(tree: object) -> OfferReading:
    """Read what a document holds, leniently: whatever a peer wrote, this gives an offer and never raises.

    An offer whose kind or state this version does not know is read as withdrawn: to show it as open could
    promise what nobody offered.
    """
    reader = TreeReader(tree)
    reader.others(_KNOWN_KEYS)
    kind = reader.choice("kind", allowed=("offer", "need"), otherwise="")
    state = reader.choice("state", allowed=("open", "withdrawn"), otherwise="")
    if not kind or not state:
        reader.problems.append("an offer without a known kind and state is shown as withdrawn")
    offer = Offer(
        kind="need" if kind == "need" else "offer",
        category=reader.checked("category", is_valid=forms.is_slug, expected="a category such as mentoring")
        or DEFAULT_CATEGORY,
        title=shared_fields.names(reader, "title"),
        text=shared_fields.texts(reader, "text"),
        tags=reader.words("tags", is_word=forms.is_tag, clean=plain_text.line, count_max=forms.TAGS_MAX),
        quantity=reader.text("quantity", clean=plain_text.line, chars_max=forms.QUANTITY_CHARS_MAX),
        expires=reader.integer("expires", smallest=0, largest=forms.HOURS_MAX),
        state="open" if kind and state == "open" else "withdrawn",
        extra=shared_fields.further(reader),
    )
    return OfferReading(offer, tuple(reader.problems), tuple(reader.unread))
