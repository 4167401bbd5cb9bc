"""What to answer when a peer speaks of ranges: a function of its words and of what is held now.

Nothing is remembered between two messages, so there is no round to be kept waiting in: each answer speaks of
narrower ranges than the words it answers, and a budget bounds how much a peer can make this node do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from node.clock import Timestamp
from node.limits import COMPARE_INTERVAL_MS
from node.replication.ranges.items import Item
from node.replication.ranges.parts import Lacking, Listed, Part, Salt, Split
from node.replication.ranges.tree import LISTED_MAX, Range

# What one peer may make this node do in one scope between two comparisons, in items looked at. Two sides that
# have nothing in common need about three for each item that they hold together.
BUDGET_MIN = 4_096
BUDGET_PER_ITEM = 8

_DIGITS = "0123456789abcdef"


@dataclass(slots=True)
class Budget:
    """How much a peer may still ask for in one scope."""

    left: int = 0
    since: Timestamp | None = None

    def spend(self, cost: int, *, held: int, now: Timestamp) -> bool:
        """Take what something costs; False when the peer has to wait for the next comparison."""
        if self.since is None or not self.since <= now < self.since + COMPARE_INTERVAL_MS:
            self.left, self.since = BUDGET_MIN + BUDGET_PER_ITEM * held, now
        if cost > self.left:
            return False
        self.left -= cost
        return True


@dataclass(slots=True)
class Answer:
    """What comes of a peer's words.

    Attributes:
        parts: what to say of narrower ranges.
        claims: items that the peer lacks and is to be told of.
    """

    parts: list[Part] = field(default_factory=list)
    claims: list[Item] = field(default_factory=list)


def answer(parts: Sequence[Part], tree: Range, salt: Salt, budget: Budget, now: Timestamp) -> Answer:
    """Answer a peer's words about ranges, as far as its budget goes."""
    found = Answer()
    for part in parts:
        held = tree.under(part.prefix)
        match part:
            case Split():
                spent = budget.spend(len(_DIGITS), held=tree.count, now=now)
                if not (spent and _split(part, held, salt, found, budget, held_in_all=tree.count, now=now)):
                    break
            case Listed() | Lacking():
                if not budget.spend(held.count + len(part.names) + 1, held=tree.count, now=now):
                    break
                _named(part, held, salt, found)
    return found


def _split(
    part: Split, held: Range, salt: Salt, found: Answer, budget: Budget, *, held_in_all: int, now: Timestamp
) -> bool:
    """Compare sixteen parts; False when the budget is used up."""
    for digit, theirs in zip(_DIGITS, part.fingerprints, strict=True):
        prefix = part.prefix + digit
        ours = held.parts[int(digit, 16)] if held.parts else _among(held, prefix)
        if salt.part(ours) == theirs:
            continue
        if not any(theirs):
            if not budget.spend(ours.count, held=held_in_all, now=now):
                return False
            found.claims += ours
        else:
            if not budget.spend(LISTED_MAX, held=held_in_all, now=now):
                return False
            found.parts.append(salt.show(prefix, ours))
    return True


def _among(held: Range, prefix: str) -> Range:
    """Return those of a few items that lie in a narrower range."""
    return Range([item for item in held if item.place.hex().startswith(prefix)])


def _named(part: Listed | Lacking, held: Range, salt: Salt, found: Answer) -> None:
    """Take a peer's list, or what it lacks of ours."""
    ours = {salt.name(item): item for item in held}
    if isinstance(part, Lacking):
        found.claims += [ours[name] for name in part.names if name in ours]
        return
    theirs = frozenset(part.names)
    found.claims += [item for name, item in ours.items() if name not in theirs]
    unknown = tuple(name for name in part.names if name not in ours)
    if unknown:
        found.parts.append(Lacking(part.prefix, unknown))
