"""Revisions: a new question in place of an old one, and what it changes, line by line.

A question is never edited, because ballots name it by its content. A revision is a new question that names
the old one; no vote carries over. Only the community that put the old question revises it, and only before
the witnesses of the old one seal.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.governance.proposals import Proposal

# Lines of the one times lines of the other: comparing costs that many steps, tens of milliseconds. Beyond
# it lines are shown as replaced as a whole. (difflib takes minutes where few different lines repeat.)
_COMPARED_MAX: Final = 90_000


@dataclass(frozen=True, slots=True)
class Change:
    """Some lines that stand in place of others.

    Attributes:
        part: ``title``, ``text``, ``options``, ``money``, ``seats`` or ``method``.
        line: the number of the first line in the old text, from 1; 0 for other parts.
        taken_out, put_in: lines; one of them may be empty.
    """

    part: str
    line: int
    taken_out: tuple[str, ...]
    put_in: tuple[str, ...]


def revises(new: Proposal, old: Proposal) -> bool:
    """Tell whether one question stands in place of another: by the same community, and in time.

    What is in time goes by the questions' own windows, so all nodes find the same.
    """
    return (
        new.supersedes == old.id
        and new.federation == old.federation
        and new.proposer == old.proposer
        and new.windows.opens < old.windows.seals_from
    )


def in_place_of(old: Proposal, put: Iterable[Proposal]) -> list[Proposal]:
    """Return the questions that stand in place of an old one, the latest first."""
    found = [one for one in put if revises(one, old)]
    return sorted(found, key=lambda one: (one.windows.opens, one.id), reverse=True)


def changes(old: Proposal, new: Proposal) -> list[Change]:
    """Return what a new question changes, in the order in which people read a question."""
    found = [*_one_line("title", old.title, new.title)]
    found += _lines("text", old.text.splitlines(), new.text.splitlines())
    found += [_without_line(one) for one in _lines("options", _options(old), _options(new))]
    found += _one_line("money", _money(old), _money(new))
    found += _one_line("seats", str(old.seats), str(new.seats))
    found += _one_line("method", old.method.removesuffix("/1"), new.method.removesuffix("/1"))
    return found


def _options(one: Proposal) -> Sequence[str]:
    """Return the lines of a question's options: of a budget what each costs stands behind it."""
    if one.budget is None:
        return one.options
    costs = zip(one.options, one.budget.costs, strict=True)
    return [f"{name}: {cost:,} {one.budget.unit}" for name, cost in costs]


def _money(one: Proposal) -> str:
    """Return how much a budget shares out, nothing of any other question."""
    return f"{one.budget.money:,} {one.budget.unit}" if one.budget is not None else ""


def _one_line(part: str, old: str, new: str) -> list[Change]:
    return [Change(part, 0, (old,), (new,))] if old != new else []


def _without_line(change: Change) -> Change:
    return Change(change.part, 0, change.taken_out, change.put_in)


def _lines(part: str, old: Sequence[str], new: Sequence[str]) -> list[Change]:
    """Return the runs of lines that differ; what stands before and behind all differences is passed over."""
    first = _alike(old, new)
    behind = _alike(old[first:][::-1], new[first:][::-1])
    before, after = old[first : len(old) - behind], new[first : len(new) - behind]
    if not before and not after:
        return []
    if len(before) * len(after) > _COMPARED_MAX:
        return [Change(part, first + 1, tuple(before), tuple(after))]
    found: list[Change] = []
    at, to = 0, 0
    for kept, put in [*_kept(before, after), (len(before), len(after))]:
        if (at, to) != (kept, put):
            found.append(Change(part, first + at + 1, tuple(before[at:kept]), tuple(after[to:put])))
        at, to = kept + 1, put + 1
    return found


def _alike(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many lines both begin with."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other:
            break
        count += 1
    return count


def _kept(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of the lines that stay: a longest common subsequence, the earliest lines first."""
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            same = old[i] == new[j]
            longest[i][j] = longest[i + 1][j + 1] + 1 if same else max(longest[i + 1][j], longest[i][j + 1])
    found, i, j = [], 0, 0
    while i < len(old) and j < len(new):
        if old[i] == new[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            j += 1
    return found
