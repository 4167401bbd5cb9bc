"""Standing for a body over whole nodes: tests of handlers/candidates.py and handlers/stepping.py."""

from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.errors import ConflictError, NotFoundError, UserError
from node.governance.candidacies import Candidacy
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, result
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.test_bodies import COUNCIL, UNTIL_IN_FORCE, council, elect, key, names, vote
from tests.verifier.drawn import slip


@pytest.fixture
def nodes() -> list[Node]:
    """Return two nodes of a federation that has a council of two places."""
    made = federated(["ann", "bob"])
    made[0].ask(commands.KeepBody(body=COUNCIL, kind="council", places=2, term_days=365))
    return made


def stand(node: Node, name: str, **said: Any) -> None:
    """Let somebody of a node's community stand for the council."""
    node.ask(commands.StandForBody(body=COUNCIL, name=name, key=keys.show(key(name).public), **said))


def standing(node: Node) -> list[str]:
    """Return who stands, as a node shows it."""
    return [one["option"] for one in council(node)["standing"]]


def test_who_stands_is_the_same_on_every_node_until_it_is_taken_back(nodes: list[Node]) -> None:
    """Each community names its own people; two of one name are told apart by whose they are."""
    ann, bob = nodes
    stand(ann, "Ana", text="I would like to.")
    stand(bob, "Ana Be")
    stand(bob, "Ben")
    assert standing(ann) == standing(bob) == ["Ana", "Ana Be", "Ben"]
    bob.ask(commands.StandForBody(body=COUNCIL, name="Ana"))
    assert standing(ann)[0].startswith("Ana (")
    with pytest.raises(NotFoundError, match="does not stand"):
        ann.ask(commands.StandForBody(body=COUNCIL, name="Ben", stands=False))
    bob.ask(commands.StandForBody(body=COUNCIL, name="Ben", stands=False))
    bob.ask(commands.StandForBody(body=COUNCIL, name="Ana", stands=False))
    assert standing(ann) == standing(bob) == ["Ana", "Ana Be"]
    ann.ask(commands.Rebuild())
    ann.restart()
    assert standing(ann) == ["Ana", "Ana Be"]


def test_voters_see_whose_keys_an_election_would_install(nodes: list[Node]) -> None:
    """Whose people stand, which key each brings, and where that key is known from, before anybody votes."""
    ann, bob = nodes
    stand(ann, "Ana")
    ann.ask(commands.StandForBody(body=COUNCIL, name="Cem"))
    given = {"Ana": keys.show(key("Ana").public), "Eve": keys.show(bob.delegate.public)}
    put = commands.OpenProposal(
        title="Council",
        method="phragmen",
        options=("Ana", "Eve", "Cem", "Zoe"),
        seats=2,
        fills=NewFilling(body=COUNCIL, keys=given),
    )
    proposal = ann.ask(put)["proposal"]
    for node in nodes:
        ana, eve, cem, zoe = result(node, proposal)["fills"]["options"]
        assert (ana["key"], len(ana["stands_for"]), ana["known_as"]) == (given["Ana"], 1, [])
        assert (eve["key"], eve["stands_for"]) == (given["Eve"], [])
        assert eve["known_as"][0].startswith("delegate of")
        assert (cem["key"], len(cem["stands_for"])) == (None, 1)
        assert (zoe["key"], zoe["stands_for"]) == (None, [])
    paper = bob.ask(commands.ShowPaper(proposal=proposal, holder=given["Eve"]))
    assert paper["fills"] == result(bob, proposal)["fills"]


def test_attack_a_key_put_under_the_name_of_somebody_who_stands_with_another(nodes: list[Node]) -> None:
    """The name alone does not make it hers: with another key nobody says who this is."""
    ann, bob = nodes
    stand(ann, "Ana")
    forged = {"Ana": keys.show(key("somebody else").public)}
    put = commands.OpenProposal(
        title="Council",
        method="phragmen",
        options=("Ana",),
        seats=2,
        fills=NewFilling(body=COUNCIL, keys=forged),
    )
    proposal = bob.ask(put)["proposal"]
    (shown,) = result(ann, proposal)["fills"]["options"]
    assert (shown["key"], shown["stands_for"], shown["known_as"]) == (forged["Ana"], [], [])


def test_attack_a_community_that_makes_another_ones_people_stand(nodes: list[Node]) -> None:
    """A candidacy in the name of another community is signed by nobody who may, and is not shown."""
    ann, bob = nodes
    found = council(ann)
    forged = Candidacy(
        federation=ids.parse(found["federation"]),
        community=ann.community,
        body=ids.parse(found["id"]),
        name="Ana",
        key=None,
        text="",
        stands=True,
        since=0,
        serial=1,
    )
    slip(bob, scope_of(bob), [forged.sign(bob.steward), forged.sign(bob.device)])
    assert standing(ann) == standing(bob) == []


def test_an_election_answers_those_who_stood_for_it(nodes: list[Node]) -> None:
    """Put, they stand no more; withdrawn, they stand again; who was not elected may stand anew."""
    ann, bob = nodes
    for name in ("Ana", "Ben", "Cem"):
        stand(ann, name)
    pass_time(ann, 1_000)
    withdrawn = elect(bob, ("Ana", "Ben", "Cem"), seats=2)
    assert standing(ann) == standing(bob) == []
    bob.ask(commands.WithdrawProposal(proposal=withdrawn))
    assert standing(ann) == standing(bob) == ["Ana", "Ben", "Cem"]
    vote(nodes, elect(bob, ("Ana", "Ben", "Cem"), seats=2), [(1, 2), (1, 2)])
    assert set(names(ann)) == {"Ana", "Ben"}
    assert standing(ann) == []
    stand(ann, "Cem")
    assert standing(bob) == ["Cem"]


def test_an_election_that_nobody_voted_on_leaves_those_who_stood_standing(nodes: list[Node]) -> None:
    """Certified with nobody elected, it came to nothing: nobody has to say again that they stand."""
    ann, bob = nodes
    for name in ("Ana", "Ben", "Cem"):
        stand(ann, name)
    pass_time(ann, 1_000)
    elect(bob, ("Ana", "Ben", "Cem"), seats=2)
    pass_time(ann, 25 * HOUR)
    pass_time(ann, UNTIL_IN_FORCE - 25 * HOUR)
    assert names(ann) == [None, None]
    assert standing(ann) == standing(bob) == ["Ana", "Ben", "Cem"]


def test_attack_a_card_called_an_assembly_hides_nobody(nodes: list[Node]) -> None:
    """Any member may change the card; who was elected is shown all the same, and may still step down."""
    ann, bob = nodes
    vote(nodes, elect(ann), [(1, 2, 3), (1, 2, 3)])
    held = names(ann)
    bob.ask(commands.KeepBody(body=COUNCIL, kind="assembly", places=1))
    for node in nodes:
        found = council(node)
        assert [place["name"] for place in found["elected"]] == held
        assert len(found["deputies"]) == 1
    with pytest.raises(ConflictError, match="follow from the roll"):
        stand(ann, "Zoe")
    bob.ask(commands.KeepBody(body=COUNCIL, kind="council", places=2))
    assert names(ann) == held


def test_what_cannot_stand_is_refused(nodes: list[Node]) -> None:
    """An unknown body, a name of hidden characters, what is no key, a body that ended: a sentence each."""
    ann, _ = nodes
    wrong: list[tuple[dict[str, Any], type[Exception], str]] = [
        ({"body": "Senate", "name": "Ana"}, NotFoundError, "no body"),
        ({"body": COUNCIL, "name": "\u200b"}, UserError, "can be read"),
        ({"body": COUNCIL, "name": "Ana", "key": "z6Mk"}, UserError, "key"),
    ]
    for said, error, message in wrong:
        with pytest.raises(error, match=message):
            ann.ask(commands.StandForBody(**said))
    ann.ask(commands.KeepBody(body=COUNCIL, ended=True))
    with pytest.raises(ConflictError, match="is no more"):
        stand(ann, "Ana")
