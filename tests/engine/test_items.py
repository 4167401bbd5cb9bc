"""Items that the members of a federation keep together; what is written at once is signed at once."""

from typing import Any

import pytest

from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.inputs import CommandReceived
from node.errors import ConflictError, NotFoundError
from node.feeds.entry import Entry
from tests.engine.harness import Network, Node, federate, neighbours


@pytest.fixture
def members() -> tuple[Node, Node]:
    """Return two nodes of a federation."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    return ann, ben


def keep(**fields: Any) -> commands.KeepItems:
    """Return the command that writes one card."""
    return commands.KeepItems(items=(ItemEdit(key="ladder", fields=fields),))


def cards(node: Node) -> list[dict[str, Any]]:
    """Return the fields of all cards that a reader sees."""
    return [one["fields"] for one in node.ask(commands.ListItems())["items"]]


def entries(node: Node) -> list[Entry]:
    """Return every entry held, in order of arrival."""
    return list(node.store.feeds.walk())


def test_members_keep_a_card_together(members: tuple[Node, Node]) -> None:
    """One begins it, another changes it, a field is taken off, and both see the same."""
    ann, ben = members
    ann.ask(keep(kind="tool", title="Ladder", metres=3, lent=False))
    ben.ask(keep(lent=True, metres=None))
    assert cards(ann) == cards(ben) == [{"kind": "tool", "title": "Ladder", "lent": True}]
    assert ann.ask(commands.ListItems(kind="book"))["items"] == []


def test_two_members_who_begin_the_same_card_mean_one_document(members: tuple[Node, Node]) -> None:
    """Begun on both sides before either heard of the other, the card is one and holds what both wrote."""
    ann, ben = members
    for node, field in ((ann, "title"), (ben, "place")):
        node.handle(CommandReceived(900, keep(**{field: "barn"})))
    ann.network.settle()
    assert cards(ann) == cards(ben) == [{"title": "barn", "place": "barn"}]


def test_the_first_change_travels_with_the_genesis(members: tuple[Node, Node]) -> None:
    """A new card is one entry, and every edit of it one more."""
    ann, ben = members
    before = ben.store.feeds.count()
    ann.ask(keep(title="Ladder"))
    assert ben.store.feeds.count() == before + 1
    ann.ask(keep(title="Long ladder"))
    assert ben.store.feeds.count() == before + 2


def test_a_card_named_twice_in_one_command_is_refused(members: tuple[Node, Node]) -> None:
    """Two edits of one card at once are answered with a sentence, and nothing is written."""
    ann, _ = members
    edit = ItemEdit(key="ladder", fields={"title": "Ladder"})
    with pytest.raises(ConflictError):
        ann.ask(commands.KeepItems(items=(edit, edit)))
    assert cards(ann) == []


def test_a_field_that_is_not_there_cannot_be_taken_off(members: tuple[Node, Node]) -> None:
    """Taking off what is not there is answered with a sentence."""
    ann, _ = members
    ann.ask(keep(title="Ladder"))
    with pytest.raises(NotFoundError):
        ann.ask(keep(metres=None))


def test_commands_of_one_commit_are_signed_once(members: tuple[Node, Node]) -> None:
    """What several commands write before a commit is one stretch under one signature, pushed once."""
    ann, ben = members
    before = len(entries(ann))
    for number in range(5):
        edit = ItemEdit(key=f"card {number}", fields={"title": "Ladder"})
        ann.reactor.handle(CommandReceived(900 + number, commands.KeepItems(items=(edit,))), ann.network.now)
    for effect in ann.reactor.commit():
        ann._carry_out(effect)
    fresh = entries(ann)[before:]
    assert [one.signature is not None for one in fresh] == [False, False, False, False, True]
    ann.network.settle()
    assert entries(ben)[-5:] == fresh


def test_whoever_asks_reads_what_came_before_it_in_the_same_commit(members: tuple[Node, Node]) -> None:
    """A question in one batch with an edit sees the edit, though documents are judged together."""
    ann, _ = members
    ann.reactor.handle(CommandReceived(900, keep(title="Ladder")), ann.network.now)
    ann.reactor.handle(CommandReceived(901, commands.ListItems()), ann.network.now)
    for effect in ann.reactor.commit():
        ann._carry_out(effect)
    answer = ann._replies[901]
    assert isinstance(answer, dict)
    assert [one["fields"] for one in answer["items"]] == [{"title": "Ladder"}]


def test_a_restarted_node_goes_on_with_its_cards(members: tuple[Node, Node]) -> None:
    """After a restart and after a rebuild cards are as they were, and can be changed further."""
    ann, ben = members
    ann.ask(keep(title="Ladder", metres=3))
    ann.restart()
    assert cards(ann) == [{"title": "Ladder", "metres": 3}]
    ann.ask(commands.Rebuild())
    ann.ask(keep(metres=4))
    ben.restart()
    neighbours(ben, ann)
    assert cards(ann) == cards(ben) == [{"title": "Ladder", "metres": 4}]
