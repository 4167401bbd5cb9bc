"""Which rules a question goes by, who witnesses by them, and who comes in: over whole nodes."""

import base64

import pytest

from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.deciding import dossier
from node.errors import NotFoundError
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_effects import RULES, agree, asking, effects, members, named
from tests.engine.deciding.test_reviews import decided


def test_i4_a_question_under_way_when_new_bylaws_come_into_force_goes_by_the_old_ones() -> None:
    """It keeps its three seats and its day of voting; what is put next has nine seats and two days."""
    nodes = federated(["ann", "bob", "carl"])
    rules = RULES.replace("house = 3", "house = 9").replace('voting = "1 day"', 'voting = "2 days"')
    decided(nodes, effect=NewEffect(act="bylaws", content=rules.encode(), file_name="b.toml"))
    pass_time(nodes[0], 3 * HOUR)
    under_way = put(nodes[0], "By old rules?")
    for node in nodes:
        vote(node, under_way)
    pass_time(nodes[0], 24 * HOUR)
    assert nodes[1].ask(commands.ShowBylaws())["amended"]
    assert result(nodes[1], under_way)["state"] == "provisional", "its grace is not over yet"
    pass_time(nodes[0], 2 * HOUR)
    for node in nodes:
        found = result(node, under_way)
        assert (found["state"], found["roll_seats"]) == ("certified", 3)
        assert found["closes"] - found["opens"] == 24 * 3_600
        node.ask(commands.ShowRoll())
    found = result(nodes[2], put(nodes[1], "By new rules?"))
    assert (found["roll_seats"], found["closes"] - found["opens"]) == (9, 48 * 3_600)


def test_attack_invented_communities_are_let_in_by_one_member() -> None:
    """Where bylaws ask for a decision or for more approvals its friends are no members and no witnesses."""
    for admission in ('approvals = 1\nway = "decision"', "approvals = 2"):
        nodes = federated(["ann", "bob", "carl"], closing=f"{CLOSING}[admission]\n{admission}\n", house=12)
        bob = nodes[1]
        for name in ("fay", "gil", "hal"):
            friend = asking([bob], name)
            with pytest.raises(NotFoundError, match="no federation yet"):
                friend.ask(commands.Attest(size=5_000))
        pass_time(bob, HOUR)
        assert [members(node) for node in nodes] == [{"ann", "bob", "carl"}] * 3
        proposal = put(bob, "Who closes this?")
        pass_time(bob, HOUR)
        found = result(nodes[0], proposal)
        assert (found["quorum"]["witnesses"], found["roll_seats"]) == (3, 12)


def test_those_elected_by_new_bylaws_close_what_is_asked_next() -> None:
    """Four of five are named: with one of them and the fifth away three close, of all it would take four."""
    nodes = federated(["ann", "bob", "carl", "dora", "eve"])
    *elected, fifth = nodes
    nodes[0].ask(commands.EditProfile(name="Riverside", country="CH"))
    rules = f"{RULES.replace('house = 3', 'house = 5')}elected = {[named(one) for one in elected]}\n"
    agree(nodes, NewEffect(act="bylaws", content=rules.encode(), file_name="b.toml"))
    present = nodes[4].ask(commands.ShowBylaws())
    assert present["bylaws"]["closing"]["elected"] == sorted(named(one) for one in elected)
    assert present["names"][named(nodes[0])] == "Riverside"
    (shown,) = effects(nodes[4])["effects"]
    assert "closing.elected) from none: all may to " in shown["effect"]["in_words"]
    assert "Riverside" in shown["effect"]["in_words"]
    proposal = put(nodes[1], "Closed by three of four?")
    for node in nodes:
        vote(node, proposal)
    for away in (elected[3], fifth):
        away.network.lose(away)
    pass_time(nodes[0], 50 * HOUR)
    assert {result(node, proposal)["state"] for node in nodes[:3]} == {"certified"}
    data = base64.b64decode(nodes[2].ask(commands.ExportDecision(proposal=proposal))["data"])
    assert dossier.verify(data, MemoryStore()).valid
