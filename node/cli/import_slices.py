"""Hands the listings of a file to the node in slices, each a command of its own, and adds up the answers.

Owns when a slice is large or small: a running node answers others in between, one that does not run is opened
for each slice. What a slice does is the node's business.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from node.directory.importing.pace import SLICE_LISTINGS_ALONE, Pace
from node.directory.importing.report import ImportedProfile, ImportReport
from node.engine.commands.imports import PARTS_MAX
from node.limits import NAME_CHARS_MAX

Ask = Callable[[dict[str, Any]], dict[str, Any]]
# Is told listings done, and listings in all.
Told = Callable[[int, int], None]

_COUNTS: Final = ("written", "updated", "unchanged")


@dataclass(slots=True)
class Taken:
    """What became of a file's listings.

    Attributes:
        number: the import's number, None of a dry run.
        similar: pairs of a row and a listing held before, as the node writes them.
    """

    number: int | None = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_COUNTS, 0))
    similar: list[dict[str, Any]] = field(default_factory=list)


def send(
    report: ImportReport,
    file_name: str,
    *,
    dry_run: bool,
    ask: Ask,
    is_running: Callable[[], bool],
    told: Told,
) -> Taken:
    """Bring in a file's listings, or only look what they resemble.

    Args:
        report: what was read from the file.
        file_name: under which name the import is listed.
        dry_run: whether nothing is to be written.
        ask: gives the node a command.
        is_running: tells whether others may wait for the node.
        told: told how far it is after each slice.
    """
    taken, documents, pace, done = Taken(), set[str](), Pace(), 0
    listings = report.profiles
    # Once even where nothing comes in: that there is no node, or that it refuses, is said in any case.
    while done < len(listings) or not done:
        alone = not is_running()
        part = listings[done : done + (SLICE_LISTINGS_ALONE if alone else pace.listings)]
        began = time.monotonic()
        answer = ask(
            {
                "command": "take-listings",
                "import_number": taken.number,
                "file_name": file_name[:NAME_CHARS_MAX],
                "source": report.source,
                "listings_expected": len(listings),
                "flagged": report.flagged,
                "listings": _carried(part),
                "dry_run": dry_run,
            }
        )
        pace = pace if alone else pace.after(time.monotonic() - began)
        taken.number = answer["import"]
        taken.counts = {name: count + answer[name] for name, count in taken.counts.items()}
        taken.similar += answer["similar"]
        documents.update(answer["documents"])
        done += len(part)
        told(done, len(listings))
        if not listings:
            break
    # The file's own listings are held too, from an import before or from a slice before.
    taken.similar = [pair for pair in taken.similar if pair["held"] not in documents]
    return taken


def take_back(number: int | None, *, ask: Ask, is_running: Callable[[], bool], told: Told) -> dict[str, Any]:
    """Take an import back, part by part, and return the sum of the answers.

    Args:
        number: which; the newest that is not taken back when None.
        ask: gives the node a command.
        is_running: tells whether others may wait for the node.
        told: told how far it is after each part.
    """
    total: dict[str, Any] = {}
    while not total or total["left"]:
        parts = 1 if is_running() else PARTS_MAX
        answer = ask({"command": "undo-import", "import_number": number, "parts": parts})
        number = answer["import"]
        sums = {name: total.get(name, 0) + answer[name] for name in ("withdrawn", "reverted")}
        total = {**answer, **sums, "kept": total.get("kept", []) + answer["kept"]}
        done = sums["withdrawn"] + sums["reverted"]
        told(done, done + answer["left"])
    del total["left"]
    return total


def _carried(listings: Sequence[ImportedProfile]) -> list[dict[str, Any]]:
    return [
        {"row": one.row, "source_id": one.source_id, "profile": one.profile.model_dump(mode="json")}
        for one in listings
    ]
