"""The transcript of a count: every stage as JSON, as a CSV table, and in words for people to read aloud.

Owns how a count is told. The numbers are the outcome's own, in units of 0.00001 vote where a field's name
says so; nothing is counted or rounded here.
"""

import csv
import io
import json
import unicodedata
from enum import StrEnum
from typing import Final

from node.governance.counting.contest import Contest
from node.governance.counting.lots import Lot, Purpose
from node.governance.counting.result import UNITS_PER_VOTE, Action, Json, Outcome, Stage, Verdict, result_id
from node.governance.spending import Budget

# A spreadsheet runs a cell that begins so as a formula (CWE-1236), in East Asian settings the wide signs too.
_FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")  # noqa: RUF001 (meant)
_COLUMNS: Final = (
    "stage",
    "action",
    "source",
    "option",
    "name",
    "votes_1e5",
    "moved_1e5",
    "keep_1e9",
    "fate",
    "exhausted_1e5",
    "lost_1e5",
    "needed_1e5",
)
_VERDICTS: Final = {
    Verdict.ELECTED: "Elected, in this order:",
    Verdict.NO_VALID_BALLOT: "Nobody is elected: there is no valid ballot.",
    Verdict.PASSED: "It passes.",
    Verdict.REJECTED: "It does not pass: the support is less than what is needed.",
    Verdict.BLOCKED: "It does not pass: it is blocked.",
    Verdict.NO_QUORUM: "Nothing is decided: too few took part.",
    Verdict.NOTHING_FUNDED: "Nothing is funded.",
}
_OF_BUDGETS: Final = _VERDICTS | {
    Verdict.ELECTED: "Funded, in this order:",
    Verdict.NO_VALID_BALLOT: "Nothing is funded: there is no valid ballot.",
    Verdict.NO_QUORUM: "Nothing is funded: too few took part.",
}
# What a stage does; `money` is for budgets, whose quota is a sum.
_OPENINGS: Final = {
    Action.FIRST_PREFERENCES: "First preferences are counted.",
    Action.SURPLUS: "The surplus of {source} moves on.",
    Action.EXCLUSION: "{source} has the fewest votes and is excluded; those votes move on.",
    Action.CHOICES: "The answers are counted.",
    Action.PAIRWISE: "So many prefer {source} to each other option.",
    Action.PATHS: "So strong is the strongest path from {source} to each other option.",
    Action.SEAT: "The next seat is given.",
    Action.COMPLETION: "Nobody can pay for a seat any more; the next is given by Phragmén's loads.",
    Action.LISTS: "All seats are shared out among the lists.",
    Action.ENDOWMENT: "Every voter's part of the money is raised by {money}.",
    Action.FUNDED: "{source} is funded; {money} of the money is left.",
    Action.PASSED_OVER: "{source} costs more than the {money} that is left.",
}
# What the numbers of a stage that gives one seat are, by method.
_SEATS: Final = {
    "schulze": "The next seat goes to one whom no other beats. Each is beaten by so many of the others:",
    "phragmen": "The next seat goes to the most votes a seat:",
    "equal-shares": "The next seat goes to whose supporters pay the least each. Effective votes:",
}
# What could forge a line of the transcript, or turn the reading direction around.
_STEERING: Final = frozenset({"Cc", "Zl", "Zp", "Cs"})
_TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
_PURPOSES: Final = {
    Purpose.SURPLUS: "whose surplus moves first",
    Purpose.EXCLUSION: "who is excluded",
    Purpose.ORDER: "who is listed first",
    Purpose.SEAT: "who takes the seat",
}


class Form(StrEnum):
    """How a transcript is written."""

    JSON = "json"
    CSV = "csv"
    WORDS = "words"


def write(contest: Contest, outcome: Outcome, form: Form, *, budget: Budget | None = None) -> str:
    """Return the transcript of a count as a file's text.

    Args:
        contest: what was counted; it names the options.
        outcome: its count.
        form: how it is written.
        budget: of a question about a budget its money and costs.
    """
    match form:
        case Form.JSON:
            spent = {} if budget is None else {"budget": _budget(budget)}
            told = {**tree(contest, outcome), **spent}
            return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
        case Form.CSV:
            return _table(contest, outcome)
        case Form.WORDS:
            return "\n".join(_lines(contest, outcome, budget)) + "\n"


def _budget(budget: Budget) -> dict[str, Json]:
    """Return money and costs as JSON values; `needed` is 0 where no number of votes is asked for."""
    return {
        "money": budget.money,
        "unit": budget.unit,
        "costs": list(budget.costs),
        "needed": budget.needed or 0,
    }


def tree(contest: Contest, outcome: Outcome) -> dict[str, Json]:
    """Return the whole transcript as JSON values; options are numbered from 1, and 0 is none."""
    return {
        "title": contest.title,
        "method": outcome.method.id,
        "version": outcome.method.version,
        "parameters": dict(outcome.method.parameters),
        "seats": outcome.seats,
        "options": [option.name for option in contest.options],
        "withdrawn": sorted(contest.withdrawn),
        "verdict": outcome.verdict.value,
        "valid": outcome.valid,
        "blank": outcome.blank,
        "quota_1e5": outcome.quota_1e5,
        "elected": [{"id": each.option, "stage": each.stage} for each in outcome.elected],
        "excluded": [{"id": each.option, "stage": each.stage} for each in outcome.excluded],
        "stages": [told(stage) for stage in outcome.stages],
        "lots": [
            {"stage": lot.stage, "purpose": lot.purpose.value, "tied": list(lot.tied), "chosen": lot.chosen}
            for lot in outcome.lots
        ],
        "result_id": result_id(outcome).hex(),
    }


def told(stage: Stage) -> dict[str, Json]:
    """Return every field of a stage as JSON values; options are numbered from 1, and 0 is none."""
    return {
        "stage": stage.number,
        "action": stage.action.value,
        "source": stage.source or 0,
        "totals_1e5": list(stage.totals_1e5),
        "transfers_1e5": list(stage.transfers_1e5),
        "exhausted_1e5": stage.exhausted_1e5,
        "lost_1e5": stage.lost_1e5,
        "quota_1e5": stage.quota_1e5,
        "elected": list(stage.elected),
        "excluded": list(stage.excluded),
        "keep_1e9": list(stage.keep_1e9),
    }


def _table(contest: Contest, outcome: Outcome) -> str:
    """Write a row for each option at each stage; what belongs to the stage stands on each of its rows."""
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(_COLUMNS)
    for stage in outcome.stages:
        for number, option in enumerate(contest.options, start=1):
            fate = "elected" if number in stage.elected else "excluded" if number in stage.excluded else ""
            rows.writerow(
                (
                    stage.number,
                    stage.action.value,
                    stage.source or "",
                    number,
                    _cell(option.name),
                    stage.totals_1e5[number - 1],
                    stage.transfers_1e5[number - 1],
                    stage.keep_1e9[number - 1] if stage.keep_1e9 else "",
                    fate,
                    stage.exhausted_1e5,
                    stage.lost_1e5,
                    stage.quota_1e5,
                )
            )
    return written.getvalue()


def _cell(text: str) -> str:
    """Return a text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_FORMULA_SIGNS) else text


def _lines(contest: Contest, outcome: Outcome, budget: Budget | None) -> list[str]:
    """Tell a count in sentences."""
    names = [_plain(option.name) for option in contest.options]
    parameters = "".join(f", {name} {value}" for name, value in outcome.method.parameters)
    ballots = f"{_counted(outcome.valid, 'valid ballot')}, {_counted(outcome.blank, 'blank ballot')}"
    lines = [
        _plain(contest.title) or "(without a title)",
        f"Counted by {outcome.method.id}, version {outcome.method.version}{parameters}.",
        f"{_counted(outcome.seats, 'seat' if budget is None else 'project')}, {ballots}.",
        *(_costs(budget, names) if budget is not None else ()),
        *(f"{names[number - 1]} has withdrawn." for number in sorted(contest.withdrawn)),
    ]
    for stage in outcome.stages:
        lines += ["", f"Stage {stage.number}. {_opening(stage, names, outcome.method.id)}"]
        lines += _votes_of(stage, names)
        lines += _ending(stage, names)
        lines += [_lot(lot, names, budget) for lot in outcome.lots if lot.stage == stage.number]
    lines += ["", (_VERDICTS if budget is None else _OF_BUDGETS)[outcome.verdict]]
    if outcome.verdict is Verdict.ELECTED:
        lines += [
            f"  {place}. {names[each.option - 1]}, at stage {each.stage}"
            for place, each in enumerate(outcome.elected, start=1)
        ]
    return [*lines, f"Result {result_id(outcome).hex()}"]


def _opening(stage: Stage, names: list[str], method: str) -> str:
    """Say what a stage does."""
    if stage.action is Action.SEAT and method in _SEATS:
        return _SEATS[method]
    source = names[stage.source - 1] if stage.source is not None else "everybody elected"
    return _OPENINGS[stage.action].format(source=source, money=_votes(stage.quota_1e5))


def _votes_of(stage: Stage, names: list[str]) -> list[str]:
    """List what each option has, and what came or went."""
    moves = stage.action in (Action.SURPLUS, Action.EXCLUSION)
    lines = []
    for name, total, moved in zip(names, stage.totals_1e5, stage.transfers_1e5, strict=True):
        change = f" ({'+' if moved > 0 else ''}{_votes(moved)})" if moves and moved else ""
        lines.append(f"  {name}: {_votes(total)}{change}")
    if stage.exhausted_1e5:
        lines.append(f"  exhausted: {_votes(stage.exhausted_1e5)}")
    if stage.lost_1e5:
        lines.append(f"  lost to rounding: {_votes(stage.lost_1e5)}")
    return lines


def _ending(stage: Stage, names: list[str]) -> list[str]:
    """Say what was needed at a stage and whom it elected."""
    counted = (Action.FIRST_PREFERENCES, Action.SURPLUS, Action.EXCLUSION, Action.CHOICES)
    lines = []
    if stage.quota_1e5 and stage.action in counted:
        lines.append(f"  Needed: {_votes(stage.quota_1e5)}.")
    # A yes/no question elects nobody, and a project that is funded is named in the opening.
    named = () if stage.action in (Action.CHOICES, Action.FUNDED) else stage.elected
    for number in dict.fromkeys(named):
        seats = stage.elected.count(number)
        told = f"{seats} seats" if seats > 1 else "a seat" if stage.action is Action.LISTS else "elected"
        lines.append(f"  {names[number - 1]}: {told}.")
    return lines


def _costs(budget: Budget, names: list[str]) -> list[str]:
    """Say how much money there is and what each project costs."""
    unit = _plain(budget.unit)
    lines = [f"{budget.money:,} {unit} to share out."]
    if budget.needed is not None:
        lines.append(f"A project needs {_counted(budget.needed, 'vote')}.")
    return lines + [f"  {name} costs {cost:,}." for name, cost in zip(names, budget.costs, strict=True)]


def _lot(lot: Lot, names: list[str], budget: Budget | None) -> str:
    """Say what a lot decided."""
    tied = ", ".join(names[number - 1] for number in sorted(lot.tied))
    purpose = _PURPOSES[lot.purpose] if budget is None else "which project comes first"
    return f"  Equal: {tied}. The lot says {purpose}: {names[lot.chosen - 1]}."


def _plain(text: str) -> str:
    """Return a text on one line and without characters that steer what shows it."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _STEERING or char in _TURNING else char
        for char in text
    )


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _votes(units: int) -> str:
    """Return votes from units of 0.00001, without zeros that say nothing."""
    whole, part = divmod(abs(units), UNITS_PER_VOTE)
    return f"{'-' if units < 0 else ''}{whole:,}.{part:05d}".rstrip("0").rstrip(".")
