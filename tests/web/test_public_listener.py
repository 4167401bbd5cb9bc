import pytest

from node import ids
from node.engine import commands
from node.web.api import table
from node.web.public_asking import PublicAsks
from tests.web import valley
from tests.web.serving import Clock, NodeAsks, Site
from tests.web.valley import SECRETS, Valley


@pytest.fixture(scope="module")
def some_valley() -> Valley:
    """Return one valley for all tests here: none of them changes what another looks at."""
    return valley.make()


def filled(path: str, valley: Valley) -> str:
    """Return a path with the ids of what really is there."""
    found = path.replace("{federation}", valley.federation).replace("{proposal}", valley.proposal)
    return found.replace("{note}", valley.note).replace("{id}", valley.offer)


async def test_a_stranger_cannot_read_members_records_by_asking_as_the_operator_does(
    stranger: Site, some_valley: Valley
) -> None:
    """No operation beyond the public ones exists on the public listener, whatever token is shown."""
    public = {(each.method, each.path) for each in table.PUBLIC}
    tried = 0
    for operation in table.OPERATOR:
        path = filled(operation.path, some_valley)
        response = await stranger.send(operation.method, path, headers={"Authorization": "Bearer x"})
        text = await response.text()
        if (operation.method, operation.path) not in public:
            assert response.status in (404, 405), operation
            tried += 1
        assert not [secret for secret in (*SECRETS, some_valley.federation) if secret in text], operation
    assert tried > 10


async def test_a_stranger_cannot_publish_even_with_a_token(stranger: Site, steward: Site) -> None:
    """A token that may publish on the operator's listener does nothing on the public one."""
    headers = {"Authorization": f"Bearer {steward.token}"}
    sent = {"title": "Weeds"}
    assert (await stranger.send("POST", "/api/v1/offers", json=sent, headers=headers)).status == 405
    assert (await stranger.json("/api/v1/listings?q=weeds"))["total"] == 0


async def test_a_mistaken_page_cannot_ask_the_core_for_members_records(some_valley: Valley) -> None:
    """The way from the public listener to the core lets no other question through, and no change."""
    asks = PublicAsks(NodeAsks(some_valley.node), Clock())
    for command in (
        commands.ListFederations(),
        commands.ShowBoard(),
        commands.ListProposals(),
        commands.ShowResult(proposal=some_valley.proposal),
        commands.ShowLog(),
        commands.ListPeers(),
        commands.ListModeration(),
        commands.ShowHidden(id="a" * 52),
        commands.ListReports(),
        commands.AddOffer(title="Weeds"),
    ):
        with pytest.raises(AssertionError, match="not for strangers"):
            await asks.ask(command)


async def test_a_stranger_cannot_learn_whom_the_node_knows(stranger: Site, some_valley: Valley) -> None:
    """A community that is known but has no page is answered exactly as one that is not known."""
    network = some_valley.node.network
    silent = network.node("silent")
    some_valley.node.ask(commands.AddPeer(target=ids.show(silent.community)))
    known = await stranger.get(f"/api/v1/communities/{ids.show(silent.community)}")
    unknown = await stranger.get("/api/v1/communities/" + "a" * 52)
    assert known.status == unknown.status == 404
    assert await known.read() == await unknown.read()


async def test_a_stranger_cannot_learn_from_pages_whom_the_node_knows_or_blocks(
    stranger: Site, some_valley: Valley
) -> None:
    """The page of a community that is known or blocked, and has none, is that of one never heard of."""
    node = some_valley.node
    silent = node.network.node("silent in pages")
    node.ask(commands.AddPeer(target=ids.show(silent.community)))
    node.ask(commands.BlockCommunity(community="b" * 51 + "a", reason="spam"))
    accept = {"Accept": "text/html"}
    shown = [
        await stranger.get(f"/communities/{one}", **accept)
        for one in (ids.show(silent.community), "b" * 51 + "a", "a" * 52)
    ]
    assert [one.status for one in shown] == [404] * 3
    found = [(await one.text()).replace(one.url.path, "") for one in shown]
    assert found[0] == found[1] == found[2]


async def test_numbers_are_not_for_strangers(stranger: Site) -> None:
    """The public listener serves no metrics, and its health says no more than that the node answers."""
    assert (await stranger.get("/metrics")).status == 404
    assert await stranger.json("/healthz") == {"status": "pass", "version": "0.0.0-test"}


async def test_the_public_listener_sets_no_cookies(stranger: Site) -> None:
    """No answer sets a cookie, so there is none that another page could misuse."""
    for path in ("/api/v1/node", "/api/v1/listings", "/healthz", "/nowhere"):
        assert "Set-Cookie" not in (await stranger.get(path)).headers
