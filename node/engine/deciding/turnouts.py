"""What bylaws say of elections: how many must take part, how they are counted, how long a term may last."""

from typing import Final

from node.errors import UserError
from node.federation.bylaws import Bylaws
from node.governance.proposals import Proposal, Turnout

# Where bylaws leave the method to whoever puts the election, and whoever does names none.
_USUAL_METHOD: Final = "scottish-stv"
_DAY_SECONDS: Final = 86_400


def turnout(rules: Bylaws, *, election: bool) -> Turnout | None:
    """Return how many must take part; None for yes/no, and where the bylaws ask for no number."""
    quorum = rules.electing.quorum
    if not election or quorum.numerator == 0:
        return None
    return Turnout(quorum=(quorum.numerator, quorum.denominator), of=rules.electing.of)


def usual_method(rules: Bylaws) -> str:
    """Return how an election is counted where nothing else is asked for."""
    return rules.electing.methods[0] if rules.electing.methods else _USUAL_METHOD


def elects_as_said(proposal: Proposal, rules: Bylaws) -> bool:
    """Tell whether an election is counted as the bylaws let it be, for no longer a term than they do."""
    try:
        check_election(proposal, rules)
    except UserError:
        return False
    return True


def check_election(proposal: Proposal, rules: Bylaws) -> None:
    """Check an election against the bylaws; a yes/no question is none.

    Raises:
        UserError: it is counted by another method, or fills places for longer.
    """
    if proposal.rule is not None:
        return
    method, fills, said = proposal.method.removesuffix("/1"), proposal.fills, rules.electing
    if said.methods and method not in said.methods:
        raise UserError(f"the bylaws count elections by {' or '.join(said.methods)}, found {method}")
    longest = said.longest_term
    if longest is not None and fills is not None and fills.ends - fills.starts > longest:
        days = (fills.ends - fills.starts) / _DAY_SECONDS
        raise UserError(f"the bylaws let a term last {longest / _DAY_SECONDS:g} days at most, found {days:g}")
