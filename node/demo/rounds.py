"""Puts a counted election into words, round by round, from the numbers that a node's answer holds."""

from typing import Any, Final

# Votes come in units of 0.00001.
_UNITS_PER_VOTE: Final = 100_000


def votes(units: int) -> str:
    """Return a number of votes, without zeros that say nothing."""
    whole, part = divmod(units, _UNITS_PER_VOTE)
    return f"{whole:,}.{part:05d}".rstrip("0").rstrip(".")


def in_words(answer: dict[str, Any]) -> list[str]:
    """Return a sentence or two for each round."""
    quota = answer["quota_1e5"]
    told = [f"Each seat's vote goes to its first choice. {votes(quota)} are needed to be elected."]
    before = [0] * len(answer["options"])
    for stage in answer["stages"]:
        number, totals = stage["stage"], stage["totals_1e5"]
        said = [
            f"{each['name']} goes out with {votes(before[each['id'] - 1])}, the fewest."
            for each in answer["excluded"]
            if each["stage"] == number
        ]
        if any(before):
            won = {each["id"] for each in answer["elected"] if each["stage"] < number}
            said += _passed_on(answer["options"], won, before, totals)
        for each in answer["elected"]:
            if each["stage"] == number:
                mine = totals[each["id"] - 1]
                how = "" if mine >= quota else ", for no more candidates are left than places"
                said.append(f"{each['name']} is elected with {votes(mine)}{how}.")
        told.append(f"Round {number}: {' '.join(said) or 'nobody is decided on.'}")
        before = totals
    return told


def _passed_on(options: list[str], won: set[int], before: list[int], totals: list[int]) -> list[str]:
    """Say whose votes went to whom since the round before."""
    changes = [new - old for old, new in zip(before, totals, strict=True)]
    given = [
        f"the {votes(-change)} that {name} does not need" if number in won else f"{name}'s votes"
        for number, (name, change) in enumerate(zip(options, changes, strict=True), start=1)
        if change < 0
    ]
    taken = [f"{name} +{votes(change)}" for name, change in zip(options, changes, strict=True) if change > 0]
    if not given:
        return []
    said = f"{' and '.join(given)} pass to the next choice: {', '.join(taken) or 'none was named'}."
    return [said[0].upper() + said[1:]]
