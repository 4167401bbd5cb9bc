"""Answers in parts: a peer gets what one answer may hold, and nothing that it may not see by then."""

from node.feeds.entry import Entry
from node.keys import PublicKey
from node.replication.answers import ANSWER_ENTRIES_MAX, FIRST_ENTRIES, PART_ENTRIES, Answers
from node.replication.messages import Answered, Entries, Message, Wanted
from tests import builders
from tests.replication.shelves import COMMUNITY, FakeShelf, feed_of, said

ANN, BEN = (PublicKey(builders.key(name).public) for name in ("ann", "ben"))
LONG = feed_of("ann", ANSWER_ENTRIES_MAX + 10)
SHORT = feed_of("ben", 3)


def shelf() -> FakeShelf:
    """Return a shelf with a feed longer than one answer, and a short one."""
    owners = dict.fromkeys((ANN, BEN), COMMUNITY)
    return FakeShelf(owners=owners, answer_max=2 * PART_ENTRIES).put(*LONG, *SHORT)


def want(entries: list[Entry]) -> Wanted:
    """Ask for a whole feed."""
    return Wanted(entries[-1].feed.device, entries[-1].id, ())


def carried(told: list[Message]) -> int:
    """Return how many entries some messages bring."""
    return sum(len(one.stretch.items) for one in told if isinstance(one, Entries))


def test_a_long_answer_leaves_in_parts_and_ends_at_its_bound() -> None:
    """Each part is bounded, the first is short; together they are what one answer may hold."""
    answers = Answers(shelf())
    told = said(answers.begin("public", (want(LONG), want(SHORT))))
    assert carried(told) == FIRST_ENTRIES < PART_ENTRIES
    while answers.under_way:
        assert Answered("public", BEN, SHORT[-1].id) not in told
        part = said(answers.go_on())
        assert 0 < carried(part) <= PART_ENTRIES
        told += part
    assert carried(told) == ANSWER_ENTRIES_MAX + len(SHORT)
    assert [one for one in told if isinstance(one, Answered)] == [
        Answered("public", ANN, LONG[-1].id),
        Answered("public", BEN, SHORT[-1].id),
    ]
    seqs = [
        one.stretch.first_seq for one in told if isinstance(one, Entries) and one.stretch.feed.device == ANN
    ]
    assert seqs == list(range(1, ANSWER_ENTRIES_MAX + 1))


def test_who_asks_for_more_without_waiting_is_not_remembered_at_length() -> None:
    """A further question ends the answer before it: what waits is never more than one message asks for."""
    answers = Answers(shelf())
    answers.begin("public", (want(LONG),))
    told = said(answers.begin("public", (want(SHORT),)))
    assert carried(told) == ANSWER_ENTRIES_MAX - FIRST_ENTRIES + len(SHORT)
    assert not answers.under_way


def test_what_is_shared_no_more_is_not_gone_on_with() -> None:
    """A scope is checked before each part: a member that was removed meanwhile gets no further one."""
    held = shelf()
    answers = Answers(held)
    answers.begin("public", (want(LONG),))
    held.scopes = []
    assert said(answers.go_on()) == [Answered("public", ANN, LONG[-1].id)]
    assert not answers.under_way
