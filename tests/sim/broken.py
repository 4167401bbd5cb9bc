"""A claim that did not hold: how every checker says so."""


class BrokenError(Exception):
    """A claim did not hold.

    Args:
        check: which.
    """

    def __init__(self, check: str, found: str) -> None:
        super().__init__(f"{check}: {found}")
        self.check = check
