"""Nobody crowds others out of a witness's list: tests of node/governance/closing/listing.py."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from node.governance.ballots import Ballot, ValidBallot
from node.governance.closing import listing
from node.governance.closing.statements import LISTED_MAX, RECEIPTS_MAX
from node.governance.mandates import Mandate
from node.ids import PayloadId, RecordId
from tests import builders
from tests.builders import identifier
from tests.governance.closing.test_cut import receipt

SMALL = builders.roll({identifier("a"): 1, identifier("b"): 2})


def mandate(community: str, seat: int, seq: int = 1, *, revokes: bool = False) -> Mandate:
    """Return a mandate for a seat."""
    return Mandate(
        federation=identifier("federation"),
        community=identifier(community),
        seat=seat,
        seq=seq,
        prev=None if seq == 1 else identifier("before"),
        holder=identifier("holder"),
        revokes_ballots=revokes,
    )


def ballot(community: str, seat: int, seq: int, under: Mandate | None = None) -> ValidBallot:
    """Return a ballot that holds."""
    given_by = under or mandate(community, seat)
    made = Ballot(
        proposal=identifier("proposal"),
        roll=identifier("roll"),
        community=identifier(community),
        seat=seat,
        mandate=(b"mandate",),
        seq=seq,
        prev=None if seq == 1 else identifier("before"),
        choice=(1,),
    )
    # As good as the record's id, for a ballot that nobody signed.
    name = RecordId(identifier(f"{community} {seat} {given_by.seq} {seq}"))
    return ValidBallot(name, made, given_by, PayloadId(given_by.payload_id))


def test_attack_a_delegate_who_votes_without_end_leaves_room_for_others() -> None:
    """Five thousand ballots of one seat, whenever they come, keep no other seat's ballot out."""
    flood = [ballot("a", 1, seq) for seq in range(1, 5_001)]
    given_first = listing.fresh(SMALL, flood, (), ())
    assert len(given_first) < LISTED_MAX // 2
    others = [ballot("b", 1, 1), ballot("b", 2, 1)]
    assert set(listing.fresh(SMALL, [*flood, *others], (), given_first)) == {one.id for one in others}


def test_attack_a_stolen_key_cannot_keep_its_recall_out() -> None:
    """Behind a flood under a stolen key there is room for its recall and for the new holder's ballots."""
    flood = [ballot("a", 1, seq) for seq in range(1, 5_001)]
    given_first = listing.fresh(SMALL, flood, (), ())
    recall = mandate("a", 1, 2, revokes=True)
    again = ballot("a", 1, 1, recall)
    found = listing.fresh(SMALL, [*flood, again], [mandate("a", 1), recall], given_first)
    assert set(found) == {again.id, recall.payload_id}


def test_attack_mandates_for_seats_that_are_not_on_the_roll_take_no_room() -> None:
    """Only mandates that void ballots of a seat on this roll are listed."""
    wild = [mandate("a", seat, revokes=True) for seat in range(2, 90)]
    wild += [mandate("stranger", 1, revokes=True), mandate("b", 1)]
    good = mandate("b", 2, revokes=True)
    assert listing.fresh(SMALL, [], [*wild, good], ()) == [good.payload_id]


def test_every_seat_of_a_full_house_has_a_place() -> None:
    """With as many seats as places each first ballot is listed, though one seat came before with many."""
    full = builders.roll({identifier("a"): 1, identifier("b"): LISTED_MAX - 1})
    before = listing.fresh(full, [ballot("a", 1, seq) for seq in range(1, 9)], (), ())
    assert len(before) == 1
    rest = [ballot("b", seat, 1) for seat in range(1, LISTED_MAX)]
    assert len(listing.fresh(full, rest, (), before)) == LISTED_MAX - 1


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.integers(1, 2), st.integers(1, 3), st.integers(1, 6)),
        max_size=40,
        unique=True,
    )
)
def test_what_is_listed_is_each_ballot_once(drawn: list[tuple[str, int, int, int]]) -> None:
    """In a small house everything that holds is listed, in order and once, and nothing again."""
    cast = [ballot(c, seat, seq, mandate(c, seat, under)) for c, seat, under, seq in drawn]
    cast = [one for one in cast if one.ballot.seat <= SMALL.seats_of(one.ballot.community)]
    found = listing.fresh(SMALL, cast, (), ())
    assert found == sorted({one.id for one in cast})
    assert listing.fresh(SMALL, cast, (), found) == []


def test_attack_a_liar_s_receipts_do_not_crowd_out_others() -> None:
    """Of two thousand receipts by one witness and three by others, those three alone are named."""
    noise = [receipt("liar", [f"nothing {number}"]) for number in range(2_000)]
    good = [receipt(name, ["known"]) for name in ("alder", "birch", "cedar")]
    held = {one.id: one for one in [*noise, *good]}
    named = listing.receipts(held, [], [identifier("known")], enough=3)
    assert named == sorted(one.id for one in good)
    noisy = [identifier(f"nothing {number}") for number in range(2_000)]
    full = listing.receipts(held, [], [identifier("known"), *noisy], enough=3)
    assert len(full) == RECEIPTS_MAX
    assert {one.id for one in good} <= set(full)
    assert full == sorted(full)


def test_receipts_for_what_came_too_late_here_are_named_first() -> None:
    """A receipt that alone can bring a ballot in goes before those for what is listed anyway."""
    listed = [f"listed {number}" for number in range(RECEIPTS_MAX + 20)]
    usual = [receipt("alder", [one]) for one in listed]
    late = [receipt("alder", ["late"]), receipt("birch", ["late", listed[0]])]
    held = {one.id: one for one in [*usual, *late]}
    own = [identifier(one) for one in listed]
    named = listing.receipts(held, own, [*own, identifier("late")], enough=2)
    assert {one.id for one in late} <= set(named)
    assert Counter(named).most_common(1)[0][1] == 1


def test_no_more_receipts_are_named_than_it_takes() -> None:
    """Where one may lie two witnesses' receipts bring a ballot in: more make a seal harder to read."""
    four = [receipt(name, ["known"]) for name in ("alder", "birch", "cedar", "dogwood")]
    again = [receipt("alder", ["known", f"made up {number}"]) for number in range(50)]
    held = {one.id: one for one in [*four, *again]}
    named = listing.receipts(held, [], [identifier("known")], enough=2)
    assert len({held[RecordId(one)].receipt.witness for one in named}) == len(named) == 2


def test_what_is_not_held_here_is_named_when_an_honest_witness_had_it() -> None:
    """A ballot under way counts by the receipts of more witnesses than may lie; one alone says nothing."""
    two = [receipt(name, ["under way"]) for name in ("alder", "birch")]
    held = {one.id: one for one in [*two, receipt("liar", ["made up"])]}
    assert listing.receipts(held, [], [], enough=2) == sorted(one.id for one in two)


def test_attack_receipts_in_branches_are_named_only_where_they_may_be_needed() -> None:
    """Of a witness whose feed has branches a seal names what came too late for its own list, and no more."""
    known = [receipt(name, ["listed"]) for name in ("alder", "forked")]
    late = receipt("forked", ["late"])
    held = {one.id: one for one in [*known, late]}
    ids = [identifier("listed"), identifier("late")]
    named = listing.receipts(held, ids[:1], ids, enough=2, forked=[identifier("forked")])
    assert named == sorted([known[0].id, late.id])
