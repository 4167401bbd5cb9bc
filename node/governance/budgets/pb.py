"""Pabulib's `.pb` files of participatory budgets, read strictly.

Specification: the format of pabulib.org (N. Boehmer and others, 2023). UTF-8, semicolons between cells, three
sections, each with a line of column names; a cell may stand in double quotes, and must if it holds a
semicolon::

    META
    key;value
    description;Our street
    num_projects;2
    num_votes;3
    budget;1000
    vote_type;approval
    PROJECTS
    project_id;cost;name
    p1;600;A bench
    p2;500;A tree
    VOTES
    voter_id;vote
    1;p1,p2
    ...

Of META these count: `num_projects` and `num_votes` (must agree with what follows), `budget`, `vote_type`
(`approval` or `choose-1`), `min_project_score_threshold` (the votes a project needs), `description`. Of
PROJECTS `project_id`, `cost`, `name`, and `votes` (if it is there it must agree with the ballots); of VOTES
`voter_id` and `vote`. Everything else is ignored. Amounts have a decimal point and at most five decimals.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from node.errors import InputFileError, UserError
from node.governance.budgets.question import UNITS_PER_MONEY, BudgetBallot, BudgetQuestion, Project
from node.limits import BALLOTS_PER_PROPOSAL_MAX, NAME_CHARS_MAX, OPTIONS_PER_PROPOSAL_MAX

# The largest files of pabulib.org, a whole city with voters' ages, have some 10 MB.
PB_BYTES_MAX: Final = 32 * 1024 * 1024
# Names in real files are whole sentences; the name is for people only.
PROJECT_NAME_CHARS_MAX: Final = 2_000

_SECTIONS: Final = ("META", "PROJECTS", "VOTES")
_VOTE_TYPES: Final = ("approval", "choose-1")
_WHOLE: Final = re.compile(r"[0-9]{1,12}")
_AMOUNT: Final = re.compile(r"([0-9]{1,13})(?:\.([0-9]{1,5}))?")


def read(data: bytes, *, file: str) -> BudgetQuestion:
    """Read a budget.

    Args:
        data: the file's content.
        file: its name, for messages.

    Raises:
        InputFileError: the first thing that is wrong, with its line where it has one.
    """
    sections = _sections(data, file)
    meta = _meta(sections["META"], file)
    projects, stated = _projects(sections["PROJECTS"], file)
    _check_count(meta, "num_projects", len(projects), "projects", file)
    kind = meta.get("vote_type", "")
    if kind not in _VOTE_TYPES:
        raise InputFileError(f"{file}: expected the vote_type {' or '.join(_VOTE_TYPES)}, found {kind!r:.80}")
    ballots = _ballots(sections["VOTES"], projects, file, choices_max=1 if kind == "choose-1" else None)
    _check_count(meta, "num_votes", len(ballots), "votes", file)
    _check_votes(projects, stated, ballots, file)
    threshold = meta.get("min_project_score_threshold", "")
    try:
        return BudgetQuestion(
            title=meta.get("description", ""),
            money_1e5=_amount(meta.get("budget", ""), f"{file}: expected the budget"),
            projects=projects,
            ballots=ballots,
            votes_min=_whole(threshold, f"{file}: expected min_project_score_threshold")
            if threshold
            else None,
        )
    except InputFileError:
        raise
    except UserError as error:
        raise InputFileError(f"{file}: {error}") from error


@dataclass(slots=True)
class _Table:
    """One section: its columns, and its rows with the line on which each ends."""

    line: int = 0
    columns: list[str] = field(default_factory=list)
    rows: list[tuple[int, list[str]]] = field(default_factory=list)

    def column(self, name: str, where: str) -> int:
        """Return where a column is that must be there once."""
        if self.columns.count(name) != 1:
            raise InputFileError(
                f"{where}: line {self.line}: expected one column {name}, found {self.columns.count(name)}"
            )
        return self.columns.index(name)


def _sections(data: bytes, file: str) -> Mapping[str, _Table]:
    """Cut the file at the names of its sections."""
    if len(data) > PB_BYTES_MAX:
        raise InputFileError(f"{file}: expected at most {PB_BYTES_MAX} bytes, found {len(data)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFileError(f"{file}: line {line}: expected UTF-8 text; save the file as UTF-8") from error
    # Only these end a line; a name may hold what Python's own splitting takes for another end.
    lines = [line + "\n" for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    sections: dict[str, _Table] = {}
    table: _Table | None = None
    reader = csv.reader(lines, delimiter=";", strict=True)
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row):
                continue
            expected = _SECTIONS[len(sections)] if len(sections) < len(_SECTIONS) else ""
            if expected and row[0] == expected and not any(row[1:]):
                table = sections[expected] = _Table()
                continue
            if table is None:
                raise InputFileError(f"{file}: line {reader.line_num}: expected META, found {row[0]!r:.80}")
            _add(table, row, reader.line_num, file)
    except csv.Error as error:
        raise InputFileError(
            f"{file}: line {reader.line_num}: expected cells between semicolons, quotes only around a whole"
            f" cell, found otherwise ({error})"
        ) from error
    if len(sections) < len(_SECTIONS):
        raise InputFileError(
            f"{file}: expected a section {_SECTIONS[len(sections)]}, found the end of the file"
        )
    return sections


def _add(table: _Table, row: list[str], line: int, file: str) -> None:
    """Add a row to a section; the first names the columns."""
    if not table.columns:
        table.columns, table.line = [cell.lower() for cell in row], line
        return
    if len(row) != len(table.columns):
        raise InputFileError(
            f"{file}: line {line}: expected {len(table.columns)} cells between semicolons, found {len(row)}"
        )
    table.rows.append((line, row))


def _meta(table: _Table, file: str) -> Mapping[str, str]:
    """Read keys and values."""
    key_at, value_at = table.column("key", file), table.column("value", file)
    meta: dict[str, str] = {}
    for line, row in table.rows:
        if row[key_at] in meta:
            raise InputFileError(
                f"{file}: line {line}: expected each key once, found {row[key_at]!r:.80} again"
            )
        meta[row[key_at]] = row[value_at]
    return meta


def _projects(table: _Table, file: str) -> tuple[tuple[Project, ...], Mapping[str, int]]:
    """Read the projects, and by id the votes that the file says they have."""
    if not table.columns:
        raise InputFileError(f"{file}: expected at least one project, found none")
    id_at, cost_at = table.column("project_id", file), table.column("cost", file)
    name_at = table.column("name", file) if "name" in table.columns else id_at
    votes_at = table.column("votes", file) if "votes" in table.columns else None
    projects: dict[str, Project] = {}
    stated: dict[str, int] = {}
    for line, row in table.rows:
        where = f"{file}: line {line}"
        project_id, name = row[id_at], row[name_at] or row[id_at]
        if not 1 <= len(project_id) <= NAME_CHARS_MAX or "," in project_id or "\n" in project_id:
            raise InputFileError(
                f"{where}: expected a project_id of 1 to {NAME_CHARS_MAX} characters without a comma,"
                f" found {project_id!r:.80}"
            )
        if project_id in projects:
            raise InputFileError(f"{where}: expected each project_id once, found {project_id!r} again")
        if len(projects) == OPTIONS_PER_PROPOSAL_MAX:
            raise InputFileError(f"{where}: expected at most {OPTIONS_PER_PROPOSAL_MAX} projects, found more")
        if len(name) > PROJECT_NAME_CHARS_MAX:
            raise InputFileError(
                f"{where}: expected a name of at most {PROJECT_NAME_CHARS_MAX} characters, found {len(name)}"
            )
        cost = _amount(row[cost_at], f"{where}: expected the cost of {project_id}")
        projects[project_id] = Project(project_id, name, cost)
        if votes_at is not None:
            stated[project_id] = _whole(row[votes_at], f"{where}: expected the votes of {project_id}")
    return tuple(projects.values()), stated


def _ballots(
    table: _Table, projects: tuple[Project, ...], file: str, *, choices_max: int | None
) -> tuple[BudgetBallot, ...]:
    """Read the ballots, one voter each."""
    if not table.columns:
        return ()
    voter_at, vote_at = table.column("voter_id", file), table.column("vote", file)
    numbers = {project.id: number for number, project in enumerate(projects, start=1)}
    voters: set[str] = set()
    ballots: list[BudgetBallot] = []
    for line, row in table.rows:
        where = f"{file}: line {line}"
        if row[voter_at] in voters:
            raise InputFileError(f"{where}: expected each voter once, found {row[voter_at]!r:.80} again")
        voters.add(row[voter_at])
        if len(ballots) == BALLOTS_PER_PROPOSAL_MAX:
            raise InputFileError(f"{where}: expected at most {BALLOTS_PER_PROPOSAL_MAX} votes, found more")
        named = [word.strip() for word in row[vote_at].split(",")] if row[vote_at] else []
        unknown = next((word for word in named if word not in numbers), None)
        if unknown is not None:
            raise InputFileError(f"{where}: expected ids of projects in the vote, found {unknown!r:.80}")
        if len(set(named)) != len(named):
            raise InputFileError(f"{where}: expected each project at most once in a vote, found one twice")
        if choices_max is not None and len(named) > choices_max:
            raise InputFileError(f"{where}: expected one project in each vote (choose-1), found {len(named)}")
        ballots.append((1, tuple(sorted(numbers[word] for word in named))))
    return tuple(ballots)


def _check_count(meta: Mapping[str, str], key: str, found: int, what: str, file: str) -> None:
    """Compare a number that META states with what the file holds."""
    stated = _whole(meta.get(key, ""), f"{file}: expected {key}")
    if stated != found:
        raise InputFileError(f"{file}: expected {stated} {what} as {key} says, found {found}")


def _check_votes(
    projects: tuple[Project, ...], stated: Mapping[str, int], ballots: tuple[BudgetBallot, ...], file: str
) -> None:
    """Compare the votes stated for each project with the ballots."""
    votes = [0] * (len(projects) + 1)
    for weight, approved in ballots:
        for number in approved:
            votes[number] += weight
    for number, project in enumerate(projects, start=1):
        if stated.get(project.id, votes[number]) != votes[number]:
            raise InputFileError(
                f"{file}: expected {stated[project.id]} votes for {project.id} as its line says,"
                f" found {votes[number]}"
            )


def _whole(cell: str, expected: str) -> int:
    """Read a whole number in plain digits."""
    if _WHOLE.fullmatch(cell):
        return int(cell)
    raise InputFileError(f"{expected} as a whole number, found {cell!r:.80}")


def _amount(cell: str, expected: str) -> int:
    """Read an amount of money in units of 0.00001."""
    match = _AMOUNT.fullmatch(cell)
    if match is None:
        raise InputFileError(f"{expected} as a number with at most five decimals, found {cell!r:.80}")
    return int(match.group(1)) * UNITS_PER_MONEY + int((match.group(2) or "").ljust(5, "0"))
