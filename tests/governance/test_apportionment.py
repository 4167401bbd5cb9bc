import json
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from node.errors import InputFileError, UserError
from node.governance.apportionment import (
    HOUSE_SEATS_MAX,
    ApportionmentMethod,
    Claim,
    SeatTie,
    TieRule,
    apportion,
    apportion_file,
)
from node.governance.counting.lots import lot_order

VECTORS = Path(__file__).parents[1] / "vectors" / "apportionment_by_hand.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]
SEED = b"a seed that was published before"

# The quotient of a size for the next seat after so many, squared where a root is in it; written down here a
# second time, in fractions, straight from the definitions. None is larger than every quotient.
QUOTIENTS: dict[ApportionmentMethod, Callable[[int, int], Fraction | None]] = {
    ApportionmentMethod.DHONDT: lambda size, seats: Fraction(size, seats + 1),
    ApportionmentMethod.SAINTE_LAGUE: lambda size, seats: Fraction(size) / (seats + Fraction(1, 2)),
    ApportionmentMethod.HUNTINGTON_HILL: lambda size, seats: (
        Fraction(size * size, seats * (seats + 1)) if seats else None
    ),
    ApportionmentMethod.ADAMS: lambda size, seats: Fraction(size, seats) if seats else None,
    ApportionmentMethod.DEAN: lambda size, seats: (
        size * (Fraction(1, seats) + Fraction(1, seats + 1)) / 2 if seats else None
    ),
    ApportionmentMethod.PENROSE: lambda size, seats: size / (seats + Fraction(1, 2)) ** 2,
}
every_method = pytest.mark.parametrize("method", ApportionmentMethod)


@st.composite
def problems(draw: st.DrawFn, *, size_max: int = 60) -> tuple[tuple[Claim, ...], int]:
    """Draw communities with floors and caps, and a house that they can fill."""
    count = draw(st.integers(1, 7))
    claims = []
    for number in range(count):
        floor = draw(st.integers(0, 3))
        cap = floor + draw(st.integers(0, 6))
        claims.append(Claim(f"c{number}", draw(st.integers(0, size_max)), floor, cap))
    least = sum(claim.floor for claim in claims)
    most = sum(claim.cap if claim.size else claim.floor for claim in claims)
    assume(most > 0)
    return tuple(claims), draw(st.integers(max(least, 1), most))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shares_by_hand(case: dict[str, Any]) -> None:
    """Seats and ties of the examples worked out by hand come out as written down."""
    claims = [
        Claim(
            each["name"], each["size"], each["floor"], HOUSE_SEATS_MAX if each["cap"] is None else each["cap"]
        )
        for each in case["communities"]
    ]
    shared = apportion(
        claims,
        method=ApportionmentMethod(case["method"]),
        house=case["house"],
        lot_seed=bytes.fromhex(case["lot_seed"]),
    )
    assert [seats for _, seats in shared.seats] == case["seats"]
    assert [[tie.seats, list(tie.among), list(tie.given)] for tie in shared.ties] == case["ties"]


@every_method
@given(problem=problems())
def test_the_house_is_filled_within_floors_and_caps(
    method: ApportionmentMethod, problem: tuple[tuple[Claim, ...], int]
) -> None:
    """Every seat is given, nobody has less than its floor or more than its cap."""
    claims, house = problem
    seats = dict(apportion(claims, method=method, house=house, lot_seed=SEED).seats)
    assert sum(seats.values()) == house
    assert all(claim.floor <= seats[claim.name] <= claim.cap for claim in claims)


@pytest.mark.parametrize("method", QUOTIENTS)
@given(problem=problems())
def test_seats_go_to_the_largest_quotients(
    method: ApportionmentMethod, problem: tuple[tuple[Claim, ...], int]
) -> None:
    """Seat by seat, in exact fractions, ties by the lot: the same seats and the same last tie."""
    claims, house = problem
    quotient = QUOTIENTS[method]
    lots = lot_order(SEED, [claim.name for claim in claims])
    seats = {claim.name: claim.floor for claim in claims}

    def rank(claim: Claim) -> tuple[bool, Fraction]:
        """Rank a community's claim to its next seat."""
        value = quotient(claim.size, seats[claim.name])
        return value is None, Fraction(claim.size) if value is None else value

    contested: set[str] = set()
    for _ in range(house - sum(seats.values())):
        open_to = [claim for claim in claims if claim.size and seats[claim.name] < claim.cap]
        best = max(rank(claim) for claim in open_to)
        equal = [claim.name for claim in open_to if rank(claim) == best]
        seats[min(equal, key=lots.index)] += 1
        contested = set(equal) if len(equal) > 1 else set()
    shared = apportion(claims, method=method, house=house, lot_seed=SEED)
    assert dict(shared.seats) == seats
    assert bool(shared.ties) == bool(contested)
    for tie in shared.ties:
        assert contested <= set(tie.among)
        assert len(tie.given) == tie.seats < len(tie.among)


@given(problem=problems())
def test_hamilton_stays_within_the_quota(problem: tuple[tuple[Claim, ...], int]) -> None:
    """One quota explains all shares: each has its bounded quota rounded, larger remainders first up."""
    claims, house = problem
    seats = dict(apportion(claims, method=ApportionmentMethod.HAMILTON, house=house, lot_seed=SEED).seats)
    sized = [claim for claim in claims if claim.size]
    bounded = _bounded_quotas(sized, house - sum(claim.floor for claim in claims if not claim.size))
    for claim in sized:
        assert int(bounded[claim.name]) <= seats[claim.name] <= -int(-bounded[claim.name] // 1)
    up = [bounded[c.name] % 1 for c in sized if seats[c.name] > bounded[c.name]]
    down = [bounded[c.name] % 1 for c in sized if seats[c.name] < bounded[c.name]]
    assert not up or not down or min(up) >= max(down)


def _bounded_quotas(claims: Sequence[Claim], house: int) -> dict[str, Fraction]:
    """Find the quotas between floors and caps that add up to the house, by trying each stretch of factors."""
    bends = sorted({Fraction(bound, c.size) for c in claims for bound in (c.floor, c.cap)} | {Fraction(0)})

    def shares(factor: Fraction) -> dict[str, Fraction]:
        """Bound each size times the factor."""
        return {c.name: min(Fraction(c.cap), max(Fraction(c.floor), factor * c.size)) for c in claims}

    for low, high in zip(bends, [*bends[1:], bends[-1]], strict=True):
        below, above = sum(shares(low).values()), sum(shares(high).values())
        if below <= house <= above:
            part = Fraction(house - below, above - below) if above > below else Fraction(0)
            return shares(low + part * (high - low))
    return shares(bends[-1])


@every_method
@given(problem=problems(size_max=8), rng=st.randoms(use_true_random=False))
def test_the_order_of_communities_changes_nothing(
    method: ApportionmentMethod, problem: tuple[tuple[Claim, ...], int], rng: random.Random
) -> None:
    """Seats and ties depend on names, sizes and the lot alone, not on who is listed first."""
    claims, house = problem
    mixed = list(claims)
    rng.shuffle(mixed)
    one = apportion(claims, method=method, house=house, lot_seed=SEED)
    other = apportion(mixed, method=method, house=house, lot_seed=SEED)
    assert dict(one.seats) == dict(other.seats)
    assert one.ties == other.ties


@every_method
@given(problem=problems(size_max=12))
def test_who_goes_first_in_a_tie_moves_tied_seats_alone(
    method: ApportionmentMethod, problem: tuple[tuple[Claim, ...], int]
) -> None:
    """By each rule the same claims are equal; who has one by size has it before all behind it."""
    claims, house = problem
    by_lot = apportion(claims, method=method, house=house, lot_seed=SEED)
    lots = lot_order(SEED, [claim.name for claim in claims])
    size = {claim.name: claim.size for claim in claims}
    for ties, sign in ((TieRule.LARGER, -1), (TieRule.SMALLER, 1)):
        shared = apportion(claims, method=method, house=house, lot_seed=SEED, ties=ties)
        assert [(one.seats, {*one.among}) for one in shared.ties] == [
            (one.seats, {*one.among}) for one in by_lot.ties
        ]
        without = {name: number - _given(shared.ties, name) for name, number in shared.seats}
        assert without == {name: number - _given(by_lot.ties, name) for name, number in by_lot.seats}
        for tie in shared.ties:
            ranked = sorted(tie.among, key=lambda name: (sign * size[name], lots.index(name)))
            assert (list(tie.among), list(tie.given)) == (ranked, ranked[: tie.seats])


def _given(ties: Sequence[SeatTie], name: str) -> int:
    return sum(name in tie.given for tie in ties)


@pytest.mark.parametrize(
    ("ties", "seats", "given"),
    [("larger", {"Ashby": 2, "Birchton": 0}, "Ashby"), ("smaller", {"Ashby": 1, "Birchton": 1}, "Birchton")],
)
def test_a_tied_seat_goes_by_size_where_it_is_said_so(ties: str, seats: dict[str, int], given: str) -> None:
    """90 / 3² is 10: both have an equal claim to the second seat by Penrose's method."""
    row: Any = apportion_file(
        b"name,size\nAshby,90\nBirchton,10\n", file="s.csv", method="penrose", seats=2, ties=ties
    )
    assert row["allocation"] == seats
    (tie,) = row["ties"]
    assert (tie["seats"], {*tie["among"]}, tie["given"]) == (1, {"Ashby", "Birchton"}, [given])


def test_quotients_that_floats_confuse_stay_apart() -> None:
    """Two quotients that differ in the 20th digit, or not at all, are told apart."""
    claims = [Claim("Ashby", 10**12 - 1), Claim("Birchton", 10**12 - 2), Claim("Cedarham", 1)]
    for method in (ApportionmentMethod.PENROSE, ApportionmentMethod.HUNTINGTON_HILL):
        shared = apportion(claims, method=method, house=1001, lot_seed=SEED)
        assert shared.ties == ()
        seats = dict(shared.seats)
        assert seats["Ashby"] >= seats["Birchton"]
    square = [Claim("Ashby", 9 * 10**10), Claim("Birchton", 10**10)]
    tied = apportion(square, method=ApportionmentMethod.PENROSE, house=3, lot_seed=SEED)
    assert [tie.among for tie in tied.ties] == []
    tied = apportion(square, method=ApportionmentMethod.PENROSE, house=2, lot_seed=SEED)
    assert [set(tie.among) for tie in tied.ties] == [{"Ashby", "Birchton"}]


@pytest.mark.parametrize(
    ("claims", "house", "says"),
    [
        ([], 1, "at least one community"),
        ([Claim("Ashby", 1)], 0, "seats"),
        ([Claim("Ashby", 1)], HOUSE_SEATS_MAX + 1, "seats"),
        ([Claim("Ashby", 1), Claim("Ashby", 2)], 1, "used twice"),
        ([Claim("Ashby", -1)], 1, "size of Ashby"),
        ([Claim("Ashby", 1, 2, 1)], 1, "floor of Ashby"),
        ([Claim("Ashby", 1, -1)], 1, "floor of Ashby"),
        ([Claim("Ashby", 1, 2), Claim("Birchton", 1, 2)], 3, "floors together need 4"),
        ([Claim("Ashby", 1, 0, 2), Claim("Birchton", 1, 0, 2)], 5, "caps together allow 4"),
        ([Claim("Ashby", 0, 1), Claim("Birchton", 1, 0, 2)], 5, "caps together allow 3"),
    ],
)
@every_method
def test_what_cannot_be_shared_is_refused(
    method: ApportionmentMethod, claims: list[Claim], house: int, says: str
) -> None:
    """Floors, caps and sizes that leave no way to fill the house are the caller's mistake."""
    with pytest.raises(UserError, match=says):
        apportion(claims, method=method, house=house, lot_seed=SEED)


def test_the_row_of_a_file_is_the_promised_object() -> None:
    """`hedgerow apportion --json` prints exactly these keys, communities in the order of the file."""
    data = b"name,size\nBirchton,24\nAshby,53\nCedarham,23\n"
    row = apportion_file(data, file="s.csv", method="sainte-lague", seats=7, floor=1, cap=5)
    assert json.dumps(row) == (
        '{"method": "sainte-lague", "seats": 7, '
        '"allocation": {"Birchton": 2, "Ashby": 3, "Cedarham": 2}, "ties": []}'
    )
    tied: Any = apportion_file(b"name,size\nAshby,5\nBirchton,5\n", file="s.csv", method="hamilton", seats=3)
    (tie,) = tied["ties"]
    assert tie["seats"] == 1
    assert set(tie["among"]) == {"Ashby", "Birchton"}
    assert [tied["allocation"][name] for name in tie["given"]] == [2]


def test_bad_requests_are_named() -> None:
    """An unknown method and a file that is no table are refused in words."""
    with pytest.raises(UserError, match="hamilton, dhondt"):
        apportion_file(b"name,size\nAshby,1\n", file="s.csv", method="jefferson", seats=1)
    with pytest.raises(UserError, match="lot, larger, smaller, found 'oldest'"):
        apportion_file(b"name,size\nAshby,1\n", file="s.csv", method="hamilton", seats=1, ties="oldest")
    with pytest.raises(InputFileError, match="line 1"):
        apportion_file(b"Ashby,1\n", file="s.csv", method="hamilton", seats=1)


@pytest.mark.shared
def test_real_houses_equal_the_published_ones(shared: Path) -> None:
    """Six censuses of the United States by ten rules: all sixty allocations are those expected, no tie.

    The seventh case, a parliament by the Hagenbach-Bischoff quota with thresholds of several heights, is by a
    rule that is none of the eight methods.
    """
    folder = shared / "data" / "elections"
    rules = {
        "huntington_min1": ("huntington-hill", 1),
        "saintelague_min1": ("sainte-lague", 1),
        "dhondt_min1": ("dhondt", 1),
        "adams_min1": ("adams", 1),
        "dean_min1": ("dean", 1),
        "hamilton": ("hamilton", 0),
        "saintelague_min0": ("sainte-lague", 0),
        "dhondt_min0": ("dhondt", 0),
        "penrose_sqrt_saintelague_min1": ("penrose", 1),
    }
    checked = 0
    expected = json.loads((folder / "apportionment" / "expected.json").read_text(encoding="utf-8"))
    for name, case in expected.items():
        data = b"" if "expected" not in case else (folder / case["file"]).read_bytes()
        for rule, allocation in case.get("expected", {}).items():
            if rule == "cambridge_751_base5_cap96":
                row = apportion_file(data, file=name, method="cambridge", seats=751, floor=5, cap=96)
            else:
                method, floor = rules[rule]
                row = apportion_file(data, file=name, method=method, seats=case["seats"], floor=floor)
            assert row["allocation"] == allocation, (name, rule)
            assert row["ties"] == []
            checked += 1
    assert checked == 60
    assert [name for name, case in expected.items() if "expected" not in case] == ["sk_nr_2020"]
