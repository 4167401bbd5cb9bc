"""Mandates as stewards and delegates meet them: tests of node/engine/handlers/mandates.py and voting.py."""

import base64
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.deciding import dossier
from node.errors import ConflictError, UserError
from node.governance import ballots
from node.governance.lending import Borrower
from node.governance.mandates import Mandate
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from node.storage.memory.store import MemoryStore
from tests import builders
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result
from tests.engine.harness import Node
from tests.verifier import minimal
from tests.verifier.drawn import slip

ANA, BEN = builders.key("ana"), builders.key("ben")
DAY = 24 * 3_600


def name(holder: KeyPair) -> str:
    """Return a key as people write it."""
    return keys.show(holder.public)


def paper(node: Node, proposal: str, holder: KeyPair) -> dict[str, Any]:
    """Return what a key is shown of a question."""
    return node.ask(commands.ShowPaper(proposal=proposal, holder=name(holder)))


def cast(node: Node, proposal: str, holder: KeyPair, choice: int = 1) -> dict[str, Any]:
    """Let a key vote for all the seats it is shown."""
    shown = paper(node, proposal, holder)
    signed = [ballots.make(ballots.paper_of(shown, seat), (choice,), holder) for seat in shown["seats"]]
    done = node.ask(commands.CastBallots(ballots=tuple(one.raw for one in signed)))
    node.network.wait(500)  # Witnesses give receipts for what gathered in a moment.
    return done


def reasons(node: Node, proposal: str, holder: KeyPair) -> list[str]:
    """Return why a key may not vote."""
    return [one["reason"] for one in paper(node, proposal, holder)["refused"]]


@pytest.fixture
def valley() -> list[Node]:
    """Return two nodes of a federation, each with a seat and a delegate."""
    return federated(["ann", "bob"])


def now(node: Node) -> int:
    """Return the time in seconds."""
    return node.network.now // 1_000


def test_a_substitute_votes_and_the_delegate_overrules_it_everywhere(valley: list[Node]) -> None:
    """The result says that a substitute cast it; once the delegate votes, its own counts on every node."""
    ann, bob = valley
    ann.ask(commands.GrantMandate(holder=name(ANA), substitute=name(BEN)))
    proposal = put(bob)
    assert [seat["as_substitute"] for seat in paper(bob, proposal, BEN)["seats"]] == [True]
    cast(bob, proposal, BEN, 2)
    for node in valley:
        found = result(node, proposal)
        assert [(one["by"], one["chosen"]) for one in found["remarks"]] == [("substitute", ["no"])]
    cast(ann, proposal, ANA, 1)
    pass_time(ann, 25 * HOUR)
    for node in valley:
        found = result(node, proposal)
        assert found["outcome"]["votes"]["yes"] == 1
        assert found["outcome"]["votes"]["no"] == 0
        assert found["remarks"] == []
        assert [one["reason"] for one in found["set_aside"]] == ["the delegate voted itself"]


def test_a_term_ends_for_questions_that_open_after_it(valley: list[Node]) -> None:
    """Who is delegate when voting opens votes to its end; on the next question the key reads why not."""
    ann, bob = valley
    ann.ask(commands.GrantMandate(holder=name(ANA), until=now(ann) + 1_800))
    first = put(bob, "First?")
    ann.network.wait(HOUR)
    cast(ann, first, ANA)
    second = put(bob, "Second?")
    assert reasons(ann, second, ANA) == ["had expired when voting on this question opened"]
    # The mandate before it has no limits, and is in force again.
    assert cast(ann, second, ann.delegate)["ballots"]
    states = [one["state"] for one in ann.ask(commands.ShowMandate(seat=1))["mandates"]]
    assert states == ["expired", "in force"]


def test_a_key_reads_why_it_may_not_vote(valley: list[Node]) -> None:
    """Recalled, replaced, not begun, of another kind, for another question: a sentence each."""
    ann, bob = valley
    proposal, other = put(bob), put(bob, "Another?")
    ann.ask(commands.GrantMandate(holder=name(ANA), kinds=("election",)))
    assert "is for another kind of question" in reasons(ann, proposal, ANA)[0]
    ann.ask(commands.GrantMandate(holder=name(ANA), since=now(ann) + DAY))
    assert reasons(ann, proposal, ANA) == ["began only after voting on this question opened"]
    ann.ask(commands.GrantMandate(holder=name(ANA), proposal=other))
    assert reasons(ann, proposal, ANA) == ["is for another question only"]
    assert reasons(ann, other, ANA) == []
    ann.ask(commands.GrantMandate(holder=name(BEN)))
    assert reasons(ann, other, ANA) == ["was replaced by a newer one"]
    ann.ask(commands.RecallMandate())
    assert reasons(ann, proposal, BEN) == ["was recalled"]
    assert paper(ann, proposal, BEN)["seats"] == []


@pytest.mark.parametrize("voids", [True, False])
def test_a_recall_leaves_ballots_or_voids_them_everywhere(valley: list[Node], voids: bool) -> None:  # noqa: FBT001 - a parameter
    """A recalled delegate's ballot stands or is void, as the recall says, in the certified result too."""
    ann, bob = valley
    proposal = put(bob)
    cast(ann, proposal, ann.delegate)
    ann.ask(commands.RecallMandate(revoke_ballots=voids))
    ann.network.wait(500)
    pass_time(ann, 25 * HOUR)
    for node in valley:
        found = result(node, proposal)
        assert found["phase"] == "certified"
        assert found["seats_voted"] == (0 if voids else 1)
        assert [one["reason"] for one in found["set_aside"]] == ["its mandate was recalled"] * voids


def test_a_bound_delegate_s_vote_counts_and_is_shown_as_against_its_instruction(valley: list[Node]) -> None:
    """The instruction stands on the paper; a ballot that goes against it is counted and said to."""
    ann, bob = valley
    proposal = put(bob)
    ann.ask(commands.GrantMandate(holder=name(ANA), proposal=proposal, instruction=(1,)))
    assert [seat["instruction"] for seat in paper(ann, proposal, ANA)["seats"]] == [[1]]
    cast(ann, proposal, ANA, 2)
    for node in valley:
        found = result(node, proposal)
        assert found["outcome"]["votes"]["no"] == 1
        (remark,) = found["remarks"]
        assert (remark["against_instruction"], remark["instruction"], remark["chosen"]) == (
            True,
            ["yes"],
            ["no"],
        )


def test_reasons_are_shown_with_the_result_and_a_block_needs_one_where_the_bylaws_say_so() -> None:
    """Who blocks without a word is refused; with one, everybody reads it beside the result."""
    ann, bob = federated(
        ["ann", "bob"], closing=f"{CLOSING}[passing]\nblocks_stop = true\nblock_reasons = true\n"
    )
    proposal = put(bob)
    shown = paper(ann, proposal, ann.delegate)
    form = ballots.paper_of(shown, shown["seats"][0])
    with pytest.raises(UserError, match="a block needs a reason"):
        ann.ask(commands.CastBallots(ballots=(ballots.make(form, [5], ann.delegate).raw,)))
    why = "The river floods there."
    ann.ask(commands.CastBallots(ballots=(ballots.make(form, [5], ann.delegate, reason=why).raw,)))
    for node in (ann, bob):
        (remark,) = result(node, proposal)["remarks"]
        assert (remark["by"], remark["chosen"], remark["reason"]) == ("delegate", ["block"], why)
        assert result(node, proposal)["outcome"]["verdict"] in ("blocked", "no-quorum")


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"until": 1_000}, "one that is over"),
        ({"since": 4_000_000_000, "until": 3_000_000_000}, "a term ends after it begins"),
        ({"substitute": name(ANA)}, "somebody else than the delegate"),
        ({"instruction": (1,)}, "for one question"),
        ({"seat": 7}, "there is no seat 7"),
    ],
)
def test_terms_that_do_not_fit_are_refused_with_the_reason(
    valley: list[Node], terms: dict[str, Any], says: str
) -> None:
    """Nothing is granted by halves: the steward reads what was expected."""
    before = valley[0].ask(commands.ListMandates())
    with pytest.raises(UserError, match=says):
        valley[0].ask(commands.GrantMandate(holder=name(ANA), **terms))
    assert valley[0].ask(commands.ListMandates()) == before


def test_a_mandate_for_one_question_must_serve_for_it(valley: list[Node]) -> None:
    """A term or a kind that leaves the named question out, or an instruction that is not on its paper."""
    ann, _ = valley
    proposal = put(ann)
    for terms, says in (
        ({"since": now(ann) + DAY}, "would not serve"),
        ({"kinds": ("election",)}, "would not serve"),
        ({"instruction": (6,)}, "options from 1 to 5"),
        ({"instruction": (1, 2)}, "exactly one answer"),
    ):
        with pytest.raises(UserError, match=says):
            ann.ask(commands.GrantMandate(holder=name(ANA), proposal=proposal, **terms))


def test_nothing_is_recalled_where_nobody_votes(valley: list[Node]) -> None:
    """A second recall, or one of a seat that nobody holds, is answered with a sentence."""
    ann, bob = valley
    with pytest.raises(ConflictError, match="nobody votes for seat 5"):
        ann.ask(commands.RecallMandate(seat=5))
    ann.ask(commands.RecallMandate())
    with pytest.raises(ConflictError, match="nothing to recall"):
        ann.ask(commands.RecallMandate())
    seen = [one["name"] for one in bob.ask(commands.ListMandates())["mandates"]]
    assert len(seen) == 1
    with pytest.raises(ConflictError, match="waits for a steward's key"):
        ann.ask(commands.ApproveMandates())


LENDING = f"{CLOSING}[casting]\nlending = true\n"


def certified(nodes: list[Node], proposal: str) -> dict[str, Any]:
    """Let voting end, and return the result that all nodes show and both readers of its file prove."""
    pass_time(nodes[0], 25 * HOUR)
    found = [result(node, proposal) for node in nodes]
    assert {one["phase"] for one in found} == {"certified"}
    assert len({one["result_id"] for one in found}) == 1
    data = base64.b64decode(nodes[0].ask(commands.ExportDecision(proposal=proposal))["data"])
    proved = dossier.verify(data, MemoryStore()).reading
    assert proved is not None
    assert proved.result.result_id.hex() == found[0]["result_id"] == minimal.verify(data).result_id.hex()
    return found[0]


@pytest.mark.parametrize("ended", [False, True])
def test_a_mandate_that_lends_counts_in_the_certified_result_until_it_is_ended(ended: bool) -> None:  # noqa: FBT001 - a parameter
    """The witnesses list the loan and what ends it, so every node and every reader counts the same."""
    ann, bob = federated(["ann", "bob"], closing=LENDING)
    proposal = put(bob)
    ann.ask(commands.GrantMandate(lend_community=ids.show(bob.community), lend_seat=1))
    if ended:
        ann.ask(commands.GrantMandate(holder=name(ANA)))
    ann.network.wait(500)
    cast(bob, proposal, bob.delegate, 1)
    found = certified([ann, bob], proposal)
    assert found["outcome"]["votes"]["yes"] == (1 if ended else 2)
    assert [(one["until_recalled"], one["chosen"]) for one in found["loans"]] == [(True, ["yes"])] * (
        not ended
    )
    assert [one["seat"] for one in found["not_voted"]] == [1] * ended


def test_a_seat_lends_its_vote_for_one_question_and_takes_it_back() -> None:
    """Lent by ballot, the other's choice counts twice; the own vote afterwards counts instead."""
    ann, bob = federated(["ann", "bob"], closing=LENDING)
    first, second = put(bob, "First?"), put(bob, "Second?")
    to = Borrower(community=bob.community, seat=1)
    for proposal in (first, second):
        shown = paper(ann, proposal, ann.delegate)
        form = ballots.paper_of(shown, shown["seats"][0])
        lent = ballots.make(form, (), ann.delegate, follows=to)
        ann.ask(commands.CastBallots(ballots=(lent.raw,)))
        cast(bob, proposal, bob.delegate, 1)
    cast(ann, second, ann.delegate, 2)
    (loan,) = result(bob, first)["loans"]
    assert (loan["until_recalled"], loan["to"]["community"]) == (False, ids.show(bob.community))
    assert certified([ann, bob], first)["outcome"]["votes"]["yes"] == 2
    found = result(bob, second)
    assert (found["loans"], found["outcome"]["votes"]["no"]) == ([], 1)


def test_votes_are_lent_only_where_the_bylaws_say_so(valley: list[Node]) -> None:
    """A steward who lends reads that the bylaws do not allow it, or that there is no such seat."""
    ann, bob = valley
    lend = commands.GrantMandate(lend_community=ids.show(bob.community), lend_seat=1)
    with pytest.raises(ConflictError, match="do not let seats lend"):
        ann.ask(lend)
    lender, other = federated(["ann", "bob"], closing=LENDING)
    with pytest.raises(UserError, match="has no seat number 4"):
        lender.ask(commands.GrantMandate(lend_community=ids.show(other.community), lend_seat=4))
    with pytest.raises(UserError, match="another one"):
        lender.ask(commands.GrantMandate(lend_community=ids.show(lender.community), lend_seat=1))
    with pytest.raises(UserError, match="both the community and the number"):
        lender.ask(commands.GrantMandate(holder=name(ANA), lend_seat=1))


def scope_of(node: Node) -> str:
    """Return the federation's scope."""
    return next(one for one in node.store.feeds.scopes() if one.startswith("members:"))


def granted(node: Node) -> Record:
    """Return the record of the one mandate that a node's community granted."""
    held = [record.stored(row.raw) for row in node.store.records.of_kind(scope_of(node), Mandate.kind)]
    (found,) = [one for one in held if Mandate.read(one).community == node.community]
    return found


def forged(node: Node, **changed: object) -> Mandate:
    """Return a mandate in the name of a node's community that no steward of it signed."""
    fields = {"seq": 2**53 - 1, "prev": bytes(32), "holder": builders.key("thief").public, **changed}
    return Mandate.read(granted(node)).model_copy(update=fields)


def test_attack_a_neighbour_fills_a_mandate_with_strangers_signatures(valley: list[Node]) -> None:
    """However many keys sign a seat's mandate or approve it, the ballot carries the steward's own record."""
    ann, bob = valley
    proposal = put(bob)
    signed = granted(ann)
    crowd = [builders.key(f"crowd {number}") for number in range(40)]
    approvals = [Approval(of=signed.payload_id, community=ann.community).sign(one) for one in crowd]
    slip(bob, scope_of(bob), [*approvals, *(Mandate.read(signed).sign(one) for one in crowd)])
    for node in valley:
        (seat,) = paper(node, proposal, ann.delegate)["seats"]
        assert [base64.b64decode(one) for one in seat["mandate"]] == [signed.raw]
    assert cast(ann, proposal, ann.delegate)["ballots"]
    assert result(bob, proposal)["seats_voted"] == 1


def test_attack_a_neighbour_uses_up_the_numbers_of_a_seat_s_mandates(valley: list[Node]) -> None:
    """A mandate of the highest number that no steward signed hinders no grant and no recall."""
    ann, bob = valley
    slip(bob, scope_of(bob), [forged(ann).sign(builders.key("thief"))])
    assert ann.ask(commands.GrantMandate(holder=name(ANA)))["seats"] == [{"seat": 1, "seq": 2}]
    assert ann.ask(commands.RecallMandate())["seats"] == [{"seat": 1, "seq": 3}]
    shown = bob.ask(commands.ShowMandate(seat=1, community=ids.show(ann.community)))["mandates"]
    assert [one["seq"] for one in shown] == [3, 2, 1]


def test_attack_a_neighbour_lays_a_mandate_before_a_steward_to_sign(valley: list[Node]) -> None:
    """`mandate approve` signs nothing that no steward of the community signed before."""
    ann, bob = valley
    slip(bob, scope_of(bob), [forged(ann).sign(builders.key("thief"))])
    with pytest.raises(ConflictError, match="waits for a steward's key"):
        ann.ask(commands.ApproveMandates())
    assert len(bob.ask(commands.ListMandates())["mandates"]) == 2
