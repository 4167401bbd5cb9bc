r"""BLT files, the common format of ranked ballots: read strictly, written in one spelling.

A file is UTF-8 text, one statement a line; ``#`` outside quotes begins a comment, empty lines are skipped::

    4 2              four options, two seats
    -3               option 3 has withdrawn (any number of such lines, or several on one)
    28 1 2 0         twenty-eight ballots: 1 before 2, ended by 0
    3 0              three blank ballots
    0                end of the ballots
    "Ann Adeyemi"    one name a line, as many as options; \" or "" is a quote inside, \\ a backslash
    ...
    "Council 2026"   the title

Nothing is guessed: a file that can be read in two ways, or that a program has cut short, is refused with the
line at fault. Equal ranks (``1=2``) and skipped ranks (``-``) are refused because no rule here counts them.
"""

import re
import unicodedata
from typing import Final

from node.errors import InputFileError, UserError
from node.governance.counting.contest import (
    SEATS_MAX,
    WEIGHT_TOTAL_MAX,
    Ballot,
    Contest,
    Option,
)
from node.limits import NAME_CHARS_MAX, OPTIONS_PER_PROPOSAL_MAX, TEXT_CHARS_MAX

# 120,000 ballots of 24 preferences, each on a line of its own, take 8 MiB.
BLT_BYTES_MAX: Final = 32 * 1024 * 1024
# int() must never meet an endless number; nothing in a contest is longer.
_DIGITS_MAX: Final = len(str(WEIGHT_TOTAL_MAX))

_QUOTED: Final = re.compile(r'"((?:[^"\\]|""|\\["\\])*)"\s*(?:#.*)?')
_ESCAPED: Final = re.compile(r'""|\\(["\\])')


def read(data: bytes | str, *, file: str) -> Contest:
    """Read a contest.

    Each option's id is its name; an equal name further down becomes ``Name (2)`` as id and stays as name.

    Args:
        data: the file's content.
        file: its name, for messages.

    Raises:
        InputFileError: the first thing that is wrong, with its line.
    """
    reader = _Reader(_lines(data, file), file)
    options, seats = reader.sizes()
    withdrawn = reader.withdrawals(options)
    ballots = reader.ballots(options)
    names = [reader.quoted(f"the name of option {number}") for number in range(1, options + 1)]
    title = reader.quoted("the title")
    reader.end()
    ids = _distinct(names)
    try:
        return Contest(
            title=title,
            options=tuple(Option(option_id, name) for option_id, name in zip(ids, names, strict=True)),
            seats=seats,
            ballots=ballots,
            withdrawn=withdrawn,
        )
    except UserError as error:
        raise InputFileError(f"{file}: {error}") from error


def write(contest: Contest) -> str:
    """Write a contest; reading it back gives the same options' names, seats, ballots and withdrawals.

    Raises:
        UserError: a name or the title cannot stand in a BLT file.
    """
    lines = [f"{len(contest.options)} {contest.seats}"]
    lines += [str(-number) for number in sorted(contest.withdrawn)]
    lines += [" ".join(map(str, (weight, *ranking, 0))) for weight, ranking in contest.ballots]
    lines.append("0")
    for option in contest.options:
        _check_text(option.name, "an option's name", chars_max=NAME_CHARS_MAX)
        lines.append(_quote(option.name))
    _check_title(contest.title)
    lines.append(_quote(contest.title))
    return "\n".join(lines) + "\n"


class _Reader:
    """The lines that are left, and errors that name the one at hand."""

    def __init__(self, lines: list[str], file: str) -> None:
        self._lines = lines
        self._file = file
        self._next = 0

    def sizes(self) -> tuple[int, int]:
        """Read the number of options and of seats."""
        words = self._words("the number of options and of seats")
        if len(words) != 2:
            raise self._error(f"expected the number of options and of seats, found {len(words)} words")
        options = self._number(words[0], "the number of options", low=1, high=OPTIONS_PER_PROPOSAL_MAX)
        return options, self._number(words[1], "the number of seats", low=1, high=SEATS_MAX)

    def withdrawals(self, options: int) -> frozenset[int]:
        """Read the lines of negative numbers that follow the first line, if any."""
        gone: set[int] = set()
        while True:
            here = self._next
            words = self._words("a ballot, or the 0 that ends the ballots")
            if not words[0].startswith("-"):
                self._next = here
                return frozenset(gone)
            for word in words:
                if not word.startswith("-"):
                    raise self._error(f"expected only withdrawn options, found {_shown(word)}")
                number = self._number(word[1:], "a withdrawn option", low=1, high=options)
                if number in gone:
                    raise self._error(f"expected option {number} to withdraw once, found it twice")
                gone.add(number)

    def ballots(self, options: int) -> tuple[Ballot, ...]:
        """Read ballots up to and including the 0 that ends them."""
        # One look-up a word instead of a conversion and two comparisons: large files are mostly this.
        numbers = {str(number): number for number in range(1, options + 1)}
        ballots: list[Ballot] = []
        total = 0
        while True:
            words = self._words("a ballot, or the 0 that ends the ballots")
            if words == ["0"]:
                return tuple(ballots)
            weight = self._number(words[0], "a ballot's weight", low=1, high=WEIGHT_TOTAL_MAX)
            total += weight
            if total > WEIGHT_TOTAL_MAX:
                raise self._error(f"expected at most {WEIGHT_TOTAL_MAX} votes in all, found more")
            if len(words) == 1 or words[-1] != "0":
                raise self._error("expected the ballot to end in 0 on its own line, found no 0")
            try:
                ranking = tuple([numbers[word] for word in words[1:-1]])
            except KeyError:
                raise self._bad_preference(words[1:-1], numbers) from None
            if len(set(ranking)) != len(ranking):
                raise self._error("expected each option at most once on a ballot, found one twice")
            ballots.append((weight, ranking))

    def quoted(self, what: str) -> str:
        """Read a line that holds one quoted text."""
        line = self._line(f"{what} in quotes")
        match = _QUOTED.fullmatch(line)
        if match is None:
            raise self._error(f"expected {what} in one pair of quotes, found {_shown(line)}")
        text = _ESCAPED.sub(lambda escape: escape.group(1) or '"', match.group(1))
        try:
            if what == "the title":
                _check_title(text)
            else:
                _check_text(text, what, chars_max=NAME_CHARS_MAX)
        except UserError as error:
            raise self._error(str(error)) from error
        return text

    def end(self) -> None:
        """Check that nothing follows."""
        while self._next < len(self._lines):
            line = self._lines[self._next].strip()
            self._next += 1
            if line and not line.startswith("#"):
                raise self._error(f"expected nothing after the title, found {_shown(line)}")

    def _line(self, what: str) -> str:
        """Return the next line that says something."""
        while self._next < len(self._lines):
            line = self._lines[self._next].strip()
            self._next += 1
            if line and not line.startswith("#"):
                return line
        raise self._error(f"expected {what}, found the end of the file")

    def _words(self, what: str) -> list[str]:
        """Return the words of the next line, without its comment."""
        return self._line(what).partition("#")[0].split()

    def _number(self, word: str, what: str, *, low: int, high: int) -> int:
        """Read a whole number within bounds, in plain digits only."""
        if word.isascii() and word.isdigit() and len(word) <= _DIGITS_MAX and low <= int(word) <= high:
            return int(word)
        raise self._error(f"expected {what} as a whole number from {low} to {high}, found {_shown(word)}")

    def _bad_preference(self, words: list[str], numbers: dict[str, int]) -> InputFileError:
        """Say what is wrong with the first word that is no option's number."""
        word = next(word for word in words if word not in numbers)
        if "=" in word:
            return self._error(f"expected one option at each rank, found the equal ranks {_shown(word)}")
        if word == "-":
            return self._error("expected ranks without a gap, found a skipped rank -")
        if word == "0":
            return self._error("expected 0 only at the end of the ballot, found it before")
        return self._error(f"expected an option's number from 1 to {len(numbers)}, found {_shown(word)}")

    def _error(self, message: str) -> InputFileError:
        """Name the file and the line just read."""
        return InputFileError(f"{self._file}: line {max(self._next, 1)}: {message}")


def _lines(data: bytes | str, file: str) -> list[str]:
    """Split a file into lines, refusing what is too large or not UTF-8.

    Other encodings are not tried: a guess would turn one person's name into another's.
    """
    if isinstance(data, str):
        try:
            data = data.encode()
        except UnicodeEncodeError as error:
            raise InputFileError(f"{file}: expected valid Unicode text") from error
    if len(data) > BLT_BYTES_MAX:
        raise InputFileError(f"{file}: expected at most {BLT_BYTES_MAX} bytes, found {len(data)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputFileError(
            f"{file}: line {line}: expected UTF-8 text, found the byte {data[error.start]:#04x};"
            " save the file as UTF-8"
        ) from error
    return text.split("\n")


def _distinct(names: list[str]) -> list[str]:
    """Give options with equal names different ids, the first keeping the name."""
    taken = set(names)
    seen: set[str] = set()
    ids = []
    for name in names:
        option_id, copy = name, 1
        while option_id in seen or (copy > 1 and option_id in taken):
            copy += 1
            option_id = f"{name} ({copy})"
        seen.add(option_id)
        ids.append(option_id)
    return ids


def _check_title(title: str) -> None:
    """Refuse a title that cannot stand in a file; an empty one can."""
    if title:
        _check_text(title, "the title", chars_max=TEXT_CHARS_MAX)


def _check_text(text: str, what: str, *, chars_max: int) -> None:
    """Refuse an empty, over-long or unprintable text."""
    if not 1 <= len(text) <= chars_max:
        raise UserError(f"expected {what} to have 1 to {chars_max} characters, found {len(text)}")
    for char in text:
        if unicodedata.category(char) == "Cc":
            raise UserError(f"expected {what} without control characters, found {char!r}")


def _quote(text: str) -> str:
    """Write a text in quotes, quotes and backslashes inside it escaped."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _shown(text: str) -> str:
    """Quote what was found, cut to a length that fits on a line."""
    return repr(text if len(text) <= 40 else text[:40] + "…")
