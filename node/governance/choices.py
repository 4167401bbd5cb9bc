"""What a seat can say to a yes/no question.

Kept apart from the count, for filling in a ballot counts nothing.
"""

from collections.abc import Sequence
from enum import StrEnum


class Choice(StrEnum):
    """One of the five answers; option numbers follow this order, from 1."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    STAND_ASIDE = "stand-aside"
    BLOCK = "block"


def option_names(options: Sequence[str]) -> tuple[str, ...]:
    """Return the names on the paper of a question with these options: without any, the five answers."""
    return tuple(options) or tuple(choice.value for choice in Choice)
