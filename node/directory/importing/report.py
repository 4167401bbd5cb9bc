"""What an import found: rows, what was repaired or is doubtful, and which rows may be one and the same.

Owns the counts of the `import` command (contract.md): rows = accepted + flagged + rejected.
"""

from dataclasses import dataclass
from enum import StrEnum

from node.directory.profile import Profile

# The row number of what concerns the file as a whole.
WHOLE_FILE = 0


class Severity(StrEnum):
    """How much a problem weighs.

    NOTE: nothing was changed; good to know. REPAIRED: read in a way that loses nothing and can be undone.
    FLAGGED: the row comes in, marked, and somebody should look at it. REJECTED: the row does not come in.
    """

    NOTE = "note"
    REPAIRED = "repaired"
    FLAGGED = "flagged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to tell about one row.

    Attributes:
        row: the number of the record in the file, from 1 (a table's header is not counted); 0 for the file.
        field: the field as the file names it, or "".
    """

    row: int
    severity: Severity
    field: str
    message: str

    def to_json(self) -> dict[str, object]:
        """Write the problem as the `import` command prints it."""
        return {
            "row": self.row,
            "severity": self.severity.value,
            "field": self.field,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class ImportedProfile:
    """A row that comes in.

    Attributes:
        source_id: names the record within its source, so that a second import updates.
    """

    row: int
    source_id: str
    profile: Profile
    problems: tuple[Problem, ...]

    @property
    def is_flagged(self) -> bool:
        """Say whether somebody should look at this row."""
        return any(problem.severity is Severity.FLAGGED for problem in self.problems)


@dataclass(frozen=True, slots=True)
class DuplicatePair:
    """Two rows that may be one community: proposed side by side, never merged here.

    Attributes:
        reasons: "same website", "same name and place", with what was compared.
        first_name, second_name: as a page would show them.
        first_site, second_site: the site they share, else each one's first; "" without one.
        first_place, second_place: degrees to about a kilometre and the country's code; "" without any.
        km: how far they lie apart, to a tenth; None when one of them has no place.
    """

    first_row: int
    second_row: int
    reasons: tuple[str, ...]
    first_name: str = ""
    second_name: str = ""
    first_site: str = ""
    second_site: str = ""
    first_place: str = ""
    second_place: str = ""
    km: float | None = None

    def to_json(self) -> dict[str, object]:
        """Write the pair as the `import` command prints it: everything twice, side by side."""
        return {
            "rows": [self.first_row, self.second_row],
            "held": None,
            "names": [self.first_name, self.second_name],
            "sites": [self.first_site, self.second_site],
            "places": [self.first_place, self.second_place],
            "km": self.km,
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True)
class FieldGuess:
    """What a field of the file was taken for; `--map` says otherwise.

    Attributes:
        field: our field, as `--map` calls it: `name`, `description:de`.
        path: the file's field.
        how: "map" (asked for), "format" (the format says so), "name" or "content" (guessed).
        sure: of 100, to compare guesses by; no probability.
        rows: how many records have it.
    """

    field: str
    path: str
    how: str
    sure: int
    rows: int

    def to_json(self) -> dict[str, object]:
        """Write the guess as the `import` command prints it."""
        return {
            "field": self.field,
            "path": self.path,
            "how": self.how,
            "sure": self.sure,
            "rows": self.rows,
        }


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All that one file gave.

    Attributes:
        rows: how many records the file has.
        profiles: those that come in, in the file's order.
        problems: of all rows and of the file, in the file's order.
        duplicates: proposed pairs, in the file's order.
        shape: what the file was recognised as, such as "GeoJSON" or "Freifunk community files".
        guess: what each field was taken for; empty for our own exports, which are read exactly.
    """

    rows: int
    profiles: tuple[ImportedProfile, ...]
    problems: tuple[Problem, ...]
    duplicates: tuple[DuplicatePair, ...]
    shape: str = ""
    guess: tuple[FieldGuess, ...] = ()

    @property
    def source(self) -> str:
        """Return where the listings come from; "" when they name several sources, or none comes in."""
        named = {row.profile.subject.source for row in self.profiles if row.profile.subject is not None}
        return min(named) if len(named) == 1 else ""

    @property
    def flagged(self) -> int:
        """Count the rows that come in and are marked."""
        return sum(profile.is_flagged for profile in self.profiles)

    @property
    def accepted(self) -> int:
        """Count the rows that come in without a mark."""
        return len(self.profiles) - self.flagged

    @property
    def rejected(self) -> int:
        """Count the rows that do not come in; each has its reason among the problems."""
        return self.rows - len(self.profiles)

    def to_json(self) -> dict[str, object]:
        """Write the report as the `import` command prints it."""
        return {
            "rows": self.rows,
            "accepted": self.accepted,
            "flagged": self.flagged,
            "rejected": self.rejected,
            "duplicates": len(self.duplicates),
            "shape": self.shape,
            "guess": [guess.to_json() for guess in self.guess],
            "problems": [problem.to_json() for problem in self.problems],
        }
