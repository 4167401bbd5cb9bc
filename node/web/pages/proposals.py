"""Questions put to a federation: the list, and one with its count, round by round. Operator only."""

from typing import Any, Final

from aiohttp import web

from node.engine.commands import ListFederations, ListProposals, ShowResult
from node.governance.closing.quorum import Footnotes
from node.governance.counting.methods import QUOTA_METHODS
from node.governance.state_words import state_in_words
from node.web.asking import ASKS
from node.web.pages import budgets, downloads, moments, pager, rounds, words
from node.web.pages.rendering import page
from node.web.pages.words import Audience

# The count names the rule it went by, such as yes-no-cast; a question is of this kind all the same.
_YES_NO: Final = "yes-no"
_PATH: Final = "/proposals"
METHODS: Final = {
    "scottish-stv": "election by single transferable vote (Scottish rules)",
    "meek": "election by single transferable vote (Meek)",
    "plurality": "election by most votes",
    "schulze": "election by comparing each two (Schulze)",
    "phragmen": "committee by approval (Phragmén)",
    "equal-shares": "committee by approval (equal shares)",
    "party-list-dhondt": "lists, seats by D'Hondt",
    "party-list-sainte-lague": "lists, seats by Sainte-Laguë",
    "party-list-hamilton": "lists, seats by largest remainders",
    "budget-equal-shares": "budget by equal shares",
    "budget-greedy": "budget, most votes first",
    "budget-greedy-no-skip": "budget, most votes first, until one does not fit",
    "budget-greedy-threshold": "budget, most votes first, of those with enough",
    _YES_NO: "yes or no",
}


async def show_proposals(request: web.Request) -> web.Response:
    """Show the questions of each federation: the first part of all, or a further one of one of them."""
    ask = request.app[ASKS].ask
    federations = (await ask(ListFederations()))["federations"]
    looked_in = [one for one in federations if one["id"] == request.query.get("federation")]
    number = pager.read_page(request.query.get("page", "")) if looked_in else 1
    groups = []
    for one in looked_in or federations:
        part = {"limit": pager.PAGE_ROWS, "offset": pager.offset(number)}
        listed = await ask(ListProposals(federation=one["id"], with_states=True, **part))
        notes = Footnotes(each["quorum"] for each in listed["proposals"])
        shown = [
            {
                **each,
                "opens": moments.at_second(each["opens"]),
                "closes": moments.at_second(each["closes"]),
                "in_words": notes.mark(
                    state_in_words(each["state"], each["verdict"], each["method"]), each["quorum"]
                ),
            }
            for each in listed["proposals"]
        ]
        place = pager.make(
            _PATH, {"federation": one["id"]}, page=number, shown=len(shown), total=listed["total"]
        )
        group = {"id": one["id"], "name": one["name"], "proposals": shown, "pager": place}
        groups.append({**group, "notes": notes.lines()})
    return await page(
        request,
        "proposals.html",
        title="Questions",
        audience=Audience.FEDERATION,
        groups=groups,
        methods=METHODS,
    )


async def show_proposal(request: web.Request) -> web.Response:
    """Show one question, and count it here and now."""
    ask = request.app[ASKS].ask
    answer = await ask(ShowResult(proposal=request.match_info["id"]))
    federations = (await ask(ListFederations()))["federations"]
    federation = next((one["name"] for one in federations if one["id"] == answer["federation"]), "")
    is_election = not answer["method"].startswith(_YES_NO)
    return await page(
        request,
        "proposal.html",
        title=answer["title"],
        audience=Audience.FEDERATION,
        result=answer,
        federation=federation,
        method=METHODS[_YES_NO] if not is_election else METHODS.get(answer["method"], answer["method"]),
        is_election=is_election,
        has_quota=answer["method"] in QUOTA_METHODS,
        sentence=sentence(answer),
        # Below its quorum an election is not counted at all.
        count=rounds.read(answer) if is_election and answer["rounds"] else None,
        choices=rounds.choices(answer) if not is_election else [],
        not_voted=_by_community(answer["not_voted"]),
        downloads=downloads.offered(is_election=is_election, is_budget=answer["budget"] is not None),
        closes=moments.at_second(answer["closes"]),
        in_force_from=moments.at_second(answer["in_force_from"]),
        objecting=_OBJECTING[answer["review"]["asked_by"]],
    )


_OBJECTING: Final = {"seated": "communities with a seat on it", "members": "members"}

_DECIDED = {
    "no-valid-ballot": "Nobody voted, so nobody is elected.",
    "passed": "It passed.",
    "rejected": "It did not pass.",
    "blocked": "It did not pass: somebody objected so strongly that the bylaws stopped it.",
}


def sentence(answer: dict[str, Any]) -> str:
    """Say in one sentence what was decided, or what the count arrives at so far."""
    verdict = answer["verdict"]
    final = answer["state"] != "provisional"
    if answer.get("budget") is not None:
        return budgets.sentence(answer)
    if verdict == "elected":
        names = [one["name"] for one in answer["elected"]]
        elected = "would be elected" if not final else "is elected" if len(names) == 1 else "are elected"
        return f"{_listed(names)} {elected}."
    if final and verdict == "no-quorum":
        return _too_few(answer, final=True)
    if final:
        return _DECIDED.get(verdict, f"The count says: {words.spoken(verdict)}.")
    return {
        "no-valid-ballot": "Nobody has voted yet, so nobody would be elected.",
        "passed": "It would pass.",
        "rejected": "It would not pass.",
        "blocked": "It would not pass: somebody objects so strongly that the bylaws stop it.",
        "no-quorum": _too_few(answer, final=False),
    }.get(verdict, f"The count says: {words.spoken(verdict)}.")


def _too_few(answer: dict[str, Any], *, final: bool) -> str:
    """Say that a quorum was missed, or is missed so far: of an election nobody is elected by it."""
    turnout = answer["turnout"]
    if turnout is None:
        return (
            "It did not pass: too few of the seats voted."
            if final
            else "It would not pass: too few of the seats have voted."
        )
    counted = f"{turnout['present']} of {turnout['total']} {turnout['of']}"
    if final:
        return (
            f"Nobody is elected: {counted} took part, {turnout['needed']} must. All places stay as they are."
        )
    return f"Nobody would be elected: {counted} have taken part so far, {turnout['needed']} must."


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _by_community(seats: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return communities with how many of their seats are named, by name."""
    counts: dict[tuple[str, str], int] = {}
    for one in seats:
        key = (str(one["name"]), str(one["community"]))
        counts[key] = counts.get(key, 0) + 1
    return [
        {"name": name, "community": community, "seats": count}
        for (name, community), count in sorted(counts.items(), key=lambda pair: pair[0][0].casefold())
    ]
