"""Parts of a bundle on their way in: each item by the rules for a neighbour's, whoever brought the file.

A file says nothing about its bringer that is proved, so it is asked of each item what would be asked of it
from any neighbour: whose it is, whether this node carries that, whether it holds. Nothing trusts a checksum.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from node import ids
from node.engine.bundles.readers import Carried, acquainted, remember
from node.engine.bundles.words import Words
from node.engine.commands.bundles import Assumption
from node.engine.desk import Answer, Desk
from node.engine.ingest import Arrival
from node.engine.sessions import joining
from node.errors import BadSignatureError, PeerError
from node.federation.founding import Founding
from node.feeds import bundle_items, scopes, stretch
from node.feeds.bundle_items import CharterRecords, Claims, FoundingRecord, Opening
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.identity.community import Community, evaluate
from node.ids import CommunityId, FederationId
from node.limits import FEDERATIONS_MAX, FORK_BRANCHES_MAX
from node.records import record

_NO_CHARTER: Final = "its author's charter is not held here"
_NOT_CARRIED: Final = "its community is no neighbour here and shares no federation with you"
_GAP: Final = "what comes before it is missing here: ask for a bundle of everything"
_PAUSED: Final = "its community has used up what this node takes of it"
_FULL: Final = "its device tells more stories than are kept"


@dataclass(slots=True)
class FeedCounts:
    """What of a feed stands in a part, in entries.

    Attributes:
        last: the highest place among them.
        begins: the place before the first, where that is not held here; None where it is.
    """

    owner: CommunityId | None
    new: int = 0
    held: int = 0
    waiting: int = 0
    refused: int = 0
    last: int = 0
    begins: int | None = None
    reasons: set[str] = field(default_factory=set)

    def leave(self, count: int, reason: str, *, for_good: bool) -> None:
        """Count entries that do not come in."""
        self.reasons.add(reason)
        if for_good:
            self.refused += count
        else:
            self.waiting += count


class Reading:
    """Read parts one after the other.

    Args:
        take: whether what holds comes in; otherwise it is only counted.
        assumed: what is to be counted as if it were known here.

    Attributes:
        arrivals, grown, opened: what came in, for the engine to tell the sessions.
    """

    def __init__(self, desk: Desk, *, take: bool, assumed: Iterable[Assumption] = ()) -> None:
        self._desk = desk
        self._take = take
        self._carried = Carried(desk, assumed)
        self.arrivals: list[Arrival] = []
        self.grown: list[tuple[CommunityId, Community | None]] = []
        self.opened = False

    def part(self, content: bytes) -> Answer:
        """Read one part and say what is in it."""
        try:
            items = bundle_items.decode(content)
        except PeerError as error:
            return {**_Part(self._desk).answer(), "broken": str(error)}
        found = _Part(self._desk)
        for item in items:
            match item:
                case Opening():
                    found.opening = item
                case CharterRecords():
                    found.charters[self._charter(item, found)] += 1
                case FoundingRecord(raw):
                    self._founding(raw, found)
                case Stretch():
                    self._stretch(item, found)
                case Claims():
                    self._claims(item)
        return found.answer()

    def _charter(self, item: CharterRecords, found: "_Part") -> str:
        """Keep a charter that is wanted here, and say what became of it."""
        community = item.community
        if community not in self._carried.chartered():
            return "waiting"
        before = self._desk.registry.community(community)
        try:
            if not self._take:
                return self._look_at_charter(item, found)
            if self._desk.registry.add_charter(community, item.records):
                self.grown.append((community, before))
                self._carried.forget()
                return "new"
        except PeerError:
            return "refused"
        return "held" if before is not None else "refused"

    def _look_at_charter(self, item: CharterRecords, found: "_Part") -> str:
        """Add a charter up, and note whose the devices in it will be.

        Raises:
            PeerError: a record of it does not hold.
        """
        held = self._desk.store.charters.of(item.community)
        if set(item.records) <= set(held):
            return "held"
        records = [*map(record.stored, held), *map(record.read, item.records)]
        standing = evaluate(item.community, records)
        if standing is None:
            return "refused"
        found.assume += [Assumption(community=item.community, device=device) for device in standing.devices]
        return "new"

    def _founding(self, raw: bytes, found: "_Part") -> None:
        """Take up a federation: as one of its founders, or as one who asked to join."""
        try:
            signed = record.read(raw)
            founding = Founding.read(signed)
        except PeerError:
            found.federations["refused"] += 1
            return
        desk = self._desk
        known = desk.registry.federations()
        if founding.federation in known:
            found.federations["held"] += 1
            return
        founders = set(map(CommunityId, founding.founders))
        # One of several stewards is enough to be asked: approvals travel in the scope itself.
        signers = {one for one in founders if signed.signer in desk.registry.stewards_of(one)}
        asked = joining.asked(desk.store, desk.registry, desk.own)
        # A look may come before the charters that say who signed.
        asking = signers if self._take else founders - {desk.own}
        named = desk.own in founders and any(acquainted(desk, founder) for founder in asking)
        if not (named or founding.federation in asked) or len(known) >= FEDERATIONS_MAX:
            found.federations["waiting"] += 1
            return
        found.federations["new"] += 1
        found.names.append(founding.bylaws.name)
        if self._take:
            desk.registry.add_federation(raw)
            self._carried.forget()
            self.opened = True
        else:
            scope = scopes.members(founding.federation)
            found.assume += [Assumption(community=founder, scope=scope) for founder in sorted(founders)]

    def _stretch(self, sent: Stretch, found: "_Part") -> None:
        """Admit a stretch by the way that all take, or count what it would bring."""
        desk, count = self._desk, len(sent.items)
        counts = found.of(sent.feed, self._carried.owner(sent.feed))
        unwanted = self._unwanted(sent.feed)
        if unwanted is not None:
            return counts.leave(count, unwanted, for_good=False)
        before = Head(sent.first_seq - 1, sent.prev) if sent.prev is not None else None
        by = desk.registry.checkpoints.noted(sent.feed, before) if before is not None else None
        ready = before is None or by is not None or desk.store.feeds.holds(sent.feed, before)
        try:
            # What shows where the next begins comes again in its place.
            shows = not ready and desk.registry.checkpoints.note(stretch.prove(sent))
            if not self._take:
                return None if shows else self._look(sent, found, ready=ready)
            if not ready:
                return None if shows else counts.leave(count, _GAP, for_good=False)
            arrival = desk.ingest.admit(sent, by=by)
            new = len(arrival.fresh)
            if not new and self._crowded(sent):
                return counts.leave(count, _FULL, for_good=True)
        except PeerError as error:
            return counts.leave(count, str(error), for_good=True)
        counts.new, counts.held = counts.new + new, counts.held + count - new
        if new:
            self.arrivals.append(arrival)
            if arrival.membership_changed:
                self._carried.forget()
        return None

    def _unwanted(self, feed: FeedKey) -> str | None:
        """Say why nothing of a feed is taken now; None where it is."""
        if self._carried.owner(feed) is None:
            return _NOT_CARRIED if self._carried.is_known(feed) else _NO_CHARTER
        return None if self._desk.quotas.takes(feed.device) else _PAUSED

    def _crowded(self, sent: Stretch) -> bool:
        """Tell whether a stretch was passed over because its feed has too many branches."""
        if len(self._desk.store.feeds.heads_of(sent.feed)) < FORK_BRANCHES_MAX:
            return False
        last = stretch.prove(sent)[-1]
        return not self._desk.store.feeds.holds(sent.feed, Head(last.seq, last.id))

    def _look(self, sent: Stretch, found: "_Part", *, ready: bool) -> None:
        """Prove a stretch and count which of its entries are new.

        Raises:
            PeerError: it does not hold.
        """
        entries = stretch.prove(sent)
        held = _held(entries, lambda head: self._desk.store.feeds.holds(sent.feed, head))
        counts = found.of(sent.feed, self._carried.owner(sent.feed))
        if not ready and counts.last < sent.first_seq - 1 and counts.begins is None:
            counts.begins = sent.first_seq - 1
        counts.last = max(counts.last, entries[-1].seq)
        counts.new, counts.held = counts.new + len(entries) - held, counts.held + held
        for entry in entries[held:]:
            found.words.add(entry)

    def _claims(self, claimed: Claims) -> None:
        """Remember what the writer holds, if it is who it says and one we carry things with."""
        standing = self._desk.registry.community(claimed.community)
        if not self._take or claimed.community == self._desk.own or standing is None:
            return
        if claimed.device not in standing.devices or claimed.device in standing.retirements:
            return
        try:
            claimed.verify()
        except BadSignatureError:
            return  # It would only make a later bundle smaller than it should be.
        if acquainted(self._desk, claimed.community):
            remember(self._desk, claimed)


class _Part:
    """What was found in one part."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._feeds: dict[FeedKey, FeedCounts] = {}
        self.charters = dict.fromkeys(("new", "held", "waiting", "refused"), 0)
        self.federations = dict.fromkeys(("new", "held", "waiting", "refused"), 0)
        self.names: list[str] = []
        self.words = Words(desk.store)
        self.opening: Opening | None = None
        self.assume: list[Assumption] = []

    def of(self, feed: FeedKey, owner: CommunityId | None) -> FeedCounts:
        """Return the counts of a feed."""
        return self._feeds.setdefault(feed, FeedCounts(owner))

    def answer(self) -> Answer:
        """Return what was found as it travels."""
        return {
            "opening": _opening(self.opening, self._desk) if self.opening is not None else None,
            "assume": [one.model_dump(mode="json", exclude_none=True) for one in self.assume],
            "feeds": [self._feed(feed, counts) for feed, counts in self._feeds.items()],
            "charters": self.charters,
            "federations": {**self.federations, "names": self.names},
            "words": dict(self.words.sentences),
            "titles": [{"what": what, "title": title} for what, title in self.words.titles],
            "broken": None,
        }

    def _feed(self, feed: FeedKey, counts: FeedCounts) -> Answer:
        desk = self._desk
        owner = counts.owner or desk.registry.community_of(feed.device)
        return {
            "scope": feed.scope,
            "federation": _federation(feed.scope, desk),
            "device": ids.show(feed.device),
            "community": ids.show(owner) if owner is not None else None,
            "name": desk.name_of(owner) if owner is not None else "",
            "new": counts.new,
            "held": counts.held,
            "waiting": counts.waiting,
            "refused": counts.refused,
            "last": counts.last,
            "begins": counts.begins,
            "reasons": sorted(counts.reasons),
        }


def _opening(opening: Opening, desk: Desk) -> Answer:
    reader = opening.reader
    return {
        "community": ids.show(opening.community),
        "name": desk.name_of(opening.community),
        "reader": ids.show(reader) if reader is not None else None,
        "for_us": reader in (None, desk.own),
        "hours": opening.hours,
        "whole": opening.whole,
    }


def _federation(scope: str, desk: Desk) -> str | None:
    federation = scopes.federation_of(scope)
    members = desk.registry.members(FederationId(federation)) if federation is not None else None
    return members.founding.bylaws.name if members is not None else None


def _held(entries: list[Entry], holds: Callable[[Head], bool]) -> int:
    """Return how many entries of a chain are held: the first so many, for none is without the one before."""
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if holds(Head(entries[middle].seq, entries[middle].id)):
            low = middle + 1
        else:
            high = middle
    return low
