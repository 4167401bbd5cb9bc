"""Tests of node/governance/closing/cut.py."""

from collections.abc import Iterable, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from node.governance.closing import merkle
from node.governance.closing.cut import Cut, ReceiptHeld, SealHeld, cut, equivocating, failure, usable, value
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import Receipt, Seal
from node.ids import RecordId
from node.records import record
from tests.builders import identifier

PROPOSAL = identifier("proposal")
FOUR = Quorum.of(4)
NAMES = ("alder", "birch", "cedar", "dogwood")


def receipt(witness: str, ballots: Iterable[str], *, proposal: bytes = PROPOSAL) -> ReceiptHeld:
    """Return a witness's receipt for ballots."""
    made = Receipt(
        proposal=proposal,
        witness=identifier(witness),
        listed=tuple(sorted(identifier(one) for one in ballots)),
    )
    return ReceiptHeld(RecordId(record.payload_id(Receipt.kind, made.encode())), made)


def seal(
    witness: str, ballots: Iterable[str], receipts: Sequence[ReceiptHeld] = (), *, proposal: bytes = PROPOSAL
) -> SealHeld:
    """Return a witness's seal over ballots it had itself, naming others' receipts."""
    listed = tuple(sorted(identifier(one) for one in ballots))
    made = Seal(
        proposal=proposal,
        witness=identifier(witness),
        root=merkle.root(listed),
        listed=listed,
        receipts=tuple(sorted(one.id for one in receipts)),
    )
    return SealHeld(RecordId(record.payload_id(Seal.kind, made.encode())), made)


def held(*receipts: ReceiptHeld) -> Mapping[RecordId, ReceiptHeld]:
    """Return receipts as a node holds them."""
    return {one.id: one for one in receipts}


def made(seals: Sequence[SealHeld], *receipts: ReceiptHeld, quorum: Quorum = FOUR) -> Cut:
    """Return the cut that seals give."""
    found = cut(PROPOSAL, seals, held(*receipts), quorum)
    assert found is not None
    return found


def test_i6_a_ballot_counts_when_an_honest_witness_must_have_had_it() -> None:
    """I6: listed by f + 1 of the seals it is in; by fewer it is contested, reported and not counted."""
    seals = [seal("alder", ["x", "y"]), seal("birch", ["x"]), seal("cedar", [])]
    found = made(seals)
    assert found.counted == (identifier("x"),)
    assert found.contested == (identifier("y"),)


def test_receipts_of_enough_witnesses_count_though_one_seal_names_them() -> None:
    """A ballot whose witnesses were cut off at the close is in by their receipts in another's seal."""
    two = [receipt("cedar", ["late"]), receipt("dogwood", ["late"])]
    seals = [seal("alder", [], two), seal("birch", []), seal("cedar", [])]
    assert made(seals, *two).counted == (identifier("late"),)


def test_a_witness_inventing_late_votes_alone_brings_none_in() -> None:
    """One liar's list and its own receipts, named again and again, make a ballot contested at most."""
    own = [receipt("alder", ["forged"]), receipt("alder", ["forged", "other"])]
    seals = [seal("alder", ["forged"], own), seal("birch", []), seal("cedar", [])]
    found = made(seals, *own)
    assert found.counted == ()
    assert identifier("forged") in found.contested


def test_r2_a_cut_takes_a_quorum_of_different_witnesses() -> None:
    """Too few seals, or two of one witness, give no cut."""
    three = [seal("alder", []), seal("birch", []), seal("cedar", [])]
    assert cut(PROPOSAL, three[:2], {}, FOUR) is None
    assert cut(PROPOSAL, [*three[:2], seal("alder", ["x"])], {}, FOUR) is None
    assert cut(PROPOSAL, [*three, seal("alder", ["x"])], {}, FOUR) is None
    assert cut(PROPOSAL, three, {}, FOUR) is not None


def test_a_seal_naming_receipts_that_nobody_has_is_not_waited_for() -> None:
    """A liar's seal that cannot be judged is left out of the proposal, and gives no cut."""
    missing = receipt("dogwood", ["x"])
    stuck = seal("alder", [], [missing])
    three = [seal("birch", []), seal("cedar", []), seal("dogwood", [])]
    assert cut(PROPOSAL, [stuck, *three], {}, FOUR) is None
    assert usable([stuck, *three], {}, PROPOSAL) == sorted(three, key=lambda one: one.id)
    assert cut(PROPOSAL, [stuck, *three], held(missing), FOUR) is not None


def test_a_receipt_for_another_proposal_proves_nothing() -> None:
    """Receipts are not carried over from one proposal to the next."""
    other = [receipt(name, ["x"], proposal=identifier("other")) for name in ("cedar", "dogwood")]
    seals = [seal("alder", [], other), seal("birch", []), seal("cedar", [])]
    assert cut(PROPOSAL, seals, held(*other), FOUR) is None


def test_a_false_root_is_refused() -> None:
    """A seal whose root is not that of its list would lead voters' proofs astray."""
    good = seal("alder", ["x"])
    bad = SealHeld(good.id, good.seal.model_copy(update={"root": bytes(32)}))
    assert usable([bad], {}, PROPOSAL) == []
    assert cut(PROPOSAL, [bad, seal("birch", []), seal("cedar", [])], {}, FOUR) is None


def test_two_seals_of_one_witness_are_proof_and_count_as_silence() -> None:
    """Who seals twice is left out, and both seals together show it."""
    pair = [seal("alder", []), seal("alder", ["x"])]
    others = [seal("birch", []), seal("cedar", [])]
    assert {one.seal.witness for one in usable([*pair, *others], {}, PROPOSAL)} == {
        identifier("birch"),
        identifier("cedar"),
    }
    assert [{one.id for one in proof} for proof in equivocating([*pair, *others])] == [
        {one.id for one in pair}
    ]


LISTS = st.lists(st.sampled_from(["u", "v", "w", "x", "y", "z"]), unique=True, max_size=6)


@given(st.lists(LISTS, min_size=4, max_size=4), st.lists(LISTS, min_size=4, max_size=4))
def test_i1_the_same_seals_in_any_order_give_the_same_cut(
    listed: list[list[str]], receipted: list[list[str]]
) -> None:
    """I1: order and repetition of seals change nothing, and counted and contested never overlap."""
    receipts = [receipt(name, ballots) for name, ballots in zip(NAMES, receipted, strict=True) if ballots]
    seals = [seal(name, ballots, receipts) for name, ballots in zip(NAMES, listed, strict=True)]
    found = made(seals, *receipts)
    assert made([*reversed(seals), *seals], *reversed(receipts)) == found
    assert not set(found.counted) & set(found.contested)
    mentioned = {identifier(one) for each in [*listed, *receipted] for one in each}
    assert set(found.counted) | set(found.contested) == mentioned


def test_failure_is_no_cut() -> None:
    """Giving up has a value of its own, which no seals can have."""
    given_up = failure(PROPOSAL)
    assert given_up.failed
    assert not value(made([seal(name, []) for name in NAMES]), bytes(32)).failed
