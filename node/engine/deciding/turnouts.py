"""What bylaws say of elections and budgets: how they are counted, who must take part, how long a term lasts.

Whatever cannot be counted by every node is no question either: whoever tried would stop at the close.
"""

from typing import Final

from node.errors import UserError
from node.federation.bylaws import Bylaws
from node.governance.budgets import asking
from node.governance.counting import methods
from node.governance.proposals import Proposal, Roll, Turnout
from node.governance.spending import budget_methods, election_methods, is_budget

# Where bylaws leave the method to whoever puts the election, and whoever does names none.
_USUAL_METHOD: Final = "scottish-stv"
# What asks for an election, or a budget, by the method that the bylaws name first.
_BY_BYLAWS: Final = frozenset({"election", "budget"})
_DAY_SECONDS: Final = 86_400


def turnout(rules: Bylaws, *, election: bool) -> Turnout | None:
    """Return how many must take part; None for yes/no, and where the bylaws ask for no number."""
    quorum = rules.electing.quorum
    if not election or quorum.numerator == 0:
        return None
    return Turnout(quorum=(quorum.numerator, quorum.denominator), of=rules.electing.of)


def method_of(asked: str, rules: Bylaws) -> str:
    """Return how a question is counted: by what is asked for, or as the bylaws say first."""
    if asked not in _BY_BYLAWS:
        return asked
    said = rules.electing.methods
    if asked == "budget":
        return next(iter(budget_methods(said)), asking.USUAL_METHOD)
    return next(iter(election_methods(said)), _USUAL_METHOD)


def check_countable(method: str, *, options: int, seats: int) -> None:
    """Check that this version knows a method that is not yes/no, and can count so many options and seats.

    Raises:
        UserError: it does not, or cannot.
    """
    if is_budget(method):
        asking.check_method(method)
    else:
        methods.check_question(method, options=options, seats=seats)


def elects_as_said(proposal: Proposal, rules: Bylaws, roll: Roll | None) -> bool:
    """Tell whether an election or a budget is as the bylaws let it be, and every node can count it."""
    try:
        check_election(proposal, rules, roll)
    except UserError:
        return False
    return True


def check_election(proposal: Proposal, rules: Bylaws, roll: Roll | None) -> None:
    """Check an election or a budget against the bylaws, and a budget against the roll where that is held.

    A yes/no question is neither.

    Raises:
        UserError: it is counted by another method, fills places for longer, or is too much to count.
    """
    if proposal.rule is not None:
        return
    method, fills, said = proposal.method.removesuffix("/1"), proposal.fills, rules.electing
    check_countable(method, options=len(proposal.options), seats=proposal.seats)
    budget = proposal.budget
    if budget is not None:
        budget.within(seats=roll.seats if roll is not None else None)
    what = "elections" if budget is None else "budgets"
    let = (election_methods if budget is None else budget_methods)(said.methods)
    if let and method not in let:
        raise UserError(f"the bylaws count {what} by {' or '.join(let)}, found {method}")
    longest = said.longest_term
    if longest is not None and fills is not None and fills.ends - fills.starts > longest:
        days = (fills.ends - fills.starts) / _DAY_SECONDS
        raise UserError(f"the bylaws let a term last {longest / _DAY_SECONDS:g} days at most, found {days:g}")
