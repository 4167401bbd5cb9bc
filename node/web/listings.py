"""One listing by its id, and offers and needs: questions that take more than one command.

Whatever is asked, the core looks at a bounded number of listings: strangers ask here too.
"""

from typing import Final, Literal

from node.engine import commands
from node.errors import NotFoundError
from node.web.asking import Answer, Asks

_KNOWN_NOT: Final = "there is no listing of that id here"
_AT_ONCE: Final = 100
# Offers that hold a category's word among which those of the category are picked out: ten questions.
_PICKED_AMONG_MAX: Final = 1_000


async def listing(asks: Asks, identifier: str) -> Answer:
    """Return a profile, an offer or a need.

    {id, kind, community, community_name, profile or null, offer or null}.

    Raises:
        NotFoundError: none of that id is known here.
    """
    try:
        found = await asks.ask(commands.ShowListing(id=identifier))
    except NotFoundError:
        pass
    else:
        return {**found, "kind": "profile", "offer": None}
    try:
        found = await asks.ask(commands.ShowOffer(id=identifier))
    except NotFoundError as error:
        raise NotFoundError(_KNOWN_NOT) from error
    if found["offer"]["state"] != "open":
        # Withdrawn: its maker does not want it read any more.
        raise NotFoundError(_KNOWN_NOT)
    shown = {**found["offer"], "expires": found["expires"]}
    return {**found, "kind": shown["kind"], "offer": shown, "profile": None}


async def offers(
    asks: Asks,
    *,
    kind: Literal["offer", "need"],
    tag: str | None,
    category: str | None,
    limit: int,
    offset: int,
) -> tuple[int, list[Answer]]:
    """Return how many offers, or needs, fit, and one part of them.

    A category is looked for among the first 1,000 that hold its word.
    """
    if category is None:
        asked = commands.Browse(kind=kind, tag=tag, limit=limit, offset=offset)
        answer = await asks.ask(asked)
        return answer["total"], answer["listings"]
    fitting: list[Answer] = []
    for start in range(0, _PICKED_AMONG_MAX, _AT_ONCE):
        asked = commands.Browse(kind=kind, tag=tag, words=(category,), limit=_AT_ONCE, offset=start)
        answer = await asks.ask(asked)
        fitting += [one for one in answer["listings"] if one["category"] == category]
        if start + _AT_ONCE >= answer["total"]:
            break
    return len(fitting), fitting[offset : offset + limit]
