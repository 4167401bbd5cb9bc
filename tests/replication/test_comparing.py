"""Comparing by ranges, session with session: equal in one round trip, different in a few, never for ever."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.clock import Timestamp
from node.errors import UnexpectedMessageError
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import COMPARE_INTERVAL_MS, FORK_BRANCHES_MAX
from node.replication import messages
from node.replication.comparing import Manner
from node.replication.messages import (
    ClaimedCharter,
    ClaimedHead,
    Heads,
    ScopeSummary,
    Summary,
    Want,
    WantCharters,
)
from node.replication.outcomes import Say
from node.replication.ranges.parts import Fingerprints, Lacking, Listed, Ranges, Salt
from node.replication.ranges.tree import Range
from node.replication.session import Session
from node.replication.shown import SHOWS_LESS_AFTER_MS, Oddity, Shown
from tests import builders
from tests.replication.shelves import BINDING, COMMUNITY, NOW, Conversation, FakeShelf, feed_of, said

ANN, BEN = builders.key("ann").public, builders.key("ben").public
SALT = Salt(BINDING)


def shelf(*entries: Entry, **fields: Any) -> FakeShelf:
    """Return a shelf that carries Ann's and Ben's feeds and holds some entries."""
    owners = {builders.key(name).public: COMMUNITY for name in ("ann", "ben", "cleo")}
    return FakeShelf(**({"owners": owners} | fields)).put(*entries)


def session(held: FakeShelf, *, begins: bool = True, shown: Shown | None = None) -> Session:
    """Return a session that compares by ranges and has begun."""
    made = Session(held, shown=shown, manner=Manner(BINDING, begins=begins))
    made.compare()
    return made


def named(held: FakeShelf) -> Fingerprints:
    """Return the fingerprints of all that a shelf shares."""
    return Fingerprints(tuple((SALT.scope(s), SALT.whole(held.tree(s))) for s in held.shared_scopes()))


def claim(entry: Entry) -> Heads:
    """Return the claim to hold a feed up to an entry."""
    return Heads("public", (ClaimedHead(COMMUNITY, entry.feed.device, Head(entry.seq, entry.id)),), ())


def test_two_that_hold_the_same_say_one_message_each() -> None:
    """Nothing differs: one round trip of 30 bytes, however much is held."""
    for count in (1, 40):
        entries = [*feed_of("ann", count), *feed_of("ben", count)]
        near, far = (shelf(*entries, records={COMMUNITY: [b"charter"]}) for _ in range(2))
        talk = Conversation(near, far, by_ranges=True).run()
        assert talk.words == 2
        assert talk.bytes == 30


def test_a_list_of_scopes_betrays_no_scope() -> None:
    """Scopes are named by what only those can compute who share them, and differently to each peer."""
    secret = "circle:" + "a" * 52
    held = shelf(scopes=["public", secret])
    (message,) = said(Session(held, manner=Manner(BINDING, begins=True)).compare())
    (other,) = said(Session(held, manner=Manner(bytes(32), begins=True)).compare())
    assert b"a" * 8 not in messages.encode(message)
    assert isinstance(message, Fingerprints)
    assert isinstance(other, Fingerprints)
    assert not {tag for tag, _ in message.scopes} & {tag for tag, _ in other.scopes}


@given(st.data())
def test_two_sessions_end_equal_whatever_each_held(data: Any) -> None:
    """Any parts of forked feeds and charters on both sides: both end with all, and fall silent."""
    trunk = {name: feed_of(name, data.draw(st.integers(1, 5))) for name in ("ann", "ben", "cleo")}
    branches = []
    for name, whole in trunk.items():
        fork = whole[: data.draw(st.integers(0, len(whole)))]
        branches += [whole, fork + feed_of(name, data.draw(st.integers(0, 4)), after=fork)]
    sides = []
    for _ in range(2):
        entries = [one for branch in branches for one in branch[: data.draw(st.integers(0, len(branch)))]]
        records = {COMMUNITY: data.draw(st.lists(st.binary(max_size=2), max_size=3, unique=True).map(sorted))}
        sides.append(shelf(*entries, answer_max=data.draw(st.integers(1, 4)), records=records))
    every = {**sides[0].entries, **sides[1].entries}
    Conversation(sides[0], sides[1], by_ranges=True).run()
    assert sides[0].entries == sides[1].entries == every
    assert sides[0].records[COMMUNITY] == sides[1].records[COMMUNITY]
    assert Conversation(sides[0], sides[1], by_ranges=True).run().words == 2


def test_many_feeds_of_which_few_differ_cost_few_words() -> None:
    """A thousand feeds, three further entries on each side: only those travel."""
    owners, shared = {}, []
    for number in range(1_000):
        device = PublicKey(builders.identifier(f"device {number}"))
        owners[device] = COMMUNITY
        (one,) = feed_of("ann", 1)
        feed = FeedKey(device, "public")
        shared.append(replace(one, feed=feed, id=EntryId(builders.identifier(f"entry {number}"))))
    owners |= {ANN: COMMUNITY, BEN: COMMUNITY}
    near = shelf(*shared, *feed_of("ann", 3), owners=owners)
    far = shelf(*shared, *feed_of("ben", 3), owners=owners)
    talk = Conversation(near, far, by_ranges=True).run()
    assert near.entries == far.entries
    assert talk.bytes < 6_000


def test_only_the_side_that_dialled_begins() -> None:
    """Both see that they differ, and one of them speaks of ranges first."""
    differs = Fingerprints(((SALT.scope("public"), bytes(8)),))
    held = shelf(*feed_of("ann", 1))
    (opening,) = said(session(held, begins=True).receive(differs, NOW))
    assert isinstance(opening, Ranges)
    assert said(session(held, begins=False).receive(differs, NOW)) == []


def test_who_has_caught_up_says_so_and_is_answered() -> None:
    """After a difference is mended both sides know that they are equal, without waiting for a minute."""
    ann = feed_of("ann", 2)
    near, far = shelf(*ann), shelf()
    ours = session(near)
    assert ours.receive(named(far), NOW)
    assert ours.differs_since("public") == NOW
    assert ours.equal_since("public") is None
    lacking = Ranges(SALT.scope("public"), (Lacking("", (SALT.name(next(iter(near.tree("public")))),)),))
    assert said(ours.receive(lacking, NOW)) == [claim(ann[1])]
    assert said(ours.receive(named(near), NOW)) == []
    assert ours.equal_since("public") == NOW
    theirs = session(far, begins=False)
    theirs.receive(named(near), NOW)
    (want,) = said(theirs.receive(claim(ann[1]), NOW))
    assert isinstance(want, Want)
    far.put(*ann)
    assert said(theirs.advance(NOW)) == [named(far)]
    assert said(theirs.receive(named(near), NOW)) == []
    assert theirs.equal_since("public") == NOW


def test_who_catches_up_twice_in_a_minute_says_so_twice() -> None:
    """What came behind the first catching up is confirmed as well; claims that bring nothing are not."""
    ann = feed_of("ann", 3)
    held = shelf(*ann[:1], records={COMMUNITY: [b"charter"]})
    ours = session(held, begins=False)
    for end in (1, 2):
        ours.receive(named(shelf(*ann[: end + 1])), NOW)
        ours.receive(claim(ann[end]), NOW)
        held.put(ann[end])
        assert said(ours.advance(NOW)) == [named(held)]
    unlike = Heads("public", (), (replace(held.charters("public")[0], digest=bytes(32)),))
    for _ in range(3):
        ours.receive(named(shelf(*ann, *feed_of("ben", 1))), NOW)
        (asked,) = said(ours.receive(unlike, NOW))
        assert isinstance(asked, WantCharters)
        assert said(ours.advance(NOW)) == []


def test_a_scope_opened_later_is_compared_at_once() -> None:
    """What was named of a scope before the other side shared it is named again when it does."""
    secret = "members:" + "a" * 52
    entries = feed_of("ann", 1, scope=secret)
    near, far = shelf(*entries), shelf(*entries, scopes=["public", secret])
    ours, theirs = session(near), session(far, begins=False)
    assert said(theirs.receive(named(near), NOW)) == []
    assert said(ours.receive(named(far), NOW)) == []
    near.scopes.append(secret)
    assert said(ours.advance(NOW)) == [named(near)]
    assert said(theirs.receive(named(near), NOW)) == [named(far)]
    assert said(ours.receive(named(far), NOW)) == [named(near)]
    assert said(theirs.receive(named(near), NOW)) == []
    assert ours.equal_since(secret) == theirs.equal_since(secret) == NOW


def test_attack_saying_that_one_has_caught_up_again_and_again_is_answered_once() -> None:
    """Fingerprints that are equal to what we named last need no answer."""
    held = shelf(*feed_of("ann", 1))
    ours = session(held)
    held.put(*feed_of("ben", 1))
    assert len(said(ours.receive(named(held), NOW))) == 1
    assert said(ours.receive(named(held), NOW)) == []


def test_attack_different_fingerprints_without_end_are_answered_within_a_budget() -> None:
    """Who names another fingerprint a thousand times in a second gets a bounded number of answers."""
    ours = session(shelf(*feed_of("ann", 1)))
    told = [
        said(ours.receive(Fingerprints(((SALT.scope("public"), n.to_bytes(8)),)), NOW)) for n in range(1_000)
    ]
    assert 0 < sum(map(len, told)) < 300


def test_attack_flat_summaries_without_end_are_answered_within_a_budget() -> None:
    """A peer that offers no ranges can have all heads told a bounded number of times a minute."""
    entries = [one for name in ("ann", "ben") for one in feed_of(name, 1)]
    ours = Session(shelf(*entries))
    ours.compare()
    wrong = Summary((ScopeSummary("public", bytes(16)),))
    told = [said(ours.receive(wrong, NOW)) for _ in range(10_000)]
    assert 0 < sum(map(len, told)) < 3_000


def test_each_way_of_comparing_keeps_to_its_own_messages() -> None:
    """What was agreed in the handshake holds for the whole session."""
    both = session(shelf())
    with pytest.raises(UnexpectedMessageError):
        both.receive(Summary(()), NOW)
    old = Session(shelf())
    for message in (Fingerprints(()), Ranges(bytes(8), ())):
        with pytest.raises(UnexpectedMessageError):
            old.receive(message, NOW)


def test_attack_ranges_of_a_scope_that_is_not_shared_are_not_answered() -> None:
    """Whoever guesses another scope's name learns nothing of it."""
    secret = "members:" + "a" * 52
    ours = session(shelf(*feed_of("ann", 1, scope=secret)))
    assert ours.receive(Ranges(SALT.scope(secret), (Listed("", ()),)), NOW) == []


def test_a_scope_that_the_peer_does_not_name_is_not_compared() -> None:
    """Nothing of a members' scope is said before the peer has named it."""
    secret = "members:" + "a" * 52
    held = shelf(*feed_of("ann", 1, scope=secret), scopes=["public", secret], foundings={})
    ours = session(held)
    only = Fingerprints(((SALT.scope("public"), SALT.whole(held.tree("public"))),))
    assert ours.receive(only, NOW) == []
    assert ours.differs_since(secret) is None


def test_unlike_charters_are_found_and_asked_for() -> None:
    """A charter is an item like a feed: the range that holds it differs, both digests are told."""
    near = shelf(records={COMMUNITY: [b"one"]})
    far = shelf(records={COMMUNITY: [b"two"]})
    ours, theirs = session(near), session(far, begins=False)
    (opening,) = said(ours.receive(named(far), NOW))
    told = said(theirs.receive(opening, NOW))
    assert [type(one) for one in told] == [Heads, Ranges]
    assert said(ours.receive(told[0], NOW)) == [WantCharters((COMMUNITY,))]


def test_attack_many_charters_in_one_message_are_looked_up_in_one_go() -> None:
    """Five hundred claims cost one look at what is shared, which costs something for each member and feed."""

    class Counted(FakeShelf):
        looks = 0

        def tree(self, scope: str) -> Range:
            Counted.looks += 1
            return super().tree(scope)

    ours = session(Counted(records={COMMUNITY: [b"one"]}))
    before = Counted.looks
    unlike = tuple(CommunityId(bytes((number // 256, number % 256)) * 16) for number in range(500))
    told = said(
        ours.receive(Heads("public", (), tuple(ClaimedCharter(one, bytes(32)) for one in unlike)), NOW)
    )
    assert told == [WantCharters(unlike)]
    assert Counted.looks - before == 1


def test_two_feeds_full_of_branches_are_equal_whichever_branches_each_holds() -> None:
    """What a forger wrote beyond the bound keeps no two honest nodes from being equal."""
    forks = [feed_of("ann", 1, after=feed_of("ann", number))[0] for number in range(40)]
    roots = [replace(one, seq=1, prev=None) for one in forks]
    near = shelf(*roots[:FORK_BRANCHES_MAX])
    far = shelf(*roots[20 : 20 + FORK_BRANCHES_MAX])
    assert Conversation(near, far, by_ranges=True).run().words == 2


# --- what a peer shows -------------------------------------------------------------------------------
def compared(ours: Session, held: FakeShelf, lacked: FakeShelf, now: Timestamp) -> list[messages.Message]:
    """Let a peer that holds as much as `lacked` compare with us; return what we told it."""
    ours.receive(named(lacked), now)
    mine = {SALT.name(one): one for one in held.tree("public")}
    theirs = {SALT.name(one) for one in lacked.tree("public")}
    missing = tuple(sorted(set(mine) - theirs))
    return said(ours.receive(Ranges(SALT.scope("public"), (Lacking("", missing),)), now))


def minutes(count: int) -> Timestamp:
    """Return a time some comparisons later."""
    return Timestamp(NOW + count * COMPARE_INTERVAL_MS)


def test_attack_a_peer_that_hides_a_feed_is_noticed() -> None:
    """A peer that is told of a feed and goes on as if it were not there is shown to the steward."""
    ann, ben = feed_of("ann", 2), feed_of("ben", 1)
    held, hidden = shelf(*ann, *ben), shelf(*ann)
    ours = session(held)
    for minute in range(4):
        assert compared(ours, held, hidden, minutes(minute)) == [claim(ben[0])]
        assert bool(ours.shown.findings(minutes(minute))) == (minute >= 3)
    (found,) = ours.shown.findings(minutes(3))
    assert (found.oddity, found.feed.device, found.known.seq, found.shown) == (
        Oddity.SHOWS_LESS,
        BEN,
        1,
        None,
    )


def test_attack_a_peer_that_hides_the_end_of_a_feed_is_noticed_though_the_feed_goes_on() -> None:
    """What it lacks is judged by the first end it lacked: a feed that grows every minute hides nothing."""
    ann = feed_of("ann", 8)
    held, hidden = shelf(*ann[:3]), shelf(*ann[:2])
    ours = session(held)
    for minute in range(4):
        held.put(ann[3 + minute])
        compared(ours, held, hidden, minutes(minute))
        ours.receive(claim(ann[1]), minutes(minute))
    (found,) = ours.shown.findings(minutes(3))
    assert (found.oddity, found.known.seq, found.shown) == (Oddity.SHOWS_LESS, 4, 2)


def test_a_peer_that_is_always_a_little_behind_is_not_suspected() -> None:
    """A busy feed is never equal on both sides: a peer that shows progress is not hiding anything."""
    ann = feed_of("ann", 30)
    held, slow = shelf(*ann[:3]), shelf(*ann[:2])
    ours = session(held)
    for minute in range(6):
        held.put(*ann[: 3 * minute + 6])
        slow.put(*ann[: 3 * minute + 5])
        ours.receive(claim(ann[3 * minute + 4]), minutes(minute))
        compared(ours, held, slow, minutes(minute))
        assert ours.shown.findings(minutes(minute)) == []


def test_a_peer_that_we_are_behind_is_not_suspected() -> None:
    """While it claims further ends than ours, that it does not show ours says nothing."""
    ann = feed_of("ann", 40)
    held = shelf(*ann[:2])
    ours = session(held)
    for minute in range(6):
        held.put(*ann[: 3 * minute + 2])
        compared(ours, held, shelf(), minutes(minute))
        ours.receive(claim(ann[3 * minute + 20]), minutes(minute))
        assert ours.shown.findings(minutes(minute)) == []


def test_what_was_taken_in_the_end_is_no_longer_held_against_it() -> None:
    """A finding of what is lacked ends with the lack."""
    ann, ben = feed_of("ann", 2), feed_of("ben", 1)
    held, less = shelf(*ann, *ben), shelf(*ann)
    ours = session(held)
    for minute in range(4):
        compared(ours, held, less, minutes(minute))
    assert ours.shown.findings(minutes(4))
    ours.receive(named(held), minutes(4))
    assert ours.shown.findings(minutes(4)) == []


def test_attack_a_peer_that_was_rolled_back_is_noticed_on_its_next_connection() -> None:
    """After it was equal, an older end of a feed can only come from an older copy: no patience is needed."""
    ann = feed_of("ann", 5)
    held = shelf(*ann)
    shown = Shown()
    first = session(held, shown=shown)
    first.receive(named(held), NOW)
    again = session(held, shown=shown)
    again.receive(claim(ann[2]), minutes(1))
    (found,) = shown.findings(minutes(1))
    assert (found.oddity, found.known.seq, found.shown, found.since) == (Oddity.WENT_BACK, 5, 3, minutes(1))


def test_attack_a_peer_that_takes_back_what_it_claimed_is_noticed() -> None:
    """What it claimed after both were equal counts as shown, too."""
    ann = feed_of("ann", 5)
    held = shelf(*ann[:2])
    ours = session(held)
    ours.receive(named(held), NOW)
    ours.receive(claim(ann[4]), NOW)
    held.put(*ann)
    ours.receive(claim(ann[3]), minutes(1))
    (found,) = ours.shown.findings(minutes(1))
    assert (found.known.seq, found.shown) == (5, 4)


def test_a_further_branch_is_no_step_back() -> None:
    """A fork shows an end with a lower number that does not lie before the other: nobody went back."""
    ann = feed_of("ann", 5)
    fork = feed_of("ann", 1, after=ann[:2])
    held = shelf(*ann, *fork)
    ours = session(held)
    ours.receive(named(held), NOW)
    ours.receive(claim(fork[0]), NOW)
    ours.receive(claim(ann[4]), NOW)
    assert ours.shown.findings(minutes(9)) == []


def test_what_is_missing_is_named() -> None:
    """Ends that a peer claims and we lack are listed until they are here."""
    ann = feed_of("ann", 2)
    held = shelf()
    ours = session(held)
    ours.receive(claim(ann[1]), NOW)
    assert [one.head.id for one in ours.missing("public")] == [ann[1].id]
    held.put(*ann)
    assert [one for one in ours.advance(NOW) if isinstance(one, Say)] == []
    assert ours.missing("public") == []


def test_patience_is_some_comparisons() -> None:
    """A finding needs a peer to be told more than once."""
    assert SHOWS_LESS_AFTER_MS >= 2 * COMPARE_INTERVAL_MS
