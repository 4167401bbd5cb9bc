"""The bylaws in plain words: each setting, its value, and what one set of rules changes of another."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from node import ids
from node.federation.bylaws import Bylaws
from node.ids import CommunityId

Called = Callable[[CommunityId], str]

# What each setting says, by its place in the file.
WORDS: Final[Mapping[str, str]] = {
    "admission.approvals": "Members that must approve who asks to join",
    "admission.way": "How a community comes in",
    "sizes.attesters": "Whose word about a community's size counts",
    "sizes.witnesses": "How many of them must agree",
    "sizes.named": "Members whose word about sizes counts",
    "sizes.days": "Days up to which sizes count",
    "seats.method": "How seats follow from sizes",
    "seats.house": "Seats in all",
    "seats.floor": "Least seats of a community",
    "seats.cap": "Most seats of a community",
    "seats.ties": "Who goes first of those with an equal claim to a seat",
    "passing.threshold": "A question passes with this share of support",
    "passing.strictly_above": "  and only with more than that",
    "passing.of": "  of which votes",
    "passing.quorum": "  when this share of all seats takes part",
    "passing.blocks_stop": "  and a single block stops it",
    "passing.block_reasons": "  and a block must say why",
    "amending.threshold": "Bylaws and membership change with this share of support",
    "amending.strictly_above": "  and only with more than that",
    "amending.of": "  of which votes",
    "amending.quorum": "  when this share of all seats takes part",
    "amending.blocks_stop": "  and a single block stops it",
    "amending.block_reasons": "  and a block must say why",
    "closing.voting": "How long people can vote",
    "closing.grace": "How long ballots may be under way after that",
    "closing.patience": "How long members' nodes wait for one another",
    "closing.review": "How long a review may be asked for",
    "closing.stall": "After how long an unclosed question may be given up",
    "closing.early": "Closes as soon as every seat has voted",
    "closing.agreeing": "Members' nodes that must agree on a close",
    "closing.witnesses": "Members' nodes that close a question, in turns where there are more",
    "closing.elected": "Members that are chosen to close questions",
    "casting.lending": "Seats may lend their votes",
    "casting.parts": "Parts into which a seat may split its vote",
    "review.asked_by": "Who may ask for a review",
    "review.communities": "How many communities must ask",
    "review.stays": "A decision waits for the end of its review",
    "proposing.by": "Who may put a question",
    "effects.membership": "Decisions about members act by themselves",
    "effects.bylaws": "Decisions about these rules act by themselves",
    "effects.forms": "Decisions about forms act by themselves",
    "effects.budget": "Decisions about budget lines act by themselves",
    "effects.bodies": "Elections fill the places of bodies by themselves",
    "petitions.supporters": "Members that must stand behind a petition",
    "petitions.people": "Share of all people that must support it",
    "petitions.asking": "Which of the two must be reached",
    "electing.quorum": "Share that must take part in an election",
    "electing.of": "  of all",
    "electing.methods": "How elections may be counted",
    "electing.longest_term": "How long a term may last at most",
}
# What each part of the file is about, as a heading.
PARTS: Final[Mapping[str, str]] = {
    "admission": "Becoming a member",
    "sizes": "How large communities are",
    "seats": "Seats",
    "passing": "Questions",
    "amending": "Questions about bylaws and membership",
    "closing": "Times",
    "casting": "Votes",
    "review": "Reviews of decisions",
    "proposing": "Putting questions",
    "effects": "What decisions do by themselves",
    "petitions": "Petitions",
    "electing": "Elections",
}
# Settings that are times, in seconds.
_SPANS: Final = frozenset(
    (
        "electing.longest_term",
        *(f"closing.{name}" for name in ("voting", "grace", "patience", "review", "stall")),
    )
)
# Settings that are communities, by their ids.
_COMMUNITIES: Final = frozenset(("closing.elected", "sizes.named"))
_UNITS: Final = ((604_800, "week"), (86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
# Where leaving a setting out says something else than "none".
_UNSET: Final = {
    "closing.agreeing": "as many as are needed to be safe",
    "closing.witnesses": "as many as may",
    "closing.elected": "none: all may",
    "sizes.days": "none: at once",
    "electing.methods": "as whoever puts one says",
    "electing.longest_term": "as whoever puts an election says",
}
_AS_WORDS: Final = {
    "named": "those named",
    "sainte-lague": "Sainte-Laguë",
    "dhondt": "D'Hondt",
    "lot": "as the lot says",
    "larger": "the larger; of equal ones, as the lot says",
    "smaller": "the smaller; of equal ones, as the lot says",
}


def settings(rules: Bylaws) -> dict[str, Any]:
    """Return each setting's value by its place in the file, such as `closing.voting`; the name is none."""
    tree = rules.model_dump(mode="json")
    parts = ((part, held) for part, held in tree.items() if isinstance(held, dict))
    return {f"{part}.{name}": value for part, held in parts for name, value in held.items()}


def changes(old: Bylaws, new: Bylaws, called: Called = ids.show) -> Iterator[tuple[str, str, str]]:
    """Yield for each setting that is not the same what it is called, and its old and its new value.

    Args:
        old: the rules that are changed.
        new: those that take their place.
        called: what communities are called.
    """
    if old.name != new.name:
        yield "name", f"“{old.name}”", f"“{new.name}”"
    before = settings(old)
    for place, value in settings(new).items():
        if before[place] != value:
            yield named(place), in_words(place, before[place], called), in_words(place, value, called)


def named(place: str) -> str:
    """Return what a setting says with its place in the file, for where it stands by itself."""
    return f"{WORDS[place].strip()} ({place})"


def in_words(place: str, value: Any, called: Called = ids.show) -> str:
    """Return what a setting is set to as people say it; `called` says what communities are called."""
    if value is None or value == []:
        return _UNSET.get(place, "none")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value['numerator']}/{value['denominator']}" if value["numerator"] else "none asked for"
    if isinstance(value, list):
        are_communities = place in _COMMUNITIES
        return ", ".join(called(CommunityId(ids.parse(one))) if are_communities else one for one in value)
    if place in _SPANS:
        return _span(value)
    return _AS_WORDS.get(value, str(value))


def _span(seconds: int) -> str:
    """Return a time in the largest unit of which it is a whole number."""
    fitting = (each for each in _UNITS if seconds % each[0] == 0) if seconds else iter(_UNITS[-1:])
    size, unit = next(fitting)
    return f"{seconds // size:,} {unit}{'' if seconds == size else 's'}"
