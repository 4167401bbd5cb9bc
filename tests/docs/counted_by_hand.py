"""The examples of docs/governance.md, read from the page and counted by the program.

An example is a fenced block whose language says how it is counted; the table below it is what the page says
came out. Each function here returns the rows of such a table as the program fills it in.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt

from node.governance.apportionment import ApportionmentMethod, Claim, apportion
from node.governance.budgets.methods import count_budget
from node.governance.budgets.question import BudgetQuestion, Project
from node.governance.choices import Choice
from node.governance.counting import yes_no
from node.governance.counting.contest import Contest, Option, question_id
from node.governance.counting.methods import QUOTA_METHODS, count_contest
from node.governance.counting.result import Action, Outcome, Stage
from node.governance.counting.yes_no import Denominator, YesNoRule

UNIT = 100_000
SEED = b"no example needs a lot"
Rows = list[list[str]]
_LABELS: Mapping[Action, str] = {
    Action.FIRST_PREFERENCES: "first choices",
    Action.SURPLUS: "surplus of {source}",
    Action.EXCLUSION: "{source} excluded",
    Action.PAIRWISE: "prefer {source} to",
    Action.PATHS: "path from {source} to",
    Action.SEAT: "seat",
    Action.COMPLETION: "completion",
    Action.LISTS: "lists",
    Action.ENDOWMENT: "purses",
    Action.FUNDED: "{source} funded",
    Action.PASSED_OVER: "{source} does not fit",
}


@dataclass(frozen=True, slots=True)
class Example:
    """A block with its kind, the method named in the same line, its lines, and the table below it."""

    kind: str
    method: str
    lines: tuple[str, ...]
    table: Rows


def examples(page: str) -> Iterator[Example]:
    """Yield the examples of a page, each with the first table that follows it."""
    for found in re.finditer(
        r"^```(\w[\w-]*) ([\w-]+)\n(.*?)^```\n(.*?)(?=^```|\Z)", page, re.MULTILINE | re.DOTALL
    ):
        kind, method, text, below = found.groups()
        first = re.search(r"(?:^\|.*\n)+", below, re.MULTILINE)
        rows = first.group().splitlines() if first else []
        cells = [[cell.strip().strip("*") for cell in row.strip("|").split("|")] for row in rows]
        table = [row for number, row in enumerate(cells) if number != 1]  # below the titles stand dashes
        yield Example(kind, method, tuple(text.splitlines()), table)


def sums(page: str) -> Iterator[tuple[str, str]]:
    """Yield the sums in a page's inline code: what is reckoned, and what is said to come out."""
    for found in re.finditer(r"`([\d ().+\-*/√x]+) = ([\d.,/]+…?)`", page):
        yield found.group(1), found.group(2)


def reckoned(written: str, said: str) -> bool:
    """Tell whether a sum is right; `…` behind a number says that it was cut off there."""
    value = _Sum(written.replace("x", "*")).value()
    if "/" in said:
        return value == Fraction(said)
    places = len(said.rstrip("…").partition(".")[2])
    shifted = value * 10**places
    expected = Fraction(said.rstrip("…")) * 10**places
    return bool(expected == (shifted.numerator // shifted.denominator if said.endswith("…") else shifted))


class _Sum:
    """Reckons a sum of whole numbers with + - * / √ and brackets, exactly; roots to twelve places."""

    def __init__(self, text: str) -> None:
        self._left = re.findall(r"\d+|[-+*/()√]", text)

    def value(self) -> Fraction:
        """Return what all of it comes to."""
        found = self._added()
        assert not self._left, self._left
        return found

    def _added(self) -> Fraction:
        total = self._multiplied()
        while self._left and self._left[0] in "+-":
            total += self._multiplied() if self._left.pop(0) == "+" else -self._multiplied()
        return total

    def _multiplied(self) -> Fraction:
        product = self._single()
        while self._left and self._left[0] in "*/":
            product = product * self._single() if self._left.pop(0) == "*" else product / self._single()
        return product

    def _single(self) -> Fraction:
        word = self._left.pop(0)
        if word == "√":
            inside = self._single()
            return Fraction(isqrt(inside.numerator * 10**24 // inside.denominator), 10**12)
        if word != "(":
            return Fraction(int(word))
        inside = self._added()
        assert self._left.pop(0) == ")"
        return inside


def elected(example: Example) -> Rows:
    """Count `9 Ash > Birch` under `seats 2`."""
    seats = int(example.lines[0].removeprefix("seats "))
    gone = [line.removeprefix("withdrawn ") for line in example.lines if line.startswith("withdrawn")]
    cast = [line.split(" ", 1) for line in example.lines[1:] if line[0].isdigit()]
    names = sorted({name for _, ranking in cast for name in ranking.split(" > ")} | set(gone))
    contest = Contest(
        "Example",
        tuple(Option(name, name) for name in names),
        seats,
        tuple((int(n), tuple(names.index(name) + 1 for name in line.split(" > "))) for n, line in cast),
        frozenset(names.index(name) + 1 for name in gone),
    )
    outcome = count_contest(contest, example.method, question_id(contest))
    assert not outcome.lots, "an example that needs a lot cannot be done with a pencil"
    quota = example.method in QUOTA_METHODS
    titles = ["stage", "", *names, *(["exhausted", "lost", "needed"] if quota else []), ""]
    return [titles, *(_stage(stage, names, quota=quota) for stage in outcome.stages)]


def _stage(stage: Stage, names: list[str], *, quota: bool) -> list[str]:
    source = names[stage.source - 1] if stage.source else "everybody elected"
    sums_of = [stage.exhausted_1e5, stage.lost_1e5, stage.quota_1e5] if quota else []
    seats = {names[number - 1]: stage.elected.count(number) for number in stage.elected}
    told = [f"{name} {count}" if stage.action is Action.LISTS else name for name, count in seats.items()]
    return [
        str(stage.number),
        _LABELS[stage.action].format(source=source),
        *(votes(each) for each in (*stage.totals_1e5, *sums_of)),
        ", ".join(told),
    ]


def votes(units: int) -> str:
    """Return votes from units of 0.00001, as the page writes them."""
    return f"{units // UNIT}.{units % UNIT:05d}".rstrip("0").rstrip(".")


def budgeted(example: Example) -> Rows:
    """Count `money 1000`, `A 600`, `2 A B` as a budget."""
    money, *rest = example.lines
    costs = [line.split() for line in rest if not line[0].isdigit()]
    names = [name for name, _ in costs]
    ballots = [line.split() for line in rest if line[0].isdigit()]
    question = BudgetQuestion(
        title="Example",
        money_1e5=int(money.removeprefix("money ").split(" needed ")[0]) * UNIT,
        projects=tuple(Project(name, name, int(cost) * UNIT) for name, cost in costs),
        ballots=tuple(
            (int(n), tuple(names.index(name) + 1 for name in approved)) for n, *approved in ballots
        ),
        votes_min=int(money.split(" needed ")[1]) if " needed " in money else None,
    )
    outcome: Outcome = count_budget(question, example.method, SEED)
    assert not outcome.lots
    titles = ["stage", "", *names, "left" if example.method != "equal-shares" else "added, then left"]
    rows = [[*_stage(stage, names, quota=False)[:-1], votes(stage.quota_1e5)] for stage in outcome.stages]
    return [titles, *rows]


def answered(example: Example) -> Rows:
    """Decide a yes/no question by each of the rules that stand in the table's first four columns."""
    said = dict(line.split() for line in example.lines)
    weights = {choice: int(said.get(choice.value, 0)) for choice in Choice}
    found = [["of", "needed share", "quorum", "blocks", "counted", "needed", "yes", ""]]
    for of, share, quorum, blocks, *_ in example.table[1:]:
        rule = YesNoRule(
            denominator=Denominator(of),
            threshold=Fraction(share.split()[-1]),
            more_than=share.startswith("more than"),
            quorum=Fraction(quorum),
            blocks_max=0 if blocks == "stop" else None,
            electorate=int(said["seats"]),
        )
        outcome = yes_no.count(yes_no.contest("Example", weights), rule)
        cast = weights[Choice.YES] + weights[Choice.NO] + weights[Choice.BLOCK]
        base = {"cast": cast, "present": sum(weights.values()), "all": int(said["seats"])}[of]
        numbers = [base, outcome.quota_1e5 // UNIT, weights[Choice.YES]]
        found.append([of, share, quorum, blocks, *map(str, numbers), outcome.verdict.value])
    return found


def shared_out(example: Example) -> Rows:
    """Share out seats, and show the quotients in the order in which they took them."""
    house = int(example.lines[0].split()[1])
    base = int(example.lines[0].split()[3]) if "base" in example.lines[0] else 0
    sizes = {name: int(size) for name, size in (line.split() for line in example.lines[1:])}
    claims = [Claim(name, size, base) for name, size in sizes.items()]
    shared = apportion(claims, method=ApportionmentMethod(example.method), house=house, lot_seed=SEED)
    assert not shared.ties
    seats = dict(shared.seats)
    if example.method == "hamilton":
        quotas = {name: Fraction(size * house, sum(sizes.values())) for name, size in sizes.items()}
        rows = [[name, *_quota(quotas[name]), str(seats[name])] for name in sizes]
        return [["", "quota", "whole", "remainder", "seats"], *rows]
    return [["", *_titles(example.table), "seats"], *_quotients(example, sizes, seats, house, base)]


def _titles(table: Rows) -> list[str]:
    return [f"seat {number}" for number in range(1, len(table[0]) - 1)]


def _quota(quota: Fraction) -> list[str]:
    return [_rounded(quota), str(int(quota)), _rounded(quota - int(quota))]


def _quotients(
    example: Example, sizes: Mapping[str, int], seats: Mapping[str, int], house: int, base: int
) -> Rows:
    """Write the quotient of each seat with its turn, and check that the first turns are the seats given."""
    quotient, columns = QUOTIENTS[example.method], len(example.table[0]) - 2
    ranked = sorted(
        ((name, s) for name in sizes for s in range(base, house)),
        key=lambda one: (-quotient(Fraction(sizes[one[0]]), one[1] - base), -sizes[one[0]]),
    )
    turns = {one: turn for turn, one in enumerate(ranked[: house - base * len(sizes)], start=1)}
    for name in sizes:
        assert base + sum(one == name for one, _ in turns) == seats[name], (example.method, name)
    rows = []
    for name, size in sizes.items():
        cells = []
        for s in range(columns):
            value = quotient(Fraction(size), s - base) if s >= base else FIRST
            shown = "base" if s < base else "first" if value == FIRST else _rounded(value)
            cells.append(f"{shown} ({turns[name, s]})" if (name, s) in turns else shown)
        rows.append([name, *cells, str(seats[name])])
    return rows


# Larger than every quotient of the page: what comes before all quotients.
FIRST = Fraction(10**9)


def _root(value: Fraction) -> Fraction:
    """Return a square root, cut off after fifteen places: the page shows two."""
    return Fraction(isqrt(value.numerator * 10**30 // value.denominator), 10**15)


def _rounded(value: Fraction) -> str:
    """Return a number with two decimals at most, rounded to the nearest."""
    hundredths = (value * 100 + Fraction(1, 2)).__floor__()
    return f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")


# The quotient of a size for the next seat after s, as the table of methods writes it.
QUOTIENTS: Mapping[str, Callable[[Fraction, int], Fraction]] = {
    "dhondt": lambda size, s: size / (s + 1),
    "sainte-lague": lambda size, s: size / (s + Fraction(1, 2)),
    "huntington-hill": lambda size, s: size / _root(Fraction(s * (s + 1))) if s else FIRST,
    "dean": lambda size, s: size * (Fraction(1, s) + Fraction(1, s + 1)) / 2 if s else FIRST,
    "adams": lambda size, s: size / s if s else FIRST,
    "penrose": lambda size, s: _root(size) / (s + Fraction(1, 2)),
    "cambridge": lambda size, s: size / s if s else FIRST,
}
KINDS: Mapping[str, Callable[[Example], Rows]] = {
    "elect": elected,
    "budget": budgeted,
    "decide": answered,
    "share": shared_out,
}
