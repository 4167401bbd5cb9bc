"""What every implementation of the port promises about the directory: the answers of the plain search."""

from collections.abc import Iterable
from dataclasses import replace

from hypothesis import strategies as st

from node.directory import search
from node.directory.location import LAT_E7_MAX, LON_E7_MAX, Location, distance_km
from node.directory.search import LISTING_KINDS, ListingRow, SearchQuery
from node.engine.ports import Store
from node.ids import CommunityId, DocumentId
from tests.contracts.writing import identifier

WORDS = (
    "Garten",
    "gärtnerei",
    "car-sharing",
    "İstanbul",
    "Ærø",
    "हिन्दी",
    "東京",
    "a",
    '"',
    "NOT",
    "garten*",
    "zoë",
)
TAGS = ("tool library", "Repair", "repair", "café")
COUNTRIES = (None, "DE", "FR")
LANGUAGES = ("de", "en")


def listing(
    name: str,
    *,
    text: str = "",
    kind: str = "profile",
    tags: tuple[str, ...] = (),
    country: str | None = None,
    languages: tuple[str, ...] = (),
    place: tuple[int, int] | None = None,
    number: int = 0,
) -> ListingRow:
    """Return a row as the directory makes it; place is in whole degrees."""
    return ListingRow(
        document_id=DocumentId(identifier(f"{name} {number}")),
        community_id=CommunityId(identifier("community")),
        kind=kind,
        name=name,
        tags=tuple(sorted(tags)),
        country=country,
        languages=tuple(sorted(languages)),
        lat_e7=place[0] * 10**7 if place else None,
        lon_e7=place[1] * 10**7 if place else None,
        confirmed_at=None,
        flags=(),
        text="\n".join(search.fold(part) for part in (name, *tags, text) if part),
    )


def around(lat: int, lon: int) -> Location:
    """Return a place by whole degrees."""
    return Location(lat * 10**7, lon * 10**7)


def put(store: Store, *rows: ListingRow) -> None:
    """Put some rows in."""
    for row in rows:
        store.directory.put(row)


def names(store: Store, query: SearchQuery) -> list[str]:
    """Return the names of what is found, after checking the total of a page that holds all."""
    total, rows = store.directory.search(query)
    assert total == len(rows)
    return [row.name for row in rows]


_few_words = st.lists(st.sampled_from(WORDS), max_size=3)
_degrees = st.sampled_from((-90, -45, -1, 0, 1, 48, 90))
listings = st.builds(
    listing,
    _few_words.map(" ".join),
    text=_few_words.map(" ".join) | st.text(max_size=20),
    kind=st.sampled_from(LISTING_KINDS),
    tags=st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple),
    country=st.sampled_from(COUNTRIES),
    languages=st.lists(st.sampled_from(LANGUAGES), max_size=2, unique=True).map(tuple),
    place=st.none() | st.tuples(_degrees, st.sampled_from((-180, -179, -1, 0, 9, 180))),
    number=st.integers(0, 3),
)


def _query(near: Location | None, within_km: float | None, **given: object) -> SearchQuery:
    return SearchQuery(near=near, within_km=within_km if near else None, **given)  # type: ignore[arg-type] # drawn by name


queries = st.builds(
    _query,
    near=st.none()
    | st.builds(Location, st.integers(-LAT_E7_MAX, LAT_E7_MAX), st.integers(-LON_E7_MAX, LON_E7_MAX)),
    within_km=st.none() | st.sampled_from((0.0, 1.0, 200.0, 5_000.0, search.WITHIN_KM_MAX)),
    words=st.lists(st.sampled_from(("gar", *WORDS)) | st.text(max_size=4), max_size=2).map(tuple),
    kind=st.none() | st.sampled_from(LISTING_KINDS),
    tag=st.none() | st.sampled_from(TAGS),
    country=st.sampled_from(COUNTRIES),
    language=st.none() | st.sampled_from(LANGUAGES),
    limit=st.integers(1, 6),
    offset=st.integers(0, 6),
)


def assert_answers_alike(store: Store, rows: Iterable[ListingRow], query: SearchQuery) -> None:
    """Hold an answer against that of the plain search over the same rows."""
    expected = search.search(rows, query)
    assert store.directory.search(query) == (expected.total, [hit.row for hit in expected.hits])


class DirectoryContract:
    """Claims about `DirectoryStore`."""

    def test_a_listing_comes_back_as_it_went_in(self, store: Store) -> None:
        """A row found is equal to the row put, field by field."""
        full = listing(
            'Zoë\'s "Garten"',
            text="long text",
            tags=("Repair", "café"),
            country="DE",
            languages=("de", "en"),
            place=(48, -9),
        )
        bare = listing("bare", kind="need")
        put(store, full, bare)
        assert store.directory.search(SearchQuery()) == (2, [bare, full])
        assert store.directory.count() == 2

    def test_words_are_found_by_their_beginnings(self, store: Store) -> None:
        """Every word asked must begin a word of the listing, capitals and accents aside."""
        put(
            store,
            listing("Gärtnerei Süd", text="Gemüse und Blumen"),
            listing("Garten", text="car-sharing"),
            listing("東京 Garten"),
        )
        assert names(store, SearchQuery(words=("GART",))) == ["Garten", "Gärtnerei Süd", "東京 Garten"]
        assert names(store, SearchQuery(words=("gemuse", "blu"))) == ["Gärtnerei Süd"]
        assert names(store, SearchQuery(words=("blu gart",))) == ["Gärtnerei Süd"]
        assert names(store, SearchQuery(words=("sharing",))) == ["Garten"]
        assert names(store, SearchQuery(words=("car-sharing",))) == ["Garten"]
        assert names(store, SearchQuery(words=("東",))) == ["東京 Garten"]
        assert names(store, SearchQuery(words=("arten",))) == []

    def test_words_are_cut_as_the_plain_search_cuts_them(self, store: Store) -> None:
        """A New Tai Lue vowel, a mark to older Unicode and to SQLite, is a letter inside a word."""
        put(store, listing("\u1980\u19b0\u1981"))
        assert names(store, SearchQuery(words=("\u1980\u19b0",))) == ["\u1980\u19b0\u1981"]
        assert names(store, SearchQuery(words=("\u1981",))) == []

    def test_signs_in_a_question_are_no_query_language(self, store: Store) -> None:
        """Quotes, stars, brackets and the operators of a full-text engine are words or nothing."""
        put(store, listing("one or not"), listing("two"))
        everything = ["one or not", "two"]
        for signs in ('"', "*", "()", "^", "''", "--", ":", "%", "_", "\\"):
            assert names(store, SearchQuery(words=(signs,))) == everything
        assert names(store, SearchQuery(words=("OR",))) == ["one or not"]
        assert names(store, SearchQuery(words=("NOT two",))) == []
        assert names(store, SearchQuery(words=("words:one",))) == []
        assert names(store, SearchQuery(words=('one" OR "two',))) == []
        assert names(store, SearchQuery(words=("NEAR(one two)",))) == []

    def test_filters_hold_together(self, store: Store) -> None:
        """Kind, tag, country and language each leave out what does not fit."""
        put(
            store,
            listing("a", kind="offer", tags=("Tool Library",), country="DE", languages=("de",)),
            listing("b", kind="need", tags=("tool",), country="DE", languages=("de", "en")),
            listing("c", tags=("library", "tool library"), country="FR", languages=("en",)),
        )
        assert names(store, SearchQuery(kind="need")) == ["b"]
        assert names(store, SearchQuery(tag="TOOL library")) == ["a", "c"]
        assert names(store, SearchQuery(country="DE")) == ["a", "b"]
        assert names(store, SearchQuery(language="en")) == ["b", "c"]
        assert names(store, SearchQuery(language="d")) == []
        assert names(store, SearchQuery(tag="tool library", language="en", words=("libr",))) == ["c"]
        assert names(store, SearchQuery(tag="tool library", country="DE", kind="need")) == []

    def test_the_nearest_come_first(self, store: Store) -> None:
        """With a place the answer goes by distance, leaves out what has no place, sees over the date line."""
        put(
            store,
            listing("near", place=(48, 10)),
            listing("far", place=(10, 10)),
            listing("over the line", place=(0, -179)),
            listing("nowhere"),
        )
        assert names(store, SearchQuery(near=around(48, 11))) == ["near", "far", "over the line"]
        assert names(store, SearchQuery(near=around(0, 179))) == ["over the line", "near", "far"]
        assert names(store, SearchQuery(near=around(0, 179), within_km=300)) == ["over the line"]
        assert names(store, SearchQuery(near=around(48, 10), within_km=0)) == ["near"]
        assert names(store, SearchQuery(near=around(90, 0), within_km=5_000)) == ["near"]

    def test_pages_make_up_the_whole(self, store: Store) -> None:
        """Page after page gives each listing once, with the same total, by name and with a place alike."""
        put(store, *(listing("same", number=n, place=(n % 3, n)) for n in range(10)))
        for near in (None, around(0, 0)):
            everything = store.directory.search(SearchQuery(near=near))[1]
            pages = [store.directory.search(SearchQuery(near=near, limit=4, offset=n)) for n in (0, 4, 8, 12)]
            assert [total for total, _ in pages] == [10] * 4
            assert [row for _, rows in pages for row in rows] == everything

    def test_many_at_one_place_are_listed_by_name(self, store: Store) -> None:
        """However many share a place, and however close others are, pages go by distance, then by name."""
        crowd = [listing(f"offer {n:03}", kind="offer", place=(48, 9), number=n) for n in range(120)]
        steps = [
            replace(listing(f"step {n}", tags=("step",)), lat_e7=480_000_000 + n, lon_e7=90_000_000 - n % 3)
            for n in range(-40, 40)
        ]
        rows = [*crowd, *steps, *(listing("far", place=(lat, -170), number=lat) for lat in range(-90, 91, 9))]
        put(store, *rows)
        for near in (around(48, 9), around(-48, -171), around(90, 0), Location(480_000_020, 89_999_999)):
            for offset in (0, 30, 60, 100, 150, 200, 215):
                for more in ({}, {"within_km": 1}, {"kind": "profile"}, {"tag": "step", "within_km": 20_000}):
                    query = SearchQuery(near=near, limit=25, offset=offset, **more)
                    assert_answers_alike(store, rows, query)

    def test_a_circle_ends_where_the_plain_search_ends_it(self, store: Store) -> None:
        """A listing at the very distance asked for is in, be the circle a garden's or half the Earth's."""
        rows = [
            listing("there", place=(lat, lon), number=lat) for lat, lon in ((48, 10), (-48, -171), (90, 3))
        ]
        put(store, *rows)
        for near in (around(48, 9), around(-48, -171)):
            for row in rows:
                assert row.location is not None
                apart = distance_km(near, row.location)
                for within in (apart, apart * (1 - 1e-15), max(0.0, apart - 0.001), apart + 0.001):
                    query = SearchQuery(near=near, within_km=min(within, search.WITHIN_KM_MAX))
                    assert_answers_alike(store, rows, query)

    def test_no_text_passes_for_a_filter(self, store: Store) -> None:
        """Kind, country, language and tag are looked for among each other's likes, never among words."""
        rows = [
            listing(
                "\ue000kneed \ue000lde", text="profile offer de DE", tags=("de", "DE", "need", "\ue001t")
            ),
            listing("plain", kind="need", languages=("de",), country="DE"),
            listing("odd", tags=("a" * 200, "a" * 201, 'it\'s \\ "it"', "\ue000"), country="De"),
        ]
        put(store, *rows)
        for query in (
            SearchQuery(kind="need"),
            SearchQuery(language="de"),
            SearchQuery(country="DE"),
            SearchQuery(country="De"),
            SearchQuery(country="need"),
            SearchQuery(tag="DE"),
            SearchQuery(tag="need"),
            SearchQuery(tag="a" * 200),
            SearchQuery(tag="a" * 199),
            SearchQuery(tag='it\'s \\ "it"'),
            SearchQuery(tag="\ue000"),
            SearchQuery(words=("\ue000kneed",)),
            SearchQuery(words=("\ue000",)),
            SearchQuery(words=("k",)),
        ):
            assert_answers_alike(store, rows, query)

    def test_a_listing_put_again_is_found_by_its_new_words_only(self, store: Store) -> None:
        """Old words, tags and languages no longer lead to it."""
        before = listing("page", text="spade", tags=("garden",), languages=("de",))
        after = listing("page", text="saw", tags=("wood",), languages=("en",))
        put(store, before, after)
        assert store.directory.count() == 1
        assert store.directory.search(SearchQuery(words=("saw",), tag="wood", language="en")) == (1, [after])
        for query in (SearchQuery(words=("spade",)), SearchQuery(tag="garden"), SearchQuery(language="de")):
            assert store.directory.search(query) == (0, [])

    def test_a_listing_taken_out_is_not_found(self, store: Store) -> None:
        """Taking out what is not there does nothing, and what was taken out may come back."""
        row = listing("page", text="spade", tags=("garden",))
        put(store, row, listing("other"))
        store.directory.remove(row.document_id)
        store.directory.remove(row.document_id)
        assert store.directory.search(SearchQuery(words=("spade",))) == (0, [])
        assert store.directory.search(SearchQuery(tag="garden")) == (0, [])
        assert store.directory.count() == 1
        put(store, row)
        assert store.directory.search(SearchQuery(words=("spade",))) == (1, [row])

    def test_the_offers_of_a_community_are_found(self, store: Store) -> None:
        """Its offers and needs by id, not its pages nor what others offer, and where they were put last."""
        mine = [listing("a", kind="offer"), listing("b", kind="need", country="DE", place=(47, 8))]
        other = replace(listing("c", kind="offer"), community_id=CommunityId(identifier("another")))
        put(store, *mine, other, listing("page"))
        community = mine[0].community_id
        assert store.directory.offers_of(community) == sorted(mine, key=lambda row: row.document_id)
        moved = replace(mine[0], country="FR", lat_e7=10**7, lon_e7=10**7)
        put(store, moved)
        assert moved in store.directory.offers_of(community)
        assert store.directory.offers_of(CommunityId(identifier("nobody"))) == []

    def test_directory_writes_are_rolled_back(self, store: Store) -> None:
        """Rows, words and labels are as they were at the last commit, after a clear too."""
        kept = listing("kept", text="spade", tags=("garden",))
        put(store, kept)
        store.commit()
        put(store, listing("kept", text="saw"), listing("new"))
        store.directory.remove(kept.document_id)
        store.directory.clear()
        assert store.directory.search(SearchQuery()) == (0, [])
        put(store, listing("newer", text="spade"))
        store.rollback()
        assert store.directory.search(SearchQuery()) == (1, [kept])
        assert store.directory.search(SearchQuery(words=("spa",), tag="garden")) == (1, [kept])
        assert store.directory.search(SearchQuery(words=("saw",))) == (0, [])
        store.directory.clear()
        store.commit()
        assert store.directory.count() == 0
