"""Rounds of who was ahead alone: tests of node/engine/witnessing/rounds.py and `witness.lasts`.

Of four witnesses one never speaks, so all three that are left must agree. Whoever is ahead alone may be a
liar, and is not followed. So it has to wait itself, or is never in one round with those who come later.
"""

from node.engine import commands
from node.governance.closing import witness
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote
from node.ids import RecordId
from tests.builders import identifier
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, result, signed_by, vote
from tests.engine.deciding.test_closing_invariants import parted
from tests.engine.parting import away
from tests.engine.rolls.test_rolls import rolls

FOUR = ("ann", "bob", "carl", "dora")
DAY = 24 * HOUR
ABOUT = identifier("what is voted on")


def moved(to: int, *communities: bytes, stand_in: bytes = b"") -> list[VoteHeld]:
    """Return votes by which witnesses move on to a round."""
    said = [
        CutVote(instance=ABOUT, witness=one, step="rc", round=to, value=None, lock=None)
        for one in communities
    ]
    return [
        VoteHeld(RecordId(identifier(one.payload_id.hex() + stand_in.hex())), one, stand_in) for one in said
    ]


def test_a_witness_that_called_for_a_roll_alone_agrees_with_those_who_come_after_a_month() -> None:
    """Who was alone for a month waited in the first round that others had not come to."""
    nodes = federated(FOUR)
    ann, bob, carl, dora = nodes
    pass_time(ann, 1_000)
    away(dora)
    with parted([ann], [bob, carl], [dora]):
        ann.ask(commands.Attest(size=111))
        put(ann, "One?")
        for _ in range(30):
            pass_time(ann, DAY, steps=1)
    for _ in range(12):
        pass_time(ann, 300_000)
    assert {len(rolls(node)) for node in nodes[:3]} == {1}


def test_a_witness_that_asked_for_a_count_alone_agrees_with_those_who_come_after_a_month() -> None:
    """The same about a question, by the papers that all had sealed before they parted."""
    nodes = federated(FOUR)
    ann, bob, carl, dora = nodes
    proposal = put(ann)
    for node in nodes:
        vote(node, proposal)
    away(dora)
    pass_time(ann, 25 * HOUR)
    with parted([ann], [bob], [carl], [dora]):
        pass_time(ann, 3 * HOUR)
        bob.network.lose(bob)
        carl.network.lose(carl)
        for _ in range(20):
            pass_time(ann, DAY, steps=1)
        bob.network._nodes |= {"bob": bob, "carl": carl}
    for _ in range(12):
        pass_time(ann, 300_000)
    assert {result(node, proposal)["state"] for node in nodes[:3]} == {"in force"}
    assert max(one.round for one in signed_by(ann, CutVote.kind)) == 1


def test_time_passes_in_a_round_that_more_moved_to_than_may_lie() -> None:
    """One of four waits for a second; by other devices than the pinned ones all must be there."""
    four = [identifier(name) for name in FOUR]
    agreement = Agreement.of(ABOUT, Quorum.of(4), moved(3, four[0]))
    assert not witness.lasts(agreement, four[0])
    assert not witness.lasts(agreement.plus(moved(2, four[1])), four[0])
    assert witness.lasts(agreement.plus(moved(4, four[1])), four[0])
    assert not witness.lasts(agreement.plus(moved(3, *four[1:3], stand_in=b"new")), four[0])
    assert witness.lasts(agreement.plus(moved(3, *four[1:], stand_in=b"new")), four[0])
    # Where no liar is tolerated one is followed, so nobody has to wait.
    assert witness.lasts(Agreement.of(ABOUT, Quorum.of(3), moved(3, four[0])), four[0])
