"""Where a profile and an offer may hold what: the schemas that the verdict on a change rests on.

A schema never changes once it is released (node/crdt/schema.py): what is not named here may never stand in a
document of the type. New fields go into `extra`, or a new type is made. The forms (profile.py, offer.py) are
never wider than these rules.
"""

from typing import Final

from node.crdt.schema import ANY, KEY_CHARS_MAX, DocumentSchema, Kind, Rule
from node.directory import forms
from node.limits import NAME_CHARS_MAX, TEXT_CHARS_MAX

PROFILE_TYPE: Final = "profile"
OFFER_TYPE: Final = "offer"


def _map(*pattern: str) -> Rule:
    return Rule(pattern, frozenset({Kind.MAP}))


def _text(*pattern: str, chars_max: int) -> Rule:
    return Rule(pattern, frozenset({Kind.STR}), chars_max)


def _integer(*pattern: str) -> Rule:
    return Rule(pattern, frozenset({Kind.INT}))


def _texts(name: str, *, chars_max: int) -> tuple[Rule, ...]:
    return (_map(name), _text(name, ANY, chars_max=chars_max))


def _words(name: str) -> tuple[Rule, ...]:
    return (_map(name), Rule((name, ANY), frozenset({Kind.BOOL})))


PROFILE_SCHEMA: Final = DocumentSchema(
    (
        _text("kind", chars_max=forms.SLUG_CHARS_MAX),
        *_texts("name", chars_max=NAME_CHARS_MAX),
        *_texts("description", chars_max=TEXT_CHARS_MAX),
        *_words("urls"),
        _text("email", chars_max=forms.CONTACT_CHARS_MAX),
        _text("phone", chars_max=forms.CONTACT_CHARS_MAX),
        _map("address"),
        *(_text("address", part, chars_max=forms.ADDRESS_PART_CHARS_MAX) for part in forms.ADDRESS_PARTS),
        _text("country", chars_max=2),
        _text("location", chars_max=forms.LOCATION_CHARS_MAX),
        *_words("tags"),
        *_words("languages"),
        _map("subject"),
        *(_text("subject", part, chars_max=forms.SOURCE_CHARS_MAX) for part in forms.SUBJECT_PARTS),
        _text("succeeds", chars_max=forms.SOURCE_CHARS_MAX),
        _integer("confirmed_at"),
        *_words("flags"),
        *_texts("extra", chars_max=forms.EXTRA_VALUE_CHARS_MAX),
    )
)

OFFER_SCHEMA: Final = DocumentSchema(
    (
        _text("kind", chars_max=forms.SLUG_CHARS_MAX),
        _text("category", chars_max=forms.SLUG_CHARS_MAX),
        *_texts("title", chars_max=NAME_CHARS_MAX),
        *_texts("text", chars_max=TEXT_CHARS_MAX),
        *_words("tags"),
        _text("quantity", chars_max=forms.QUANTITY_CHARS_MAX),
        _integer("expires"),
        _text("state", chars_max=forms.SLUG_CHARS_MAX),
        *_texts("extra", chars_max=forms.EXTRA_VALUE_CHARS_MAX),
    )
)

# A tag, a web address and the name of a foreign field are keys of a map.
assert forms.TAG_CHARS_MAX <= KEY_CHARS_MAX
assert forms.URL_CHARS_MAX <= KEY_CHARS_MAX
assert forms.EXTRA_KEY_CHARS_MAX <= KEY_CHARS_MAX
