"""The outcome of a count: who, at which stage, by which votes and lots, and the id of all of it.

An outcome holds enough for a second implementation to compare byte by byte. Whether it is provisional or
certified is not known here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from node.canonical import Value, digest, encode
from node.governance.counting.lots import Lot

# Votes are counted in units of 0.00001 vote, as the Scottish rules truncate them.
UNITS_PER_VOTE: Final = 100_000
RESULT_TAG: Final = "hedgerow/result/1"

# What the rows that commands print are made of: JSON without fractions.
Json: TypeAlias = "str | int | Sequence[Json] | Mapping[str, Json]"


class Verdict(StrEnum):
    """What a count says in one word."""

    ELECTED = "elected"  # as many as the seats and the options allow
    NO_VALID_BALLOT = "no-valid-ballot"  # a contested election in which nobody voted elects nobody
    PASSED = "passed"
    REJECTED = "rejected"
    BLOCKED = "blocked"
    NO_QUORUM = "no-quorum"
    NOTHING_FUNDED = "nothing-funded"  # a budget in which no project with a vote can be paid


class Action(StrEnum):
    """What opened a stage."""

    FIRST_PREFERENCES = "first-preferences"
    SURPLUS = "surplus"
    EXCLUSION = "exclusion"
    CHOICES = "choices"
    PAIRWISE = "pairwise"  # how many prefer the source to each other option
    PATHS = "paths"  # the strongest path from the source to each other option
    SEAT = "seat"  # the next seat is given
    COMPLETION = "completion"  # the next seat, after nobody can pay for one any more
    LISTS = "lists"  # all seats shared out among lists
    ENDOWMENT = "endowment"  # what every voter may spend
    FUNDED = "funded"  # a project is paid
    PASSED_OVER = "passed-over"  # a project does not fit into the money left


@dataclass(frozen=True, slots=True)
class Method:
    """A counting rule: its name, the version of its rules, and what the bylaws set in it.

    Parameters are in the result id, so that one id never stands for two thresholds.
    """

    id: str
    version: int
    parameters: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """An option, by number, and the stage at which it was elected or excluded."""

    option: int
    stage: int


@dataclass(frozen=True, slots=True)
class Stage:
    """The table after one stage; votes in units of 0.00001, lists by option number from 1.

    Attributes:
        number: from 1.
        action: what opened the stage.
        source: the option whose votes moved; None at the first stage and where all surpluses move at once.
        totals_1e5: votes of each option at the end of the stage.
        transfers_1e5: what the stage added to each (negative: took away).
        exhausted_1e5: votes that have passed beyond the last preference, up to now.
        lost_1e5: what truncation has cut off, up to now.
        quota_1e5: what was needed to be elected at this stage.
        elected: options elected at this stage, highest first.
        excluded: options excluded at this stage.
        keep_1e9: Meek's keep factors in units of 0.000000001; empty elsewhere.
    """

    number: int
    action: Action
    source: int | None
    totals_1e5: tuple[int, ...]
    transfers_1e5: tuple[int, ...]
    exhausted_1e5: int
    lost_1e5: int
    quota_1e5: int
    elected: tuple[int, ...]
    excluded: tuple[int, ...]
    keep_1e9: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """A counted contest.

    Attributes:
        option_ids: of all options, by number from 1.
        valid: weight of the ballots that were counted.
        blank: weight of those that ranked nobody who stands.
        quota_1e5: at the last stage, in units of 0.00001 vote.
        elected: in order of election; within a stage by votes.
        excluded: in order of exclusion. Who was neither elected nor excluded was still standing at the end.
    """

    method: Method
    input_id: bytes
    option_ids: tuple[str, ...]
    seats: int
    verdict: Verdict
    valid: int
    blank: int
    quota_1e5: int
    elected: tuple[Placed, ...]
    excluded: tuple[Placed, ...]
    stages: tuple[Stage, ...]
    lots: tuple[Lot, ...]


def result_id(outcome: Outcome) -> bytes:
    """Return SHA-256 of the canonical list of tag, method, input id, outcome, stages and lots."""
    return digest(RESULT_TAG, *_parts(outcome))


def result_bytes(outcome: Outcome) -> bytes:
    """Return the canonical bytes whose SHA-256 is the result id.

    Options appear by id, and lists of votes in bytewise order of the ids, so that a contest whose options are
    written in another order has the same result.
    """
    return encode([RESULT_TAG, *_parts(outcome)])


def _parts(outcome: Outcome) -> list[Value]:
    """Spell an outcome as a tree of canonical values."""
    ids = outcome.option_ids
    order = sorted(range(len(ids)), key=lambda index: ids[index].encode())
    method = outcome.method
    return [
        [method.id, method.version, [list(pair) for pair in method.parameters]],
        outcome.input_id,
        [
            outcome.verdict.value,
            outcome.seats,
            outcome.valid,
            outcome.blank,
            outcome.quota_1e5,
            [[ids[placed.option - 1], placed.stage] for placed in outcome.elected],
            [[ids[placed.option - 1], placed.stage] for placed in outcome.excluded],
        ],
        [_stage_part(stage, ids, order) for stage in outcome.stages],
        [
            [lot.stage, lot.purpose.value, [ids[number - 1] for number in lot.tied], ids[lot.chosen - 1]]
            for lot in outcome.lots
        ],
    ]


def _stage_part(stage: Stage, ids: tuple[str, ...], order: list[int]) -> list[Value]:
    """Spell one stage, its lists in canonical order of the options."""
    return [
        stage.number,
        stage.action.value,
        None if stage.source is None else ids[stage.source - 1],
        [stage.totals_1e5[index] for index in order],
        [stage.transfers_1e5[index] for index in order],
        stage.exhausted_1e5,
        stage.lost_1e5,
        stage.quota_1e5,
        [ids[number - 1] for number in stage.elected],
        [ids[number - 1] for number in stage.excluded],
        [stage.keep_1e9[index] for index in order] if stage.keep_1e9 else [],
    ]
