"""Hypothesis strategies for profiles, offers, and the rough values that files and peers bring."""

from hypothesis import strategies as st

from node.directory import plain_text
from node.directory.location import LAT_E7_MAX, LON_E7_MAX, Location
from node.directory.offer import Offer
from node.directory.profile import Address, Profile, Subject

# Signs that mean something to CSV, JSON, HTML or a spreadsheet come up often.
rough_texts = st.text(
    alphabet=st.one_of(
        st.sampled_from("\";,'=+-@<&\\:#\n\r\t\u202e\u200b\ufeff\u0301aÄя"),
        st.characters(codec="utf-8"),
    ),
    max_size=30,
)
lines = rough_texts.map(plain_text.line)
some_lines = lines.filter(bool)
blocks = rough_texts.map(plain_text.block)
slugs = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
languages = st.sampled_from(["und", "de", "en", "pt-BR", "sr-Latn", "bg", "es-419"])
web_addresses = st.sampled_from(
    ["https://a.example", "http://b.example/x;y=1?q=ä#z", "https://c.example/a,b", "http://d.example/-=+"]
)
locations = st.builds(
    Location,
    lat_e7=st.integers(-LAT_E7_MAX, LAT_E7_MAX),
    lon_e7=st.integers(-LON_E7_MAX, LON_E7_MAX),
)


def sets_of(words: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Draw a set of words as a form holds it."""
    return st.sets(words, max_size=4).map(lambda found: tuple(sorted(found)))


names = st.dictionaries(languages, some_lines, max_size=3)
texts = st.dictionaries(languages, blocks.filter(bool), max_size=3)
extras = st.dictionaries(some_lines, blocks.filter(bool), max_size=3)
subjects = st.builds(Subject, name=lines, source=lines, source_id=some_lines, licence=lines)
hours = st.integers(0, 1_000_000)
profiles = st.builds(
    Profile,
    kind=slugs,
    name=names,
    description=texts,
    urls=sets_of(web_addresses),
    email=st.none() | some_lines,
    phone=st.none() | some_lines,
    address=st.builds(Address, street=lines, city=lines, postcode=lines, region=lines),
    country=st.none() | st.sampled_from(["AT", "LV", "XK"]),
    location=st.none() | locations,
    tags=sets_of(some_lines),
    languages=sets_of(languages),
    subject=st.none() | subjects,
    succeeds=st.none() | some_lines,
    confirmed_at=st.none() | hours,
    flags=sets_of(slugs),
    extra=extras,
)
offers = st.builds(
    Offer,
    kind=st.sampled_from(["offer", "need"]),
    category=slugs,
    title=names,
    text=texts,
    tags=sets_of(some_lines),
    quantity=lines,
    expires=st.none() | hours,
    state=st.sampled_from(["open", "withdrawn"]),
    extra=extras,
)
# What a peer's document may hold under the names we know, whatever its type.
scalars = st.none() | st.booleans() | st.integers() | rough_texts | st.binary(max_size=4)
field_names = st.sampled_from([*Profile.model_fields, *Offer.model_fields, "newer"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(languages | rough_texts, inner, max_size=3),
    max_leaves=8,
)
trees = st.dictionaries(field_names, values, max_size=8)
