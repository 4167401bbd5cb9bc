"""One session with one proved peer: compare, ask, answer, push. A pure machine over a small port.

A session lives as long as its connection; nothing of an old session survives into a new one. What is
received is handed to the engine as outcomes; what may be sent is asked of the `Shelf`, scope by scope, every
time: membership may have changed since the last message.

====================  =====================================================================================
message received      what happens
====================  =====================================================================================
Fingerprints          remember; equal ones end it, at different ones the side that dialled says `Ranges`
Ranges                say narrower `Ranges`, and in `Heads` what the peer lacks
Summary               the same from a peer that does not offer ranges; answered with all `Heads`
Heads                 note what we lack, ask for charters and entries we lack and may hold
Want                  send stretches up to a bound, then `Answered`; long answers in parts (`go_on`)
Entries               hand to the engine; a gap is asked for
Beginning             note from where the entries that follow begin, if they were asked for
Paused                leave these feeds out when comparing, and push none of them
Answered              the want is over; what is still missing is asked for again while it makes progress
WantCharters/Charters send / hand to the engine
Opened                hand to the engine: a scope we did not know we share
Join, JoinAnswer      hand to the engine
Farewell              hand to the engine, which logs it
====================  =====================================================================================
"""

from collections.abc import Sequence
from itertools import islice

from node.clock import Timestamp
from node.feeds import stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import HEADS_MISSING_MAX, SEND_QUEUE_BYTES_MAX, WANTS_PER_MESSAGE_MAX
from node.replication import beginning
from node.replication.answers import Answers
from node.replication.beginning import Beginning
from node.replication.comparing import Comparing, Manner
from node.replication.exchange import Exchange
from node.replication.messages import (
    Answered,
    Charters,
    ClaimedCharter,
    ClaimedHead,
    Entries,
    Farewell,
    Heads,
    Join,
    JoinAnswer,
    Message,
    Opened,
    Paused,
    Summary,
    Want,
    WantCharters,
    Wanted,
)
from node.replication.outcomes import (
    Admit,
    AdmitCharter,
    Ended,
    Invited,
    JoinAnswered,
    JoinAsked,
    Outcome,
    Say,
    Yielded,
)
from node.replication.ranges.parts import Fingerprints, Ranges
from node.replication.shelf import Shelf
from node.replication.shown import Shown

# How many feeds are asked for at once: enough to fill a link, few enough that other peers get their share.
WANTS_IN_FLIGHT_MAX = WANTS_PER_MESSAGE_MAX
# How many of the branches it lacks a session looks at for one message: with all of them a peer that has
# claimed as many as it may would make each further message of a few bytes cost a hundredth of a second.
MISSING_LOOKED_AT_MAX = 256
# What one question for charters is answered with; the next comparison brings up what was left out.
_CHARTERS_ANSWER_BYTES_MAX = SEND_QUEUE_BYTES_MAX // 2


class Session:
    """The state of one session after the handshake.

    Every method returns what shall be done, in order; nothing is done here.

    Args:
        shown: what this peer has shown on earlier connections.
        manner: how to compare by ranges; None with a peer that does not offer it.
    """

    def __init__(self, shelf: Shelf, *, shown: Shown | None = None, manner: Manner | None = None) -> None:
        self._shelf = shelf
        self._exchanges: dict[str, Exchange] = {}
        self.shown = shown if shown is not None else Shown()
        self._comparing = Comparing(shelf, self._exchanges, self.shown, manner)
        self._answers = Answers(shelf)

    def compare(self) -> list[Outcome]:
        """Name our fingerprints: at the start, when the shared scopes change, and now and then."""
        return self._comparing.compare()

    def receive(  # noqa: PLR0911 - one case a message: a table
        self, message: Message, now: Timestamp
    ) -> list[Outcome]:
        """Handle one message of the peer.

        Raises:
            PeerError: the message breaks the protocol; the session ends.
        """
        match message:
            case Fingerprints(named):
                return self._comparing.fingerprints(named, now)
            case Ranges(tag, parts):
                return self._comparing.ranges(tag, parts, now)
            case Summary(summaries):
                return self._comparing.summary(summaries, now)
            case Heads(scope, heads, charters):
                return self._heads(scope, heads, charters, now)
            case Want(scope, wanted):
                return self._answers.begin(scope, wanted)
            case Entries(sent):
                return self._entries(sent, now)
            case Beginning():
                return self._beginning(message)
            case Answered(scope, device, head):
                return self._answered(FeedKey(device, scope), head, now)
            case Paused(scope, devices):
                return self._comparing.paused(scope, devices)
            case _:
                return self._hand_on(message)

    def advance(self, now: Timestamp) -> list[Outcome]:
        """Go on after something was admitted: name new scopes, ask for what may be asked for by now."""
        outcomes: list[Outcome] = []
        if tuple(self._shelf.shared_scopes()) != self._comparing.named:
            outcomes += self.compare()
        for scope in sorted(self._exchanges):
            outcomes += self._ask(scope, now)
        return outcomes + self._comparing.confirm()

    @property
    def answering(self) -> bool:
        """Tell whether an answer is under way, so that `go_on` has something to say."""
        return self._answers.under_way

    def go_on(self) -> list[Outcome]:
        """Say the next part of an answer."""
        return self._answers.go_on()

    def charter_grew(self, community: CommunityId) -> list[Outcome]:
        """Say at once that a charter grew, without waiting for the next comparison."""
        outcomes: list[Outcome] = []
        for scope in self._shelf.shared_scopes():
            grown = self._shelf.charter(scope, community)
            if grown is not None:
                outcomes.append(Say(Heads(scope, (), (grown,))))
        return outcomes

    def published(self, entries: Sequence[Entry], community: CommunityId, *, own: bool) -> list[Outcome]:
        """Pass on entries that are new here: our own whole, others' as a claim the peer may ask for.

        Claims cost a round trip and spare every node but the author from sending what its peers may have.
        """
        feed, last = entries[-1].feed, entries[-1]
        exchange = self._exchanges.get(feed.scope)
        if exchange is None or exchange.theirs is None or not self._shelf.admits(feed):
            return []
        if feed.device in exchange.left_out:
            return []
        if not own:
            claim = ClaimedHead(community, feed.device, Head(last.seq, last.id))
            return [] if last.id in exchange.missing else [Say(Heads(feed.scope, (claim,), ()))]
        return [Say(Entries(part)) for part in stretch.split(entries)]

    def equal_since(self, scope: str) -> Timestamp | None:
        """Return when both sides last named equal fingerprints; None while something is known to differ."""
        exchange = self._exchanges.get(scope)
        same = exchange is not None and exchange.differs_since is None and not exchange.missing
        return exchange.equal_at if exchange is not None and same else None

    def differs_since(self, scope: str) -> Timestamp | None:
        """Return since when both sides have named different fingerprints; None while they are equal."""
        exchange = self._exchanges.get(scope)
        return exchange.differs_since if exchange is not None else None

    def left_out(self, scope: str) -> frozenset[PublicKey]:
        """Return the devices of which the peer takes no more: whatever is equal is so without them."""
        exchange = self._exchanges.get(scope)
        return exchange.left_out if exchange is not None else frozenset()

    def missing(self, scope: str) -> list[ClaimedHead]:
        """Return the branch ends that the peer claims and we lack."""
        exchange = self._exchanges.get(scope)
        return list(exchange.missing.values()) if exchange is not None else []

    def _heads(
        self, scope: str, heads: Sequence[ClaimedHead], charters: Sequence[ClaimedCharter], now: Timestamp
    ) -> list[Outcome]:
        if scope not in self._shelf.shared_scopes():
            return []  # Not ours to share yet; a later comparison brings it again.
        return self._comparing.claimed(scope, heads, charters, now) + self._ask(scope, now)

    def _ask(self, scope: str, now: Timestamp) -> list[Outcome]:
        """Ask for missing branches that we may hold, as many as the window allows."""
        exchange = self._exchanges[scope]
        wanted: list[Wanted] = []
        for head_id, claim in _in_turn(exchange.missing):
            feed = FeedKey(claim.device, scope)
            if self._shelf.holds(feed, claim.head) or not self._shelf.takes(feed):
                exchange.give_up(head_id)
                if exchange.asked.pop(head_id, None) is not None:
                    self._shelf.release(feed, head_id)
            elif (
                head_id not in exchange.asked
                and len(exchange.asked) < WANTS_IN_FLIGHT_MAX
                and self._shelf.admits(feed)
                and self._shelf.reserve(feed, head_id, now)
            ):
                ends = self._shelf.known_points(feed, dense=False)
                dense = head_id in exchange.stalled or any(end.seq >= claim.head.seq for end in ends)
                known = self._shelf.known_points(feed, dense=True) if dense else ends
                exchange.asked[head_id] = ends
                wanted.append(Wanted(claim.device, head_id, known))
        step = WANTS_PER_MESSAGE_MAX
        return [Say(Want(scope, tuple(wanted[i : i + step]))) for i in range(0, len(wanted), step)]

    def _entries(self, sent: Stretch, now: Timestamp) -> list[Outcome]:
        if not self._shelf.admits(sent.feed) or not self._shelf.takes(sent.feed):
            return []  # Carried later, when its author's charter or membership is known here, or has room.
        exchange = self._exchanges.setdefault(sent.feed.scope, Exchange())
        before = Head(sent.first_seq - 1, sent.prev) if sent.prev is not None else None
        if before is None or self._shelf.holds(sent.feed, before):
            return [Admit(sent)]
        begins = exchange.begins.get(sent.feed.device)
        if begins is not None and begins.root == before:
            return [Admit(sent, begins.entry)]
        # A gap: what lies before was lost with a cut. Prove the end, then ask for all up to it.
        last = stretch.prove(sent)[-1]
        if len(exchange.missing) < HEADS_MISSING_MAX:
            claim = ClaimedHead(CommunityId(bytes(32)), sent.feed.device, Head(last.seq, last.id))
            exchange.missing[last.id] = claim
        return self._ask(sent.feed.scope, now)

    def _beginning(self, sent: Beginning) -> list[Outcome]:
        """Note from which place the peer answers, where it was asked.

        Nobody but the feed's author says where it may be taken up, and nothing is kept unasked.
        """
        feed = sent.stretch.feed
        exchange = self._exchanges.get(feed.scope)
        if exchange is None or not self._shelf.admits(feed) or not exchange.awaits(feed.device):
            return []
        if (named := beginning.named(sent)) is not None:
            exchange.begins[feed.device] = named
        return []

    def _answered(self, feed: FeedKey, head: EntryId, now: Timestamp) -> list[Outcome]:
        exchange = self._exchanges.get(feed.scope)
        if exchange is None or head not in exchange.asked:
            return []
        before = exchange.asked.pop(head)
        ends = self._shelf.known_points(feed, dense=False)
        fruitless = head in exchange.missing and ends == before
        if fruitless and head in exchange.stalled:
            exchange.give_up(head)  # It cannot or will not give it: another peer, or later.
            self._shelf.release(feed, head, failed_at=now)
            return [Yielded(), *self._ask(feed.scope, now)]
        if fruitless:
            exchange.stalled.add(head)
        self._shelf.release(feed, head)
        return [*self._ask(feed.scope, now), *self._comparing.confirm()]

    def _hand_on(self, message: Message) -> list[Outcome]:
        match message:
            case WantCharters(communities):
                return self._charters(communities)
            case Charters(community, records):
                return [AdmitCharter(community, records)]
            case Opened(founding):
                return [Invited(founding)]
            case Join(secret, records):
                return [JoinAsked(secret, records)]
            case JoinAnswer(accepted, text):
                return [JoinAnswered(accepted, text)]
            case Farewell(text):
                return [Ended(text)]
            case Fingerprints() | Ranges() | Summary() | Heads() | Want() | Entries() | Answered() | Paused():
                raise AssertionError(message)
            case Beginning():
                raise AssertionError(message)

    def _charters(self, communities: Sequence[CommunityId]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        size = 0
        for community in dict.fromkeys(communities):
            records = self._shelf.charter_records(community)
            size += sum(map(len, records))
            if size > _CHARTERS_ANSWER_BYTES_MAX:
                break
            if records:
                outcomes.append(Say(Charters(community, tuple(records))))
        return outcomes


def _in_turn(missing: dict[EntryId, ClaimedHead]) -> list[tuple[EntryId, ClaimedHead]]:
    """Return some of what is missing; they come last the next time, so that each has its turn."""
    found = list(islice(missing.items(), MISSING_LOOKED_AT_MAX))
    if len(found) < len(missing):
        for head, claim in found:
            del missing[head]
            missing[head] = claim
    return found
