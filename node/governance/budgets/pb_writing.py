"""A question's budget as a `.pb` file: the ballots that are counted, for any counting program.

`pb.py` reads it back to the same budget, so that `hedgerow budget --as-question` comes to the same result id.
"""

import csv
import io
from collections.abc import Iterator

from node.errors import ConflictError
from node.governance.budgets.question import UNITS_PER_MONEY, BudgetQuestion

# What pb.py cannot read back as it stood: it takes the blanks around a cell away, and a line's end for one.
_UNFIT = ("\n", "\r", "\0")


def write(question: BudgetQuestion, *, unit: str, says: dict[str, str]) -> str:
    """Return the text of the file.

    A project's id is its name; where some name holds a comma, which parts ids in a vote, all ids are numbers.

    Args:
        question: what is counted; its money and costs are whole.
        unit: what its money is counted in.
        says: further keys and values for people, which programs pass over.

    Raises:
        ConflictError: a name, the title or the unit cannot stand in such a file.
    """
    names = [project.name for project in question.projects]
    for text in (question.title, unit, *names):
        if any(sign in text for sign in _UNFIT) or text != text.strip():
            raise ConflictError(
                f"expected names on one line for a .pb file, found {text[:80]!r}: take the papers"
            )
    numbered = any("," in name for name in names)
    ids = [str(number) if numbered else name for number, name in enumerate(names, start=1)]
    votes = list(_votes(question))
    written = io.StringIO()
    rows = csv.writer(written, delimiter=";", lineterminator="\n")
    rows.writerows([("META",), ("key", "value"), ("description", question.title)])
    rows.writerows([("num_projects", len(names)), ("num_votes", len(votes))])
    rows.writerows([("budget", question.money_1e5 // UNITS_PER_MONEY), ("currency", unit)])
    rows.writerow(("vote_type", "approval"))
    if question.votes_min is not None:
        rows.writerow(("min_project_score_threshold", question.votes_min))
    rows.writerows(says.items())
    rows.writerows([("PROJECTS",), ("project_id", "cost", "name")])
    for name, project_id, project in zip(names, ids, question.projects, strict=True):
        rows.writerow((project_id, project.cost_1e5 // UNITS_PER_MONEY, name))
    rows.writerows([("VOTES",), ("voter_id", "vote")])
    for voter, approved in enumerate(votes, start=1):
        rows.writerow((voter, ",".join(ids[number - 1] for number in approved)))
    return written.getvalue()


def _votes(question: BudgetQuestion) -> Iterator[tuple[int, ...]]:
    """Yield what each voter approves: a ballot of several parts is as many voters."""
    for weight, approved in question.ballots:
        for _ in range(weight):
            yield approved
