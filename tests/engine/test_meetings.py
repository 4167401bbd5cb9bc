"""Meetings over whole nodes: tests of directory/meeting.py and handlers/meetings.py."""

from typing import Any

import pytest

from node import ids
from node.crdt.edits import Delete, Edit, Put
from node.engine import commands
from node.engine.desk import Done
from node.engine.inputs import CommandReceived
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UserError
from node.governance.minutes import Adoption
from node.ids import DocumentId
from node.records import record
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Network, Node, federate, neighbours
from tests.verifier.drawn import slip

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


def edit_document(node: Node, document: str, edits: list[Edit]) -> None:
    """Let a node change a card as no command of its would."""
    engine = node.engine
    drafts = engine._documents.edit(DocumentId(ids.parse(document)), edits, node.network.now)
    done = Done({}, publish=((scope_of(node), tuple(drafts)),))
    node.reactor._held += engine._do(done, node.network.now)
    for effect in node.reactor.commit():
        node._carry_out(effect)
    node.network.settle()


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


def test_adopted_minutes_are_kept_as_they_were(nodes: tuple[Node, Node]) -> None:
    """Nothing is adopted before it is written; what was adopted stays readable for good."""
    ann, ben = nodes
    with pytest.raises(ConflictError, match="no minutes yet"):
        ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Ana"))
    ann.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ana mends it."))
    for node, name in ((ann, "Ana"), (ben, "Ben")):
        assert node.ask(commands.AdoptMinutes(meeting=TITLE, name=name))["adopted"][-1] == name
    (adopted,) = shown(ann)["adopted"]
    assert shown(ann)["adopted"] == shown(ben)["adopted"]
    assert [one["name"] for one in adopted["by"]] == ["Ana", "Ben"]
    assert (adopted["unchanged"], adopted["held"]) == (True, True)
    with pytest.raises(ConflictError, match="already"):
        ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Ana"))
    with pytest.raises(ConflictError, match="Ben adopted"):
        ben.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ben mends it."))
    ben.ask(commands.AdoptMinutes(meeting=TITLE, name="Ben", adopt=False))
    ben.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ben mends it."))
    for node in nodes:
        found = shown(node)
        (kept,) = found["adopted"]
        assert (kept["minutes"], kept["unchanged"]) == (adopted["minutes"], False)
        assert kept["points"] == adopted["points"]
        assert found["points"][0]["minutes"] == "Ben mends it."
    ann.ask(commands.Rebuild())
    ann.restart()
    assert shown(ann) == shown(ben)


def test_attack_a_member_writes_over_adopted_minutes_with_a_client_of_its_own(
    nodes: tuple[Node, Node],
) -> None:
    """A change of the card itself, signed by a member, is shown as changed since; the adopted text stands."""
    ann, ben = nodes
    ann.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ana mends it."))
    ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Ana"))
    found = shown(ben)
    edits: list[Edit] = [
        Put(("points", found["points"][0]["key"], "minutes"), "Ana pays for it."),
        Delete(("points", found["points"][1]["key"])),
        Put(("title",), "Secret meeting"),
    ]
    edit_document(ben, found["id"], edits)
    for node in nodes:
        after = node.ask(commands.ShowMeeting(meeting=found["id"]))
        assert after["title"] == "Secret meeting"
        (adopted,) = after["adopted"]
        assert not adopted["unchanged"]
        assert adopted["title"] == TITLE
        assert [one["minutes"] for one in adopted["points"]] == ["Ana mends it.", ""]
    edit_document(ben, found["id"], [Put(("title",), TITLE)])
    assert not shown(ann)["adopted"][0]["unchanged"]


def test_attack_somebody_adopts_or_takes_back_for_another_community(nodes: tuple[Node, Node]) -> None:
    """Only a steward of a community speaks for its people: forged adoptions count for nothing."""
    ann, ben = nodes
    ann.ask(commands.WritePoint(meeting=TITLE, point=1, minutes="Ana mends it."))
    ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Ana"))
    with pytest.raises(NotAuthorisedError, match="another community"):
        ben.ask(commands.AdoptMinutes(meeting=TITLE, name="Ana", adopt=False))
    with pytest.raises(NotFoundError, match="Cem"):
        ann.ask(commands.AdoptMinutes(meeting=TITLE, name="Cem", adopt=False))
    scope = scope_of(ben)
    (said,) = Adoption.among([record.stored(row.raw) for row in ben.store.records.of_kind(scope, "adoption")])
    taken = said.model_copy(update={"minutes": None, "serial": 9})
    joined = said.model_copy(update={"name": "Cem"})
    slip(ben, scope, [taken.sign(ben.steward), joined.sign(ben.steward), joined.sign(ben.device)])
    assert [one["name"] for one in shown(ann)["adopted"][0]["by"]] == ["Ana"]


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
    for nothing in (commands.WritePoint(meeting=TITLE, point=1), commands.ChangeMeeting(meeting=TITLE)):
        with pytest.raises(ConflictError, match="something to change"):
            ann.ask(nothing)
    ann.ask(commands.CallMeeting(title=TITLE))
    with pytest.raises(NotFoundError, match="2 meetings"):
        shown(ann)
