"""What of a full charter is kept: the same everywhere, whatever came first."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from node.identity.charter import Cut, DeviceAdded, Retired
from node.identity.community import evaluate
from node.identity.keeping import DEVICE_RECORDS_MAX, LINK_BYTES_MAX, LINKS_PER_PLACE_MAX, kept
from node.ids import ID_BYTES
from node.keys import KeyPair
from node.limits import CHARTER_BYTES_PER_COMMUNITY_MAX, CHARTER_RECORDS_PER_COMMUNITY_MAX
from node.records.approvals import Approval
from node.records.record import Record
from node.records.statement import Statement
from tests import builders

ASH = builders.community("Ash")
ELM = builders.community("Elm", stewards=3, threshold=2)
FOUNDING = builders.charter_records(ASH)


def link(position: int, number: int, *, cuts: int = 0) -> Retired:
    """Return one of many different links of Ash's charter at a place."""
    named = tuple(Cut(scope=f"{n:080}", seq=2**40, entry=bytes(ID_BYTES)) for n in range(cuts))
    after = builders.identifier(f"{position} {number}")
    return Retired(
        community=ASH.id,
        position=position,
        after=after,
        device=ASH.device.public,
        reason="stolen",
        cuts=named,
    )


def signed(statement: Statement, *signers: KeyPair) -> list[Record]:
    """Return the records in which several keys sign one payload."""
    first, *others = signers
    community = statement.model_dump()["community"]
    approval = Approval(of=statement.payload_id, community=community)
    return [statement.sign(first), *(approval.sign(other) for other in others)]


def ids(records: Iterable[Record]) -> list[bytes]:
    """Return the ids of records."""
    return [one.id for one in records]


ADDED = [
    builders.added(ASH.id, builders.key(f"device {number}")) for number in range(DEVICE_RECORDS_MAX + 12)
]
LINKS = [link(position, number) for position in (1, 2, 3) for number in range(LINKS_PER_PLACE_MAX + 2)]
FLOOD = [one.sign(ASH.steward) for one in (*ADDED, *LINKS)] + [one.sign(ASH.recovery) for one in LINKS[:3]]
WHOLE = kept(ASH.id, [*FOUNDING, *FLOOD], frozenset)


@settings(max_examples=15)
@given(
    chance=st.randoms(use_true_random=False),
    cuts=st.lists(st.integers(0, len(FLOOD)), min_size=1, max_size=3),
)
def test_what_is_kept_of_a_charter_does_not_depend_on_the_order(chance: object, cuts: Sequence[int]) -> None:
    """Whatever comes first, in whatever pieces, the same records are kept in the end."""
    order = list(FLOOD)
    chance.shuffle(order)  # type: ignore[attr-defined]
    held = list(FOUNDING)
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(order)], strict=True):
        held = kept(ASH.id, [*held, *order[begin:end]], frozenset)
    assert ids(held) == ids(WHOLE)


def test_of_too_many_devices_the_lowest_are_kept() -> None:
    """Of more devices than there is room for, those with the lowest payload ids stand."""
    lowest = sorted(ADDED, key=lambda one: one.payload_id)[:DEVICE_RECORDS_MAX]
    standing = evaluate(ASH.id, WHOLE)
    assert standing is not None
    assert set(standing.devices) == {ASH.device.public, *(one.device.sign for one in lowest)}


def test_a_device_that_a_roll_names_is_kept_before_others() -> None:
    """No flood of lower ids pushes a pinned device out."""
    highest = max(ADDED, key=lambda one: one.payload_id)
    held = kept(ASH.id, [*FOUNDING, *FLOOD], lambda: {highest.device.sign})
    assert highest.payload_id in {one.payload_id for one in held}
    assert len(DeviceAdded.among(held)) == DEVICE_RECORDS_MAX


def test_few_links_are_kept_at_a_place_and_recovery_s_go_first() -> None:
    """Of rivals at one place the lowest few are kept, and of recovery's own as many again."""
    places = [one.position for one in Retired.among(WHOLE)]
    assert [places.count(position) for position in (2, 3)] == [LINKS_PER_PLACE_MAX] * 2
    assert {one.payload_id for one in LINKS[:3]} <= {one.payload_id for one in WHOLE}


def test_what_one_of_several_stewards_signs_pushes_nothing_out_that_holds() -> None:
    """One steward of a charter that asks for two cannot make a device go by signing many others."""
    one, two, _ = ELM.stewards
    second = builders.added(ELM.id, builders.key("second"))
    flood = [builders.added(ELM.id, builders.key(f"flood {number}")).sign(two) for number in range(140)]
    held = kept(ELM.id, [*builders.charter_records(ELM), *signed(second, one, two), *flood], frozenset)
    standing = evaluate(ELM.id, held)
    assert standing is not None
    assert second.device.sign in standing.devices


def test_no_flood_makes_a_charter_larger_than_a_message_holds() -> None:
    """Large links and many devices stay within the number and bytes of records that may travel."""
    large = [link(position, 1, cuts=1024).sign(ASH.steward) for position in (1, 2, 3)]
    held = kept(ASH.id, [*FOUNDING, *FLOOD, *large], frozenset)
    assert len(held) <= CHARTER_RECORDS_PER_COMMUNITY_MAX
    assert sum(len(one.raw) for one in held) <= CHARTER_BYTES_PER_COMMUNITY_MAX
    assert 2 * len(large[0].raw) > LINK_BYTES_MAX > len(large[0].raw)


def test_of_one_record_signed_twice_the_lower_bytes_are_kept() -> None:
    """A signer that signs the same with another signature makes no charter differ for ever."""
    first = ADDED[0].sign(ASH.steward)
    other = replace(first, raw=bytes(len(first.raw)))
    for order in ([first, other], [other, first]):
        assert other.raw in [one.raw for one in kept(ASH.id, [*FOUNDING, *order], frozenset)]


def test_what_strangers_sign_and_devices_without_consent_are_not_kept() -> None:
    """A charter holds what its own keys signed, of devices that agreed to stand in it."""
    stranger = ADDED[0].sign(builders.key("a stranger"))
    unasked = DeviceAdded(
        community=ASH.id, device=builders.added(ELM.id, builders.key("second")).device
    ).sign(ASH.steward)
    assert ids(kept(ASH.id, [*FOUNDING, stranger, unasked], frozenset)) == sorted(ids(FOUNDING))
    assert kept(ELM.id, FOUNDING, frozenset) == []
