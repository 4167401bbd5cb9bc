"""What remains to be done, as the operator reads it: content that is wanted, late edits left as they were."""

from dataclasses import replace

from node import ids
from node.engine import commands
from node.engine.commands.items import ItemEdit
from node.engine.inputs import Disconnected
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.limits import COMPARE_INTERVAL_MS
from node.replication.messages import Entries
from tests.engine.harness import Network, Node, federate, neighbours, peer_of
from tests.web import serving
from tests.web.pages.reading import Page


def keep(node: Node, **fields: str) -> str:
    """Write on the card named spade and return its id."""
    answer = node.ask(commands.KeepItems(items=(ItemEdit(key="spade", fields=fields),)))
    return str(answer["items"][0]["id"])


def behind() -> tuple[Node, Node, str]:
    """Return a node with a late edit left as it was and an entry without content; whose, and the card."""
    network = Network()
    ann, ben, mill = (network.node(name) for name in ("ann", "ben", "mill"))
    neighbours(ann, ben, mill)
    federate(ann, ben)
    mill.ask(commands.EditProfile(name="The mill"))
    spade = keep(ann, name="spade")
    for link in ben.engine._links.open_links():
        network.cut(link.number)
        ben.handle(Disconnected(link.number))
    network.settle()
    keep(ben, name="Ben's spade")
    ann.ask(commands.ForgetHistory(ids=(spade,)))
    keep(ann, name="Ann's spade")
    for _ in range(6):
        network.wait(COMPARE_INTERVAL_MS)
    feed = FeedKey(mill.device.public, scopes.PUBLIC)
    (end,) = ben.store.feeds.heads_of(feed)
    said = bodies.encode(Kind.RECORD, b"unsaid", salt=bytes(16))
    written = stretch.make(feed, end, [said], hours=1, signer=mill.device)
    (bare,) = stretch.split([replace(entry, body=None) for entry in written])
    peer_of(mill).dial("ben").say(Entries(bare))
    return ben, mill, spade


async def test_what_remains_is_told_to_the_operator_alone() -> None:
    """The interface names feed, document and places; the first page says so; a stranger reads none of it."""
    ben, mill, spade = behind()
    async with serving.operator(ben) as site:
        told = await site.json("/api/v1/neighbours")
        page = Page(await (await site.get("/", Accept="text/html")).text())
    (wanted,), (left,) = told["wanted"], told["left_over"]
    assert (told["wanted_bodies"], wanted["community"], wanted["name"], wanted["bodies"]) == (
        1, ids.show(mill.community), "The mill", 1,
    )  # fmt: skip
    assert (left["document"], left["type"], left["named"]) == (spade, "item", ["name"])
    assert page.problems == []
    assert "1 entry of The mill came without content" in page.text
    assert "a late edit of 1 place in a document of the type item was not made again" in page.text
    async with serving.public(ben) as site:
        seen = await (await site.get("/", Accept="text/html")).text()
        assert (await site.get("/api/v1/neighbours")).status in (401, 403, 404)
    assert "without content" not in seen
    assert "not made again" not in seen
