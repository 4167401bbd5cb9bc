"""Gaps that are kept: whatever comes and goes, a restart finds what was wanted at the last commit."""

from hypothesis import given
from hypothesis import strategies as st

from node.engine.replicas import gaps
from node.engine.replicas.gaps import Gap, GapRows
from node.feeds.entry import FeedKey, Head
from node.ids import DocumentId, EntryId
from node.keys import PublicKey
from node.storage.memory.store import MemoryStore

FEEDS = (FeedKey(PublicKey(b"a" * 32), "public"), FeedKey(PublicKey(b"a" * 32), "local"))
GAPS = [
    Gap(
        feed,
        Head(seq, EntryId(bytes([number, seq % 256]) * 16)),
        EntryId(b"before" + bytes(26)) if seq > 1 else None,
        DocumentId(b"document" + bytes(24)) if seq % 2 else None,
    )
    for number, feed in enumerate((*FEEDS, FEEDS[0]))
    for seq in (1, 2, 127, 128, 129, 300, 2**40)
]
steps = st.lists(st.one_of(st.sampled_from(GAPS), st.sampled_from(("flush", "restart"))), max_size=80)


@given(steps)
def test_what_is_wanted_survives_a_restart(steps: list[Gap | str]) -> None:
    """Each gap comes and goes any number of times; what is read again is what was held at the last flush.

    A flush names every feed of which something else is wanted than before it.
    """
    store = MemoryStore()
    rows, held, flushed = GapRows(store), set[Gap](), set[Gap]()
    for step in steps:
        if isinstance(step, Gap):
            assert rows.take(step.feed, step.place) == (step if step in held else None)
            assert step in held or rows.put(step)
            assert step in held or not rows.put(step)
            held ^= {step}
        elif step == "flush":
            assert {gap.feed for gap in held ^ flushed} <= rows.flush() <= set(FEEDS)
            assert rows.feeds() == sorted({gap.feed for gap in held}, key=lambda feed: feed.scope)
            for feed in FEEDS:
                lowest = min((gap.place for gap in held if gap.feed == feed), default=None)
                assert (rows.lowest(feed) or (None, None))[1] == lowest
            flushed = set(held)
        else:
            rows, held = GapRows(store), set(flushed)
        assert set(rows) == held
        assert len(rows) == len(held)
        kept = list(gaps.kept(store))
        assert len(kept) == len(set(kept))
        assert set(kept) == flushed


def test_neighbours_that_come_together_share_a_row() -> None:
    """A thousand headers without bodies cost some rows, and one that leaves costs a short one."""
    store = MemoryStore()
    rows = GapRows(store)
    feed = FEEDS[0]
    many = [Gap(feed, Head(seq, EntryId(seq.to_bytes(32, "big"))), None, None) for seq in range(1_000)]
    for gap in many:
        rows.put(gap)
    rows.flush()
    assert len(store.local.all(gaps.WANTED)) == 8
    assert not store.local.all(gaps.LEFT)
    for gap in many[::100]:
        rows.take(gap.feed, gap.place)
    rows.flush()
    assert all(len(value) <= 16 for _, value in store.local.all(gaps.LEFT))
    for gap in set(many) - set(many[::100]):
        rows.take(gap.feed, gap.place)
    rows.flush()
    assert not store.local.all(gaps.WANTED)
    assert not store.local.all(gaps.LEFT)
