"""A count as a table that people follow by eye: options by rounds, what moved, who came in and who went out.

Owns the view; the numbers are the core's, in units of 0.00001 vote.
"""

from dataclasses import dataclass
from typing import Any, Final

from node.governance.counting.result import UNITS_PER_VOTE
from node.governance.seat_words import in_seats
from node.web.pages import budgets, words

# The bars stand in a picture 100 wide: what is drawn is a share of the longest, in tenths of a percent.
_BAR_UNITS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Cell:
    """One option in one round: its votes after it, what came or went, and "elected" or "out" if just then."""

    votes: str
    moved: str
    mark: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One option through all rounds.

    Attributes:
        fate: "elected in round 2", of a project "funded in round 2", "out in round 1" or "left over".
        bar: votes in the round in which its fate fell, as a share of the longest bar, in percent.
    """

    name: str
    cells: tuple[Cell, ...]
    fate: str
    is_elected: bool
    votes: str
    bar: str


@dataclass(frozen=True, slots=True)
class Round:
    """One round in words, and what it leaves behind."""

    number: int
    sentence: str
    quota: str
    spent: str
    lost: str


@dataclass(frozen=True, slots=True)
class Count:
    """The whole table; `quota_bar` is where the quota line stands among the bars, in percent."""

    lines: tuple[Line, ...]
    rounds: tuple[Round, ...]
    quota: str
    quota_bar: str
    anything_lost: bool


def read(answer: dict[str, Any]) -> Count:
    """Read what `show-result` says of an election."""
    stages = answer["rounds"]
    names = answer["options"]
    elected = {one["id"]: one["stage"] for one in answer["elected"]}
    excluded = {one["id"]: one["stage"] for one in answer["excluded"]}
    # Of a budget the quota is money: the bars are votes.
    quota = answer["quota_1e5"] if answer.get("budget") is None else 0
    longest = max([quota, *(max(stage["totals_1e5"], default=0) for stage in stages)])
    won = "elected" if answer.get("budget") is None else "funded"
    lines = [
        _line(number, name, stages, elected.get(number), excluded.get(number), longest, won)
        for number, name in enumerate(names, start=1)
    ]
    order = sorted(range(len(lines)), key=lambda index: _place(index + 1, answer, elected, excluded))
    return Count(
        lines=tuple(lines[index] for index in order),
        rounds=tuple(_round(stage, names) for stage in stages),
        quota=words.votes(answer["quota_1e5"]),
        quota_bar=_share(answer["quota_1e5"], longest),
        anything_lost=any(stage["lost_1e5"] for stage in stages),
    )


def choices(answer: dict[str, Any]) -> list[Line]:
    """Read what `show-result` says of a yes/no question: each choice with its votes."""
    totals = answer["rounds"][-1]["totals_1e5"]
    longest = max(totals)
    return [
        Line(
            name=name,
            cells=(),
            fate="",
            is_elected=False,
            votes=_in_seats(total, answer["parts"]),
            bar=_share(total, longest),
        )
        for name, total in zip(answer["options"], totals, strict=True)
    ]


def _in_seats(units: int, parts: int) -> str:
    """Return votes; where a seat may split its vote, first how many seats' they are."""
    if parts == 1:
        return words.votes(units)
    counted = units // UNITS_PER_VOTE
    return f"{in_seats(counted, parts=parts)} ({words.counted(counted, 'part', 'parts')})"


def _place(
    number: int, answer: dict[str, Any], elected: dict[int, int], excluded: dict[int, int]
) -> tuple[int, int]:
    """Order the elected as they came in, then who was left over, then the excluded, last out first."""
    if number in elected:
        return 0, [one["id"] for one in answer["elected"]].index(number)
    if number in excluded:
        return 2, -[one["id"] for one in answer["excluded"]].index(number)
    return 1, number


def _line(
    number: int,
    name: str,
    stages: list[dict[str, Any]],
    elected: int | None,
    excluded: int | None,
    longest: int,
    won: str,
) -> Line:
    cells = []
    for stage in stages:
        total, change = stage["totals_1e5"][number - 1], stage["transfers_1e5"][number - 1]
        mark = won if stage["stage"] == elected else "out" if stage["stage"] == excluded else ""
        cells.append(
            Cell(
                votes=words.votes(total),
                moved=words.moved(change) if stage["stage"] > 1 else "",
                mark=mark,
                gone=excluded is not None and stage["stage"] > excluded,
            )
        )
    # An excluded option's votes leave it in the round that excludes it: what it had is in the round before.
    decisive = elected or (max(1, excluded - 1) if excluded else len(stages))
    held = stages[decisive - 1]["totals_1e5"][number - 1]
    fate = f"{won} in round {elected}" if elected else f"out in round {excluded}" if excluded else "left over"
    return Line(
        name=name,
        cells=tuple(cells),
        fate=fate,
        is_elected=elected is not None,
        votes=words.votes(held),
        bar=_share(held, longest),
    )


def _round(stage: dict[str, Any], names: list[str]) -> Round:
    return Round(
        number=stage["stage"],
        sentence=_sentence(stage, names),
        quota=words.votes(stage["quota_1e5"]),
        spent=words.votes(stage["exhausted_1e5"]),
        lost=words.votes(stage["lost_1e5"]),
    )


def _sentence(stage: dict[str, Any], names: list[str]) -> str:
    source = names[stage["source"] - 1] if stage["source"] else ""
    match stage["action"]:
        case "first-preferences":
            opening = "First preferences are counted."
        case "surplus":
            opening = f"{source or 'Each elected option'} has more votes than needed; the surplus moves on."
        case "exclusion":
            opening = f"{source} has the fewest votes and goes out; those votes move on."
        case "pairwise":
            opening = f"How many prefer {source} to each other option."
        case "paths":
            opening = f"How strongly {source} leads to each other option, at its weakest step."
        case "seat" | "completion":
            opening = "The next place is filled."
        case "lists":
            opening = "The places are shared out among the lists."
        case "endowment" | "funded" | "passed-over":
            return budgets.round_in_words(stage, source)
        case _:
            opening = "Votes are counted."
    came = [names[number - 1] for number in stage["elected"]]
    if not came:
        return opening
    short = any(stage["totals_1e5"][number - 1] < stage["quota_1e5"] for number in stage["elected"])
    why = ": no more are left than places" if short else ""
    return f"{opening} {' and '.join(came)} {'is' if len(came) == 1 else 'are'} elected{why}."


def _share(units: int, longest: int) -> str:
    if longest <= 0:
        return "0"
    whole, part = divmod(units * _BAR_UNITS // longest, 10)
    return f"{whole}.{part}"
