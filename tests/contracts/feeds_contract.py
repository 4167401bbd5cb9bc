"""What every implementation of the port promises about entries and transactions."""

from dataclasses import replace

from node.engine.ports import FeedHead, Store
from node.feeds.entry import Entry, FeedKey, Head, build
from node.ids import DocumentId, EntryId
from tests.contracts.writing import (
    ANN,
    ANNS_FEED,
    BEN,
    BENS_FEED,
    EVERYTHING,
    MEMBERS,
    PUBLIC,
    chain,
    head,
    identifier,
    with_signature,
)


def path(
    store: Store,
    last: Entry,
    *,
    after_seq: int = 0,
    entries_max: int = EVERYTHING,
    bytes_max: int = EVERYTHING,
) -> list[Entry]:
    """Return a path with bounds that do not matter unless given."""
    return store.feeds.path(
        last.feed, last.id, after_seq=after_seq, entries_max=entries_max, bytes_max=bytes_max
    )


class FeedsContract:
    """Claims about `FeedStore`; the class that inherits them brings the fixture `store`."""

    def test_an_empty_store_holds_nothing(self, store: Store) -> None:
        """A new store answers every question with nothing."""
        assert store.feeds.scopes() == []
        assert store.feeds.heads(PUBLIC) == []
        assert store.feeds.heads_of(ANNS_FEED) == []
        assert store.feeds.count() == 0
        assert store.feeds.recent(limit=10) == []
        assert list(store.feeds.walk()) == []
        assert store.feeds.of_document(DocumentId(identifier("none"))) == []
        assert not store.feeds.holds(ANNS_FEED, Head(1, EntryId(identifier("none"))))
        assert store.feeds.append([]) == []
        assert store.feeds.fork_point(ANNS_FEED, EntryId(identifier("none")), []) == 0
        assert (
            store.feeds.path(ANNS_FEED, EntryId(identifier("none")), after_seq=0, entries_max=1, bytes_max=1)
            == []
        )

    def test_entries_come_back_as_they_went_in(self, store: Store) -> None:
        """An entry read is equal to the entry kept, field by field."""
        kept = chain(ANN, ["one", "two", "three"])
        assert store.feeds.append(kept) == kept
        assert path(store, kept[-1]) == kept
        assert store.feeds.count() == 3
        assert store.feeds.scopes() == [PUBLIC]
        assert store.feeds.heads_of(ANNS_FEED) == [head(kept[-1])]
        assert all(store.feeds.holds(ANNS_FEED, head(one)) for one in kept)

    def test_appending_twice_changes_nothing(self, store: Store) -> None:
        """Entries already held are left as they are, and only those that are new are returned."""
        kept = chain(ANN, ["one", "two", "three"], signed=(1, 2))
        assert store.feeds.append(kept[:2]) == kept[:2]
        assert store.feeds.append(kept[:2]) == []
        assert store.feeds.append(kept) == kept[2:]
        assert store.feeds.append(kept) == []
        assert store.feeds.count() == 3
        assert store.feeds.heads_of(ANNS_FEED) == [head(kept[-1])]

    def test_a_place_and_an_id_must_both_fit(self, store: Store) -> None:
        """`holds` is about this entry of this feed at this seq, not about an id anywhere."""
        kept = chain(ANN, ["one", "two"])
        store.feeds.append(kept)
        assert not store.feeds.holds(ANNS_FEED, Head(1, kept[1].id))
        assert not store.feeds.holds(ANNS_FEED, Head(3, kept[1].id))
        assert not store.feeds.holds(BENS_FEED, head(kept[0]))
        assert not store.feeds.holds(FeedKey(ANN.public, MEMBERS), head(kept[0]))
        assert store.feeds.path(BENS_FEED, kept[1].id, after_seq=0, entries_max=9, bytes_max=9) == []
        assert store.feeds.fork_point(BENS_FEED, kept[1].id, [head(kept[0])]) == 0

    def test_heads_are_sorted_by_device_seq_and_id(self, store: Store) -> None:
        """Heads come in one order whatever the order of arrival, and by scope."""
        ann, ben = chain(ANN, ["a", "b"]), chain(BEN, ["c"])
        members = chain(ANN, ["d"], scope=MEMBERS)
        fork = chain(ANN, ["x", "y", "z"])
        for arriving in (ben, fork, members, ann):
            store.feeds.append(arriving)
        expected = sorted(
            [FeedHead(last.feed, head(last)) for last in (ann[-1], fork[-1], ben[-1])],
            key=lambda found: (found.feed.device, found.head.seq, found.head.id),
        )
        assert store.feeds.heads(PUBLIC) == expected
        assert store.feeds.heads(MEMBERS) == [FeedHead(members[0].feed, head(members[0]))]
        assert store.feeds.scopes() == [MEMBERS, PUBLIC]

    def test_a_branch_may_leave_from_the_middle(self, store: Store) -> None:
        """Both branches of a fork are kept, and each path runs over the part they share."""
        trunk = chain(ANN, ["1", "2", "3", "4"], signed=(1, 3))
        branch = chain(ANN, ["3b", "4b", "5b"], after=trunk[1])
        twig = chain(ANN, ["5c"], after=branch[1])
        store.feeds.append(trunk)
        assert store.feeds.append(branch) == branch
        assert store.feeds.append([*trunk[:2], *branch[:2], *twig]) == twig
        assert store.feeds.heads_of(ANNS_FEED) == sorted(
            [head(trunk[3]), head(branch[2]), head(twig[0])], key=lambda end: (end.seq, end.id)
        )
        assert path(store, trunk[3]) == trunk
        assert path(store, branch[2]) == [*trunk[:2], *branch]
        assert path(store, twig[0]) == [*trunk[:2], *branch[:2], *twig]
        assert path(store, twig[0], after_seq=3) == [branch[1], *twig]
        assert path(store, twig[0], after_seq=4) == twig
        assert all(store.feeds.holds(ANNS_FEED, head(one)) for one in (*trunk, *branch, *twig))

    def test_the_ids_at_a_place_are_those_of_all_branches(self, store: Store) -> None:
        """One place of a forked feed holds an entry for each branch that has one there."""
        trunk = chain(ANN, ["1", "2", "3"])
        branch = chain(ANN, ["2b", "3b", "4b"], after=trunk[0])
        store.feeds.append(trunk)
        store.feeds.append(branch)
        assert store.feeds.at(ANNS_FEED, 1) == [trunk[0].id]
        assert store.feeds.at(ANNS_FEED, 2) == sorted([trunk[1].id, branch[0].id])
        assert store.feeds.at(ANNS_FEED, 3) == sorted([trunk[2].id, branch[1].id])
        assert store.feeds.at(ANNS_FEED, 4) == [branch[2].id]
        assert store.feeds.at(ANNS_FEED, 5) == []
        assert store.feeds.at(BENS_FEED, 1) == []

    def test_a_branch_may_begin_at_the_first_place(self, store: Store) -> None:
        """A device cloned before its first entry has two branches that share nothing."""
        first, second = chain(ANN, ["1", "2"]), chain(ANN, ["1b"])
        store.feeds.append(first)
        store.feeds.append(second)
        assert path(store, first[1]) == first
        assert path(store, second[0]) == second
        assert store.feeds.fork_point(ANNS_FEED, second[0].id, [head(first[0]), head(first[1])]) == 0

    def test_both_branches_grow(self, store: Store) -> None:
        """After a fork each branch is led on at its own end, and no third one begins."""
        trunk = chain(ANN, ["1", "2"])
        left, right = chain(ANN, ["3"], after=trunk[1]), chain(ANN, ["3b"], after=trunk[1])
        for arriving in (trunk, left, right):
            store.feeds.append(arriving)
        left += chain(ANN, ["4", "5"], after=left[-1])
        right += chain(ANN, ["4b"], after=right[-1])
        store.feeds.append(left[1:])
        store.feeds.append(right)
        assert store.feeds.heads_of(ANNS_FEED) == [head(right[-1]), head(left[-1])]
        assert path(store, left[-1]) == [*trunk, *left]
        assert path(store, right[-1]) == [*trunk, *right]

    def test_the_fork_point_is_the_highest_place_shared(self, store: Store) -> None:
        """Of the heads a peer names, the highest on this branch says where to go on from."""
        trunk = chain(ANN, ["1", "2", "3"])
        branch = chain(ANN, ["3b", "4b"], after=trunk[1])
        store.feeds.append(trunk)
        store.feeds.append(branch)
        unknown = Head(4, EntryId(identifier("elsewhere")))
        last = branch[1].id
        assert store.feeds.fork_point(ANNS_FEED, last, [head(one) for one in trunk]) == 2
        assert store.feeds.fork_point(ANNS_FEED, last, [head(trunk[0]), unknown, head(trunk[2])]) == 1
        assert store.feeds.fork_point(ANNS_FEED, last, [head(branch[1]), head(trunk[2])]) == 4
        assert store.feeds.fork_point(ANNS_FEED, last, [unknown, head(trunk[2])]) == 0
        assert store.feeds.fork_point(ANNS_FEED, last, []) == 0
        assert store.feeds.fork_point(ANNS_FEED, trunk[2].id, [head(one) for one in branch]) == 0
        assert store.feeds.fork_point(ANNS_FEED, unknown.id, [head(trunk[0])]) == 0

    def test_a_path_may_end_before_the_end_of_its_branch(self, store: Store) -> None:
        """A head that was the end a moment ago is still answered."""
        kept = chain(ANN, ["1", "2", "3"], signed=(1, 2))
        store.feeds.append(kept)
        assert path(store, kept[1]) == kept[:2]
        assert path(store, kept[1], after_seq=2) == []
        assert path(store, kept[1], after_seq=7) == []

    def test_an_unsigned_tail_is_no_part_of_a_path(self, store: Store) -> None:
        """A path ends at a signature, because nobody could prove what lies behind it."""
        kept = chain(ANN, ["1", "2", "3", "4"], signed=(1,))
        store.feeds.append(kept)
        assert path(store, kept[3]) == kept[:2]
        assert path(store, kept[3], after_seq=1) == [kept[1]]
        assert path(store, kept[3], after_seq=2) == []

    def test_a_signature_may_come_later(self, store: Store) -> None:
        """A signature that an entry lacked is kept; one that it has is not replaced."""
        kept = chain(ANN, ["1", "2", "3"], signed=(2,))
        store.feeds.append(kept)
        signed = with_signature(kept[1], ANN)
        assert store.feeds.append([kept[0], signed]) == []
        assert path(store, kept[2], entries_max=2) == [kept[0], signed]
        assert store.feeds.append([kept[0], replace(signed, signature=bytes(64))]) == []
        assert store.feeds.append(kept[:2]) == []
        assert path(store, kept[2]) == [kept[0], signed, kept[2]]

    def test_a_signature_may_come_with_a_branch(self, store: Store) -> None:
        """A fork inside a stretch brings the signature for the part that both share."""
        trunk = chain(ANN, ["1", "2", "3"])
        shared = with_signature(trunk[1], ANN)
        branch = chain(ANN, ["3b"], after=shared)
        store.feeds.append(trunk)
        assert store.feeds.append([trunk[0], shared, *branch]) == branch
        assert path(store, trunk[2], entries_max=2) == [trunk[0], shared]

    def test_a_path_keeps_within_its_bounds(self, store: Store) -> None:
        """A path stops before either bound would be passed, and always at a signature."""
        kept = chain(ANN, ["1", "2", "3", "4", "5", "6"], signed=(1, 3, 5))
        store.feeds.append(kept)
        size = kept[0].body_bytes
        assert path(store, kept[5], entries_max=6) == kept
        assert path(store, kept[5], entries_max=5) == kept[:4]
        assert path(store, kept[5], entries_max=4) == kept[:4]
        assert path(store, kept[5], entries_max=3) == kept[:2]
        assert path(store, kept[5], bytes_max=6 * size) == kept
        assert path(store, kept[5], bytes_max=6 * size - 1) == kept[:4]
        assert path(store, kept[5], bytes_max=4 * size) == kept[:4]
        assert path(store, kept[5], after_seq=2, bytes_max=3 * size) == kept[2:4]

    def test_a_path_gives_at_least_one_stretch(self, store: Store) -> None:
        """Bounds smaller than a stretch would otherwise stop a feed for ever."""
        kept = chain(ANN, ["1", "2", "3", "4"], signed=(2, 3))
        store.feeds.append(kept)
        assert path(store, kept[3], entries_max=1) == kept[:3]
        assert path(store, kept[3], bytes_max=0) == kept[:3]

    def test_a_long_path_is_whole(self, store: Store) -> None:
        """A path longer than any page of rows comes in order and without a gap, over a fork too."""
        trunk = chain(ANN, [f"{n}" for n in range(150)])
        branch = chain(ANN, [f"{n}b" for n in range(100)], after=trunk[99])
        store.feeds.append(trunk)
        store.feeds.append(branch)
        assert path(store, trunk[-1]) == trunk
        assert path(store, branch[-1], after_seq=10) == [*trunk[10:100], *branch]

    def test_an_entry_may_have_lost_its_body(self, store: Store) -> None:
        """A body that was superseded or erased leaves its hash and length, and the chain holds."""
        kept = chain(ANN, ["1", "2"], document="doc")
        bare = replace(kept[0], body=None)
        assert store.feeds.append([bare, kept[1]]) == [bare, kept[1]]
        assert path(store, kept[1], bytes_max=kept[1].body_bytes) == [bare, kept[1]]
        assert store.feeds.of_document(DocumentId(identifier("doc"))) == [bare, kept[1]]
        assert list(store.feeds.walk()) == [bare, kept[1]]

    def test_a_body_that_was_lacking_is_kept_when_it_comes(self, store: Store) -> None:
        """An entry held without its body takes it when it arrives again, and is returned as news."""
        kept = chain(ANN, ["1", "2", "3"], document="doc", signed=(0, 1, 2))
        store.feeds.append([replace(one, body=None) for one in kept[:2]])
        store.commit()
        assert store.feeds.append(kept) == kept
        assert store.feeds.append(kept) == []
        assert path(store, kept[2]) == kept
        store.rollback()
        assert path(store, kept[1]) == [replace(one, body=None) for one in kept[:2]]

    def test_a_body_is_dropped_and_its_header_stays(self, store: Store) -> None:
        """What was dropped is gone from every answer; chain, document and signatures are as before."""
        kept = chain(ANN, ["1", "2", "3"], document="doc")
        store.feeds.append(kept)
        store.feeds.drop_bodies(kept[:2])
        bare = [replace(kept[0], body=None), replace(kept[1], body=None), kept[2]]
        assert path(store, kept[2]) == bare
        assert store.feeds.of_document(DocumentId(identifier("doc"))) == bare
        assert list(store.feeds.walk()) == bare
        assert store.feeds.append(kept) == kept[:2]

    def test_entries_are_found_by_the_document_they_name(self, store: Store) -> None:
        """Entries of one document come from all feeds and branches in the order of their arrival.

        Those whose bodies are held are found for many documents at once.
        """
        ann = chain(ANN, ["1", "2"], document="doc")
        ben = chain(BEN, ["3"], document="doc", scope=MEMBERS)
        other = chain(BEN, ["4"], document="other")
        for arriving in (ben, other, ann):
            store.feeds.append(arriving)
        assert store.feeds.of_document(DocumentId(identifier("doc"))) == [*ben, *ann]
        store.feeds.drop_bodies(ann[:1])
        doc, none = DocumentId(identifier("doc")), [DocumentId(identifier(f"no {n}")) for n in range(501)]
        found = store.feeds.with_bodies([*none, doc])
        assert found == {missing: [] for missing in none} | {doc: [*ben, ann[1]]}

    def test_entries_that_name_documents_are_counted(self, store: Store) -> None:
        """Of each document asked for, however many, it is told how many entries with bodies name it."""
        ann = store.feeds.append(chain(ANN, ["1", "2"], document="doc"))
        store.feeds.append(chain(BEN, ["3"], document="doc", scope=MEMBERS))
        asked = [*(DocumentId(identifier(f"none {n}")) for n in range(1_001)), DocumentId(identifier("doc"))]
        assert store.feeds.naming(asked) == dict.fromkeys(asked, 0) | {asked[-1]: 3}
        store.feeds.drop_bodies(ann[:1])
        assert (store.feeds.naming([]), store.feeds.naming(asked[-1:])) == ({}, {asked[-1]: 2})

    def test_a_body_nobody_can_read_names_no_document(self, store: Store) -> None:
        """A body invalid for good is kept and carried on."""
        unreadable = build(ANNS_FEED, seq=1, prev=None, body=b"\xff", hours=1, signature=bytes(64))
        assert store.feeds.append([unreadable]) == [unreadable]
        assert path(store, unreadable) == [unreadable]

    def test_entries_are_walked_in_the_order_of_arrival(self, store: Store) -> None:
        """The walk covers all scopes and feeds, in the order in which entries came."""
        ann, ben = chain(ANN, ["1", "2"]), chain(BEN, ["3"], scope=MEMBERS)
        more = chain(ANN, ["4"], after=ann[1])
        for arriving in (ann, ben, more):
            store.feeds.append(arriving)
        assert list(store.feeds.walk()) == [*ann, *ben, *more]

    def test_a_walk_bears_writes_and_commits_meanwhile(self, store: Store) -> None:
        """Rebuilding walks all entries while it writes and commits what it makes of them."""
        kept = chain(ANN, [f"{n}" for n in range(1_100)])
        store.feeds.append(kept)
        seen = []
        for entry in store.feeds.walk():
            seen.append(entry)
            store.local.put("seen", entry.id, b"")
            if entry.seq % 300 == 0:
                store.commit()
        assert seen == kept

    def test_recent_entries_come_newest_first_in_pages(self, store: Store) -> None:
        """Each page goes on before the last arrival number of the page before."""
        kept = chain(ANN, ["1", "2", "3", "4", "5"])
        store.feeds.append(kept)
        newest = store.feeds.recent(limit=2)
        assert [entry for _, entry in newest] == [kept[4], kept[3]]
        assert newest[0][0] > newest[1][0]
        rest = store.feeds.recent(limit=10, before=newest[1][0])
        assert [entry for _, entry in rest] == [kept[2], kept[1], kept[0]]
        assert store.feeds.recent(limit=10, before=rest[-1][0]) == []
        assert store.feeds.recent(limit=0) == []

    def test_rolled_back_entries_were_never_there(self, store: Store) -> None:
        """A rollback takes back entries, ends, branches and signatures, and the store works on."""
        kept = chain(ANN, ["1", "2", "3"], signed=(2,), document="doc")
        store.feeds.append(kept)
        store.commit()
        store.feeds.append([kept[0], with_signature(kept[1], ANN)])
        store.feeds.append(chain(ANN, ["3b"], after=kept[1], document="doc"))
        store.feeds.append(chain(ANN, ["4"], after=kept[2]))
        store.feeds.append(chain(BEN, ["1"], scope=MEMBERS))
        store.rollback()
        assert store.feeds.scopes() == [PUBLIC]
        assert store.feeds.heads(PUBLIC) == [FeedHead(ANNS_FEED, head(kept[2]))]
        assert path(store, kept[2]) == kept
        assert store.feeds.count() == 3
        assert store.feeds.of_document(DocumentId(identifier("doc"))) == kept
        more = chain(ANN, ["4"], after=kept[2])
        assert store.feeds.append(more) == more
        assert [entry for _, entry in store.feeds.recent(limit=1)] == more
