"""Votes that are sorted out one after the other: tests of node/governance/closing/agreement.py."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote, Lock
from node.ids import RecordId
from tests.builders import identifier

ABOUT = identifier("what is voted on")
VALUES = [CutValue(proposal=bytes(32), seals=(), cut=identifier(one), result=bytes(32)) for one in "xyz"]


@st.composite
def held(draw: st.DrawFn) -> VoteHeld:
    """Return a vote of one of four witnesses, by its pinned device or by another one."""
    steps: list[Literal["pre", "com", "rc"]] = ["pre", "com", "rc"]
    step, number = draw(st.sampled_from(steps)), draw(st.integers(0, 2))
    value, locked = draw(st.sampled_from(VALUES)), draw(st.sampled_from([None, *VALUES]))
    proof = tuple(sorted(identifier(f"asked by {one}") for one in range(3)))
    lock = Lock(round=number, value=locked, votes=proof) if step == "rc" and locked is not None else None
    vote = CutVote(
        instance=ABOUT,
        witness=identifier(f"witness {draw(st.integers(0, 3))}"),
        step=step,
        round=number + (step == "rc"),
        value=None if step == "rc" else value,
        lock=lock,
    )
    device = draw(st.sampled_from([b"", b"", b"another device"]))
    return VoteHeld(RecordId(identifier(vote.payload_id.hex() + device.hex())), vote, device)


@given(st.lists(held(), max_size=40), st.data())
def test_votes_come_one_by_one_as_they_would_together(votes: list[VoteHeld], data: st.DataObject) -> None:
    """Whichever votes come first, and however often, the same is said as of all of them at once."""
    together = Agreement.of(ABOUT, Quorum.of(4), votes)
    begun = data.draw(st.integers(0, len(votes)))
    shuffled = data.draw(st.permutations(votes))
    apart = Agreement.of(ABOUT, Quorum.of(4), shuffled[:begun])
    before = apart.certificates()
    for one in [*shuffled[begun:], *shuffled[:3]]:
        further = apart.plus([one])
        assert apart.certificates() == before, "what was sorted out before stays as it was"
        apart, before = further, further.certificates()
    assert apart == together
    for number in range(4):
        assert apart.asked_enough(number) == together.asked_enough(number)
        assert apart.moved_to(number) == together.moved_to(number)
