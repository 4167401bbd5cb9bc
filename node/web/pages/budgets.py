"""What a question about a budget says on its page."""

from typing import Any, Final

from node.web.pages import words

_NOTHING: Final = {
    "no-valid-ballot": "nobody voted",
    "no-quorum": "too few took part",
    "nothing-funded": "nothing that has votes can be paid",
}


def sentence(answer: dict[str, Any]) -> str:
    """Say in one sentence what is funded, or what the count arrives at so far."""
    final, budget = answer["state"] != "provisional", answer["budget"]
    if answer["verdict"] != "elected":
        why = _NOTHING.get(answer["verdict"], "the count says so")
        return f"Nothing {'is' if final else 'would be'} funded: {why}{'' if final else ' so far'}."
    names = [one["name"] for one in answer["elected"]]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    funded = "would be funded" if not final else "is funded" if len(names) == 1 else "are funded"
    return f"{listed} {funded}: {budget['spent']:,} of {budget['money']:,} {budget['unit']}."


def round_in_words(stage: dict[str, Any], project: str) -> str:
    """Say what a stage of a budget's count does; what stands as its quota is money."""
    money = words.votes(stage["quota_1e5"])
    if stage["action"] == "funded":
        return f"{project} is funded; {money} of the money is left."
    if stage["action"] == "passed-over":
        return f"{project} costs more than the {money} that is left."
    more = f", and {money} more" if stage["quota_1e5"] else ""
    return f"Every vote has its part of the money{more}."
