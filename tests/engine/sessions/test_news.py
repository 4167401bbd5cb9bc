"""What a batch of input brings is told once: tests of node/engine/sessions/news.py."""

from node.engine.sessions.news import News
from node.feeds.entry import FeedKey, Head
from node.ids import CommunityId
from node.keys import KeyPair
from node.limits import HEADS_PER_MESSAGE_MAX
from node.replication.messages import Answered, ClaimedHead, Heads
from node.replication.outcomes import Outcome, Say
from tests.contracts.writing import ANN, MEMBERS, chain, head

COMMUNITY = CommunityId(bytes(32))


def claim(device: KeyPair, at: Head) -> ClaimedHead:
    """Return the claim of one end."""
    return ClaimedHead(COMMUNITY, device.public, at)


def said(device: KeyPair, scope: str, at: Head) -> list[Outcome]:
    """Return what a session says of entries that end there."""
    return [Say(Heads(scope, (claim(device, at),), ()))]


def test_of_a_feed_that_grew_twice_the_last_end_is_told() -> None:
    """Entries that go on from what was gathered take its place; another branch is told beside it."""
    news = News()
    first = chain(ANN, ["a"], scope=MEMBERS)
    second = chain(ANN, ["b"], after=first[-1], scope=MEMBERS)
    rival = chain(ANN, ["c"], scope=MEMBERS)
    for entries in (first, second, rival):
        assert news.gather(entries, said(ANN, MEMBERS, head(entries[-1]))) == []
    told = news.take(lambda _: True)
    assert told == [Heads(MEMBERS, (claim(ANN, head(second[-1])), claim(ANN, head(rival[-1]))), ())]
    assert news.take(lambda _: True) == []


def test_what_is_no_claim_is_said_at_once() -> None:
    """Entries and answers are handed back."""
    entries = chain(ANN, ["a"], scope=MEMBERS)
    answer = Say(Answered(MEMBERS, ANN.public, entries[-1].id))
    assert News().gather(entries, [answer]) == [answer]


def test_nothing_is_told_of_a_feed_that_may_not_be_shown_any_more() -> None:
    """Who may see what is asked when it is told, for it may have changed since it was gathered."""
    news = News()
    entries = chain(ANN, ["a"], scope=MEMBERS)
    news.gather(entries, said(ANN, MEMBERS, head(entries[-1])))
    assert news.take(lambda feed: feed != FeedKey(ANN.public, MEMBERS)) == []
    assert news.take(lambda _: True) == []


def test_many_ends_are_told_in_messages_of_their_limit() -> None:
    """A message holds no more claims than a reader takes."""
    news = News()
    for number in range(HEADS_PER_MESSAGE_MAX + 1):
        entries = chain(ANN, [str(number)], scope=MEMBERS)
        news.gather(entries, said(ANN, MEMBERS, head(entries[-1])))
    assert [len(one.heads) for one in news.take(lambda _: True)] == [HEADS_PER_MESSAGE_MAX, 1]
