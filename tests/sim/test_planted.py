"""A checker that never fails proves nothing: planted bugs are caught by the checkers as they are."""

from pathlib import Path

import pytest

from tests.sim.planting import PLANTED, explore_planted, run_planted

NODES = 5
# Per bug, how many seeds it may take to catch it, and by which checks. What happens in a run moves whenever a
# node says one word more: where few seeds catch a bug, more may be tried than it takes today.
CAUGHT: dict[str, tuple[int, set[str]]] = {
    "signature_skipped": (6, {"signature", "self-fork", "lie"}),
    "scope_skipped": (6, {"scope"}),
    "send_before_persist": (6, {"acknowledged", "self-fork"}),
    "charter_ignored": (6, {"charter"}),
    "writers_ignored": (12, {"lie"}),
    "ballots_twice": (25, {"one ballot a seat", "question", "exception"}),
    "comparison_skipped": (1, {"founding", "convergence"}),
    "lack_untold": (1, {"founding", "convergence"}),
    "tree_left_behind": (1, {"founding", "convergence"}),
    "half_compared": (16, {"founding", "convergence"}),
    "waiting_forgotten": (40, {"notes survive", "board"}),
    "early_change_refused": (40, {"notes survive", "board"}),
    "counted_by_arrival": (4, {"notes survive", "board"}),
    "seal_repeated": (25, {"one word"}),
    "living_bodies_dropped": (6, {"notes survive", "board", "convergence"}),
    "quota_forgets_branches": (6, {"quota"}),
    "reissue_forgotten": (60, {"notes survive"}),
    "late_edit_lost": (12, {"notes survive", "board"}),
    "fork_left_out": (40, {"founding", "convergence"}),
    "rebuild_cut_short": (3, {"acknowledged", "notes survive", "directory", "board", "results"}),
    "sealed_early": (12, {"seal"}),
    "receipt_for_hearsay": (12, {"receipt"}),
    "ballot_left_out": (25, {"acknowledged", "recount"}),
    "quorum_too_small": (12, {"quorum"}),
    "vote_forgotten": (40, {"one word"}),
    "lock_forgotten": (60, {"quorum"}),
    "theft_overlooked": (70, {"theft"}),
    "built_on_fallen_lost": (45, {"notes survive"}),
    "kept_back_counts": (15, {"notes survive", "board"}),
    "late_edit_of_grown_lost": (21, {"carried over"}),
    "pause_untold": (16, {"quiet"}),
    "review_end_overlooked": (60, {"effects", "roll", "results"}),
    "request_ignored": (45, {"asked"}),
}
# What takes a certain order of messages, and so is caught by an explorer that tries all, and by which.
CAUGHT_BY_EXPLORER = {
    "lock_ignored": "Explorer(rounds_last=1)",
    "turn_before_lock": "InTurns(rounds_last=2, turns=turns_with(LIAR), starts=ended())",
}
# The first needs a member that lies, and more honest ones that write on what it wrote; the next so many
# witnesses that some commit before the others, that a round ends between, or that one starts again in it; the
# last a member whose device is stolen, and that did not begin all that falls, as in one of some seeds.
NODES_OF = {
    "reissue_forgotten": 6,
    "lock_forgotten": 10,
    "vote_forgotten": 7,
    "quorum_too_small": 10,
    "receipt_for_hearsay": 10,
    "theft_overlooked": 6,
    "built_on_fallen_lost": 6,
    "kept_back_counts": 6,
    "late_edit_of_grown_lost": 6,
    "pause_untold": 6,
    "review_end_overlooked": 6,
    "request_ignored": 6,
}
SEED_OF = {
    "vote_forgotten": 25,
    "theft_overlooked": 130,
    "reissue_forgotten": 130,
    "review_end_overlooked": 104,
    "request_ignored": 24,
    "built_on_fallen_lost": 95,
    "kept_back_counts": 25,
    "late_edit_of_grown_lost": 4,
    "pause_untold": 6,
}


def catch(name: str, folder: Path) -> None:
    """Run a planted bug for as many seeds as it may take."""
    seeds, checks = CAUGHT[name]
    until = [word for check in sorted(checks) for word in ("--until", check)]
    nodes, first = NODES_OF.get(name, NODES), SEED_OF.get(name, 0)
    asked = ("--nodes", str(nodes), "--seed", str(first), "--seeds", str(seeds))
    result = run_planted(name, folder, *asked, *until)
    assert {failure["check"] for failure in result["failures"]} & checks, result["failures"]


def test_every_patch_is_planted() -> None:
    """No patch lies about unused."""
    assert {path.stem for path in PLANTED.glob("*.patch")} == set(CAUGHT) | set(CAUGHT_BY_EXPLORER)


def test_sending_before_persisting_is_caught(tmp_path: Path) -> None:
    """A node that speaks before its disk has written is caught: the bug that forks honest nodes."""
    catch("send_before_persist", tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", sorted(set(CAUGHT) - {"send_before_persist"}))
def test_a_planted_bug_is_caught(name: str, tmp_path: Path) -> None:
    """Each bug planted into a copy of node/ makes a checker fail within its number of seeds."""
    catch(name, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(CAUGHT_BY_EXPLORER))
def test_a_planted_bug_is_caught_by_the_explorer(name: str, tmp_path: Path) -> None:
    """Over a copy of node/ with the bug it finds two certified values, as it does not over node/ itself."""
    assert explore_planted(name, tmp_path, CAUGHT_BY_EXPLORER[name]) == "split"
