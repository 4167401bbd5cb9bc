"""Bodies of a federation over whole nodes: tests of engine/deciding/elections.py and handlers/bodies.py."""

from collections.abc import Sequence
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.engine.commands.effects import NewEffect
from node.engine.inputs import CommandReceived
from node.errors import ConflictError, NotFoundError, UserError
from node.governance import ballots
from node.governance.bodies import Resignation
from node.keys import KeyPair
from tests import builders
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time
from tests.engine.deciding.test_effects import agree
from tests.engine.harness import Node

DAY = 24 * HOUR
# Voting, grace, patience and review of tests/engine/deciding/test_closing.py.
UNTIL_IN_FORCE = 52 * HOUR
NAMES = ("Ana", "Ben", "Cem", "Dora")
COUNCIL = "Coordination council"


@pytest.fixture
def nodes() -> list[Node]:
    """Return two nodes of a federation that has a council of two places."""
    made = federated(["ann", "bob"])
    made[0].ask(commands.KeepBody(body=COUNCIL, kind="council", places=2, term_days=365))
    return made


def elect(node: Node, options: Sequence[str] = NAMES, seats: int = 3, **fills: Any) -> str:
    """Put an election to the council, let its lot be drawn, and return its id."""
    filling = NewFilling(body=COUNCIL, keys={name: keys.show(key(name).public) for name in options}, **fills)
    command = commands.OpenProposal(
        title="Council", method="phragmen", options=tuple(options), seats=seats, fills=filling
    )
    proposal = str(node.ask(command)["proposal"])
    pass_time(node, 1_000)
    return proposal


def cast(nodes: Sequence[Node], proposal: str, choices: Sequence[Sequence[int]]) -> None:
    """Let the delegate of each node cast its ballot, and the witnesses confirm it."""
    for node, choice in zip(nodes, choices, strict=True):
        paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
        signed = [
            ballots.make(ballots.paper_of(paper, seat), choice, node.delegate) for seat in paper["seats"]
        ]
        node.ask(commands.CastBallots(ballots=tuple(one.raw for one in signed)))
    nodes[0].network.wait(500)


def vote(nodes: Sequence[Node], proposal: str, choices: Sequence[Sequence[int]]) -> None:
    """Let the delegate of each node cast its ballot, and wait until the result is in force."""
    cast(nodes, proposal, choices)
    pass_time(nodes[0], 25 * HOUR)
    pass_time(nodes[0], UNTIL_IN_FORCE - 25 * HOUR)


def key(name: str) -> KeyPair:
    """Return the key of someone who stands."""
    return builders.key(f"{name} who stands")


def council(node: Node) -> dict[str, Any]:
    """Return the council as a node shows it."""
    return node.ask(commands.ShowBody(body=COUNCIL))


def names(node: Node) -> list[str | None]:
    """Return who holds the council's places."""
    return [place["name"] for place in council(node)["places"]]


def resign(node: Node, name: str, *, signer: KeyPair | None = None) -> None:
    """Hand in that somebody steps down from whatever they hold or stand by for."""
    found = council(node)
    place = next(one for one in (*found["places"], *found["deputies"]) if one["name"] == name)
    said = Resignation(
        federation=ids.parse(found["federation"]),
        proposal=ids.parse(place["proposal"]),
        option=place["option"],
    )
    node.ask(commands.TakeResignation(resignation=said.sign(signer or key(name)).raw))


def test_a_certified_election_fills_a_body_on_every_node(nodes: list[Node]) -> None:
    """Nothing acts before the decision is in force; then all nodes show the same holders and deputy."""
    ann, bob = nodes
    proposal = elect(ann)
    assert [one["proposal"] for one in council(bob)["under_way"]] == [proposal]
    assert names(bob) == [None, None]
    cast(nodes, proposal, [(3, 1, 2), (1, 3, 2)])
    pass_time(ann, 25 * HOUR)
    assert names(ann) == [None, None]
    assert sorted(council(ann)["coming"][0]["names"]) == sorted(council(bob)["coming"][0]["names"])
    pass_time(ann, UNTIL_IN_FORCE - 25 * HOUR)
    assert council(ann) == council(bob)
    assert set(names(ann)) | {one["name"] for one in council(ann)["deputies"]} == {"Ana", "Ben", "Cem"}
    assert council(ann)["vacant"] == 0
    assert council(ann)["coming"] == council(ann)["under_way"] == []


def test_an_election_fills_nothing_where_the_bylaws_leave_that_to_people() -> None:
    """`effects.bodies = false`: it elects all the same, no place is filled, and each answer says why."""
    nodes = federated(["ann", "bob"], closing=f"{CLOSING}[effects]\nbodies = false\n")
    ann, bob = nodes
    ann.ask(commands.KeepBody(body=COUNCIL, kind="council", places=2, term_days=365))
    proposal = elect(ann)
    asked = bob.ask(commands.ShowResult(proposal=proposal))
    assert (asked["fills"]["acts"], asked["fills"]["places"]) == (False, [1, 2])
    vote(nodes, proposal, [(3, 1, 2), (1, 3, 2)])
    assert bob.ask(commands.ShowResult(proposal=proposal))["state"] == "in force"
    for node in nodes:
        found = council(node)
        assert (names(node), found["deputies"], found["vacant"]) == ([None, None], [], 2)
        assert found["coming"] == found["under_way"] == []
        assert {*found["left"][0]["names"]} <= {"Ana", "Ben", "Cem"}
        assert "leave it to people" in found["places"][0]["why_vacant"]
    ann.ask(commands.Rebuild())
    ann.restart()
    assert names(ann) == [None, None]


def test_what_was_filled_under_bylaws_that_let_elections_stays_under_others(nodes: list[Node]) -> None:
    """Each election goes by the bylaws it was put under, before the change and after it."""
    ann, bob = nodes
    vote(nodes, elect(ann), [(1, 2, 3), (1, 2, 3)])
    before = names(ann)
    assert None not in before
    rules = f'name = "Valley"\n[seats]\nhouse = 2\n{CLOSING}[effects]\nbodies = false\n'
    agree(nodes, NewEffect(act="bylaws", content=rules.encode(), file_name="b.toml"))
    vote(nodes, elect(bob), [(3, 4, 1), (3, 4, 1)])
    assert names(ann) == names(bob) == before
    assert len(council(bob)["left"]) == 1


def test_an_election_is_left_to_people_until_its_term_ends_or_a_newer_one_fills_its_places() -> None:
    """After that it is no reason why a place is vacant, whatever the bylaws say by then."""
    nodes = federated(["ann", "bob"], closing=f"{CLOSING}[effects]\nbodies = false\n")
    ann, bob = nodes
    ann.ask(commands.KeepBody(body=COUNCIL, kind="council", places=2, term_days=30))

    def why(node: Node) -> set[str | None]:
        return {place["why_vacant"] for place in council(node)["places"]}

    vote(nodes, elect(ann), [(1, 2, 3), (1, 2, 3)])
    (waiting,) = council(ann)["left"]
    pass_time(ann, 31 * DAY)
    assert waiting["ends"] * 1_000 < ann.network.now
    assert [council(node)["left"] for node in nodes] == [[], []]
    assert why(ann) == why(bob) == {"nobody has been elected yet"}
    longer = elect(ann, term_days=400)
    vote(nodes, longer, [(1, 2, 3), (1, 2, 3)])
    rules = f'name = "Valley"\n[seats]\nhouse = 2\n{CLOSING}'
    agree(nodes, NewEffect(act="bylaws", content=rules.encode(), file_name="b.toml"))
    assert [one["proposal"] for one in council(bob)["left"]] == [longer]
    assert "leave it to people" in str(why(ann))
    newer = elect(bob, options=("Ana", "Ben"), seats=1, places=(2,), term_days=30)
    vote(nodes, newer, [(1, 2), (1, 2)])
    assert [one["proposal"] for one in council(bob)["left"]] == [longer]
    pass_time(ann, 31 * DAY)
    reasons = [place["why_vacant"] for place in council(bob)["places"]]
    assert "leave it to people" in str(reasons[0])
    assert reasons[1] == "the term is over"
    vote(nodes, elect(bob, term_days=30), [(1, 2, 3), (1, 2, 3)])
    assert None not in names(ann)
    pass_time(ann, 31 * DAY)
    assert council(ann)["left"] == []
    assert why(ann) == why(bob) == {"the term is over"}


def test_who_steps_down_is_followed_by_the_deputy_and_then_by_nobody(nodes: list[Node]) -> None:
    """The holder's signature is enough, at any node; a second one leaves the place vacant."""
    ann, bob = nodes
    vote(nodes, elect(ann), [(1, 2, 3), (1, 2, 3)])
    first, second = (str(name) for name in names(ann))
    (deputy,) = [one["name"] for one in council(ann)["deputies"]]
    resign(bob, first)
    assert names(ann) == names(bob) == [deputy, second]
    assert council(ann)["places"][0]["followed"]
    assert council(ann)["deputies"] == []
    resign(ann, deputy)
    assert names(ann) == names(bob) == [None, second]
    assert "no deputy" in council(bob)["places"][0]["why_vacant"]
    ann.ask(commands.Rebuild())
    ann.restart()
    assert names(ann) == [None, second]


def test_nobody_steps_down_for_somebody_else(nodes: list[Node]) -> None:
    """Another key, the same word twice and bytes that are no resignation are refused with a sentence."""
    ann, _ = nodes
    vote(nodes, elect(ann), [(1, 2, 3), (1, 2, 3)])
    first = str(names(ann)[0])
    with pytest.raises(UserError, match="not signed with the key"):
        resign(ann, first, signer=ann.steward)
    with pytest.raises(UserError, match="not a signed resignation"):
        ann.ask(commands.TakeResignation(resignation=b"I am off"))
    found = council(ann)["places"][0]
    said = Resignation(
        federation=ids.parse(council(ann)["federation"]),
        proposal=ids.parse(found["proposal"]),
        option=found["option"],
    )
    again = commands.TakeResignation(resignation=said.sign(key(first)).raw)
    ann.ask(again)
    with pytest.raises(ConflictError, match="already"):
        ann.ask(again)


def test_after_the_term_the_places_are_vacant_until_the_next_election(nodes: list[Node]) -> None:
    """A term ends by itself, on every node at the same second; the next election fills the places anew."""
    ann, bob = nodes
    vote(nodes, elect(ann, term_days=30), [(1, 2), (1, 2)])
    assert None not in names(ann)
    pass_time(ann, 31 * DAY)
    assert names(ann) == names(bob) == [None, None]
    assert {place["why_vacant"] for place in council(bob)["places"]} == {"the term is over"}
    vote(nodes, elect(bob, options=("Eli",), seats=1, places=(2,)), [(1,), (1,)])
    assert names(ann) == names(bob) == [None, "Eli"]


def test_the_seats_of_an_assembly_follow_from_the_roll(nodes: list[Node]) -> None:
    """Each seat names its community and the delegate's key; no election fills it."""
    ann, bob = nodes
    ann.ask(commands.KeepBody(body="Assembly", kind="assembly"))
    found = bob.ask(commands.ShowBody(body="assembly"))
    assert [place["key"] for place in found["places"]] == [
        keys.show(node.delegate.public) for node in sorted(nodes, key=lambda node: node.community)
    ]
    assert found["seats"] == 2
    assert found["vacant"] == 0
    with pytest.raises(ConflictError, match="follow from the roll"):
        ann.ask(
            commands.OpenProposal(
                title="?", method="phragmen", options=("Ana",), fills=NewFilling(body="Assembly")
            )
        )


def test_two_members_who_begin_one_body_mean_one(nodes: list[Node]) -> None:
    """Begun on both sides before either heard of the other, the body is one; a renamed one keeps its id."""
    ann, bob = nodes
    for node in nodes:
        node.handle(CommandReceived(900, commands.KeepBody(body="Elders", kind="committee")))
    ann.network.settle()
    assert [one["title"] for one in ann.ask(commands.ListBodies())["bodies"]] == [COUNCIL, "Elders"]
    before = ann.ask(commands.ShowBody(body="elders"))["id"]
    bob.ask(commands.KeepBody(body="Elders", title="Circle of elders", places=7))
    after = ann.ask(commands.ShowBody(body="Circle of elders"))
    assert (after["id"], after["seats"]) == (before, 7)
    with pytest.raises(ConflictError, match="called"):
        ann.ask(commands.KeepBody(body="Circle of elders", title=COUNCIL))
    ann.ask(commands.KeepBody(body="Circle of elders", ended=True))
    assert bob.ask(commands.ListBodies())["bodies"][-1]["ended"]


@pytest.mark.parametrize(
    ("filling", "error", "said"),
    [
        ({"body": "Senate"}, NotFoundError, "no body"),
        ({"body": COUNCIL, "places": (3,)}, UserError, "from 1 to 2"),
        ({"body": COUNCIL, "starts": 0}, UserError, "after voting ends"),
        ({"body": COUNCIL, "keys": {"Zoe": keys.show(builders.key("z").public)}}, UserError, "Zoe"),
        (
            {"body": COUNCIL, "keys": dict.fromkeys(("Ana", "Ben"), keys.show(builders.key("z").public))},
            UserError,
            "one key for two",
        ),
    ],
)
def test_an_election_that_cannot_fill_is_refused(
    nodes: list[Node], filling: dict[str, Any], error: type[Exception], said: str
) -> None:
    """An unknown body, a place it has not, a term before the vote, a stranger's key: a sentence each."""
    command = commands.OpenProposal(
        title="?", method="phragmen", options=("Ana", "Ben"), seats=2, fills=NewFilling(**filling)
    )
    with pytest.raises(error, match=said):
        nodes[0].ask(command)
    assert nodes[0].ask(commands.ListProposals())["proposals"] == []


def test_a_body_without_a_usual_term_asks_for_one(nodes: list[Node]) -> None:
    """How long somebody is elected is said by the body or by the election, never guessed."""
    nodes[0].ask(commands.KeepBody(body=COUNCIL, term_days=0))
    with pytest.raises(UserError, match="how many days"):
        elect(nodes[0])
