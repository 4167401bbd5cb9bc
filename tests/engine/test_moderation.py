"""Tests of what a node does not show and whom it does not talk with: local, complete, without trace."""

import contextlib
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from node import ids
from node.clock import MS_PER_SECOND
from node.engine import commands
from node.engine.commands import Command
from node.engine.own_pages import profile_id
from node.errors import ConflictError, NotFoundError
from node.feeds import scopes
from node.limits import COMPARE_INTERVAL_MS, RECONNECT_MS_MAX
from node.replication.messages import Farewell
from node.storage.memory.store import MemoryStore
from tests.engine.harness import Network, Node, federate, neighbours, peer_of

Valley = tuple[Node, Node, Node]


@pytest.fixture
def valley() -> Valley:
    """Return three members of a federation, each with a page, and Ben with an offer and a note."""
    return made_valley()


def made_valley() -> Valley:
    """Make the valley of most tests."""
    network = Network()
    ann, ben, cara = (network.node(name) for name in ("Ann", "Ben", "Cara"))
    neighbours(ann, ben, cara)
    federate(ann, ben, cara)
    for node in (ann, ben, cara):
        node.ask(commands.EditProfile(name=f"{node.name}s garden"))
    ben.ask(commands.AddOffer(title="Bread"))
    ben.ask(commands.AddNote(text="Come and buy"))
    cara.ask(commands.AddNote(text="Work day"))
    return ann, ben, cara


def bread(ben: Node) -> str:
    """Return the id of Ben's offer."""
    shown: str = ben.ask(commands.ListOffers(own=True))["offers"][0]["id"]
    return shown


def seen(node: Node) -> dict[str, list[str]]:
    """Return everything a node shows of the directory and the board, in every way in which it shows it."""
    return {
        "search": sorted(one["name"] for one in node.ask(commands.Search())["listings"]),
        "browse": sorted(one["name"] for one in node.ask(commands.Browse())["listings"]),
        "offers": sorted(one["title"] for one in node.ask(commands.ListOffers())["offers"]),
        "news": sorted(one["name"] for one in node.ask(commands.ListNews())["news"]),
        "export": sorted(
            word
            for word in ("Anns", "Bens", "Caras")
            if word in node.ask(commands.Export(format="csv"))["text"]
        ),
        "board": sorted(one["text"] for one in node.ask(commands.ShowBoard())["notes"]),
    }


def held(node: Node) -> dict[str, object]:
    """Return the ends of all feeds a node holds: what counts is a function of these."""
    return {scope: node.store.feeds.heads(scope) for scope in node.store.feeds.scopes()}


def sessions(node: Node) -> list[str]:
    """Return whom a node holds sessions with."""
    shown = node.ask(commands.PeerStatus())["sessions"]
    return sorted(one["community"] for one in shown if one["introduced"])


EVERYTHING = {
    "search": ["Anns garden", "Bens garden", "Bread", "Caras garden"],
    "browse": ["Anns garden", "Bens garden", "Bread", "Caras garden"],
    "offers": ["Bread"],
    "news": ["Anns garden", "Bens garden", "Bread", "Caras garden"],
    "export": ["Anns", "Bens", "Caras"],
    "board": ["Come and buy", "Work day"],
}
WITHOUT_BEN = {
    "search": ["Anns garden", "Caras garden"],
    "browse": ["Anns garden", "Caras garden"],
    "offers": [],
    "news": ["Anns garden", "Caras garden"],
    "export": ["Anns", "Caras"],
    "board": ["Work day"],
}


def block(node: Node, other: Node) -> None:
    """Let a node block another's community."""
    node.ask(commands.BlockCommunity(community=ids.show(other.community), reason="spam", by="Ann"))


# --- blocking ----------------------------------------------------------------------------------------


def test_a_blocked_community_is_shown_nowhere_on_this_node_and_everywhere_else(valley: Valley) -> None:
    """Lists, searches, exports, news and boards leave it out here; the others see no difference."""
    ann, ben, cara = valley
    assert [seen(node) for node in valley] == [EVERYTHING] * 3
    block(ann, ben)
    assert [seen(node) for node in valley] == [WITHOUT_BEN, EVERYTHING, EVERYTHING]
    for hidden in (
        commands.ShowOffer(id=bread(ben)),
        commands.ShowListing(id=ben.ask(commands.ShowProfile())["id"]),
    ):
        with pytest.raises(NotFoundError, match="shown here"):
            ann.ask(hidden)
        cara.ask(hidden)
    assert ann.ask(commands.ShowProfile(community=ids.show(ben.community)))["profile"] is None


def test_unblocking_brings_back_everything_and_what_came_meanwhile(valley: Valley) -> None:
    """Nothing has to be fetched again: what the federation carries was carried all the time."""
    ann, ben, _ = valley
    block(ann, ben)
    ben.ask(commands.AddOffer(title="Cake"))
    ben.ask(commands.AddNote(text="And cake"))
    assert seen(ann) == WITHOUT_BEN
    ann.ask(commands.UnblockCommunity(community=ids.show(ben.community)))
    assert seen(ann) == seen(ben)
    assert "Cake" in seen(ann)["offers"]


def test_blocking_never_changes_what_counts(valley: Valley) -> None:
    """Sizes, seats and ballots of a blocked member arrive by the others, and count the same everywhere."""
    ann, ben, cara = valley
    block(ann, ben)
    for size, node in enumerate((cara, ann, ben), start=40):
        node.ask(commands.Attest(size=size))
    ann.network.wait(COMPARE_INTERVAL_MS)
    rolls = [node.ask(commands.ShowRoll()) for node in valley]
    assert rolls[0] == rolls[1] == rolls[2]
    assert rolls[0]["unattested"] == []
    proposal = ben.ask(commands.OpenProposal(title="A new well?"))["proposal"]
    results = {node.ask(commands.ShowResult(proposal=proposal))["result_id"] for node in valley}
    assert len(results) == 1
    assert held(ann) == held(cara) == held(ben)
    members = [node.ask(commands.ListFederations())["federations"][0]["members"] for node in valley]
    assert [len(one) for one in members] == [3, 3, 3]


def test_no_session_is_held_with_a_blocked_community_from_either_side(valley: Valley) -> None:
    """The open session ends, its node is not dialled, and its calls end as soon as it proves who it is."""
    ann, ben, cara = valley
    block(ann, ben)
    assert sessions(ann) == [ids.show(cara.community)]
    ben.ask(commands.AddPeer(target="Ann"))
    for _ in range(5):
        ann.network.wait(RECONNECT_MS_MAX)
    assert sessions(ann) == [ids.show(cara.community)]
    assert ids.show(ann.community) not in sessions(ben)
    assert ann.ask(commands.ListPeers())["strangers"] == []
    ann.ask(commands.UnblockCommunity(community=ids.show(ben.community)))
    ann.network.wait(RECONNECT_MS_MAX)
    assert ids.show(ben.community) in sessions(ann)


def test_a_blocked_peer_hears_what_a_stranger_hears(valley: Valley) -> None:
    """Nobody learns by a node's manner of speaking that it was blocked there."""
    ann, ben, _ = valley
    stranger_node = ann.network.node("Dora")
    stranger = peer_of(stranger_node).dial("Ann")
    for _ in range(3):
        ann.network.wait(COMPARE_INTERVAL_MS)
    blocked = peer_of(ben)
    block(ann, ben)
    blocked.dial("Ann")
    said = [peer.heard_of(Farewell) for peer in (stranger, blocked)]
    assert said[0] == said[1] != []


def test_a_mere_neighbours_feed_is_not_fetched_while_it_is_blocked() -> None:
    """Without a common federation nobody else brings it, so nothing of it arrives until it is unblocked."""
    network = Network()
    ann, ben = network.node("Ann"), network.node("Ben")
    neighbours(ann, ben)
    block(ann, ben)
    ben.ask(commands.AddOffer(title="Bread"))
    network.wait(COMPARE_INTERVAL_MS)
    assert not [end for end in ann.store.feeds.heads(scopes.PUBLIC) if end.feed.device == ben.device.public]
    ann.ask(commands.UnblockCommunity(community=ids.show(ben.community)))
    network.wait(RECONNECT_MS_MAX)
    assert [one["title"] for one in ann.ask(commands.ListOffers())["offers"]] == ["Bread"]


def test_a_community_may_be_blocked_before_it_is_known_here() -> None:
    """A block by id waits for whoever bears it; nothing of it is ever shown."""
    network = Network()
    ann, ben = network.node("Ann"), network.node("Ben")
    ben.ask(commands.AddOffer(title="Bread"))
    block(ann, ben)
    with pytest.raises(ConflictError, match="blocked here"):
        ann.ask(commands.AddPeer(target=ids.show(ben.community)))
    ben.ask(commands.AddPeer(target=ids.show(ann.community)))
    ben.ask(commands.AddPeer(target="Ann"))
    network.wait(COMPARE_INTERVAL_MS)
    assert (sessions(ann), ann.ask(commands.ListOffers())["offers"]) == ([], [])


def test_nobody_blocks_itself_or_twice(valley: Valley) -> None:
    """What makes no sense is refused with a sentence."""
    ann, ben, _ = valley
    with pytest.raises(ConflictError, match="own community"):
        block(ann, ann)
    block(ann, ben)
    with pytest.raises(ConflictError, match="already"):
        block(ann, ben)
    with pytest.raises(NotFoundError, match="not blocked"):
        ann.ask(commands.UnblockCommunity(community="Caras garden"))


# --- hiding ------------------------------------------------------------------------------------------


def test_a_hidden_offer_is_shown_to_its_steward_alone_with_the_reason(valley: Valley) -> None:
    """Every way to it is closed; the steward still sees it, who hid it, when and why."""
    ann, ben, _ = valley
    identifier = bread(ben)
    ann.ask(commands.Hide(target=identifier, reason="mouldy", by="Ann"))
    assert seen(ann)["offers"] == []
    assert "Bread" not in seen(ann)["search"]
    assert "Bread" not in seen(ann)["news"]
    with pytest.raises(NotFoundError, match="shown here"):
        ann.ask(commands.ShowOffer(id=identifier))
    shown = ann.ask(commands.ShowHidden(id=identifier))
    assert shown["offer"]["title"] == {"und": "Bread"}
    why = {"what": "hidden", "reason": "mouldy", "by": "Ann", "at": ann.network.now}
    assert shown["why"] == [why]
    (row,) = ann.ask(commands.ListModeration())["hidden"]
    assert (row["id"], row["title"], row["kind"], row["reason"], row["by"]) == (
        identifier,
        "Bread",
        "offer",
        "mouldy",
        "Ann",
    )
    assert seen(ben) == EVERYTHING


def test_what_is_hidden_stays_hidden_whatever_its_maker_writes(valley: Valley) -> None:
    """A further edit of a hidden listing does not bring it back; unhiding shows the newest text."""
    ann, ben, _ = valley
    page = ben.ask(commands.ShowProfile())["id"]
    ann.ask(commands.Hide(target=page))
    ben.ask(commands.EditProfile(name="Bens new garden"))
    assert seen(ann)["search"] == ["Anns garden", "Bread", "Caras garden"]
    ann.ask(commands.Unhide(target=page))
    assert seen(ann)["search"] == ["Anns garden", "Bens new garden", "Bread", "Caras garden"]


def test_attack_whoever_is_turned_away_at_once_calls_more_and_more_rarely(valley: Valley) -> None:
    """A blocked node's calls, each a handshake and a line in the log, become few."""
    ann, ben, _ = valley
    ben.ask(commands.AddPeer(target=ann.name))
    block(ann, ben)
    begun = len(ann.reasons())
    for _ in range(600):
        ann.network.wait(MS_PER_SECOND)
    assert 2 < len(ann.reasons()) - begun < 40


def test_a_hidden_note_leaves_the_board_here(valley: Valley) -> None:
    """One note of a board is hidden by its key, and shown again."""
    ann, ben, _ = valley
    key = next(one["note"] for one in ann.ask(commands.ShowBoard())["notes"] if one["text"] == "Come and buy")
    assert ann.ask(commands.Hide(target=key, reason="advert"))["title"] == "Come and buy"
    assert (seen(ann)["board"], seen(ben)["board"]) == (["Work day"], ["Come and buy", "Work day"])
    (row,) = ann.ask(commands.ListModeration())["hidden"]
    assert (row["kind"], row["note"]) == ("note", key)
    ann.ask(commands.Unhide(target=key))
    assert seen(ann) == EVERYTHING


def test_what_cannot_be_hidden_is_refused(valley: Valley) -> None:
    """The own page, unknown things and things already hidden are each refused with a sentence."""
    ann, ben, _ = valley
    with pytest.raises(ConflictError, match="own page"):
        ann.ask(commands.Hide(target=ann.ask(commands.ShowProfile())["id"]))
    for unknown in ("nothing", ids.show(bytes(32))):
        with pytest.raises(NotFoundError):
            ann.ask(commands.Hide(target=unknown))
    ann.ask(commands.Hide(target=bread(ben)))
    with pytest.raises(ConflictError, match="already"):
        ann.ask(commands.Hide(target=bread(ben)))
    with pytest.raises(NotFoundError, match="not hidden"):
        ann.ask(commands.Unhide(target=ben.ask(commands.ShowProfile())["id"]))


# --- allowing ----------------------------------------------------------------------------------------


def test_with_the_list_alone_nobody_else_is_shown_or_talked_with(valley: Valley) -> None:
    """Mode `listed`: who is not on the list is as if blocked; who is put on it comes back at once."""
    ann, ben, cara = valley
    ann.ask(commands.AllowCommunity(community=ids.show(cara.community), reason="friends", by="Ann"))
    assert seen(ann) == EVERYTHING
    ann.ask(commands.ChooseAllowed(mode="listed", by="Ann"))
    assert seen(ann) == WITHOUT_BEN
    assert sessions(ann) == [ids.show(cara.community)]
    listed = ann.ask(commands.ListModeration())
    assert [one["name"] for one in listed["not_allowed"]] == ["Bens garden"]
    assert [(one["name"], one["reason"]) for one in listed["listed"]] == [("Caras garden", "friends")]
    assert (listed["mode"]["mode"], listed["mode"]["by"]) == ("listed", "Ann")
    shown = ann.ask(commands.ShowHidden(id=bread(ben)))
    assert [one["what"] for one in shown["why"]] == ["not allowed"]
    ann.ask(commands.AllowCommunity(community="Bens garden"))
    ann.network.wait(RECONNECT_MS_MAX)
    assert seen(ann) == EVERYTHING
    assert len(sessions(ann)) == 2


def test_with_federations_alone_a_mere_neighbour_is_left_out_until_it_is_a_member(valley: Valley) -> None:
    """Mode `federations`: members are shown; a neighbour comes in with its membership, by invitation too."""
    ann, ben, cara = valley
    network = ann.network
    dora = network.node("Dora")
    neighbours(ann, dora)
    dora.ask(commands.EditProfile(name="Doras garden"))
    assert "Doras garden" in seen(ann)["search"]
    for node in valley:
        node.ask(commands.ChooseAllowed(mode="federations"))
    dora.ask(commands.ChooseAllowed(mode="federations"))
    assert seen(ann) == EVERYTHING
    assert ids.show(dora.community) not in sessions(ann)
    dora.ask(commands.JoinFederation(link=ann.ask(commands.Invite(addresses=("Ann",)))["link"]))
    for _ in range(4):
        network.wait(RECONNECT_MS_MAX)
    for node in (ben, cara):
        for asking in node.ask(commands.ListFederations())["federations"][0]["pending"]:
            if not asking["approved_here"]:
                node.ask(commands.Approve(community=asking["community"]))
    for _ in range(4):
        network.wait(RECONNECT_MS_MAX)
    expected = ["Anns garden", "Bens garden", "Bread", "Caras garden", "Doras garden"]
    assert [seen(node)["search"] for node in (ann, ben, cara, dora)] == [expected] * 4


def test_a_block_stands_above_every_list(valley: Valley) -> None:
    """Who is both allowed and blocked is blocked."""
    ann, ben, _ = valley
    ann.ask(commands.AllowCommunity(community=ids.show(ben.community)))
    ann.ask(commands.ChooseAllowed(mode="federations"))
    block(ann, ben)
    assert seen(ann) == WITHOUT_BEN


# --- staying -----------------------------------------------------------------------------------------


def blocked_ben(ann: Node, ben: Node) -> None:
    """Block Ben."""
    block(ann, ben)


def hidden_bread(ann: Node, ben: Node) -> None:
    """Hide one offer and one note."""
    ann.ask(commands.Hide(target=bread(ben)))
    ann.ask(commands.Hide(target=ann.ask(commands.ShowBoard())["notes"][0]["note"]))


def members_only(ann: Node, ben: Node) -> None:  # noqa: ARG001 (a decision about everybody)
    """Allow members only."""
    ann.ask(commands.ChooseAllowed(mode="federations"))


def nobody_listed(ann: Node, ben: Node) -> None:  # noqa: ARG001 (as above)
    """Allow nobody."""
    ann.ask(commands.ChooseAllowed(mode="listed"))


Decision = Callable[[Node], Command]
DECISIONS: list[Decision] = [
    lambda node: commands.BlockCommunity(community=ids.show(node.community)),
    lambda node: commands.UnblockCommunity(community=ids.show(node.community)),
    lambda node: commands.AllowCommunity(community=ids.show(node.community)),
    lambda node: commands.DisallowCommunity(community=ids.show(node.community)),
    lambda node: commands.Hide(target=ids.show(profile_id(node.community))),
    lambda node: commands.Unhide(target=ids.show(profile_id(node.community))),
    lambda _: commands.ChooseAllowed(mode="listed"),
    lambda _: commands.ChooseAllowed(mode="federations"),
    lambda _: commands.ChooseAllowed(mode="open"),
]


@pytest.mark.parametrize("decide", [blocked_ben, hidden_bread, members_only, nobody_listed])
def test_decisions_survive_a_restart_and_a_rebuild(
    valley: Valley, decide: Callable[[Node, Node], None]
) -> None:
    """What is kept from view stays so; a directory made again from the feeds has the very same rows."""
    ann, ben, _ = valley
    decide(ann, ben)
    before = (seen(ann), ann.ask(commands.ListModeration()), ann.store.directory.count())
    ann.restart()
    assert (seen(ann), ann.ask(commands.ListModeration()), ann.store.directory.count()) == before
    ann.ask(commands.Rebuild())
    assert (seen(ann), ann.ask(commands.ListModeration()), ann.store.directory.count()) == before
    assert isinstance(ann.store, MemoryStore)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.sampled_from(DECISIONS), st.integers(0, 2)), max_size=8))
def test_any_decisions_in_any_order_leave_the_directory_that_a_rebuild_makes(
    steps: list[tuple[Decision, int]],
) -> None:
    """Rows are taken out and written back one by one, and end up as if all had been decided beforehand."""
    ann, ben, cara = made_valley()
    for decision, which in steps:
        with contextlib.suppress(ConflictError, NotFoundError):  # Blocking twice, say, is refused.
            ann.ask(decision((ann, ben, cara)[which]))
        ben.ask(commands.EditProfile(description=f"After {which}"))
    step_by_step = seen(ann)
    ann.ask(commands.Rebuild())
    assert seen(ann) == step_by_step
    for community in ann.ask(commands.ListModeration())["blocked"]:
        ann.ask(commands.UnblockCommunity(community=community["community"]))
    for one in ann.ask(commands.ListModeration())["hidden"]:
        ann.ask(commands.Unhide(target=one["id"]))
    ann.ask(commands.ChooseAllowed(mode="open"))
    assert seen(ann) == seen(ben) == seen(cara)


def test_nothing_of_a_decision_leaves_the_node(valley: Valley) -> None:
    """Blocks, hidings and lists publish no entry: what others hold is what they held before."""
    ann, ben, cara = valley
    before = held(cara)
    block(ann, ben)
    hidden_bread(ann, ben)
    nobody_listed(ann, ben)
    ann.network.wait(COMPARE_INTERVAL_MS)
    assert held(ann) == before
    assert held(cara) == before
