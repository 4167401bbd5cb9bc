"""Safety of the agreement, tried in every order: tests of witness.py and agreement.py over explorer.py."""

from dataclasses import replace

import pytest

from node.canonical import digest
from node.governance.closing import subjects, witness
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote
from node.governance.closing.witness import View
from node.ids import RecordId
from tests.builders import identifier
from tests.governance.closing.explorer import HONEST, LIAR, Explorer, Step


@pytest.mark.long
def test_i3_r8_four_witnesses_and_a_liar_never_certify_two_values_in_two_rounds() -> None:
    """I3: every reachable state of rounds 0 and 1 holds at most one certificate."""
    explorer = Explorer(rounds_last=1)
    assert explorer.run(states_max=100_000) is None
    assert explorer.states > 1_000


@pytest.mark.long
@pytest.mark.timeout(300)
def test_i3_who_asks_for_what_others_asked_for_before_splits_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """I3 about rolls, where a witness without a lock joins what some honest one asked for: nor does it there.

    It can only narrow what the other runs let a witness propose: any value at any time. Nor where it joins
    one whose turn it is, here a round earlier than nodes do.
    """
    monkeypatch.setattr(witness, "_TURNS_FROM", 1)
    panel = sorted(identifier(name) for name in (*HONEST, LIAR))
    explorer = Explorer(rounds_last=1, step=lambda view: witness.next_vote(replace(view, joining=panel)))
    assert explorer.run(states_max=100_000) is None
    assert explorer.states > 1_000


def test_a_value_that_only_liars_asked_for_is_not_joined() -> None:
    """More than may lie must have asked, in an earlier round, with the devices that the roll pins."""
    held = [_said(_vote("liar", "pre", "A")), _said(_vote("carl", "pre", "A"), identifier("new device"))]
    few = Agreement.of(identifier("roll"), Quorum.of(4), held)
    assert few.asked_before(1) == []
    enough = Agreement.of(identifier("roll"), Quorum.of(4), [*held, _said(_vote("ann", "pre", "A"))])
    assert enough.asked_before(1) == [_roll("A")]
    assert enough.asked_before(0) == []
    none_may_lie = Agreement.of(identifier("roll"), Quorum.of(3), [_said(_vote("ann", "pre", "A"))])
    assert none_may_lie.asked_before(1) == []


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_i3_four_witnesses_and_a_liar_never_certify_two_values_in_three_rounds() -> None:
    """I3 to rounds 0, 1 and 2, in which a lock is carried over a round that decided nothing."""
    explorer = Explorer(rounds_last=2)
    assert explorer.run(states_max=1_000_000) is None
    assert explorer.states > 50_000


@pytest.mark.parametrize("last", [0, pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
def test_attack_a_second_device_of_one_community_beside_a_liar_splits_nothing(last: int) -> None:
    """About rolls: whatever a new, an old or a stolen device signs as well, one is certified at most."""
    assert Explorer(rounds_last=last, second_device=True).run(states_max=100_000) is None


def _parted(new_device: bytes) -> Agreement:
    """Return how four vote on a roll, parted: carl's old device speaks in one half, its new one in the other.

    The fourth lies: it wants in each half what that one wants. All others sign what the node's code signs.
    """
    everything: list[VoteHeld] = []
    for wanted, voices in (("A", [("ann", b""), ("carl", b"")]), ("B", [("bob", b""), ("carl", new_device)])):
        held = [_said(_vote("liar", step, wanted)) for step in ("pre", "com")]
        signed = True
        while signed:
            signed = False
            for name, device in voices:
                agreement = Agreement.of(identifier("roll"), Quorum.of(4), held)
                view = View(
                    agreement=agreement,
                    me=identifier(name),
                    proposed=lambda wanted=wanted: _roll(wanted),  # type: ignore[misc] # bound early
                    confirms=lambda _: True,
                    overdue=False,
                    stand_in=device,
                )
                vote = witness.next_vote(view)
                if vote is not None:
                    held.append(_said(vote, device))
                    signed = True
        everything += held
    return Agreement.of(identifier("roll"), Quorum.of(4), everything)


def _roll(name: str) -> CutValue:
    return subjects.roll_value(identifier(name))


def _vote(name: str, step: str, wanted: str) -> CutVote:
    fields = {"instance": identifier("roll"), "witness": identifier(name), "step": step, "round": 0}
    return CutVote.model_validate({**fields, "value": _roll(wanted), "lock": None})


def _said(vote: CutVote, device: bytes = b"") -> VoteHeld:
    return VoteHeld(RecordId(digest("test", vote.encode(), device)), vote, device)


def test_attack_an_old_and_a_new_device_of_one_community_vote_in_two_halves() -> None:
    """Were both voices heard alike, two rolls would be certified; the pinned one's counts, and one is."""
    assert len(_parted(b"").certificates()) == 2
    assert [one.value for one in _parted(b"new").certificates()] == [_roll("A")]


def _ignoring_locks(view: View) -> CutVote | None:
    vote = witness.next_vote(view)
    if vote is not None and vote.step == "pre" and vote.round > 0:
        return vote.model_copy(update={"value": view.proposed()})
    return vote


def _forgetting_its_lock(view: View) -> CutVote | None:
    vote = witness.next_vote(view)
    return vote.model_copy(update={"lock": None}) if vote is not None and vote.step == "rc" else vote


def _believing_unproved_locks(view: View) -> CutVote | None:
    # As if `Agreement.holds` were not asked: fewer askings than a quorum prove a lock.
    lowered = replace(view.agreement, quorum=replace(view.agreement.quorum, needed=2))
    return witness.next_vote(replace(view, agreement=lowered))


@pytest.mark.long
@pytest.mark.parametrize("step", [_forgetting_its_lock, _ignoring_locks, _believing_unproved_locks])
def test_the_explorer_finds_a_planted_mistake(step: Step) -> None:
    """A witness that ignores locks, forgets its own or believes too few lets two values be certified."""
    assert Explorer(rounds_last=1, step=step).run(states_max=100_000) is not None


def test_the_explorer_finds_a_quorum_that_is_too_small() -> None:
    """With two of four enough, two values are certified: the numbers matter, not the steps alone."""
    too_few = replace(Quorum.of(4), needed=2)
    assert Explorer(rounds_last=0, quorum=too_few).run() is not None


def test_agreement_of_nothing_is_empty() -> None:
    """Without votes nobody asked, moved or committed."""
    empty = Agreement.of(bytes(32), Quorum.of(4), [])
    assert empty.certificates() == []
    assert empty.asked_enough(0) is None
    assert empty.ahead_of(0) == 0
