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
    """Two rows that may be one community: proposed, never merged here.

    Attributes:
        reasons: "same website", "same name and place", with what was compared.
    """

    first_row: int
    second_row: int
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All that one file gave.

    Attributes:
        rows: how many records the file has.
        profiles: those that come in, in the file's order.
        problems: of all rows and of the file, in the file's order.
        duplicates: proposed pairs, in the file's order.
    """

    rows: int
    profiles: tuple[ImportedProfile, ...]
    problems: tuple[Problem, ...]
    duplicates: tuple[DuplicatePair, ...]

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
            "problems": [problem.to_json() for problem in self.problems],
        }
