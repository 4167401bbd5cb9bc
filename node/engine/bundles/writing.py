"""What goes into a bundle: planned once, then packed in portions; who may read it is asked every time."""

import base64
from collections.abc import Iterable, Iterator
from typing import Final

from node import ids
from node.clock import hours
from node.engine.bundles.readers import Reader, remembered
from node.engine.commands.bundles import Branch, PackBundle, PlanBundle
from node.engine.desk import Answer, Desk
from node.errors import UserError
from node.feeds import bundle_items, scopes, stretch
from node.feeds.bundle import PART_BYTES_WANTED
from node.feeds.bundle_items import (
    BUNDLE_ID_BYTES,
    CLAIMED_FEEDS_MAX,
    CharterRecords,
    ClaimedFeed,
    FoundingRecord,
    Item,
    Opening,
)
from node.feeds.entry import FeedKey, Head
from node.feeds.stretch import Stretch
from node.ids import EntryId
from node.keys import PublicKey
from node.limits import STRETCH_ENTRIES_MAX

# Entries read for one part at most, however short: a part of a thousand takes a running node 0.1 s.
_ENTRIES_PER_PART: Final = 4 * STRETCH_ENTRIES_MAX


def plan(command: PlanBundle, desk: Desk) -> Answer:
    """Say what a bundle shall hold.

    Raises:
        UserError: it cannot be written for that reader, or not since then.
    """
    if command.since_last and command.peer is None:
        raise UserError("expected for whom: --since-last leaves out what that neighbour holds already")
    reader = Reader(desk, command.peer, command.federations)
    known = _known(desk, reader) if command.since_last else {}
    held = list(_held(desk, reader))
    branches = [branch for feed in held for branch in _branches(feed, known.get(feed.feed, ()), desk)]
    bundle = desk.entropy(BUNDLE_ID_BYTES)
    whole = not command.since_last
    opening = Opening(bundle, desk.own, reader.community, hours(desk.now), whole)
    founding = (desk.registry.founding_record(f) for f in map(scopes.federation_of, reader.scopes) if f)
    first: list[Item] = [opening]
    charters = ((one, desk.store.charters.of(one)) for one in reader.chartered())
    first += [CharterRecords(one, tuple(records)) for one, records in charters if records]
    first += [FoundingRecord(raw) for raw in founding if raw is not None]
    claims = [
        bundle_items.claims(bundle, desk.own, held[at : at + CLAIMED_FEEDS_MAX], desk.keyring.device)
        # One that claims nothing too: then the other side knows that everything is lacking.
        for at in range(0, max(1, len(held)), CLAIMED_FEEDS_MAX)
    ]
    shared = [f for f in map(scopes.federation_of, reader.scopes) if f]
    return {
        "reader": ids.show(reader.community) if reader.community is not None else None,
        "name": desk.name_of(reader.community) if reader.community is not None else None,
        "federations": [ids.show(federation) for federation in shared],
        "federation_names": [
            desk.federation(ids.show(federation)).founding.bylaws.name for federation in shared
        ],
        "charters": sum(isinstance(item, CharterRecords) for item in first),
        "since_last": command.since_last,
        "branches": [_answered(branch) for branch, _ in branches],
        "entries": sum(entries for _, entries in branches),
        "opening": _carried(bundle_items.contents(first)),
        "closing": _carried(bundle_items.contents(claims)),
    }


def pack(command: PackBundle, desk: Desk) -> Answer:
    """Return the next portion of a bundle's stretches."""
    reader = Reader(desk, command.peer, command.federations)
    allowed = {scope: reader.communities(scope) for scope in reader.scopes}
    budget = command.parts * PART_BYTES_WANTED
    packed: list[Stretch] = []
    done = after = entries = left_out = 0
    for branch in command.branches:
        feed, after = FeedKey(PublicKey(branch.device), branch.scope), branch.after
        # design.md §4: a scope is checked before sending, every time, whatever the plan said.
        if desk.registry.communities_of(feed.device).isdisjoint(allowed.get(feed.scope, ())):
            left_out += 1
        else:
            # What the reader lacks begins at the place of a checkpoint: its author says that this is all.
            said = desk.registry.checkpoints.holding(feed)
            if said is not None and after == said.root.seq:
                packed.append(desk.registry.checkpoints.shown(said))
            for part in _portions(desk, feed, branch, budget):
                packed += part
                count = sum(len(one.items) for one in part)
                budget -= sum(map(_size, part))
                after, entries = after + count, entries + count
                if budget <= 0:
                    break
            if budget <= 0:
                break
        done, after = done + 1, 0
    return {
        "contents": _carried(bundle_items.contents(packed)),
        "done": done,
        "after": after,
        "entries": entries,
        "left_out": left_out,
    }


def _portions(desk: Desk, feed: FeedKey, branch: Branch, budget: int) -> Iterator[list[Stretch]]:
    """Yield the stretches behind a branch's last written entry, a few at a time."""
    after = branch.after
    while part := desk.store.feeds.path(
        feed,
        EntryId(branch.head),
        after_seq=after,
        entries_max=_ENTRIES_PER_PART,
        bytes_max=min(budget, PART_BYTES_WANTED),
    ):
        yield stretch.split(part)
        after = part[-1].seq


def _held(desk: Desk, reader: Reader) -> Iterator[ClaimedFeed]:
    """Yield the feeds that a reader may have, with their ends."""
    for scope in reader.scopes:
        allowed = reader.communities(scope)
        ends: dict[FeedKey, list[Head]] = {}
        for known in desk.store.feeds.heads(scope):
            if not desk.registry.communities_of(known.feed.device).isdisjoint(allowed):
                ends.setdefault(known.feed, []).append(known.head)
        for feed, heads in ends.items():
            if counting := desk.registry.checkpoints.ends(feed, heads):
                yield ClaimedFeed(feed, tuple(counting))


def _known(desk: Desk, reader: Reader) -> dict[FeedKey, tuple[Head, ...]]:
    """Return the ends that the reader claimed to hold, as far as they are held here too."""
    assert reader.community is not None
    return {
        one.feed: tuple(end for end in one.ends if desk.store.feeds.holds(one.feed, end))
        for one in remembered(desk, reader.community)
    }


def _branches(held: ClaimedFeed, known: tuple[Head, ...], desk: Desk) -> Iterator[tuple[Branch, int]]:
    """Yield what of a feed the reader lacks, each branch with the number of its entries."""
    covered = list(known)
    for end in held.ends:
        after = desk.store.feeds.fork_point(held.feed, end.id, covered) if covered else 0
        said = desk.registry.checkpoints.holding(held.feed)
        if said is not None and after < said.root.seq:
            after = said.root.seq  # Each end that is held lies behind it.
        if after < end.seq:
            covered.append(end)
            scope, device = held.feed.scope, held.feed.device
            yield Branch(scope=scope, device=device, head=end.id, after=after), end.seq - after


def _size(part: Stretch) -> int:
    return sum(64 + len(item.body or b"") for item in part.items)


def _answered(branch: Branch) -> dict[str, object]:
    return branch.model_dump(mode="json")


def _carried(contents: Iterable[bytes]) -> list[str]:
    return [base64.urlsafe_b64encode(content).decode("ascii") for content in contents]
