"""What an honest witness signs next: the whole of R8 as one function of what it holds.

It keeps nothing between two calls: where it stands follows from its own votes, which were on its disk before
anybody saw them. A witness that crashed therefore goes on exactly where it was, and never signs a second,
different vote for one step of one round.

====================  =====================================  ==============================================
in round r            when                                   it signs
====================  =====================================  ==============================================
(certified)           a quorum committed to one value        nothing any more
asked nothing, r = 0  its seals are ready                    PRE(0, the cut of all seals it holds)
asked nothing, r > 0  a quorum moved on to r                 PRE(r, the highest lock among them; without
                                                             one the cut of all seals it holds now; of
                                                             rolls first what others asked for, `_joined`)
committed to nothing  a quorum asks for one value in r       COM(r, that value): it is locked on it
any                   more than f others are further on      RC(their round, its highest lock)
any                   the round took too long (`lasts`)      RC(r + 1, its highest lock)
====================  =====================================  ==============================================

It signs PRE and COM only for a value it computed itself (R9).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from node.governance.closing.agreement import Agreement
from node.governance.closing.statements import ROUND_MAX, CutValue, CutVote, Lock

# Before that what more than f asked for may still be enough.
_TURNS_FROM = 2


@dataclass(frozen=True, slots=True)
class View:
    """What a witness goes by.

    Attributes:
        me: its community.
        proposed: returns the value it would ask for from the seals it holds now, None while they are not
            ready. Only asked where it may be needed: it means a count.
        confirms: tells whether it holds all that a value names and computes the same value from it.
        overdue: the present round has lasted longer than the witness waits.
        stand_in: as in `agreement.VoteHeld`, of this device: what another one signed does not bind it.
        joining: the witnesses, sorted, where one that knows of no lock asks first for what others asked for
            in an earlier round, if it confirms that. Else who lets records out in each round, at the last
            moment, makes witnesses propose different things for ever.
        includes: tells whether an honest witness may ask for a value in its turn.
    """

    agreement: Agreement
    me: bytes
    proposed: Callable[[], CutValue | None]
    confirms: Callable[[CutValue], bool]
    overdue: bool
    stand_in: bytes = b""
    joining: Sequence[bytes] = ()
    includes: Callable[[CutValue], bool] = lambda _: True

    @property
    def own(self) -> list[CutVote]:
        """Return what this device signed."""
        return self.agreement.of_witness(self.me, self.stand_in)


def round_of(agreement: Agreement, witness: bytes, stand_in: bytes = b"") -> int:
    """Return the round a witness is in: the latest that this device of it moved on to."""
    own = agreement.of_witness(witness, stand_in)
    return max((vote.round for vote in own if vote.step == "rc"), default=0)


def lasts(agreement: Agreement, witness: bytes, stand_in: bytes = b"") -> bool:
    """Tell whether time passes in the round a witness is in: it voted in the first, or is not ahead alone.

    Whoever went on alone for a day would be as far ahead of all who come then, for ever: no more than may lie
    are not followed, and rounds of one length are never the same one.
    """
    now_in = round_of(agreement, witness, stand_in)
    return agreement.leads(now_in) if now_in else bool(agreement.of_witness(witness, stand_in))


def next_vote(view: View) -> CutVote | None:
    """Return the one vote to sign now, None when there is nothing to say.

    After it was signed and is held, ask again: several may follow one another.
    """
    agreement = view.agreement
    if agreement.certificates():
        return None
    now_in = round_of(agreement, view.me, view.stand_in)
    ahead = agreement.ahead_of(now_in)
    if ahead > now_in:
        return _move_on(view, ahead)
    said = {vote.step for vote in view.own if vote.round == now_in}
    if "com" not in said:
        asked = agreement.asked_enough(now_in)
        if asked is not None and view.confirms(asked):
            return _vote(view, "com", now_in, asked)
        if "pre" not in said:
            wanted = _to_ask_for(view, now_in)
            if wanted is not None:
                return _vote(view, "pre", now_in, wanted)
    return _move_on(view, now_in + 1) if view.overdue and now_in < ROUND_MAX else None


def highest_lock(agreement: Agreement, witness: bytes, stand_in: bytes = b"") -> Lock | None:
    """Return the latest value that this device of a witness committed to, with its proof."""
    latest = _commitment(agreement.of_witness(witness, stand_in))
    return agreement.lock(latest.round, latest.value) if latest and latest.value else None


def _commitment(own: Iterable[CutVote]) -> CutVote | None:
    commitments = [vote for vote in own if vote.step == "com"]
    return max(commitments, key=lambda vote: vote.round, default=None)


def _to_ask_for(view: View, now_in: int) -> CutValue | None:
    """Return the value to ask for in this round, if it is known and computed here."""
    if now_in == 0:
        return view.proposed()
    moved = view.agreement.moved_to(now_in)
    if not moved:
        return None
    locks = [vote.lock for vote in moved if vote.lock is not None]
    if not locks:
        return _joined(view, now_in) or view.proposed()
    # Two locks of one round have one value unless too many lie: a quorum asked for it, and each asks once.
    value = max(locks, key=lambda lock: lock.round).value
    return value if view.confirms(value) else None


def _joined(view: View, now_in: int) -> CutValue | None:
    """Return what others asked for in an earlier round and this witness asks for now, where it joins them.

    Some honest witness asked for it, or one whose turn it is did so in the round before: of the witnesses one
    after the other, so that an honest one comes before more rounds are over than may lie. Nothing is locked,
    so it is as safe to ask for as anything else that is confirmed.
    """
    if not view.joining:
        return None
    asked = view.agreement.asked_before(now_in)
    found = next((one for one in asked if view.confirms(one)), None)
    if found is None and now_in >= _TURNS_FROM and view.agreement.quorum.liars:
        one = view.agreement.asked_by(view.joining[now_in % len(view.joining)], now_in - 1)
        found = one if one is not None and view.includes(one) and view.confirms(one) else None
    return found


def _move_on(view: View, to: int) -> CutVote | None:
    lock = highest_lock(view.agreement, view.me, view.stand_in)
    if lock is None and _commitment(view.own) is not None:
        # Whoever committed and moves on without saying so lets a second value be certified. It held the proof
        # once; until it holds it again it keeps silent.
        return None
    return CutVote(
        instance=view.agreement.instance, witness=view.me, step="rc", round=to, value=None, lock=lock
    )


def _vote(view: View, step: str, now_in: int, value: CutValue) -> CutVote:
    return CutVote.model_validate(
        {
            "instance": view.agreement.instance,
            "witness": view.me,
            "step": step,
            "round": now_in,
            "value": value,
            "lock": None,
        }
    )
