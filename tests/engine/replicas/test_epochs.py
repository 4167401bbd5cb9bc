"""Documents that begin anew: what counts, what came too late, and what no peer may suppress."""

import pytest

from node import ids
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.effects import WakeAt
from node.engine.inputs import CommandReceived, Connected, Woken
from node.engine.own_pages import profile_id
from node.errors import NotAuthorisedError
from node.feeds import scopes
from tests.engine.circles.test_circles import further, meet
from tests.engine.harness import Network, Node, federate, neighbours
from tests.engine.parting import part
from tests.engine.replicas.test_wanted import unknown


@pytest.fixture
def trio() -> tuple[Node, Node, Node]:
    """Three communities in one federation, connected."""
    network = Network()
    ann, ben, cara = (network.node(name) for name in ("ann", "ben", "cara"))
    neighbours(ann, ben, cara)
    federate(ann, ben, cara)
    return ann, ben, cara


def keep(node: Node, **fields: str | int) -> str:
    """Write on the card named spade and return its id."""
    answer = node.ask(commands.KeepItems(items=(ItemEdit(key="spade", fields=fields),)))
    return str(answer["items"][0]["id"])


def card(node: Node) -> dict[str, object]:
    """Return what the card says at a node."""
    (found,) = node.ask(commands.ListItems())["items"]
    assert isinstance(found["fields"], dict)
    return found["fields"]


def test_a_document_begun_anew_says_the_same_everywhere(trio: tuple[Node, Node, Node]) -> None:
    """After its owner begins a card anew all nodes read what stood there, and write on it as before."""
    ann, ben, cara = trio
    spade = keep(ann, name="spade", count=1)
    keep(ben, count=2)
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    assert card(ann) == card(ben) == card(cara) == {"name": "spade", "count": 2}
    keep(cara, count=3)
    assert card(ann) == card(ben) == card(cara) == {"name": "spade", "count": 3}
    for node in trio:
        before = card(node)
        node.ask(commands.Rebuild())
        assert card(node) == before


def test_who_has_something_to_tidy_asks_to_be_woken(trio: tuple[Node, Node, Node]) -> None:
    """What judging finds to do is done soon, though nothing else happens."""
    ann, _, _ = trio
    spade = keep(ann, name="spade")
    ann.network.wait(1_000)
    now = ann.network.now
    ann.reactor.handle(CommandReceived(0, commands.ForgetHistory(ids=(spade,))), now)
    times = [effect.at for effect in ann.reactor.commit() if isinstance(effect, WakeAt)]
    assert now < times[-1] <= now + 1_000


def test_only_the_owner_begins_a_document_anew(trio: tuple[Node, Node, Node]) -> None:
    """Another member may write on a card, and cannot begin it anew."""
    ann, ben, _ = trio
    spade = keep(ann, name="spade")
    with pytest.raises(NotAuthorisedError):
        ben.ask(commands.ForgetHistory(ids=(spade,)))


def test_late_edits_of_a_device_that_was_away_are_carried_over_once(trio: tuple[Node, Node, Node]) -> None:
    """A node that wrote in the old epoch while it was away writes the same in the new one, and no more."""
    ann, ben, cara = trio
    spade = keep(ann, name="spade", count=1)
    part(cara)
    keep(cara, owner="Cara")
    keep(ben, count=2)
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    join_again(cara, ann)
    expected = {"name": "spade", "count": 2, "owner": "Cara"}
    assert [card(node) for node in trio] == [expected] * 3
    entries = [node.store.feeds.count() for node in trio]
    cara.network.wait(200_000)
    assert [node.store.feeds.count() for node in trio] == entries
    assert [card(node) for node in trio] == [expected] * 3


def test_of_two_late_edits_none_is_lost_where_nobody_else_wrote(trio: tuple[Node, Node, Node]) -> None:
    """Two members who were both away keep their edits at different fields, whoever comes back first."""
    ann, ben, cara = trio
    spade = keep(ann, name="spade", count=1)
    part(ben)
    part(cara)
    keep(ben, place="shed")
    keep(cara, owner="Cara", name="a spade")
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    keep(ann, count=5)
    join_again(cara, ann)
    join_again(ben, ann)
    expected = {"name": "a spade", "count": 5, "owner": "Cara", "place": "shed"}
    assert [card(node) for node in trio] == [expected] * 3
    for node in trio:
        node.ask(commands.Rebuild())
    assert [card(node) for node in trio] == [expected] * 3


def test_the_next_epoch_includes_what_came_late_and_was_not_carried_over(
    trio: tuple[Node, Node, Node],
) -> None:
    """The late edit of a device that sent it and died is in the owner's next epoch."""
    ann, ben, cara = trio
    spade = keep(ann, name="spade", count=1)
    part(ann)
    keep(cara, owner="Cara")  # Ben has it.
    part(cara)
    cara.network.lose(cara)
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    join_again(ben, ann)
    assert card(ann) == {"name": "spade", "count": 1}
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    assert card(ann) == card(ben) == {"name": "spade", "count": 1, "owner": "Cara"}


def test_late_edits_of_different_epochs_are_all_in_the_next() -> None:
    """Each epoch makes a page's maps anew: read together, what one of them says would hide the other's."""
    network = Network()
    first = network.node("ann")
    second = further(first, "second")
    page = profile_id(first.community)
    for number in range(9):  # So the first epoch makes the map with a higher number than the next ones do.
        first.ask(commands.EditProfile(name=f"Ash {number}"))
    write(first, "en")
    meet(second, first)
    part(second)
    write(second, "fr")
    first.ask(commands.ForgetHistory(ids=(ids.show(page),)))
    hand_on(first, second)
    second.handle(Woken())
    write(second, "de")
    first.ask(commands.ForgetHistory(ids=(ids.show(page),)))
    hand_on(second, first)
    assert languages(first) == {"en"}
    first.ask(commands.ForgetHistory(ids=(ids.show(page),)))
    assert languages(first) == {"en", "fr", "de"}


def write(node: Node, language: str) -> None:
    """Write on the community's page in a language."""
    node.ask(commands.EditProfile(description=f"in {language}", language=language))


def languages(node: Node) -> set[str]:
    """Return in which languages something stands on the community's page."""
    shown = node.ask(commands.ShowProfile())["profile"]["description"]
    return {language for language, text in shown.items() if text == f"in {language}"}


def hand_on(one: Node, other: Node) -> None:
    """Give a machine what another of the same community wrote in public, as a stick would."""
    other.engine._ingest.take(unknown(one, one, other, scopes.PUBLIC))
    other.reactor.commit()


def test_what_stood_there_before_is_gone_from_every_node(trio: tuple[Node, Node, Node]) -> None:
    """After a forgetting no store holds what a card said before, and a newcomer reads the same card."""
    ann, _, cara = trio
    spade = keep(ann, name="spade", secret="under the mat")
    part(cara)
    keep(ann, secret="nothing")
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    ann.network.wait(1_000)
    ann.network.wait(1_000)
    join_again(cara, ann)
    for node in trio:
        assert not any(b"under the mat" in (entry.body or b"") for entry in node.store.feeds.walk())
        named = [e for e in node.store.feeds.walk() if e.document is not None and e.body is not None]
        assert len(named) == 1
        assert len(node.engine._wanted) == 0
    dora = ann.network.node("dora")
    neighbours(ann, dora)
    dora.ask(commands.JoinFederation(link=str(ann.ask(commands.Invite())["link"])))
    for _ in range(4):
        dora.network.wait(61_000)
    expected = {"name": "spade", "secret": "nothing"}
    assert [card(node) for node in (*trio, dora)] == [expected] * 4
    assert len(dora.engine._wanted) == 0
    dora.ask(commands.Rebuild())
    assert card(dora) == expected


def join_again(node: Node, other: Node) -> None:
    """Connect a node and let time pass until all is exchanged."""
    node.handle(Connected(_dial(node, other), other.name))
    node.network.settle()
    for _ in range(6):
        node.network.wait(61_000)


def _dial(node: Node, other: Node) -> int:
    number = node.network.connect(node, other.name)
    assert number is not None
    return number
