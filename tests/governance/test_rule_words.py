"""When a question passes, in words: every part of the rule is said, and nothing that is not in it."""

from node.governance.proposals import Rule
from node.governance.rule_words import in_words

HALF = Rule(threshold=(1, 2), strictly_above=True, of="cast", quorum=(1, 2), blocks_stop=False)
BARE = Rule(threshold=(2, 3), strictly_above=False, of="present", quorum=(0, 1), blocks_stop=False)


def said(rule: Rule, **change: object) -> str:
    """Return a rule in words, with something changed."""
    return in_words(rule.model_copy(update=change), seats=9)


def test_a_rule_is_said_whole() -> None:
    """Share, of what, quorum, blocks and their reasons, as the count reads them."""
    of_cast = "It passes when more than 1/2 of those who say yes, no or block say yes"
    assert said(HALF) == f"{of_cast}, and at least 1/2 of all 9 seats take part."
    assert said(BARE) == "It passes when at least 2/3 of those who take part say yes."
    of_all = "It passes when at least 2/3 of all 9 seats say yes"
    assert said(BARE, of="all", blocks_stop=True) == f"{of_all}; one block stops it."
    assert said(BARE, of="all", block_reasons=True) == f"{of_all}. A block counts only with a reason."
