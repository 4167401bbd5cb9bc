"""Which bodies are kept back is what epochs.md, section 6, says of all that is held, looked at as a whole.

Real entries of two members, cards begun anew twice, come to a newcomer one by one: with their bodies or
without, those later or never, on branches too, with starts between.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from node.engine import commands
from node.engine.replicas import epochs, gaps
from node.engine.replicas.epochs import Began
from node.feeds import stretch
from node.feeds.entry import Entry, Head
from node.ids import EntryId
from tests.engine.harness import Node
from tests.engine.replicas.test_wanted import Village, keep, unknown


def histories() -> tuple[Node, list[list[Entry]]]:
    """Return a newcomer, and the branches that it lacks: Ann's, Ben's, and one beside Ben's."""
    village = Village()
    ann, ben, cara = village.ann, village.ben, village.cara
    keep(ben, count=3)
    keep(ann, count=4)
    named = [str(one["id"]) for one in ann.ask(commands.ListItems())["items"]]
    ann.ask(commands.ForgetHistory(ids=tuple(named[:2])))
    keep(ben, count=5)
    # As they were written where that is held still.
    first = {entry.id: entry for entry in village.bens}
    bens = [first.get(entry.id, entry) for entry in unknown(ben, ben, cara, village.scope)]
    fork = bens[1]
    beside = stretch.make(fork.feed, Head(fork.seq, fork.id), [b"1", b"2"], hours=1, signer=ben.device)
    return cara, [unknown(ann, ann, cara, village.scope), bens, [*bens[:2], *beside]]


def signed_together(branch: list[Entry]) -> Iterator[list[Entry]]:
    """Yield the parts of a branch that end at a signature: nobody passes on less."""
    ends = [0, *(at for at, entry in enumerate(branch, start=1) if entry.signature is not None)]
    yield from (branch[start:end] for start, end in pairwise(ends))


def before(entry: Entry, held: dict[EntryId, Entry]) -> Iterator[EntryId]:
    """Yield all entries before one on its branch."""
    while entry.prev is not None:
        yield entry.prev
        entry = held[entry.prev]


def includes(began: Began, entry: Entry, held: dict[EntryId, Entry]) -> bool:
    """Tell whether an epoch includes an entry, as section 2 says."""
    return entry.document == began.entry.document and any(
        one.device == entry.feed.device
        and one.has_place(entry.seq)
        and one.head in held
        and entry.id in {one.head, *before(held[one.head], held)}
        for one in began.epoch.included
    )


def kept_back(node: Node, held: dict[EntryId, Entry]) -> set[EntryId]:
    """Return whose bodies are kept back: leave out none; find the stops; leave out what lies behind them."""
    bare = [entry for entry in held.values() if entry.body is None]
    began = [epochs.check(one, node.engine._registry) for one in held.values() if epochs.is_epoch(one)]
    left_out = set[EntryId]()
    while True:
        counting = [one for one in began if one.entry.id not in left_out]
        stops = {entry.id for entry in bare if not any(includes(one, entry, held) for one in counting)}
        behind = {one.entry.id for one in began if stops.intersection(before(one.entry, held))}
        if behind == left_out:
            return stops
        left_out = behind


@pytest.mark.parametrize("seed", range(8))
def test_what_is_kept_back_is_the_smallest_set_of_all(seed: int) -> None:
    """Whatever came, in whatever order: what is wanted and what lies behind it is what the rule says."""
    rng = random.Random(seed)
    node, branches = histories()
    bare_share = rng.random()
    held = {entry.id: entry for entry in node.store.feeds.walk()}
    waiting = [list(signed_together(branch)) for branch in branches]
    later: list[Entry] = []
    while any(waiting) or later:
        if (later and rng.random() < 0.2) or not any(waiting):
            came = [later.pop(rng.randrange(len(later)))]
        else:
            came = rng.choice([one for one in waiting if one]).pop(0)
            left_out = {one.id for one in came if rng.random() < bare_share and not epochs.is_epoch(one)}
            later += [
                one for one in came if one.id in left_out and one.body is not None and rng.random() < 0.5
            ]
            came = [replace(one, body=None) if one.id in left_out else one for one in came]
        held |= {one.id: one for one in came if one.id not in held or one.body is not None}
        node.engine._ingest.take(came)
        if rng.random() < 0.1:
            node.engine._ingest.catch_up()
            node.restart()
        if rng.random() < 0.3:
            continue
        node.engine._ingest.catch_up()
        stops = kept_back(node, held)
        assert {gap.place.id for gap in gaps.kept(node.store)} == stops
        for one in held.values():
            place, is_behind = Head(one.seq, one.id), bool(stops.intersection(before(one, held)))
            assert node.engine._wanted.stops.behind(one.feed, place) == is_behind
