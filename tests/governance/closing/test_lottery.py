"""Tests of node/governance/closing/lottery.py."""

from node.governance.closing import lottery
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import LotCall, LotCommit, LotReveal
from node.ids import RecordId
from node.records import record
from tests.builders import identifier, nonce

QUESTION = identifier("question")
NAMES = ("alder", "birch", "cedar", "dogwood")
FOUR = Quorum.of(4)


def commit(name: str, *, draw: int = 1) -> tuple[RecordId, LotCommit]:
    """Return a witness's commitment and its record id."""
    witness = identifier(name)
    made = LotCommit(
        question=QUESTION,
        witness=witness,
        draw=draw,
        commitment=lottery.commitment(QUESTION, witness, draw, nonce(f"{name} {draw}")),
    )
    return RecordId(record.payload_id(LotCommit.kind, made.encode())), made


def reveal(name: str, *, draw: int = 1, secret: bytes | None = None) -> tuple[bytes, LotReveal]:
    """Return what a witness shows."""
    witness = identifier(name)
    shown = nonce(f"{name} {draw}") if secret is None else secret
    return witness, LotReveal(question=QUESTION, witness=witness, draw=draw, secret=shown)


def call(*names: str, draw: int = 1, withheld: tuple[str, ...] = ()) -> LotCall:
    """Return a call for witnesses' secrets."""
    return LotCall(
        question=QUESTION,
        draw=draw,
        commits=tuple(sorted(commit(name, draw=draw)[0] for name in names)),
        withheld=tuple(sorted(identifier(name) for name in withheld)),
    )


def test_the_seed_follows_from_all_secrets_called() -> None:
    """All called secrets give one seed, whatever their order; another secret gives another."""
    commits = dict(commit(name) for name in NAMES)
    called = call(*NAMES)
    assert lottery.call_stands(called, commits, FOUR)
    drawn = lottery.draw(called, commits, dict(reveal(name) for name in NAMES))
    assert drawn.seed is not None
    assert drawn == lottery.draw(called, commits, dict(reveal(name) for name in reversed(NAMES)))
    assert lottery.draw(call(*NAMES[:3]), commits, dict(map(reveal, NAMES))).seed != drawn.seed


def test_lot_grinding_a_secret_other_than_the_committed_counts_as_withheld() -> None:
    """Who has seen the others' secrets cannot choose its own any more: it can only refuse, visibly."""
    commits = dict(commit(name) for name in NAMES)
    shown = dict(reveal(name) for name in NAMES[:3])
    changed = dict([*shown.items(), reveal("dogwood", secret=bytes(16))])
    for reveals in (shown, changed):
        drawn = lottery.draw(call(*NAMES), commits, reveals)
        assert drawn.seed is None
        assert drawn.silent == (identifier("dogwood"),)


def test_withheld_nonces_cost_one_draw_each() -> None:
    """The next draw names who withheld and is without them; it takes fresh commitments."""
    again = dict(commit(name, draw=2) for name in NAMES)
    assert lottery.call_stands(call(*NAMES[:3], draw=2, withheld=("dogwood",)), again, FOUR)
    assert not lottery.call_stands(call(*NAMES[:3], draw=2), again, FOUR)
    assert not lottery.call_stands(call(*NAMES, draw=2, withheld=("dogwood",)), again, FOUR)
    first = dict(commit(name) for name in NAMES)
    stale = call(*NAMES[:3]).model_copy(update={"draw": 2, "withheld": (identifier("dogwood"),)})
    assert not lottery.call_stands(stale, first, FOUR)


def test_too_few_commitments_make_no_call() -> None:
    """Fewer than a quorum could all be liars and friends."""
    commits = dict(commit(name) for name in NAMES)
    assert not lottery.call_stands(call(*NAMES[:2]), commits, FOUR)
    assert not lottery.call_stands(call(*NAMES), {}, FOUR)


def test_a_commitment_is_bound_to_witness_question_and_draw() -> None:
    """A secret committed for one place opens nothing elsewhere."""
    secret = nonce("secret")
    made = {
        lottery.commitment(question, witness, draw, secret)
        for question in (QUESTION, identifier("other"))
        for witness in (identifier("alder"), identifier("birch"))
        for draw in (1, 2)
    }
    assert len(made) == 8
