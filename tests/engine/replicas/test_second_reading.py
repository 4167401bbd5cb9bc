"""`doctor` reads every document a second way, a part at a time, and names what differs."""

from dataclasses import replace

from node import canonical, ids
from node.engine import commands
from tests.engine.harness import Network, Node, federate, neighbours


def busy() -> tuple[Node, Node]:
    """Return two members that wrote documents of all types together."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    for node in (ann, ben):
        node.ask(commands.EditProfile(name=node.name, tags=("garden",)))
        node.ask(commands.EditProfile(description="We bake."))
        node.ask(commands.AddOffer(title="Bread"))
        node.ask(commands.AddNote(text=f"hello from {node.name}"))
    return ann, ben


def read_all(node: Node, limit: int) -> list[dict[str, object]]:
    """Ask part after part and return all differences."""
    found: list[dict[str, object]] = []
    place, compared = None, 0
    while True:
        part = node.ask(commands.ReadAgain(after=place, limit=limit))
        found += part["differing"]
        compared += part["compared"]
        place = part["next"]
        if place is None:
            assert compared == 5
            return found


def test_automerge_reads_what_is_shown() -> None:
    """Two profiles, two offers and a board read the same both ways, in parts of any size."""
    ann, ben = busy()
    for limit in (1, 2, 5, 50):
        assert read_all(ann, limit) == read_all(ben, limit) == []


def test_a_document_that_is_not_what_its_entries_make_is_named() -> None:
    """A cache that was changed behind the node's back is named by the document's id; rebuilding heals it."""
    ann, _ = busy()
    row = ann.store.documents.of_type("board")[0]
    ann.store.documents.put(replace(row, tree=canonical.encode({"forged": "note"})))
    ann.store.commit()
    (found,) = read_all(ann, 2)
    assert found["id"] == ids.show(row.id)
    ann.ask(commands.Rebuild())
    assert read_all(ann, 2) == []
