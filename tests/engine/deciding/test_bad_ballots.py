"""Bad ballots, each by its name: what whoever hands it in reads, and what becomes of it carried by a peer."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.errors import ConflictError, UserError
from node.governance import ballots
from node.governance.ballots import Ballot, Paper
from node.governance.proposals import Proposal
from node.records import record
from node.records.record import Record
from tests import builders
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result
from tests.engine.harness import Node
from tests.verifier.drawn import slip


@dataclass(frozen=True, slots=True)
class Voting:
    """Two nodes, a question, and the paper of Ann's delegate."""

    ann: Node
    bob: Node
    proposal: str
    paper: Paper

    @property
    def scope(self) -> str:
        """Return the members' scope."""
        return next(one for one in self.ann.store.feeds.scopes() if one.startswith("members:"))

    def hand_in(self, *signed: Record) -> dict[str, object]:
        """Give ballots to Ann's node."""
        return self.ann.ask(commands.CastBallots(ballots=tuple(one.raw for one in signed)))

    def carry(self, *signed: Record) -> None:
        """Let Bob's node publish ballots as no command of its would."""
        slip(self.bob, self.scope, signed)
        self.ann.network.wait(500)

    def good(self, choice: int = 1) -> Record:
        """Return the ballot that holds."""
        return ballots.make(self.paper, [choice], self.ann.delegate)

    def counted(self) -> list[str]:
        """Return what both nodes count."""
        found = [result(node, self.proposal)["ballots"] for node in (self.ann, self.bob)]
        assert found[0] == found[1]
        return list(found[0])


@pytest.fixture
def voting() -> Voting:
    """Put a question to two communities with a delegate each."""
    ann, bob = federated(["ann", "bob"])
    proposal = put(ann)
    return Voting(ann, bob, proposal, paper_of(ann, proposal))


def paper_of(node: Node, proposal: str) -> Paper:
    """Return the paper of a node's delegate for its one seat."""
    shown = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
    (seat,) = shown["seats"]
    return ballots.paper_of(shown, seat)


def spelled(voting: Voting, **fields: object) -> Record:
    """Return a record of a ballot's kind whose payload says anything."""
    payload = {**Ballot.read(voting.good()).model_dump(), **fields}
    return record.sign(Ballot.kind, canonical.encode(payload), voting.ann.delegate)


BAD: dict[str, tuple[Callable[[Voting], Record], str]] = {
    "an unknown option": (
        lambda v: ballots.make(v.paper, [6], v.ann.delegate),
        "expected options from 1 to 5, found 6",
    ),
    "a repeated option": (
        lambda v: ballots.make(v.paper, [2, 2], v.ann.delegate),
        "each option at most once",
    ),
    "two answers to yes or no": (
        lambda v: ballots.make(v.paper, [1, 2], v.ann.delegate),
        "exactly one answer",
    ),
    "another roll": (
        lambda v: ballots.make(replace(v.paper, roll=bytes(32)), [1], v.ann.delegate),
        "for another roll",
    ),
    "another key": (lambda v: ballots.make(v.paper, [1], builders.key("thief")), "not signed by the holder"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_ballot_is_refused_and_a_carried_one_is_named_with_its_reason(
    voting: Voting, name: str
) -> None:
    """Whoever hands it in reads why; carried, it stands among the rejected, and the good one still counts."""
    make, says = BAD[name]
    bad = make(voting)
    with pytest.raises(UserError, match=says):
        voting.hand_in(bad)
    voting.carry(bad)
    voting.hand_in(voting.good())
    assert voting.counted() == [ids.show(voting.good().id)]
    for node in (voting.ann, voting.bob):
        assert [says in one["reason"] for one in result(node, voting.proposal)["rejected"]] == [True]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"choice": []}, "choice"),
        ({"seq": 0}, "seq"),
        ({"extra": 1}, "extra"),
        ({"prev": bytes(32)}, "first ballot"),
    ],
)
def test_a_ballot_with_nothing_chosen_or_out_of_shape_is_no_ballot(
    voting: Voting, fields: dict[str, object], says: str
) -> None:
    """A missing choice, or a field that cannot be: the sentence names it; carried, nobody counts it."""
    bad = spelled(voting, **fields)
    with pytest.raises(UserError, match=f"not a signed ballot: .*{says}"):
        voting.hand_in(bad)
    voting.carry(bad)
    voting.hand_in(voting.good())
    assert voting.counted() == [ids.show(voting.good().id)]


def test_a_ballot_under_a_recalled_mandate(voting: Voting) -> None:
    """Handed in after the recall it is refused; carried, it is void where the recall voids ballots."""
    voting.ann.ask(commands.RecallMandate(revoke_ballots=True))
    with pytest.raises(ConflictError, match="mandate was recalled: since then nobody votes for seat 1"):
        voting.hand_in(voting.good())
    voting.carry(voting.good())
    assert voting.counted() == []
    aside = result(voting.bob, voting.proposal)["set_aside"]
    assert [one["reason"] for one in aside] == ["its mandate was recalled"]


def test_a_ballot_under_a_mandate_that_another_replaced(voting: Voting) -> None:
    """The former delegate reads that another mandate is in force, and the new one's ballot counts."""
    heir = builders.key("heir")
    voting.ann.ask(commands.GrantMandate(holder=keys.show(heir.public)))
    with pytest.raises(ConflictError, match="since then another mandate is in force for seat 1"):
        voting.hand_in(voting.good())


def test_a_ballot_under_an_expired_mandate(voting: Voting) -> None:
    """A mandate whose term was over when voting opened gives no ballot, handed in or carried."""
    holder = builders.key("late")
    over = voting.ann.network.now // 1_000 + 60
    voting.ann.ask(commands.GrantMandate(holder=keys.show(holder.public), until=over))
    early = put(voting.ann, "Early?")
    shown = voting.ann.ask(commands.ShowPaper(proposal=early, holder=keys.show(holder.public)))
    voting.ann.network.wait(HOUR)
    late = put(voting.ann, "Late?")
    wanted = Proposal.among(
        record.stored(row.raw)
        for row in voting.ann.store.records.with_payload(ids.parse(late))  # type: ignore[arg-type]
    )[0]
    paper = ballots.paper_of(shown, shown["seats"][0])
    bad = ballots.make(replace(paper, proposal=wanted.id, roll=wanted.roll), [1], holder)
    with pytest.raises(UserError, match="mandate had expired when voting on this question opened"):
        voting.hand_in(bad)
    voting.carry(bad)
    found = result(voting.bob, late)
    assert found["ballots"] == []
    assert ["had expired" in one["reason"] for one in found["rejected"]] == [True]


def test_a_ballot_handed_in_twice_is_one_ballot(voting: Voting) -> None:
    """The same ballot again is answered like the first time, and nothing more is published."""
    first = voting.hand_in(voting.good())
    voting.ann.network.wait(500)
    before = voting.ann.ask(commands.ShowNode())["entries"]
    again = voting.hand_in(voting.good(), voting.good())
    assert again["ballots"] == first["ballots"]
    assert voting.ann.ask(commands.ShowNode())["entries"] == before
    pass_time(voting.ann, 25 * HOUR)
    assert voting.hand_in(voting.good())["ballots"] == first["ballots"], "after the close too"
    assert voting.counted() == first["ballots"]


def test_two_ballots_in_one_place(voting: Voting) -> None:
    """The second is refused with what to do, lest it void the seat; carried, both are void and named."""
    voting.hand_in(voting.good(1))
    with pytest.raises(ConflictError, match="seat 1 has number 1 already"):
        voting.hand_in(voting.good(2))
    assert voting.counted() == [ids.show(voting.good(1).id)]
    voting.carry(voting.good(2))
    assert voting.counted() == []
    found = result(voting.bob, voting.proposal)
    assert [one["seat"] for one in found["void"]] == [1]
    assert {one["reason"] for one in found["set_aside"]} == {"another one stands in its place"}


def test_a_late_ballot(voting: Voting) -> None:
    """After the close it is refused; carried, it changes nothing, and the result says that it came late."""
    pass_time(voting.ann, 25 * HOUR)
    with pytest.raises(ConflictError, match="voting on that question has ended"):
        voting.hand_in(voting.good())
    before = result(voting.bob, voting.proposal)
    voting.carry(voting.good())
    for node in (voting.ann, voting.bob):
        found = result(node, voting.proposal)
        assert (found["result_id"], found["ballots"]) == (before["result_id"], [])
        assert ["too late" in one["reason"] for one in found["set_aside"]] == [True]


def test_an_early_ballot(voting: Voting) -> None:
    """Before voting opens it is refused; carried, no witness confirms it until then."""
    held = voting.ann.store.records.with_payload(ids.parse(voting.proposal))  # type: ignore[arg-type]
    (question,) = Proposal.among([record.stored(row.raw) for row in held][:1])
    times = question.windows
    later = times.model_copy(update={"opens": times.opens + 7_200, "closes": times.closes + 7_200})
    coming = question.model_copy(update={"windows": later})
    slip(voting.ann, voting.scope, [coming.sign(voting.ann.steward)])
    early = ballots.make(paper_of(voting.ann, ids.show(coming.id)), [1], voting.ann.delegate)
    with pytest.raises(ConflictError, match="has not opened yet"):
        voting.hand_in(early)
    voting.carry(early)
    checked = commands.CheckBallot(ballot=ids.show(early.id))
    assert voting.bob.ask(checked)["receipts"] == []
    pass_time(voting.ann, 3 * HOUR)
    assert len(voting.bob.ask(checked)["receipts"]) == 2
