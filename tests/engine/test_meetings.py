"""Meetings over whole nodes: tests of directory/meeting.py and handlers/meetings.py."""

from typing import Any

import pytest

from node.engine import commands
from node.engine.inputs import CommandReceived
from node.errors import ConflictError, NotFoundError, UserError
from tests.engine.harness import Network, Node, federate, neighbours

TITLE = "Spring meeting"


@pytest.fixture
def nodes() -> tuple[Node, Node]:
    """Return two nodes of a federation, with a meeting of two points."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    ann.ask(commands.KeepBody(body="Council", kind="council"))
    ann.ask(commands.CallMeeting(title=TITLE, body="council", begins=1_800_000_000, place="Ferry house"))
    for title in ("The barn", "The bike"):
        ann.ask(commands.WritePoint(meeting=TITLE, title=title))
    return ann, ben


def shown(node: Node) -> dict[str, Any]:
    """Return the meeting as a node shows it."""
    return node.ask(commands.ShowMeeting(meeting=TITLE))


def test_a_meeting_is_the_same_on_every_node(nodes: tuple[Node, Node]) -> None:
    """When, where, which body and the agenda in its order stand on both nodes, after a rebuild too."""
    ann, ben = nodes
    found = shown(ben)
    assert found == shown(ann)
    assert (found["body_title"], found["place"], found["begins"]) == ("Council", "Ferry house", 1_800_000_000)
    assert [(one["number"], one["title"]) for one in found["points"]] == [(1, "The barn"), (2, "The bike")]
    ben.ask(commands.Rebuild())
    ben.restart()
    assert shown(ben) == found
    assert [one["title"] for one in ben.ask(commands.ListMeetings())["meetings"]] == [TITLE]


def test_two_people_write_the_minutes_of_two_points_at_once(nodes: tuple[Node, Node]) -> None:
    """Written on both sides before either heard of the other, both minutes stand; so do two new points."""
    ann, ben = nodes
    for number, node in enumerate(nodes, start=1):
        node.handle(CommandReceived(900, commands.WritePoint(meeting=TITLE, point=number, minutes=node.name)))
        node.handle(CommandReceived(901, commands.WritePoint(meeting=TITLE, title=f"From {node.name}")))
    ann.network.settle()
    assert shown(ann) == shown(ben)
    assert [one["minutes"] for one in shown(ann)["points"][:2]] == ["ann", "ben"]
    assert {one["title"] for one in shown(ann)["points"][2:]} == {"From ann", "From ben"}


def test_a_point_names_the_question_it_is_about(nodes: tuple[Node, Node]) -> None:
    """An id of a question of the same federation is shown with its title; anything else is refused."""
    ann, ben = nodes
    ann.ask(commands.Attest(size=3))
    question = ann.ask(commands.OpenProposal(title="Mend it?"))["proposal"]
    ben.ask(commands.WritePoint(meeting=TITLE, point=1, about=question))
    point = shown(ann)["points"][0]
    assert (point["about"], point["about_kind"], point["about_title"]) == (question, "question", "Mend it?")
    with pytest.raises(NotFoundError, match="question or a petition"):
        ben.ask(commands.WritePoint(meeting=TITLE, point=1, about="barn"))


def test_adopted_minutes_stay_as_they_are(nodes: tuple[Node, Node]) -> None:
    """Nothing is adopted before it is written; afterwards nothing changes until it is taken back."""
    ann, ben = nodes
    with pytest.raises(ConflictError, match="no minutes yet"):
        ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Ana"))
    ann.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ana mends it."))
    for node, name in ((ann, "Ana"), (ben, "Ben")):
        node.ask(commands.AdoptMinutes(meeting=TITLE, name=name))
    assert shown(ann)["adopted"] == shown(ben)["adopted"] == ["Ana", "Ben"]
    with pytest.raises(ConflictError, match="Ana, Ben adopted"):
        ben.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ben mends it."))
    with pytest.raises(NotFoundError, match="Cem"):
        ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Cem", adopt=False))
    for name in ("Ana", "Ben"):
        ann.ask(commands.AdoptMinutes(meeting=TITLE, name=name, adopt=False))
    ben.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ben mends it."))
    assert shown(ann)["points"][0]["minutes"] == "Ben mends it."


def test_a_point_with_minutes_is_not_taken_off(nodes: tuple[Node, Node]) -> None:
    """A point without minutes goes, one with them stays; a number beyond the agenda is refused."""
    ann, ben = nodes
    ann.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ana mends it."))
    with pytest.raises(ConflictError, match="has minutes"):
        ben.ask(commands.RemovePoint(meeting=TITLE, point=1))
    ben.ask(commands.RemovePoint(meeting=TITLE, point=2))
    assert [one["title"] for one in shown(ann)["points"]] == ["The barn"]
    with pytest.raises(NotFoundError, match="from 1 to 1"):
        ann.ask(commands.WritePoint(meeting=TITLE, point=2, minutes="?"))


def test_a_meeting_is_put_off_and_called_off(nodes: tuple[Node, Node]) -> None:
    """Time and place change by themselves; what is left out stays."""
    ann, ben = nodes
    ben.ask(commands.ChangeMeeting(meeting=TITLE, begins=1_800_003_600))
    ann.ask(commands.ChangeMeeting(meeting=TITLE, called_off=True))
    found = shown(ben)
    assert (found["begins"], found["place"], found["called_off"]) == (1_800_003_600, "Ferry house", True)


def test_what_cannot_be_meant_is_refused(nodes: tuple[Node, Node]) -> None:
    """An unknown body or meeting, two of one title, a point without a title: a sentence each."""
    ann, _ = nodes
    with pytest.raises(NotFoundError, match="no body"):
        ann.ask(commands.CallMeeting(title="Another", body="Senate"))
    with pytest.raises(NotFoundError, match="0 meetings"):
        ann.ask(commands.ShowMeeting(meeting="\u200b"))
    with pytest.raises(NotFoundError, match="hidden characters"):
        ann.ask(commands.KeepBody(body="\u200b"))
    with pytest.raises(NotFoundError, match="0 meetings"):
        ann.ask(commands.ShowMeeting(meeting="Autumn meeting"))
    with pytest.raises(UserError, match="title"):
        ann.ask(commands.WritePoint(meeting=TITLE, minutes="?"))
    ann.ask(commands.CallMeeting(title=TITLE))
    with pytest.raises(NotFoundError, match="2 meetings"):
        shown(ann)
