"""How far a federation's members stand behind one that follows it: tests of node/federation/following.py."""

from hypothesis import given
from hypothesis import strategies as st

from node.federation import following
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding
from node.ids import CommunityId
from tests import builders

MANY = sorted(CommunityId(builders.identifier(f"community {number}")) for number in range(8))
some = st.sets(st.sampled_from(MANY))


@given(some.filter(bool), some, some)
def test_only_founders_that_approved_and_have_a_say_stand_behind_it(
    founders: set[CommunityId], approved: set[CommunityId], entitled: set[CommunityId]
) -> None:
    """Who is named but did not approve, approved but is not named, or has no say there counts for nothing."""
    founding = Founding(founders=tuple(sorted(founders)), bylaws=Bylaws(name="Hills"), nonce=bytes(16))
    found = following.backing(founding, approved, entitled, version=1)
    assert set(found.behind) == founders & approved & entitled
    assert found.majority == (len(found.behind) > len(entitled) - len(found.behind))


def test_it_is_said_in_words() -> None:
    """Half is not more than half, one is no plural, and nobody is said to be nobody."""

    def words(behind: int, entitled: int, version: int = 3) -> str:
        found = following.Backing(tuple(MANY[:behind]), tuple(MANY[:entitled]), version)
        return found.in_words("there")

    roll = "on the last certified roll there"
    assert words(0, 0) == "no community has a say there"
    assert words(0, 1) == f"the only community {roll} does not stand behind it"
    assert words(1, 2) == f"1 of the 2 communities {roll} stands behind it, not more than half"
    assert words(3, 5) == f"3 of the 5 communities {roll} stand behind it, more than half"
    assert words(2, 3, version=0) == "2 of the 3 founders there stand behind it, more than half"
