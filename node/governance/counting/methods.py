"""The methods by name, and the row that `hedgerow count` prints for one file.

A method's rules change only with its version; the name alone always means the newest version here.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from node.errors import UserError
from node.governance.counting import blt, committee, meek, party_list, plurality, schulze, scottish, yes_no
from node.governance.counting.contest import SEATS_MAX, Contest, question_id
from node.governance.counting.result import Json, Method, Outcome, result_id
from node.limits import OPTIONS_PER_PROPOSAL_MAX

_ELECTIONS: Final[tuple[tuple[Method, Callable[[Contest, bytes], Outcome]], ...]] = (
    (scottish.METHOD, scottish.count),
    (meek.METHOD, meek.count),
    (plurality.METHOD, plurality.count),
    (schulze.METHOD, schulze.count),
    (committee.PHRAGMEN, committee.count_phragmen),
    (committee.EQUAL_SHARES, committee.count_equal_shares),
    *((party_list.method(by), party_list.counter(by)) for by in party_list.SHARED_BY),
)
ELECTION_METHODS: Final[Mapping[str, Callable[[Contest, bytes], Outcome]]] = {
    method.id: count for method, count in _ELECTIONS
}
VERSIONS: Final[Mapping[str, int]] = {
    **{method.id: method.version for method, _ in _ELECTIONS},
    yes_no.METHOD_ID: yes_no.METHOD_VERSION,
}
# Methods that read every option a ballot names as approved, whatever its place.
APPROVAL_METHODS: Final = frozenset({committee.PHRAGMEN.id, committee.EQUAL_SHARES.id})
# Methods in which only the first option on a ballot counts, and it stands for a list that takes seats.
LIST_METHODS: Final = frozenset(party_list.method(by).id for by in party_list.SHARED_BY)
# Methods in which `quota_1e5` is what an option needs to be elected.
QUOTA_METHODS: Final = frozenset({scottish.METHOD.id, meek.METHOD.id})
_OPTIONS_MAX: Final[Mapping[str, int]] = {
    schulze.METHOD.id: schulze.OPTIONS_MAX,
    committee.PHRAGMEN.id: committee.OPTIONS_MAX,
    committee.EQUAL_SHARES.id: committee.OPTIONS_MAX,
}


def check_question(method: str, *, options: int, seats: int) -> None:
    """Check before anybody votes that a method will be able to count the ballots.

    Args:
        method: a key of `ELECTION_METHODS`.
        options: how many there are.
        seats: how many are to be elected.

    Raises:
        UserError: the method is unknown, or the question is not one for it.
    """
    if method not in ELECTION_METHODS:
        raise UserError(f"expected one of the methods {', '.join(ELECTION_METHODS)}, found {method!r}")
    most = _OPTIONS_MAX.get(method, OPTIONS_PER_PROPOSAL_MAX)
    if not 1 <= options <= most:
        raise UserError(f"expected 1 to {most} options for {method}, found {options}")
    if not 1 <= seats <= SEATS_MAX:
        raise UserError(f"expected 1 to {SEATS_MAX} seats, found {seats}")


def count_contest(
    contest: Contest,
    method: str,
    lot_seed: bytes,
    *,
    rule: yes_no.YesNoRule | None = None,
) -> Outcome:
    """Count a contest by a named method.

    Args:
        contest: what to count.
        method: a key of `VERSIONS`.
        lot_seed: fixes the order that breaks ties; published before voting opens.
        rule: what the bylaws say about yes/no; needed there and nowhere else.

    Raises:
        UserError: the method is unknown, or does not fit the contest or the rule.
    """
    if method == yes_no.METHOD_ID:
        if rule is None:
            raise UserError("expected a threshold and a quorum for yes-no, found none")
        return yes_no.count(contest, rule)
    counter = ELECTION_METHODS.get(method)
    if counter is None:
        raise UserError(f"expected one of the methods {', '.join(VERSIONS)}, found {method!r}")
    if rule is not None:
        raise UserError(f"expected no threshold for {method}, found one")
    return counter(contest, lot_seed)


def count_file(
    data: bytes | str, *, file: str, method: str, seats: int | None = None, lot_seed: bytes | None = None
) -> dict[str, Json]:
    """Count one BLT file and return its row of `hedgerow count --json`; see `read_and_count`."""
    contest, outcome = read_and_count(data, file=file, method=method, seats=seats, lot_seed=lot_seed)
    return {"file": file, **row(contest, outcome)}


def read_and_count(
    data: bytes | str, *, file: str, method: str, seats: int | None = None, lot_seed: bytes | None = None
) -> tuple[Contest, Outcome]:
    """Read one BLT file and count it.

    Ties are broken by a lot that the question fixes (title, seats, options), not the ballots: the same seed
    whatever the order of the options, and nothing a voter can steer.

    Args:
        data: the file's content.
        file: its name, as messages give it.
        method: a key of `ELECTION_METHODS`.
        seats: instead of the file's own number of seats, or None.
        lot_seed: instead of the question's, for ballots that come from a decision with a seed of its own.

    Raises:
        UserError: the method is unknown or cannot count ranked ballots.
        InputFileError: the file is not a sound BLT file.
    """
    if method not in ELECTION_METHODS:
        raise UserError(f"expected one of the methods {', '.join(ELECTION_METHODS)}, found {method!r}")
    contest = blt.read(data, file=file)
    if seats is not None:
        contest = replace(contest, seats=seats)
    seed = question_id(contest) if lot_seed is None else lot_seed
    return contest, count_contest(contest, method, seed)


def row(contest: Contest, outcome: Outcome) -> dict[str, Json]:
    """Return an outcome as JSON values; an option's id is its 1-based place in the contest."""
    names = [option.name for option in contest.options]
    return {
        "method": outcome.method.id,
        "seats": outcome.seats,
        "valid": outcome.valid,
        "quota_1e5": outcome.quota_1e5,
        "elected": [
            {"id": placed.option, "name": names[placed.option - 1], "stage": placed.stage}
            for placed in outcome.elected
        ],
        "excluded": [
            {"id": placed.option, "name": names[placed.option - 1], "stage": placed.stage}
            for placed in outcome.excluded
        ],
        "stages": [{"stage": stage.number, "totals_1e5": list(stage.totals_1e5)} for stage in outcome.stages],
        "lots": lot_rows(outcome),
        "result_id": result_id(outcome).hex(),
    }


def lot_rows(outcome: Outcome) -> list[Json]:
    """Return the lots that a count needed as JSON values."""
    return [
        {"stage": lot.stage, "purpose": lot.purpose.value, "tied": list(lot.tied), "chosen": lot.chosen}
        for lot in outcome.lots
    ]


def stage_rows(outcome: Outcome) -> list[Json]:
    """Return the stages of a count that moves no votes, with what each did, as JSON values."""
    return [
        {
            "stage": stage.number,
            "action": stage.action.value,
            "source": stage.source or 0,
            "totals_1e5": list(stage.totals_1e5),
            "quota_1e5": stage.quota_1e5,
        }
        for stage in outcome.stages
    ]
