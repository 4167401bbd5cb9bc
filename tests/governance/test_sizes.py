"""Sizes: what the bylaws make of what neighbours say about each other."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from node.federation.bylaws_sizes import Sizes
from node.governance.sizes import SizeAttestation, last_day, latest, next_day, sizes
from node.ids import CommunityId
from tests import builders

NAMES = sorted(CommunityId(builders.identifier(f"community {n}")) for n in range(5))
MEMBERS, OUTSIDER = NAMES[:4], NAMES[4]
ITSELF, OTHERS = (Sizes(attesters=rule).entitled(MEMBERS) for rule in ("itself", "others"))


def says(attester: bytes, subject: bytes, size: int, serial: int = 1) -> SizeAttestation:
    """Return a statement of a size."""
    return SizeAttestation(federation=bytes(32), attester=attester, subject=subject, size=size, serial=serial)


ATTESTATIONS = st.lists(
    st.builds(
        says, st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 9), serial=st.integers(1, 3)
    ),
    max_size=20,
)


@given(ATTESTATIONS, st.randoms(), st.sampled_from([ITSELF, OTHERS]), st.integers(1, 3))
def test_order_and_repetition_make_no_difference(
    said: list[SizeAttestation], random: Any, entitled: Any, witnesses: int
) -> None:
    """Sizes are a function of the set of attestations."""
    other = said + random.choices(said, k=3) if said else []
    random.shuffle(other)
    assert latest(said) == latest(other)
    assert sizes(MEMBERS, said, entitled=entitled, witnesses=witnesses) == sizes(
        reversed(MEMBERS), other, entitled=entitled, witnesses=witnesses
    )


@given(ATTESTATIONS, st.integers(1, 3))
def test_a_size_is_the_largest_that_enough_others_put_at_that_or_more(
    said: list[SizeAttestation], witnesses: int
) -> None:
    """The size has as many entitled witnesses as the bylaws ask, one more person would have fewer."""
    found, missing = sizes(MEMBERS, said, entitled=OTHERS, witnesses=witnesses)
    assert [one.community for one in found] + missing == sorted(
        MEMBERS, key=lambda one: (one in missing, one)
    )
    counted = latest(said)
    for member in MEMBERS:
        entitled = [
            one.size
            for one in counted
            if one.subject == member and one.attester in MEMBERS and one.attester != member
        ]
        reached = [size for size in range(1, 10) if sum(e >= size for e in entitled) >= witnesses]
        sized = {one.community: one.size for one in found}
        assert sized.get(member) == max(reached, default=None)


@given(ATTESTATIONS)
def test_attack_one_liar_among_others_moves_no_size_beyond_what_the_rest_say(
    said: list[SizeAttestation],
) -> None:
    """With two witnesses asked for, one attester's number never lifts a size above the others' highest."""
    liar, subject = MEMBERS[0], MEMBERS[1]
    honest = [one for one in said if one.attester != liar]
    rest = [one.size for one in latest(honest) if one.subject == subject and one.attester in MEMBERS[2:]]
    found, _ = sizes(MEMBERS, [*honest, says(liar, subject, 10**9, serial=99)], entitled=OTHERS, witnesses=2)
    sized = {one.community: one.size for one in found}
    assert sized.get(subject, 0) <= max(rest, default=0)


def test_the_highest_serial_counts_and_of_two_the_lower_id() -> None:
    """An attester's later word replaces the earlier; one that says two things at once has no say in which."""
    old, new = says(MEMBERS[0], MEMBERS[0], 5), says(MEMBERS[0], MEMBERS[0], 3, serial=2)
    assert latest([new, old]) == [new]
    rivals = [says(MEMBERS[0], MEMBERS[0], size, serial=7) for size in (1, 2, 3)]
    assert latest(rivals) == [min(rivals, key=lambda one: one.payload_id)]


def test_only_entitled_attesters_count() -> None:
    """Itself or the others, as the bylaws say; who is no member attests nothing, and nobody twice."""
    said = [
        says(MEMBERS[0], MEMBERS[0], 9),
        says(MEMBERS[1], MEMBERS[0], 4),
        says(MEMBERS[2], MEMBERS[0], 3),
        says(OUTSIDER, MEMBERS[0], 8),
    ]
    itself, _ = sizes(MEMBERS, said, entitled=ITSELF, witnesses=1)
    others, _ = sizes(MEMBERS, said, entitled=OTHERS, witnesses=2)
    assert [(one.community, one.size) for one in itself] == [(MEMBERS[0], 9)]
    assert [(one.community, one.size) for one in others] == [(MEMBERS[0], 3)]
    assert others[0].attestations == tuple(sorted(one.payload_id for one in said[1:3]))
    assert sizes(MEMBERS, said, entitled=ITSELF, witnesses=2) == ([], list(MEMBERS))


@given(ATTESTATIONS, st.lists(st.sampled_from(NAMES), min_size=1, unique=True), st.integers(1, 3))
def test_only_those_named_attest_and_all_others_where_too_few_of_them_are_members(
    said: list[SizeAttestation], named: list[CommunityId], witnesses: int
) -> None:
    """What anybody else says changes nothing; with fewer than must agree it is as if none were named."""
    assume(witnesses <= len(named))
    rule = Sizes(attesters="named", named=tuple(named), witnesses=witnesses)
    found = sizes(MEMBERS, said, entitled=rule.entitled(MEMBERS), witnesses=witnesses)
    if len({*named} & {*MEMBERS}) < witnesses:
        assert found == sizes(MEMBERS, said, entitled=OTHERS, witnesses=witnesses)
    else:
        theirs = [one for one in said if one.attester in named]
        assert found == sizes(MEMBERS, theirs, entitled=lambda _who, _whom: True, witnesses=witnesses)


DAYS = st.lists(st.sampled_from(["01-01", "02-28", "07-01", "12-31"]), min_size=1, unique=True).map(sorted)


@given(st.integers(400 * 86_400, 200_000_000_000), DAYS)
def test_every_time_lies_between_a_day_of_the_bylaws_and_the_next(now: int, days: list[str]) -> None:
    """The last day has begun and the next has not, both are listed days at midnight, none is between."""
    last, following = last_day(now, days), next_day(now, days)
    assert last is not None
    assert last <= now < following
    for at in (last, following):
        assert datetime.fromtimestamp(at, UTC).strftime("%m-%d %H%M%S") in {f"{day} 000000" for day in days}
    assert (last_day(last, days), last_day(following - 1, days)) == (last, last)
    assert last_day(following, days) == following


def test_without_days_sizes_count_as_they_are() -> None:
    """Bylaws that name none settle nothing; before the first day of all there is a beginning."""
    assert last_day(1_790_000_000, []) is None
    assert last_day(5, ["07-01"]) == 0
