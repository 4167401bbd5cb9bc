import json

import pytest
from hypothesis import given

from node.directory.location import Location
from node.directory.offer import Offer
from node.directory.profile import Address, Profile, Subject
from node.directory.search import (
    ListingRow,
    SearchQuery,
    fold,
    index_text,
    listing_row,
    search,
    words_of,
)
from node.errors import UserError
from node.ids import CommunityId, DocumentId
from tests.directory import drawn

RIGA = Location(569494000, 241064000)
VIENNA = Location(482082000, 163738000)


def row(number: int, content: Profile | Offer, home: Profile | None = None) -> ListingRow:
    """Make the row of a made-up document."""
    return listing_row(
        DocumentId(bytes([number]) * 32), CommunityId(bytes([200 + number]) * 32), content, home=home
    )


WORKSHOP = Profile(
    name={"de": "Fahrradküche Wien", "en": "Bike kitchen"},
    description={"de": "Räder flicken"},
    tags=("Repair",),
    country="AT",
    location=VIENNA,
    confirmed_at=480_000,
)
SHOP = Profile(
    name={"lv": "Aspazija"}, country="LV", location=RIGA, languages=("lv",), address=Address(city="Rīga")
)
NEED = Offer(kind="need", category="mentoring", title={"en": "A bike mentor"}, tags=("repair",))
ROWS = (row(1, WORKSHOP), row(2, SHOP), row(3, NEED, SHOP))


def found(query: SearchQuery) -> list[str]:
    """Return the names found."""
    return [hit.row.name for hit in search(ROWS, query).hits]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (SearchQuery(), ["A bike mentor", "Aspazija", "Bike kitchen"]),
        (SearchQuery(words=("FAHRRADKUCHE",)), ["Bike kitchen"]),
        (SearchQuery(words=("bik",)), ["A bike mentor", "Bike kitchen"]),
        (SearchQuery(words=("riga",)), ["Aspazija"]),
        (SearchQuery(words=("bike", "mentor")), ["A bike mentor"]),
        (SearchQuery(words=("bike' OR 1=1 --",)), []),
        (SearchQuery(kind="need"), ["A bike mentor"]),
        (SearchQuery(tag="repair"), ["A bike mentor", "Bike kitchen"]),
        (SearchQuery(country="LV"), ["A bike mentor", "Aspazija"]),
        (SearchQuery(language="lv"), ["Aspazija"]),
        (SearchQuery(near=RIGA, within_km=100), ["A bike mentor", "Aspazija"]),
        (SearchQuery(near=VIENNA), ["Bike kitchen", "A bike mentor", "Aspazija"]),
        (SearchQuery(limit=1, offset=1), ["Aspazija"]),
    ],
)
def test_everything_asked_for_must_hold(query: SearchQuery, names: list[str]) -> None:
    """Words, kind, tag, country, language and distance each narrow the list; the order is fixed."""
    assert found(query) == names


def test_the_answer_is_that_of_the_contract() -> None:
    """`search` prints id, name, community, kind, the last confirmation, and the distance if asked for."""
    answer = search(ROWS, SearchQuery(words=("kitchen",), near=RIGA)).to_json()
    assert json.loads(json.dumps(answer)) == {
        "total": 1,
        "listings": [
            {
                "id": "aeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaqcaibaeaq",
                "name": "Bike kitchen",
                "community": "zhe4tsojzhe4tsojzhe4tsojzhe4tsojzhe4tsojzhe4tsojzheq",
                "kind": "profile",
                "distance_km": 1101.9,
                "confirmed_at": 480_000,
            }
        ],
    }
    assert "distance_km" not in str(search(ROWS, SearchQuery()).to_json())


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "person"},
        {"within_km": 5.0},
        {"near": RIGA, "within_km": -1.0},
        {"near": RIGA, "within_km": float("nan")},
        {"limit": 0},
        {"limit": 501},
        {"offset": -1},
        {"words": ("x",) * 21},
        {"words": (" ".join("abcdefghijklmnopqrstu"),)},
        {"words": ("a-b-c-d-e-f-g", "h-i-j-k-l-m-n", "o-p-q-r-s-t-u")},
        {"words": ("\ufdfa" * 8,)},
        {"words": ("x" * 2_001,)},
    ],
)
def test_a_question_that_means_nothing_is_refused(wrong: dict[str, object]) -> None:
    """Each gets a sentence for the asker, not an empty list."""
    with pytest.raises(UserError, match="expected"):
        SearchQuery(**wrong)  # type: ignore[arg-type]  # wrong on purpose


@given(drawn.rough_texts)
def test_folding_twice_is_folding_once(text: str) -> None:
    """What is indexed and what is asked meet, whoever folded first; words hold letters and digits only."""
    assert fold(fold(text)) == fold(text)
    assert all(word.isalnum() or not word.isascii() for word in words_of(text))


def test_folding_keeps_the_vowels_of_other_scripts() -> None:
    """Accents go in Latin, Greek and Cyrillic; in Devanagari a vowel sign is no accent."""
    assert fold("Łódź STRAßE Ελλάδα Йод") == "lodz strasse ελλαδα иод"
    assert fold("हिन्दी") == "हिन्दी"


def test_a_listing_is_found_by_whom_it_is_about_and_where_it_is() -> None:
    """The index has columns for names, tags, place and all else."""
    profile = SHOP.model_copy(update={"subject": Subject(name="Aspāzija", source="s", source_id="1")})
    assert index_text(profile) == {"name": "aspazija\naspazija", "tags": "", "place": "riga", "text": ""}
    assert index_text(NEED)["tags"] == "mentoring\nrepair"
