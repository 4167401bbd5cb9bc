"""What every implementation of the port promises about branches that are held from a place on."""

from node.engine.ports import FeedHead, Store
from tests.contracts.feeds_contract import path
from tests.contracts.writing import ANN, ANNS_FEED, PUBLIC, chain, head


class BeginningsContract:
    """Claims about branches whose beginning is not held; the class that inherits them brings `store`."""

    def test_a_branch_may_begin_at_a_place(self, store: Store) -> None:
        """What lies before it need not be held, and its path begins there."""
        whole = chain(ANN, ["1", "2", "3", "4", "5"])
        assert store.feeds.append(whole[2:], begins=True) == whole[2:]
        assert store.feeds.heads_of(ANNS_FEED) == [head(whole[4])]
        assert path(store, whole[4]) == whole[2:]
        assert path(store, whole[4], after_seq=3) == whole[3:]
        assert not store.feeds.holds(ANNS_FEED, head(whole[1]))
        assert store.feeds.at(ANNS_FEED, 2) == []
        assert store.feeds.count() == 3
        assert list(store.feeds.walk()) == whole[2:]

    def test_a_branch_names_the_entry_before_its_first(self, store: Store) -> None:
        """The header of the first entry held says what lies before it: that alone is on the branch too."""
        whole, other = chain(ANN, ["1", "2", "3", "4"]), chain(ANN, ["a", "b", "c"])
        store.feeds.append(whole[2:], begins=True)
        assert store.feeds.fork_point(ANNS_FEED, whole[3].id, [head(whole[0]), head(whole[1])]) == 2
        assert store.feeds.fork_point(ANNS_FEED, whole[3].id, [head(whole[1]), head(whole[2])]) == 3
        assert store.feeds.fork_point(ANNS_FEED, whole[3].id, [head(other[1]), head(whole[0])]) == 0

    def test_what_comes_later_joins_a_branch(self, store: Store) -> None:
        """Once all before it is held there is one path, and no end where the parts met."""
        whole = chain(ANN, ["1", "2", "3", "4", "5", "6"], signed=(0, 1, 5))
        store.feeds.append(whole[3:], begins=True)
        store.feeds.append(whole[:2])
        assert store.feeds.heads_of(ANNS_FEED) == [head(whole[1]), head(whole[5])]
        assert path(store, whole[5]) == whole[3:]
        assert store.feeds.append(whole[1:3]) == whole[2:3]
        assert store.feeds.heads_of(ANNS_FEED) == [head(whole[5])]
        assert store.feeds.heads(PUBLIC) == [FeedHead(ANNS_FEED, head(whole[5]))]
        assert path(store, whole[5]) == whole
        assert store.feeds.fork_point(ANNS_FEED, whole[5].id, [head(whole[0])]) == 1
        store.commit()
        assert path(store, whole[5]) == whole

    def test_a_branch_may_join_another_in_its_midst(self, store: Store) -> None:
        """Where the branch that comes goes on another way, the first leaves it at its place."""
        trunk = chain(ANN, ["1", "2", "3"])
        first, second = chain(ANN, ["4a", "5a"], after=trunk[2]), chain(ANN, ["4b", "5b"], after=trunk[2])
        store.feeds.append(first, begins=True)
        store.feeds.append([*trunk, *second])
        expected = sorted([head(first[1]), head(second[1])], key=lambda end: (end.seq, end.id))
        assert store.feeds.heads_of(ANNS_FEED) == expected
        assert path(store, first[1]) == [*trunk, *first]
        assert path(store, second[1]) == [*trunk, *second]
        third = chain(ANN, ["6a"], after=first[1])
        assert store.feeds.append(third) == third
        assert path(store, third[0]) == [*trunk, *first, *third]

    def test_what_joined_goes_back_with_the_rest(self, store: Store) -> None:
        """A rollback parts what was joined since the last commit."""
        whole = chain(ANN, ["1", "2", "3", "4"])
        store.feeds.append(whole[2:], begins=True)
        store.commit()
        store.feeds.append(whole[:2])
        store.rollback()
        assert path(store, whole[3]) == whole[2:]
        assert store.feeds.heads_of(ANNS_FEED) == [head(whole[3])]
        store.feeds.append(whole[:2])
        assert path(store, whole[3]) == whole
