"""Hands a bundle to the node and takes one from it in slices, each a command, and adds up the answers.

Owns how many parts go at once and which are given again: what waits in one part may come in after others.
What comes in and what may go out is the node's business.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from node.cli import bundle_files
from node.engine.commands.bundles import ASSUMED_MAX, PARTS_PER_COMMAND_MAX
from node.errors import LimitExceededError, UnsupportedVersionError
from node.feeds.bundle import PART_BYTES_MAX, Damage, Part, Writer

Ask = Callable[[dict[str, Any]], dict[str, Any]]
Told = Callable[[int], None]

# Branches named in one command: a part holds some hundred entries, whoever wrote them.
_BRANCHES_AT_ONCE: Final = 100
# A command is at most 64 MiB of JSON, base64 makes four bytes of three.
_BYTES_AT_ONCE: Final = 8 * PART_BYTES_MAX
# A file whose parts stand in the worst order still comes in by so many readings; one that needs more was
# made to keep its reader busy, and what is left of it can be read another time.
_PASSES_MAX: Final = 16
# More damaged places than a person reads.
_DAMAGES_TOLD_MAX: Final = 100
_TITLES_TOLD_MAX: Final = 100
_GAP: Final = "what comes before it is missing here: ask for a bundle of everything"
_OUTCOMES: Final = ("new", "held", "waiting", "refused")


def pack(plan: dict[str, Any], ask: Ask, is_running: Callable[[], bool], told: Told) -> Iterator[bytes]:
    """Yield the bytes of a bundle's file as a plan of the node says.

    Args:
        plan: the node's answer, with `peer` and `federations` as they were asked for.
        ask: gives the node a command.
        is_running: tells whether others may wait for the node.
        told: told how many entries are written so far.
    """
    writer = Writer()
    for content in plan["opening"]:
        yield writer.part(_plain(content))
    left, entries = list(plan["branches"]), 0
    while left:
        answer = ask(
            {
                "command": "pack-bundle",
                "peer": plan["peer"],
                "federations": plan["federations"],
                "branches": left[:_BRANCHES_AT_ONCE],
                "parts": 1 if is_running() else PARTS_PER_COMMAND_MAX,
            }
        )
        for content in answer["contents"]:
            yield writer.part(_plain(content))
        left = left[answer["done"] :]
        if left and answer["after"]:
            left[0] = {**left[0], "after": answer["after"]}
        entries += answer["entries"]
        told(entries)
    for number, content in enumerate(plan["closing"], start=1):
        yield writer.part(_plain(content), last=number == len(plan["closing"]))


@dataclass(slots=True)
class Sums:
    """What is in a file, or came of it.

    Attributes:
        feeds: counts of entries, by community (or device, of one unknown here) and scope.
        left: by place in the file, the last answer about a part of which something waits.
    """

    opening: dict[str, Any] | None = None
    charters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_OUTCOMES, 0))
    federations: dict[str, Any] = field(default_factory=lambda: {**dict.fromkeys(_OUTCOMES, 0), "names": []})
    feeds: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    titles: list[dict[str, str]] = field(default_factory=list)
    damages: list[dict[str, Any]] = field(default_factory=list)
    parts: int = 0
    left: dict[int, dict[str, Any]] = field(default_factory=dict)
    reached: dict[tuple[str, str], int] = field(default_factory=dict)

    def damaged(self, at: int, reason: str) -> None:
        """Note what is wrong with the file."""
        if len(self.damages) < _DAMAGES_TOLD_MAX:
            self.damages.append({"at": at, "reason": reason})

    def add(self, part: dict[str, Any]) -> None:
        """Add what was found in a part."""
        self.opening = self.opening or part["opening"]
        for name in _OUTCOMES:
            self.charters[name] += part["charters"][name]
            self.federations[name] += part["federations"][name]
        self.federations["names"] += part["federations"]["names"]
        for sentence, count in part["words"].items():
            self.words[sentence] = self.words.get(sentence, 0) + count
        fresh = [title for title in part["titles"] if title not in self.titles]
        self.titles += fresh[: _TITLES_TOLD_MAX - len(self.titles)]
        for feed in part["feeds"]:
            self._add_feed(self._bridged(feed))

    def total(self, outcome: str) -> int:
        """Return how many entries are new, held, waiting or refused."""
        return sum(feed[outcome] for feed in self.feeds.values())

    def _bridged(self, feed: dict[str, Any]) -> dict[str, Any]:
        """Count entries as waiting of which neither the node nor the file holds what comes before."""
        key = (feed["scope"], feed["device"])
        if feed["begins"] is not None and self.reached.get(key, 0) < feed["begins"]:
            waiting = feed["waiting"] + feed["new"]
            return {**feed, "new": 0, "waiting": waiting, "reasons": [*feed["reasons"], _GAP]}
        self.reached[key] = max(self.reached.get(key, 0), feed["last"])
        return feed

    def _add_feed(self, feed: dict[str, Any]) -> None:
        key = (feed["scope"], feed["community"] or feed["device"])
        said = ("scope", "federation", "community", "name")
        sums = self.feeds.setdefault(
            key, {**{name: feed[name] for name in said}, **dict.fromkeys(_OUTCOMES, 0), "reasons": []}
        )
        sums["name"] = feed["name"]  # Its page may have come in meanwhile.
        for name in _OUTCOMES:
            sums[name] += feed[name]
        sums["reasons"] += [reason for reason in feed["reasons"] if reason not in sums["reasons"]]


def look(path: Path, ask: Ask, is_running: Callable[[], bool], told: Told) -> Sums:
    """Find out what a file would bring, part by part; nothing is taken in.

    Raises:
        InputFileError: the file cannot be read, or holds no part of a bundle.
    """
    assumed: dict[str, dict[str, Any]] = {}
    sums = Sums()

    def give(slice_: list[Part]) -> bool:
        answer = ask(
            {
                "command": "look-at-bundle",
                "parts": [_carried(part.content) for part in slice_],
                "assumed": list(assumed.values())[:ASSUMED_MAX],
            }
        )
        known = len(assumed)
        for part, found in zip(slice_, answer["parts"], strict=True):
            assumed.update((repr(sorted(one.items())), one) for one in found["assume"])
            if _waits(found):
                sums.left[part.at] = found
            else:
                sums.left.pop(part.at, None)
                _count(sums, part, found)
        return len(assumed) > known

    _passes(path, sums, give, is_running, told)
    for found in sums.left.values():
        sums.add(found)
    return sums


def take(path: Path, ask: Ask, is_running: Callable[[], bool], told: Told) -> Sums:
    """Let the node take a file in, part by part, and those of which something waits again after others.

    Raises:
        InputFileError: the file cannot be read, or holds no part of a bundle.
    """
    sums = Sums()

    def give(slice_: list[Part]) -> bool:
        answer = ask({"command": "take-bundle", "parts": [_carried(part.content) for part in slice_]})
        moved = False
        for part, found in zip(slice_, answer["parts"], strict=True):
            before = sums.left.pop(part.at, None)
            moved |= _moved(found)
            # What is held by now may have come in when this part was given before, and is counted.
            counted = {"new", "held"} if before is None else {"new"}
            if _waits(found):
                sums.left[part.at] = _only(found, {"waiting", "refused"})
            else:
                counted.add("refused")
            _count(sums, part, _only(found, counted))
        return moved

    _passes(path, sums, give, is_running, told)
    for found in sums.left.values():
        sums.add(found)
    return sums


def _passes(
    path: Path, sums: Sums, give: Callable[[list[Part]], bool], is_running: Callable[[], bool], told: Told
) -> None:
    """Give a file's parts, and again those of which something waits, while that moves anything."""
    for turn in range(_PASSES_MAX):
        first, moved = turn == 0, False
        for slice_ in _slices(path, sums, is_running, first=first):
            moved |= give(slice_)
            told(slice_[-1].at)
        if not (moved and sums.left):
            return


def _slices(path: Path, sums: Sums, is_running: Callable[[], bool], *, first: bool) -> Iterator[list[Part]]:
    """Yield the parts of a file, or those of which something waits, as many at once as a command takes."""
    wanted = None if first else set(sums.left)
    held: list[Part] = []
    size = 0
    for part in _parts(path, sums, first=first):
        if wanted is not None and part.at not in wanted:
            continue
        at_once = 1 if is_running() else PARTS_PER_COMMAND_MAX
        if held and (len(held) >= at_once or size + len(part.content) > _BYTES_AT_ONCE):
            yield held
            held, size = [], 0
        held.append(part)
        size += len(part.content)
    if held:
        yield held


def _parts(path: Path, sums: Sums, *, first: bool) -> Iterator[Part]:
    """Yield the whole parts of a file, and note what is wrong with the rest on the first reading."""
    found = bundle_files.parts(path)
    while True:
        try:
            one = next(found, None)
        except (LimitExceededError, UnsupportedVersionError) as error:
            one = None
            if first:
                sums.damaged(bundle_files.size_of(path), f"the rest was not read: {error}")
        match one:
            case None:
                return
            case Damage(at, reason):
                if first:
                    sums.damaged(at, reason)
            case Part():
                sums.parts += first
                yield one


def _count(sums: Sums, part: Part, found: dict[str, Any]) -> None:
    if found["broken"] is not None:
        sums.damaged(part.at, f"part {part.number} holds what no bundle holds: {found['broken']}")
    sums.add(found)


def _waits(found: dict[str, Any]) -> bool:
    """Tell whether something of a part may come in after others."""
    rooms = [found["charters"], found["federations"], *found["feeds"]]
    return any(room["waiting"] for room in rooms)


def _moved(found: dict[str, Any]) -> bool:
    rooms = [found["charters"], found["federations"], *found["feeds"]]
    return any(room["new"] for room in rooms)


def _only(found: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """Return an answer about a part with some of its counts, all others nought."""
    nought = {name: 0 for name in _OUTCOMES if name not in kept}
    names = found["federations"]["names"] if "new" in kept else []
    return {
        **found,
        "charters": {**found["charters"], **nought},
        "federations": {**found["federations"], **nought, "names": names},
        "feeds": [
            {**feed, **nought, "reasons": feed["reasons"] if "refused" in kept else []}
            for feed in found["feeds"]
            if any(feed[name] for name in kept)
        ],
    }


def _plain(content: str) -> bytes:
    return base64.urlsafe_b64decode(content)


def _carried(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii")
