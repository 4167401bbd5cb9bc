"""What a seat can say to a yes/no question.

Kept apart from the count, for filling in a ballot counts nothing.
"""

from enum import StrEnum


class Choice(StrEnum):
    """One of the five answers; option numbers follow this order, from 1."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"
    STAND_ASIDE = "stand-aside"
    BLOCK = "block"
