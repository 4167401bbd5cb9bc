"""Lies of a witness: one that says different things about the close of one question.

Whoever hears both voices counts both (docs/closing.md), so as long as no more than f of the witnesses do this
there is one certificate.
"""

from node.feeds import scopes
from node.feeds.bodies import Kind
from node.governance import papers
from node.governance.closing.statements import CutValue, CutVote, Receipt, Seal
from node.governance.proposals import Proposal
from node.ids import PayloadId
from node.records import record
from node.records.statement import Statement
from node.replication.messages import Message
from tests.sim.lies import Lie, Scheme
from tests.sim.machine import Machine

_ROUNDS = 2
_MADE_UP_MAX = 3


def two_votes(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Ask for and commit to two values in one round: what the victim heard of, and another beside it."""
    heard = [vote for vote in _stated(scheme, victim, CutVote) if isinstance(vote, CutVote)]
    values = [vote.value for vote in heard if vote.value is not None]
    if not values:
        return []
    value = scheme.rng.choice(values)
    other = value.model_copy(update={"result": scheme.rng.randbytes(32)})
    chosen = next(vote for vote in heard if vote.value == value)
    votes = [
        CutVote(
            instance=chosen.instance,
            witness=scheme.estate.community,
            step=step,
            round=chosen.round + scheme.rng.randrange(_ROUNDS),
            value=said,
            lock=None,
        )
        for step in ("pre", "com")
        for said in (value, other)
    ]
    return _publish(scheme, votes)


def two_seals(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Seal one question twice: as another witness did, and with nothing at all; and vote for the latter."""
    seals = [seal for seal in _stated(scheme, victim, Seal) if isinstance(seal, Seal)]
    if not seals:
        return []
    copied = scheme.rng.choice(seals)
    empty = {"listed": (), "receipts": (), "root": scheme.rng.randbytes(32)}
    said: list[Statement] = [
        copied.model_copy(update={"witness": scheme.estate.community}),
        copied.model_copy(update={"witness": scheme.estate.community, **empty}),
    ]
    cut = CutValue(
        proposal=copied.proposal,
        seals=(said[1].payload_id,),
        cut=scheme.rng.randbytes(32),
        result=scheme.rng.randbytes(32),
    )
    instance = papers.instance(PayloadId(copied.proposal))
    said += [
        CutVote(instance=instance, witness=scheme.estate.community, step=step, round=0, value=cut, lock=None)
        for step in ("pre", "com")
    ]
    return _publish(scheme, said)


def made_up_receipts(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Give receipts for ballots that there are not."""
    put = _stated(scheme, victim, Proposal)
    if not put:
        return []
    listed = tuple(sorted(scheme.rng.randbytes(32) for _ in range(scheme.rng.randint(1, _MADE_UP_MAX))))
    question = scheme.rng.choice(put).payload_id
    said: list[Statement] = [Receipt(proposal=question, witness=scheme.estate.community, listed=listed)]
    return _publish(scheme, said)


VOICES: tuple[Lie, ...] = (two_votes, two_votes, two_seals, two_seals, made_up_receipts)


def _stated(scheme: Scheme, victim: Machine, form: type[CutVote | Seal | Proposal]) -> list[Statement]:
    """Return what a victim holds of one kind of statement."""
    rows = victim.disk.records.of_kind(scopes.members(scheme.federation), form.kind)
    return [form.read(record.stored(row.raw)) for row in rows]


def _publish(scheme: Scheme, said: list[Statement] | list[CutVote]) -> list[Message | bytes]:
    """Publish statements in the members' scope, where the liar is one of them."""
    if not scheme.turncoat:
        return []
    written = [scheme.body(Kind.RECORD, one.sign(scheme.device).raw) for one in said]
    return [*scheme.publish(scopes.members(scheme.federation), written)]
