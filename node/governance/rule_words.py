"""When a yes/no question passes, as people say it before they vote and when they read what came of it."""

from typing import Final

from node.governance.proposals import Rule

_OF: Final = {
    "cast": "of those who say yes, no or block",
    "present": "of those who take part",
    "all": "of all",
}


def in_words(rule: Rule, *, seats: int) -> str:
    """Return a rule as sentences; `seats` are all that may vote on the question."""
    least = "more than" if rule.strictly_above else "at least"
    many = "seat" if seats == 1 else "seats"
    of = f"{_OF[rule.of]} {seats} {many}" if rule.of == "all" else _OF[rule.of]
    said = f"It passes when {least} {_share(rule.threshold)} {of} say yes"
    if rule.quorum[0]:
        said += f", and at least {_share(rule.quorum)} of all {seats} {many} take part"
    said += "; one block stops it." if rule.blocks_stop else "."
    return said + (" A block counts only with a reason." if rule.block_reasons else "")


def _share(share: tuple[int, int]) -> str:
    return f"{share[0]}/{share[1]}"
