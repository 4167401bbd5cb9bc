"""Meetings as their documents say them: tests of node/directory/meeting.py."""

from hypothesis import given
from hypothesis import strategies as st

from node.directory import meeting
from node.directory.meeting import POINTS_MAX

VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=60)
FIELDS = st.sampled_from(["title", "text", "about", "order", "minutes", "other"])
POINTS = st.dictionaries(st.text(max_size=4), VALUES | st.dictionaries(FIELDS, VALUES))
NAMES = st.sampled_from(["title", "body", "place", "begins", "minutes_long", "called_off", "more"])


@given(st.dictionaries(NAMES, VALUES | POINTS), VALUES | POINTS)
def test_whatever_members_wrote_reads_as_a_meeting(tree: dict[str, object], points: object) -> None:
    """Nothing raises, and points come in the order of the agenda."""
    found = meeting.from_tree({**tree, "points": points})
    assert list(found.points) == sorted(found.points, key=lambda one: (one.order, one.key))


def test_an_agenda_is_bounded() -> None:
    """More points than an agenda may have are not shown, the first ones stay."""
    points = {f"{number:016x}": {"title": "?", "order": number} for number in range(POINTS_MAX + 5)}
    found = meeting.from_tree({"points": points})
    assert [one.order for one in found.points] == list(range(POINTS_MAX))


def test_minutes_keep_their_lines_and_lose_what_hides() -> None:
    """Lines stay; characters that turn text around are taken out; an id of another length is none."""
    point = {"title": "The\u202ebarn", "minutes": "One.\nTwo.", "about": "short", "order": 1}
    (found,) = meeting.from_tree({"points": {"0a": point}}).points
    assert (found.title, found.minutes, found.about) == ("Thebarn", "One.\nTwo.", "")
