"""Held listings beside new rows: which questions the index is asked, and what counts as alike."""

from collections.abc import Sequence

from node.directory import search as searching
from node.directory.importing import held
from node.directory.location import Location
from node.directory.profile import Profile
from node.directory.search import ListingRow, SearchQuery, listing_row
from node.ids import CommunityId, DocumentId

OWNER = CommunityId(b"c" * 32)
OWN = DocumentId(b"\xff" * 32)


def page(name: str, *urls: str, at: tuple[int, int] | None = None) -> Profile:
    """Make a page; places are in units of 1e-7 degrees."""
    return Profile(
        name={"und": name}, urls=tuple(sorted(urls)), location=Location(*at) if at is not None else None
    )


class Index:
    """Answer as every store does, and count the questions."""

    def __init__(self, *pages: Profile) -> None:
        self.queries: list[SearchQuery] = []
        self.rows = [
            listing_row(DocumentId(number.to_bytes(32, "big")), OWNER, each)
            for number, each in enumerate(pages, start=1)
        ]

    def search(self, query: SearchQuery) -> tuple[int, Sequence[ListingRow]]:
        """Search the plain way."""
        self.queries.append(query)
        answer = searching.search(self.rows, query)
        return answer.total, [hit.row for hit in answer.hits]

    def similar(self, one: Profile, own: DocumentId = OWN) -> list[tuple[str, tuple[str, ...]]]:
        """Return the names of the pairs that are proposed, with the reasons."""
        return [(pair.names[1], pair.reasons) for pair in held.similar(1, one, own=own, search=self.search)]


GRAZ = (470_700_000, 154_400_000)


def test_a_pair_names_every_field_that_agrees() -> None:
    """Website and name with place are two reasons of one pair, not two pairs."""
    index = Index(page("Repair Café Graz", "https://rc.example/Graz", at=GRAZ))
    found = index.similar(page("Repaircafé Graz", "http://www.rc.example/Graz/", at=GRAZ))
    assert found == [("Repair Café Graz", ("same website rc.example/Graz", "names 97 % alike, 0.0 km apart"))]


def test_names_alone_or_places_alone_are_no_pair() -> None:
    """Two gardens of one name in two towns are two; so are two neighbours in one house."""
    index = Index(page("Garden", at=(0, 0)), page("Workshop", at=GRAZ), page("Garden"))
    assert index.similar(page("Garden", at=GRAZ)) == []


def test_another_page_of_one_site_is_no_pair() -> None:
    """Host and path must agree: words that stand in both addresses are not enough."""
    index = Index(page("A", "https://hub.example/linz"), page("B", "https://hub.example/graz/old"))
    assert index.similar(page("C", "https://hub.example/graz")) == []


def test_the_listing_itself_is_left_out() -> None:
    """A second import of a record does not find its own document."""
    index = Index(page("Garden", "https://g.example", at=GRAZ))
    assert index.similar(page("Garden", "https://g.example", at=GRAZ), own=index.rows[0].document_id) == []


def test_a_row_asks_a_bounded_number_of_bounded_questions() -> None:
    """Twenty websites are not twenty questions, and no answer is larger than a page."""
    index = Index()
    index.similar(page("Garden", *(f"https://g{number}.example" for number in range(20)), at=GRAZ))
    assert len(index.queries) == 3
    assert all(query.limit == 50 and query.kind == "profile" for query in index.queries)


def test_a_site_with_signs_only_asks_nothing() -> None:
    """An address without any letter gives no words to look for."""
    index = Index()
    assert index.similar(page("A", "https://_/-")) == []
    assert index.queries == []
