"""Whole closings, from ballots to certificate, over a bad network: tests of witness.py.

What is random is drawn from a seed. A liar signs rival seals, rival votes and locks of its own making, and
tells each neighbour something else.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest

from node.canonical import digest
from node.governance.closing import cut as cuts
from node.governance.closing import merkle, witness
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.cut import Cut, ReceiptHeld, SealHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import ROUND_MAX, CutValue, CutVote, Receipt, Seal
from node.governance.closing.witness import View
from node.ids import RecordId
from node.records import record
from node.records.statement import Statement
from tests.builders import identifier

PROPOSAL = identifier("proposal")
INSTANCE = identifier("instance")
BALLOTS = tuple(identifier(f"ballot {number}") for number in range(8))


def _counted(found: Cut) -> CutValue:
    """Return the value of a cut; the count itself is stood for by a hash of what counts."""
    return cuts.value(found, digest("result", list(found.counted)))


@dataclass(slots=True)
class Node:
    """A witness with what it holds; what it signed it holds first."""

    me: bytes
    quorum: Quorum
    ballots: set[bytes] = field(default_factory=set)
    statements: dict[RecordId, Statement] = field(default_factory=dict)
    waited: int = 0
    round: int = 0
    round_turns: int = 0

    def sign(self, statement: Statement) -> None:
        """Hold a statement of its own."""
        self.statements[RecordId(record.payload_id(statement.kind, statement.encode()))] = statement

    def agreement(self) -> Agreement:
        """Return what the votes held say."""
        votes = [VoteHeld(i, s) for i, s in self.statements.items() if isinstance(s, CutVote)]
        return Agreement.of(INSTANCE, self.quorum, votes)

    def seals(self) -> list[SealHeld]:
        """Return the seals held."""
        return [SealHeld(i, s) for i, s in self.statements.items() if isinstance(s, Seal)]

    def receipts(self) -> dict[RecordId, ReceiptHeld]:
        """Return the receipts held."""
        return {i: ReceiptHeld(i, s) for i, s in self.statements.items() if isinstance(s, Receipt)}

    def acknowledge(self, ballots: Iterable[bytes]) -> None:
        """Take ballots in time."""
        new = sorted(set(ballots) - self.ballots)
        if new:
            self.ballots.update(new)
            self.sign(Receipt(proposal=PROPOSAL, witness=self.me, listed=tuple(new)))

    def seal(self) -> None:
        """Close the book, once."""
        if any(one.seal.witness == self.me for one in self.seals()):
            return
        listed = tuple(sorted(self.ballots))
        others = sorted(i for i, held in self.receipts().items() if held.receipt.witness != self.me)
        self.sign(
            Seal(
                proposal=PROPOSAL,
                witness=self.me,
                root=merkle.root(listed),
                listed=listed,
                receipts=tuple(others),
            )
        )

    def proposed(self) -> CutValue | None:
        """Return what it would ask for now."""
        usable = cuts.usable(self.seals(), self.receipts(), PROPOSAL)
        if len(usable) < (self.quorum.witnesses if self.waited < 5 else self.quorum.needed):
            return None
        found = cuts.cut(PROPOSAL, usable, self.receipts(), self.quorum)
        return None if found is None else _counted(found)

    def confirms(self, value: CutValue) -> bool:
        """Compute a value anew from what is held."""
        named = [one for one in self.seals() if one.id in value.seals]
        found = cuts.cut(PROPOSAL, named, self.receipts(), self.quorum)
        return found is not None and _counted(found) == value

    def act(self) -> None:
        """Sign all that is to be signed now; patience grows with the rounds, or they would never meet."""
        self.waited += 1
        self.round_turns += 1
        while True:
            overdue = self.round_turns > 2 + self.round
            vote = witness.next_vote(View(self.agreement(), self.me, self.proposed, self.confirms, overdue))
            if vote is None:
                return
            if vote.step == "rc":
                self.round, self.round_turns = vote.round, 0
            self.sign(vote)


class Liar(Node):
    """Signs two of everything."""

    def lie(self, chance: random.Random, heard: Sequence[Node]) -> None:
        """Say something new to add to what may be shown."""
        if chance.random() < 0.3:
            listed = tuple(sorted(chance.sample(BALLOTS, chance.randrange(len(BALLOTS)))))
            self.sign(
                Seal(
                    proposal=PROPOSAL,
                    witness=self.me,
                    root=merkle.root(listed),
                    listed=listed,
                    receipts=(),
                )
            )
        votes = [s for node in heard for s in node.statements.values() if isinstance(s, CutVote)]
        if votes:
            copied = chance.choice(votes)
            self.sign(copied.model_copy(update={"witness": self.me}))


def _spread(chance: random.Random, nodes: Sequence[Node], *, share: float) -> None:
    """Let each node hear a share of what the others hold."""
    for receiver in nodes:
        for sender in nodes:
            if sender is receiver:
                continue
            for name, statement in sender.statements.items():
                if name not in receiver.statements and chance.random() < share:
                    receiver.statements[name] = statement


def close(seed: int, witnesses: int, *, liars: int) -> tuple[list[Node], list[Node]]:
    """Run one closing until it heals; return the honest nodes and all nodes."""
    chance = random.Random(seed)
    quorum = Quorum.of(witnesses)
    honest = [Node(identifier(f"witness {n}"), quorum) for n in range(witnesses - liars)]
    false = [Liar(identifier(f"liar {n}"), quorum) for n in range(liars)]
    nodes: list[Node] = [*honest, *false]
    for node in nodes:
        node.acknowledge(one for one in BALLOTS if chance.random() < 0.7)
    for moment in range(80):
        healed = moment >= 40
        for node in nodes:
            if moment >= 2 and (healed or chance.random() < 0.6):
                node.seal()
                if isinstance(node, Liar):
                    node.lie(chance, honest)
                else:
                    node.act()
        groups = [nodes]
        if not healed:
            chance.shuffle(shuffled := list(nodes))
            cut = chance.randrange(len(nodes))
            groups = [shuffled[:cut], shuffled[cut:]]
        for group in groups:
            _spread(chance, group, share=1.0 if healed else 0.4)
        if healed and all(node.agreement().certificates() for node in honest):
            break
    return honest, nodes


@pytest.mark.parametrize(("witnesses", "liars"), [(1, 0), (2, 0), (3, 0), (4, 0), (4, 1), (7, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_i3_closings_end_with_one_certificate(seed: int, witnesses: int, liars: int) -> None:
    """I3 and an end: after partitions every honest witness holds a certificate, and it is the same one."""
    honest, nodes = close(seed, witnesses, liars=liars)
    together = Agreement.of(
        INSTANCE,
        Quorum.of(witnesses),
        [VoteHeld(i, s) for node in nodes for i, s in node.statements.items() if isinstance(s, CutVote)],
    )
    certified = together.certificates()
    assert len(certified) == 1, "no two values, and not none"
    assert all(node.agreement().certificates()[0].value == certified[0].value for node in honest)


@pytest.mark.parametrize("seed", range(4))
def test_i10_a_witness_asked_again_never_signs_a_second_different_vote(seed: int) -> None:
    """I10: of every step of every round each honest witness signed one vote, whenever it was asked."""
    honest, _ = close(seed, 4, liars=1)
    for node in honest:
        assert node.me not in node.agreement().equivocating()


def test_a_liar_that_signs_both_ways_is_named() -> None:
    """Two votes for one step of one round are the proof against their witness."""
    _, nodes = close(3, 7, liars=2)
    named = {name for node in nodes for name in node.agreement().equivocating()}
    assert named <= {node.me for node in nodes if isinstance(node, Liar)}
    assert named


def test_i2_votes_after_certification_change_nothing() -> None:
    """I2: a certificate stands whatever ballots, seals and votes arrive later, and nobody votes again."""
    honest, _ = close(2, 4, liars=1)
    node = honest[0]
    before = node.agreement().certificates()
    node.acknowledge([identifier("a ballot that came late")])
    held = len(node.statements)
    node.act()
    assert node.agreement().certificates() == before
    assert len(node.statements) == held


def test_r9_a_witness_signs_only_what_it_computed_itself() -> None:
    """A quorum that asks for a result which this witness counts otherwise does not get its commitment.

    It holds all seals and receipts, so nothing but the result is amiss: asked for the right one, it commits.
    """
    for right in (True, False):
        node, *others = [Node(identifier(f"witness {number}"), Quorum.of(4)) for number in range(4)]
        for one in (node, *others):
            one.acknowledge(BALLOTS)
            one.seal()
            node.statements |= one.statements
        node.act()
        (asked,) = node.agreement().of_witness(node.me)
        assert asked.value is not None
        wrong = asked.value.model_copy(update={"result": bytes(32)})
        for one in others:
            said = {"instance": INSTANCE, "witness": one.me, "step": "pre", "round": 0, "lock": None}
            node.sign(CutVote.model_validate(said | {"value": asked.value if right else wrong}))
        node.act()
        committed = [vote.value for vote in node.agreement().of_witness(node.me) if vote.step == "com"]
        assert committed == ([asked.value] if right else [])


def test_attack_a_witness_pushed_to_the_last_round_signs_nothing_beyond() -> None:
    """Whoever is in the last round there can be stays there: no vote of a round that cannot be."""
    node = Node(identifier("witness 0"), Quorum.of(4))
    for name in ("witness 0", "liar", "other liar"):
        node.sign(
            CutVote(
                instance=INSTANCE, witness=identifier(name), step="rc", round=ROUND_MAX, value=None, lock=None
            )
        )
    view = View(node.agreement(), node.me, lambda: None, lambda _: False, overdue=True)
    assert witness.next_vote(view) is None


def test_r9_one_cut_counted_in_two_ways_is_shown() -> None:
    """Two results over one cut, each by more than may lie, are an implementation's fault; one liar's not."""
    node = Node(identifier("witness 0"), Quorum.of(4))
    values = [
        CutValue(proposal=PROPOSAL, seals=(identifier("s"),), cut=identifier("cut"), result=identifier(name))
        for name in ("right", "wrong")
    ]
    for name, value in zip(("one", "two", "three", "four"), [values[0]] * 2 + [values[1]] * 2, strict=True):
        assert not node.agreement().diverging()
        node.sign(
            CutVote(instance=INSTANCE, witness=identifier(name), step="pre", round=0, value=value, lock=None)
        )
    assert {one.result for one in node.agreement().diverging()[0]} == {
        identifier("right"),
        identifier("wrong"),
    }


@pytest.mark.long
@pytest.mark.parametrize(("witnesses", "liars"), [(4, 1), (7, 2)])
def test_i3_many_closings(witnesses: int, liars: int) -> None:
    """I3 over 300 seeds: one certificate each."""
    for seed in range(300):
        honest, nodes = close(seed, witnesses, liars=liars)
        together = Agreement.of(
            INSTANCE,
            Quorum.of(witnesses),
            [VoteHeld(i, s) for node in nodes for i, s in node.statements.items() if isinstance(s, CutVote)],
        )
        assert len(together.certificates()) == 1, seed
        assert all(node.agreement().certificates() for node in honest), seed
