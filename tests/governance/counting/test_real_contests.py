"""The 62 real contests with known results (../shared/data/elections), 37 official to the last digit."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from node.governance.counting import blt
from node.governance.counting.contest import Contest
from node.governance.counting.methods import count_file

pytestmark = pytest.mark.shared


def _cases(shared: Path) -> list[tuple[str, bytes, dict[str, Any]]]:
    """Read name, file and expected results of each contest."""
    folder = shared / "data" / "elections"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    assert len(expected) == 62
    return [(name, (folder / case["file"]).read_bytes(), case) for name, case in sorted(expected.items())]


def _count(data: bytes | str, method: str) -> Any:
    """Count a file; the row is JSON and read as such."""
    return json.loads(json.dumps(count_file(data, file="c.blt", method=method)))


def test_scottish_counts_equal_the_published_ones(shared: Path) -> None:
    """Quota, winners in order, stage of election, exclusions and published stage tables are all equal."""
    tables = 0
    for name, data, case in _cases(shared):
        row = _count(data, "scottish-stv")
        expected = case["scottish"]
        assert row["seats"] == case["seats"], name
        assert row["valid"] == case["valid"], name
        assert row["quota_1e5"] == expected["quota"] * 100_000, name
        assert [winner["id"] for winner in row["elected"]] == expected["winner_ids"], name
        assert [winner["name"] for winner in row["elected"]] == expected["winners"], name
        assert [winner["stage"] for winner in row["elected"]] == expected["elected_at_stage"], name
        if "excluded_order_ids" in expected:
            assert [loser["id"] for loser in row["excluded"]] == expected["excluded_order_ids"], name
            assert row["lots"] == expected["lots_used"], name
        if "stage_totals_1e5" in expected:
            assert [stage["totals_1e5"] for stage in row["stages"]] == expected["stage_totals_1e5"], name
            tables += 1
    assert tables == 37


def test_meek_elects_the_known_winners(shared: Path) -> None:
    """The winners by Meek's rule are those on which independent counters agree."""
    for name, data, case in _cases(shared):
        row = _count(data, "meek")
        assert sorted(winner["id"] for winner in row["elected"]) == case["meek"]["winner_ids_set"], name


@pytest.mark.long
def test_candidates_in_another_order_change_nothing(shared: Path) -> None:
    """With the candidates of each file permuted, names, stages, totals and the result id are the same."""
    rng = random.Random(2027)
    for name, data, _ in _cases(shared):
        contest = blt.read(data, file=name)
        order = list(range(1, len(contest.options) + 1))
        rng.shuffle(order)
        place = {old: new for new, old in enumerate(order, start=1)}
        permuted = Contest(
            title=contest.title,
            options=tuple(contest.options[old - 1] for old in order),
            seats=contest.seats,
            ballots=tuple(
                (weight, tuple(place[old] for old in ranking)) for weight, ranking in contest.ballots
            ),
        )
        before = _count(data, "scottish-stv")
        after = _count(blt.write(permuted), "scottish-stv")
        assert after["result_id"] == before["result_id"], name
        assert [(each["name"], each["stage"]) for each in after["elected"]] == [
            (each["name"], each["stage"]) for each in before["elected"]
        ], name
        for stage, again in zip(before["stages"], after["stages"], strict=True):
            assert again["totals_1e5"] == [stage["totals_1e5"][old - 1] for old in order], name


@pytest.mark.long
def test_ballots_written_out_change_nothing(shared: Path) -> None:
    """With each line of ballots split in two, and all lines shuffled, the whole row is the same."""
    rng = random.Random(2027)
    for name, data, _ in _cases(shared):
        contest = blt.read(data, file=name)
        lines = []
        for weight, ranking in contest.ballots:
            first = rng.randint(0, weight)
            lines += [(part, ranking) for part in (first, weight - first) if part > 0]
        rng.shuffle(lines)
        split = Contest(contest.title, contest.options, contest.seats, tuple(lines))
        assert _count(blt.write(split), "scottish-stv") == _count(data, "scottish-stv"), name


@pytest.mark.long
def test_every_ballot_cast_twice_elects_the_same(shared: Path) -> None:
    """Doubling every weight elects the same people in the same order in all 62.

    That is no law: the whole quota rounds differently, which in one contest moves an election to another
    stage. It shows that no winner here hangs on a rounding.
    """
    moved = []
    for name, data, _ in _cases(shared):
        contest = blt.read(data, file=name)
        doubled = tuple((2 * weight, ranking) for weight, ranking in contest.ballots)
        text = blt.write(Contest(contest.title, contest.options, contest.seats, doubled))
        before = _count(data, "scottish-stv")["elected"]
        after = _count(text, "scottish-stv")["elected"]
        assert [each["id"] for each in after] == [each["id"] for each in before], name
        if after != before:
            moved.append(name)
    assert moved == ["south_lanarkshire_2022_ward12"]
