"""How one session finds out what differs: fingerprints, then ranges, then claims of what one side lacks.

With a peer that does not offer `ranges` (docs/handshake.md) it names flat fingerprints in `Summary` and all
heads after a difference. What a peer can make this node do is bounded either way, see `Budget`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from node.clock import Timestamp
from node.errors import UnexpectedMessageError
from node.feeds.entry import FeedKey
from node.ids import CommunityId
from node.keys import PublicKey
from node.limits import HEADS_MISSING_MAX, HEADS_PER_MESSAGE_MAX
from node.replication.exchange import Exchange
from node.replication.messages import (
    ClaimedCharter,
    ClaimedHead,
    Heads,
    Opened,
    Paused,
    ScopeSummary,
    Summary,
    WantCharters,
)
from node.replication.outcomes import Outcome, Say
from node.replication.ranges.answering import answer
from node.replication.ranges.items import CharterState, Item, charter_place
from node.replication.ranges.parts import Fingerprints, Part, Ranges, Salt, batches
from node.replication.ranges.tree import LISTED_MAX, Range
from node.replication.shelf import Shelf
from node.replication.shown import Shown

# The name under which the handshake offers this way of comparing.
FEATURE: Final = "ranges"


@dataclass(frozen=True, slots=True)
class Manner:
    """How two sides compare by ranges.

    Attributes:
        binding: what only the two ends of this connection know.
        begins: whether this side is the first to speak of ranges: the one that dialled.
    """

    binding: bytes
    begins: bool


class Comparing:
    """Compare scopes with one peer.

    Args:
        exchanges: the state of each scope, shared with the session.
        shown: what this peer has shown so far, on other connections too.
        manner: None with a peer that does not speak of ranges.
    """

    def __init__(
        self, shelf: Shelf, exchanges: dict[str, Exchange], shown: Shown, manner: Manner | None
    ) -> None:
        self._shelf = shelf
        self._exchanges = exchanges
        self._shown = shown
        self._salt = Salt(manner.binding) if manner is not None else None
        self._begins = manner is not None and manner.begins
        self.named: tuple[str, ...] | None = None
        # Whether the peer has named its fingerprints yet.
        self._heard = False

    def compare(self) -> list[Outcome]:
        """Name our fingerprints: at the start, when the shared scopes change, and now and then."""
        shared = self._shelf.shared_scopes()
        opened: list[Outcome] = []
        for scope in shared:
            exchange = self._exchanges.setdefault(scope, Exchange())
            exchange.owed, exchange.begun = False, None
            if self.named is not None:
                opened += self._open(exchange, scope)
            opened += self._pause(exchange, scope)
        outcomes = [*opened, self._name(shared)]
        for scope in shared:
            # What the peer named last differs from what we hold by now: it will not say so again by itself.
            outcomes += self._begin(self._exchanges[scope], scope, self._shelf.tree(scope))
        return outcomes

    def confirm(self) -> list[Outcome]:
        """Name our fingerprints once all that a comparison brought up is here: the peer waits for it.

        Again and again only where something came since: a peer that says it has caught up and has not, or
        claims what it does not give, is not answered for ever.
        """
        shared = self._shelf.shared_scopes()
        due = False
        for scope, exchange in sorted(self._exchanges.items()):
            if self._salt is not None and exchange.owing and not exchange.missing:
                moved = scope in shared and exchange.ours != self._salt.whole(self._shelf.tree(scope))
                due |= moved or not exchange.owed
                exchange.owing, exchange.owed = False, True
        return [self._name(shared)] if due else []

    def summary(self, summaries: Iterable[ScopeSummary], now: Timestamp) -> list[Outcome]:
        """Take flat fingerprints, and tell all heads of a scope that differs."""
        if self._salt is not None:
            raise UnexpectedMessageError("expected Fingerprints in place of Summary: both sides offer ranges")
        outcomes: list[Outcome] = []
        named = {summary.scope: summary.fingerprint for summary in summaries}
        for scope in self._shelf.shared_scopes():
            exchange = self._exchanges.setdefault(scope, Exchange())
            exchange.theirs = named.get(scope)
            exchange.stalled.clear()
            if exchange.theirs is None:
                outcomes += self._open(exchange, scope)
            elif exchange.theirs == self._shelf.fingerprint(scope):
                self._equal(exchange, scope, now)
            else:
                self._differs(exchange, scope, now)
                outcomes += self._all_heads(exchange, scope, now)
        return outcomes

    def fingerprints(self, named: Sequence[tuple[bytes, bytes]], now: Timestamp) -> list[Outcome]:
        """Take salted fingerprints, and speak of ranges in a scope that differs, if we are to begin."""
        if self._salt is None:
            raise UnexpectedMessageError("expected Summary: this session does not speak of ranges")
        outcomes: list[Outcome] = []
        theirs = dict(named)
        outdated = False
        begun, self._heard = not self._heard, True
        shared = self._shelf.shared_scopes()
        for scope in shared:
            exchange = self._exchanges.setdefault(scope, Exchange())
            before, exchange.theirs = exchange.theirs, theirs.get(self._salt.scope(scope))
            exchange.stalled.clear()
            if exchange.theirs is None:
                outcomes += self._open(exchange, scope)
                continue
            # What we named of a scope before the peer knew of it told it nothing.
            outdated |= before is None and not begun
            tree = self._shelf.tree(scope)
            ours = self._salt.whole(tree)
            outdated |= exchange.ours != ours and (exchange.theirs == ours or not self._begins)
            if exchange.theirs == ours:
                self._equal(exchange, scope, now)
                continue
            self._differs(exchange, scope, now)
            if exchange.budget.spend(LISTED_MAX, held=tree.count, now=now):
                outcomes += self._begin(exchange, scope, tree)
        # What we named last tells the peer no longer whether we are equal, or where it shall begin.
        return [*outcomes, self._name(shared)] if outdated else outcomes

    def ranges(self, tag: bytes, parts: Sequence[Part], now: Timestamp) -> list[Outcome]:
        """Answer what the peer says of ranges of a scope."""
        if self._salt is None:
            raise UnexpectedMessageError("expected Heads: this session does not speak of ranges")
        salt = self._salt
        scope = next((one for one in self._shelf.shared_scopes() if salt.scope(one) == tag), None)
        if scope is None:
            return []  # Not ours to share yet; a later comparison brings it again.
        exchange = self._exchanges.setdefault(scope, Exchange())
        found = answer(parts, self._shelf.tree(scope), salt, exchange.budget, now)
        return [
            *self._claim(scope, found.claims, now),
            *(Say(Ranges(tag, batch)) for batch in batches(found.parts)),
        ]

    def paused(self, scope: str, devices: Sequence[PublicKey]) -> list[Outcome]:
        """Leave out what the peer takes no more of, and name what we hold without it."""
        if self._salt is None:
            raise UnexpectedMessageError("expected no Paused: this session does not speak of ranges")
        self._shelf.leave_out(scope, devices)
        if scope not in self._shelf.shared_scopes():
            return []  # It is left out once the scope is shared.
        self._exchanges.setdefault(scope, Exchange()).left_out = frozenset(devices)
        return self.compare()

    def claimed(
        self, scope: str, heads: Iterable[ClaimedHead], charters: Sequence[ClaimedCharter], now: Timestamp
    ) -> list[Outcome]:
        """Note what the peer claims to hold and we lack, and ask for charters that are unlike ours."""
        exchange = self._exchanges.setdefault(scope, Exchange())
        for claim in heads:
            held = self._shelf.holds(FeedKey(claim.device, scope), claim.head)
            self._shown.claims(scope, claim, now, self._shelf.follows, held=held)
            # What is left out is claimed again when there is room: equality is judged by all. What is beyond
            # a quota is not missing: it was never wanted.
            taken = not held and self._shelf.takes(FeedKey(claim.device, scope))
            if taken and len(exchange.missing) < HEADS_MISSING_MAX:
                exchange.missing[claim.head.id] = claim
        unlike = self._unlike(scope, charters)
        if exchange.differs_since is not None and (exchange.missing or unlike):
            exchange.owing = True
        return [Say(WantCharters(unlike))] if unlike else []

    def _unlike(self, scope: str, charters: Sequence[ClaimedCharter]) -> tuple[CommunityId, ...]:
        """Return the communities whose charters are claimed to be other than they are held."""
        # Looked up once a message: it costs something for each member, and for each feed that is left out.
        tree = self._shelf.tree(scope) if charters else Range()
        held = [tree.get(charter_place(one.community)) for one in charters]
        return tuple(
            one.community
            for one, item in zip(charters, held, strict=True)
            if item is None or item.subject != CharterState(one.community, one.digest)
        )

    def _name(self, shared: Sequence[str]) -> Say:
        """Return the message that names the fingerprints of all that is shared."""
        self.named = tuple(shared)
        if self._salt is None:
            return Say(Summary(tuple(ScopeSummary(s, self._shelf.fingerprint(s)) for s in shared)))
        pairs: list[tuple[bytes, bytes]] = []
        for scope in shared:
            ours = self._salt.whole(self._shelf.tree(scope))
            self._exchanges.setdefault(scope, Exchange()).ours = ours
            pairs.append((self._salt.scope(scope), ours))
        return Say(Fingerprints(tuple(pairs)))

    def _begin(self, exchange: Exchange, scope: str, tree: Range) -> list[Outcome]:
        """Say the first word about ranges, if that is for this side to do and there is a difference."""
        if self._salt is None or not self._begins or exchange.theirs is None:
            return []
        pair = (exchange.theirs, self._salt.whole(tree))
        if pair[0] == pair[1] or pair == exchange.begun:
            return []
        exchange.begun = pair
        return [Say(Ranges(self._salt.scope(scope), (self._salt.show("", tree),)))]

    def _equal(self, exchange: Exchange, scope: str, now: Timestamp) -> None:
        exchange.equal_at, exchange.differs_since, exchange.owing = now, None, False
        exchange.missing.clear()  # Claims that nobody could make good.
        self._shown.equal(scope, self._shelf.tree(scope), now)

    def _differs(self, exchange: Exchange, scope: str, now: Timestamp) -> None:
        if exchange.differs_since is None:
            exchange.differs_since = now
        self._shown.differs(scope)

    def _pause(self, exchange: Exchange, scope: str) -> list[Outcome]:
        """Tell the peer of what we take no more, and what of it we hold, if that is not what it knows."""
        paused = self._shelf.paused(scope)[:HEADS_PER_MESSAGE_MAX]
        if self._salt is None or paused == exchange.paused:
            return []
        exchange.paused = paused
        ends = [claim for device in paused for claim in self._shelf.claims(FeedKey(device, scope))]
        return [Say(Paused(scope, paused)), *_told(scope, ends, ())]

    def _open(self, exchange: Exchange, scope: str) -> list[Outcome]:
        """Tell the peer of a scope it has not named: it may not know yet that it belongs to it."""
        founding = self._shelf.founding(scope)
        if exchange.theirs is not None or exchange.opened or founding is None:
            return []
        exchange.opened = True
        return [Say(Opened(founding))]

    def _all_heads(self, exchange: Exchange, scope: str, now: Timestamp) -> list[Outcome]:
        heads, charters = self._shelf.heads(scope), self._shelf.charters(scope)
        count = len(heads) + len(charters)
        return _told(scope, heads, charters) if exchange.budget.spend(count, held=count, now=now) else []

    def _claim(self, scope: str, items: Iterable[Item], now: Timestamp) -> list[Outcome]:
        """Tell the peer of what it lacks."""
        heads: list[ClaimedHead] = []
        charters: list[ClaimedCharter] = []
        for item in items:
            if isinstance(item.subject, CharterState):
                charters.append(ClaimedCharter(item.subject.community, item.subject.digest))
            else:
                heads += self._shelf.claims(FeedKey(item.subject.device, scope))
        for claim in heads:
            self._shown.lacks(scope, claim, now, self._shelf.follows)
        return _told(scope, heads, charters)


def _told(scope: str, heads: Sequence[ClaimedHead], charters: Sequence[ClaimedCharter]) -> list[Outcome]:
    """Return claims as messages, charters first: without them their feeds are not asked for."""
    step = HEADS_PER_MESSAGE_MAX
    outcomes: list[Outcome] = [
        Say(Heads(scope, (), tuple(charters[i : i + step]))) for i in range(0, len(charters), step)
    ]
    outcomes += [Say(Heads(scope, tuple(heads[i : i + step]), ())) for i in range(0, len(heads), step)]
    return outcomes
