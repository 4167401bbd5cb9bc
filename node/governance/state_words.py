"""Where a question stands, in the words of people."""

from typing import Final

from node.governance.spending import is_budget

# By the phase of a decision (closing/phases.py); "waiting" is before its roll is there.
_STATES: Final = {
    "waiting": "waits for its roll",
    "draft": "voting has not opened yet",
    "open": "voting",
    "sealing": "being closed",
    "stalled": "could not be closed so far",
    "certified": "decided",
    "under review": "under review",
    "in force": "in force",
    "upheld": "upheld",
    "annulled": "annulled",
    "withdrawn": "taken back",
    "failed": "given up",
    "diverged": "two results are certified",
}
_VERDICTS: Final = {
    "passed": "passed",
    "rejected": "not passed",
    "blocked": "blocked",
    "no-quorum": "too few took part",
    "elected": "elected",
    "no-valid-ballot": "nobody voted",
    "nothing-funded": "nothing funded",
}


def state_in_words(state: str, verdict: str | None, method: str = "") -> str:
    """Return where a question stands, and what was decided where that is certified: `passed, in force`.

    `method` is how it is counted: a budget elects nobody, it funds.
    """
    said = _STATES.get(state, state)
    if verdict is None or state in ("withdrawn", "failed", "diverged"):
        return said
    # That something is in force says little of what did not pass.
    funds = verdict == "elected" and is_budget(method)
    decided = "funded" if funds else _VERDICTS.get(verdict, verdict)
    return decided if state == "in force" and verdict not in ("passed", "elected") else f"{decided}, {said}"
