"""The turnout that bylaws ask of an election, as a question carries it."""

from node.federation.bylaws import Bylaws
from node.governance.proposals import Turnout


def turnout(rules: Bylaws, *, election: bool) -> Turnout | None:
    """Return how many must take part; None for yes/no, and where the bylaws ask for no number."""
    quorum = rules.electing.quorum
    if not election or quorum.numerator == 0:
        return None
    return Turnout(quorum=(quorum.numerator, quorum.denominator), of=rules.electing.of)
