"""What certified results replace, each in its version, so that of two rivals one takes effect at most (R11).

The rolls of a federation are one chain, from the founding on: roll 0 is the founding record, and each roll
names the one before it. A roll names the bylaws it was made under, so whatever changes bylaws or membership
takes effect with the next roll and in its place of the chain. The witnesses of the last roll vote on the
next; their votes name subject and version, never a candidate, so rivals share rounds and locks.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from node import canonical
from node.governance.closing.agreement import Agreement, Certificate
from node.governance.closing.statements import CutValue
from node.limits import WITNESSES_MAX

ROLL: Final = "roll"

# No federation decides that often; a reader's walk along a chain must end.
VERSIONS_MAX: Final = 100_000
# An attempt that ended in nothing opens another; a roll is adopted by what certifies it, so there is one.
_ATTEMPT: Final = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A version of a subject that is to be certified.

    Attributes:
        federation: whose subject it is.
        subject: `ROLL`, or another word for something that changes in versions.
        version: from 1; version 0 is what the founding record says.
    """

    federation: bytes
    subject: str
    version: int

    @property
    def instance(self) -> bytes:
        """Return what the votes about it name."""
        return canonical.digest("hedgerow/subject/1", self.federation, self.subject, self.version, _ATTEMPT)


def turn(federation: bytes, version: int, before: Iterable[bytes]) -> bytes:
    """Return the seed that says whose turn it is to witness by a roll.

    Nothing that one member may vary as it likes is in it: no size, no serial of an attestation, no device.

    Args:
        federation: whose roll it is.
        version: of the roll; 0 for the founders.
        before: the communities that witness by the roll before; none before the first and for the founders.
    """
    return canonical.digest("hedgerow/turn-seed/1", federation, version, sorted(before))


def witnesses(seed: bytes, communities: Iterable[bytes], most: int | None) -> list[bytes]:
    """Return which communities witness by a roll, sorted: all, or as many as may, in another turn each time.

    Args:
        seed: whose turn it is (`turn`).
        communities: who may.
        most: how many the bylaws let witness; None for as many as may.
    """
    turns = sorted(set(communities), key=lambda one: canonical.digest("hedgerow/turn/1", seed, one))
    return sorted(turns[: most or WITNESSES_MAX])


def roll_value(roll: bytes) -> CutValue:
    """Return what witnesses vote for that want a roll: no ballots are cast on it, so there are no seals."""
    name = canonical.digest("hedgerow/roll-value/1", roll)
    return CutValue(proposal=roll, seals=(), cut=name, result=name)


def is_roll_value(value: CutValue) -> bool:
    """Tell whether a value is one that rolls are certified by."""
    return value == roll_value(value.proposal)


def settled(agreement: Agreement) -> Certificate | None:
    """Return what a place was settled by; None before, and where too many liars settled it twice."""
    certificates = agreement.certificates()
    return certificates[0] if len(certificates) == 1 else None
