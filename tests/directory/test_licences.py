import pytest

from node.directory.export import ListedProfile
from node.directory.licences import Terms, Wish, select, terms_of
from node.directory.profile import Profile, Subject
from node.ids import CommunityId, DocumentId


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC0-1.0", Terms.OPEN),
        ("cc0", Terms.OPEN),
        ("Public Domain", Terms.OPEN),
        ("CC BY 4.0", Terms.OPEN),
        ("CC-BY-4.0", Terms.OPEN),
        ("https://creativecommons.org/licenses/by/4.0/", Terms.OPEN),
        ("ISC", Terms.OPEN),
        ("No restrictions on reuse: public domain", Terms.OPEN),
        ("ODbL-1.0", Terms.SHARE_ALIKE),
        ("Open Database License (ODbL)", Terms.SHARE_ALIKE),
        ("CC-BY-SA-4.0", Terms.SHARE_ALIKE),
        ("CC BY-NC-SA 4.0", Terms.LIMITED),
        ("CC-BY-ND-4.0", Terms.LIMITED),
        ("non-commercial use", Terms.LIMITED),
        ("All rights reserved", Terms.FORBIDDEN),
        ("© 2020 X. Alle Rechte vorbehalten. CC BY on request", Terms.FORBIDDEN),
        ("for tests only, do not republish", Terms.FORBIDDEN),
        ("No redistribution", Terms.FORBIDDEN),
        ("redistribution is not allowed", Terms.FORBIDDEN),
        ("proprietary", Terms.FORBIDDEN),
        ("", Terms.NONE),
        ("none", Terms.NONE),
        ("ask Anna", Terms.UNKNOWN),
    ],
)
def test_a_licence_is_read_for_what_it_says_about_giving_on(licence: str, terms: Terms) -> None:
    """Names, addresses and sentences; what forbids weighs more than what allows."""
    assert terms_of(licence) is terms


def listed(number: int, licence: str | None) -> ListedProfile:
    """Make a listing with a licence, or a community's own page."""
    subject = None if licence is None else Subject(source="s", source_id=str(number), licence=licence)
    profile = Profile(name={"und": f"Place {number}"}, subject=subject)
    return ListedProfile(DocumentId(number.to_bytes(32, "big")), CommunityId(b"c" * 32), profile)


LISTED = [
    listed(number, licence)
    for number, licence in enumerate(
        [None, "CC0-1.0", "ODbL-1.0", "", "ask Anna", "CC BY-NC 4.0", "No redistribution"]
    )
]


@pytest.mark.parametrize(
    ("wish", "going"),
    [
        (Wish(), [0, 1, 2, 3, 4, 5]),
        (Wish(open_only=True), [0, 1, 2]),
        (Wish(without_share_alike=True), [0, 1, 3, 4, 5]),
        (Wish(open_only=True, without_share_alike=True), [0, 1]),
    ],
)
def test_what_goes_out_follows_licence_and_wish(wish: Wish, going: list[int]) -> None:
    """What forbids it never goes; what states nothing goes unless only open data is asked for."""
    selection = select(reversed(LISTED), wish)
    assert [LISTED.index(one) for one in selection.listed] == going
    assert len(selection.left_out) == len(LISTED) - len(going)
    assert all(one.reason for one in selection.left_out)
