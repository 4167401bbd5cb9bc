"""The session, message by message: compare, ask, answer, push, and nothing beyond what is shared."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import ids
from node.clock import Timestamp
from node.errors import BadSignatureError
from node.feeds import stretch
from node.feeds.entry import Entry, FeedKey, Head
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import (
    HEADS_MISSING_MAX,
    HEADS_PER_MESSAGE_MAX,
    SEND_QUEUE_BYTES_MAX,
    WANTS_PER_MESSAGE_MAX,
)
from node.replication import messages
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
    ScopeSummary,
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
)
from node.replication.session import MISSING_LOOKED_AT_MAX, WANTS_IN_FLIGHT_MAX, Session
from tests import builders
from tests.replication.shelves import COMMUNITY, NOW, Conversation, FakeShelf, feed_of, said

MEMBERS = "members:" + ids.show(builders.identifier("Valley"))
ANN, BEN = builders.key("ann").public, builders.key("ben").public
OWNERS = {ANN: COMMUNITY, BEN: COMMUNITY}


def shelf(*entries: Entry, **fields: Any) -> FakeShelf:
    """Return a shelf that carries Ann's and Ben's feeds and holds some entries."""
    return FakeShelf(**({"owners": dict(OWNERS)} | fields)).put(*entries)


def begun(held: FakeShelf) -> Session:
    """Return a session that has compared, with a peer that shares the same scopes and differs."""
    session = Session(held)
    session.compare()
    session.receive(Summary(tuple(ScopeSummary(s, bytes(16)) for s in held.shared_scopes())), NOW)
    return session


def claim(entry: Entry) -> ClaimedHead:
    """Return the claim to hold a feed up to an entry."""
    return ClaimedHead(COMMUNITY, entry.feed.device, Head(entry.seq, entry.id))


def claims(*entries: Entry) -> Heads:
    """Return the message that claims these ends."""
    return Heads(entries[0].feed.scope, tuple(claim(one) for one in entries), ())


def sent(*entries: Entry) -> Entries:
    """Return entries as one stretch."""
    (part,) = stretch.split([*(replace(one, signature=None) for one in entries[:-1]), entries[-1]])
    return Entries(part)


def asked(outcomes: list[Outcome]) -> list[EntryId]:
    """Return the branch ends that shall be asked for."""
    return [one.head for message in said(outcomes) if isinstance(message, Want) for one in message.wanted]


# --- comparing ---------------------------------------------------------------------------------------
def test_a_session_begins_with_one_fingerprint_a_scope() -> None:
    """The first word names what is shared and nothing of what is in it."""
    held = shelf(*feed_of("ann", 3), scopes=["public", MEMBERS])
    (summary,) = said(Session(held).compare())
    assert summary == Summary(
        tuple(ScopeSummary(s, held.fingerprint(s)) for s in sorted(["public", MEMBERS]))
    )


def test_equal_fingerprints_end_the_comparison() -> None:
    """Two sides that hold the same say no more than that, and note when."""
    held = shelf(*feed_of("ann", 3))
    session = Session(held)
    session.compare()
    assert session.equal_since("public") is None
    assert session.receive(Summary((ScopeSummary("public", held.fingerprint("public")),)), NOW) == []
    assert session.equal_since("public") == NOW


def test_a_different_fingerprint_is_answered_with_all_heads_and_charters() -> None:
    """Whoever differs is told every branch end and charter shared in that scope, and of no other scope."""
    ann, ben = feed_of("ann", 2), feed_of("ben", 1)
    held = shelf(*ann, *ben, *feed_of("ann", 2, scope=MEMBERS), scopes=["public", MEMBERS])
    held.records[COMMUNITY] = [b"a record"]
    session = Session(held)
    session.compare()
    same = ScopeSummary(MEMBERS, held.fingerprint(MEMBERS))
    told = said(session.receive(Summary((ScopeSummary("public", bytes(16)), same)), NOW))
    assert all(isinstance(one, Heads) and one.scope == "public" for one in told)
    assert sorted(
        (h.device, h.head.id) for one in told if isinstance(one, Heads) for h in one.heads
    ) == sorted([(ANN, ann[-1].id), (BEN, ben[-1].id)])
    assert [c.community for one in told if isinstance(one, Heads) for c in one.charters] == [COMMUNITY]


def test_many_heads_travel_in_several_messages() -> None:
    """No message holds more heads than the protocol allows."""
    owners, entries = {}, []
    for number in range(HEADS_PER_MESSAGE_MAX + 1):
        (one,) = feed_of("ann", 1)
        device = PublicKey(builders.identifier(f"device {number}"))
        owners[device] = COMMUNITY
        entries.append(
            replace(one, feed=FeedKey(device, "public"), id=EntryId(builders.identifier(f"entry {number}")))
        )
    session = Session(shelf(*entries, owners=owners))
    told = said(session.receive(Summary((ScopeSummary("public", bytes(16)),)), NOW))
    counts = [len(one.heads) for one in told if isinstance(one, Heads)]
    assert sum(counts) == HEADS_PER_MESSAGE_MAX + 1
    assert max(counts) <= HEADS_PER_MESSAGE_MAX


@given(st.data())
def test_two_sessions_end_equal_whatever_each_held(data: Any) -> None:
    """Any parts of forked feeds on both sides, answers of any size: both end with all, and fall silent."""
    trunk = {name: feed_of(name, data.draw(st.integers(1, 6))) for name in ("ann", "ben")}
    branches = []
    for name, whole in trunk.items():
        fork = whole[: data.draw(st.integers(0, len(whole)))]
        branches += [whole, fork + feed_of(name, data.draw(st.integers(0, 5)), after=fork)]
    sides = []
    for _ in range(2):
        entries = [one for branch in branches for one in branch[: data.draw(st.integers(0, len(branch)))]]
        sides.append(shelf(*entries, answer_max=data.draw(st.integers(1, 4))))
    every = {**sides[0].entries, **sides[1].entries}
    Conversation(sides[0], sides[1]).run()
    assert sides[0].entries == sides[1].entries == every
    assert Conversation(sides[0], sides[1]).run().words == 2


# --- asking ------------------------------------------------------------------------------------------
def test_what_is_lacked_and_may_be_held_is_asked_for() -> None:
    """A claimed end that is not held is asked for, from the ends of our own branches."""
    ann = feed_of("ann", 5)
    session = begun(shelf(*ann[:2]))
    (want,) = said(session.receive(claims(ann[4]), NOW))
    assert isinstance(want, Want)
    assert [(one.device, one.head, one.known) for one in want.wanted] == [
        (ANN, ann[4].id, (Head(2, ann[1].id),))
    ]
    assert len(session.missing("public")) == 1


def test_what_is_held_is_not_asked_for() -> None:
    """A claim of something held, at the end or within, changes nothing."""
    ann = feed_of("ann", 5)
    session = begun(shelf(*ann))
    assert session.receive(claims(ann[4], ann[1]), NOW) == []
    assert len(session.missing("public")) == 0


def test_attack_a_claim_in_a_scope_that_is_not_shared_is_not_asked_for() -> None:
    """Who claims heads of another federation, of a circle or of what never leaves learns nothing."""
    session = begun(shelf())
    for scope in (MEMBERS, "local", "circle:" + "a" * 52):
        (one,) = feed_of("ann", 1, scope=scope)
        assert session.receive(claims(one), NOW) == []
        assert len(session.missing(scope)) == 0


def test_a_feed_of_a_stranger_is_asked_for_when_it_is_known() -> None:
    """A claim of a device in no charter waits; it is asked for once its charter makes it one of ours."""
    ann = feed_of("ann", 2)
    held = shelf(owners={})
    session = begun(held)
    assert session.receive(claims(ann[1]), NOW) == []
    assert session.advance(NOW) == []
    held.owners[ANN] = COMMUNITY
    assert asked(session.advance(NOW)) == [ann[1].id]


def test_one_head_is_asked_for_once_at_a_time() -> None:
    """However often it is claimed, a head is not asked for again before the answer."""
    ann = feed_of("ann", 2)
    session = begun(shelf())
    assert asked(session.receive(claims(ann[1]), NOW)) == [ann[1].id]
    assert session.receive(claims(ann[1], ann[1]), NOW) == []
    assert session.advance(NOW) == []


def test_a_branch_that_another_session_fetches_is_left_to_it() -> None:
    """What is reserved elsewhere is not asked for here, until it is given back."""
    ann = feed_of("ann", 2)
    held = shelf(elsewhere={ann[1].id})
    session = begun(held)
    assert session.receive(claims(ann[1]), NOW) == []
    held.elsewhere.clear()
    assert asked(session.advance(NOW)) == [ann[1].id]
    assert held.reserved == {ann[1].id}


def test_a_branch_that_another_session_brought_is_over() -> None:
    """What arrived by another way is no longer missing, and its reservation is given back."""
    ann = feed_of("ann", 2)
    held = shelf()
    session = begun(held)
    session.receive(claims(ann[1]), NOW)
    held.put(*ann)
    assert session.advance(NOW) == []
    assert (len(session.missing("public")), held.reserved) == (0, set())


def test_only_so_many_are_asked_for_at_once() -> None:
    """The window bounds what is under way; each answer lets the next one be asked for."""
    ends: list[Entry] = []
    for number in range(WANTS_IN_FLIGHT_MAX + 5):
        ends += feed_of("ann", 1, after=feed_of("ann", number))
    held = shelf()
    session = begun(held)
    first = asked(session.receive(claims(*ends), NOW))
    assert len(first) == WANTS_IN_FLIGHT_MAX <= WANTS_PER_MESSAGE_MAX
    held.put(*(one for one in ends if one.id == first[0]))
    again = asked(session.receive(Answered("public", ANN, first[0]), NOW))
    assert len(again) == 1
    assert again[0] not in first


def test_attack_claims_without_end_are_bounded() -> None:
    """A peer that claims more than a scope can hold fills a list of known length and no more."""
    session = begun(shelf())
    for part in range(HEADS_MISSING_MAX // 500 + 4):
        heads = tuple(
            ClaimedHead(COMMUNITY, ANN, Head(9, EntryId(builders.identifier(f"{part} {n}"))))
            for n in range(500)
        )
        session.receive(Heads("public", heads, ()), NOW)
    assert len(session.missing("public")) <= HEADS_MISSING_MAX


def test_attack_small_messages_after_many_claims_stay_cheap() -> None:
    """Whoever claims all that it may cannot make each further small message cost a look at all of it."""
    looked: list[Head] = []

    class Counting(FakeShelf):
        def holds(self, feed: FeedKey, head: Head) -> bool:
            looked.append(head)
            return super().holds(feed, head)

    session = begun(Counting(owners={}))
    heads = tuple(
        ClaimedHead(COMMUNITY, ANN, Head(9, EntryId(builders.identifier(str(n)))))
        for n in range(HEADS_MISSING_MAX)
    )
    session.receive(Heads("public", heads, ()), NOW)
    for small in (Heads("public", heads[-1:], ()), Answered("public", ANN, heads[0].head.id)):
        looked.clear()
        session.receive(small, NOW)
        session.advance(NOW)
        assert len(looked) <= 1 + 2 * MISSING_LOOKED_AT_MAX


def test_every_claim_has_its_turn_however_many_there_are() -> None:
    """What may be asked for is asked for soon, although much else that may not be was claimed before it."""
    wanted = feed_of("ann", 1)[0]
    session = begun(shelf())
    stranger = builders.key("stranger").public
    many = tuple(
        ClaimedHead(COMMUNITY, stranger, Head(9, EntryId(builders.identifier(str(n))))) for n in range(5_000)
    )
    found = asked(session.receive(Heads("public", (*many, claim(wanted)), ()), NOW))
    for _ in range(len(many) // MISSING_LOOKED_AT_MAX + 1):
        found += asked(session.advance(NOW))
    assert found == [wanted.id]


def test_attack_gaps_without_end_are_bounded() -> None:
    """A device that pushes ends whose beginnings nobody has fills a list of known length and no more."""
    session = begun(shelf())
    heads = tuple(
        ClaimedHead(COMMUNITY, ANN, Head(9, EntryId(builders.identifier(str(n)))))
        for n in range(HEADS_MISSING_MAX)
    )
    session.receive(Heads("public", heads, ()), NOW)
    for number in range(3):
        whole = feed_of("ann", number + 2)
        session.receive(sent(whole[-1]), NOW)
    assert len(session.missing("public")) <= HEADS_MISSING_MAX


# --- answers -----------------------------------------------------------------------------------------
def answered_by(whole: list[Entry]) -> Answered:
    """Return the end of an answer to a want for the end of a feed."""
    return Answered(whole[-1].feed.scope, whole[-1].feed.device, whole[-1].id)


def test_an_answer_that_brought_a_part_is_asked_on() -> None:
    """While answers bring something nearer the rest is asked for, from where we are by then."""
    ann = feed_of("ann", 6)
    held = shelf()
    session = begun(held)
    session.receive(claims(ann[5]), NOW)
    for have in (2, 4):
        held.put(*ann[:have])
        (want,) = said(session.receive(answered_by(ann), NOW))
        assert isinstance(want, Want)
        assert want.wanted[0].known == (Head(have, ann[have - 1].id),)
    held.put(*ann)
    assert session.receive(answered_by(ann), NOW) == []
    assert len(session.missing("public")) == 0


def test_a_fruitless_answer_is_tried_once_more_with_denser_points_and_then_left() -> None:
    """A head that twice brought nothing is given up and handed on, so that no peer is asked for ever."""
    ann = feed_of("ann", 4)
    fork = feed_of("ann", 3, after=ann[:1])
    held = shelf(*fork, *ann[:1])
    session = begun(held)
    session.receive(claims(ann[3]), NOW)
    (again,) = said(session.receive(answered_by(ann), NOW))
    assert isinstance(again, Want)
    assert Head(1, ann[0].id) in again.wanted[0].known
    last = session.receive(answered_by(ann), NOW)
    assert asked([one for one in last if isinstance(one, Say)]) == []
    assert (len(session.missing("public")), held.reserved, held.failed) == (0, set(), [ann[3].id])
    assert session.advance(NOW) == []


def test_attack_heads_claimed_without_end_that_nobody_gives() -> None:
    """Of those that were given up nothing is kept, though the peer never compares again."""
    session = begun(shelf())
    for number in range(1, 6):
        ann = feed_of("ann", number)
        session.receive(claims(ann[-1]), NOW)
        for _ in range(2):
            session.receive(answered_by(ann), NOW)
    exchange = session._exchanges["public"]
    assert (exchange.missing, exchange.asked, exchange.stalled) == ({}, {}, set())


def test_a_head_that_was_left_is_asked_for_after_the_next_comparison() -> None:
    """What could not be had is tried again when the peer claims it in a later comparison."""
    ann = feed_of("ann", 2)
    session = begun(shelf())
    session.receive(claims(ann[1]), NOW)
    for _ in range(2):
        session.receive(answered_by(ann), NOW)
    later = Timestamp(NOW + 60_000)
    session.receive(Summary((ScopeSummary("public", bytes(16)),)), later)
    assert asked(session.receive(claims(ann[1]), later)) == [ann[1].id]


def test_the_end_of_an_answer_nobody_asked_for_changes_nothing() -> None:
    """`Answered` out of nowhere, in a shared scope or not, is passed over."""
    ann = feed_of("ann", 2)
    session = begun(shelf())
    assert session.receive(answered_by(ann), NOW) == []
    assert session.receive(Answered(MEMBERS, ANN, ann[1].id), NOW) == []
    assert session.receive(Answered("local", ANN, ann[1].id), NOW) == []


# --- entries -----------------------------------------------------------------------------------------
def test_entries_that_join_on_are_handed_to_the_engine() -> None:
    """The first entries of a feed, and those behind one that is held, are to be admitted."""
    ann = feed_of("ann", 4)
    held = shelf()
    session = begun(held)
    assert session.receive(sent(*ann[:2]), NOW) == [Admit(sent(*ann[:2]).stretch)]
    held.put(*ann[:2])
    assert session.receive(sent(*ann[2:]), NOW) == [Admit(sent(*ann[2:]).stretch)]


def test_a_gap_is_asked_for() -> None:
    """Entries whose predecessor is not held are not kept; all up to their end is asked for instead."""
    ann = feed_of("ann", 5)
    session = begun(shelf(*ann[:2]))
    (want,) = said(session.receive(sent(*ann[3:]), NOW))
    assert isinstance(want, Want)
    assert want.wanted[0].head == ann[4].id
    assert want.wanted[0].known == (Head(2, ann[1].id),)


def test_attack_a_forged_gap_ends_the_session() -> None:
    """A stretch that joins on to nothing and whose signature does not hold is not worth a question."""
    ann = feed_of("ann", 3)
    session = begun(shelf())
    with pytest.raises(BadSignatureError):
        session.receive(Entries(replace(sent(ann[2]).stretch, signature=bytes(64))), NOW)
    assert len(session.missing("public")) == 0


def test_attack_entries_of_a_feed_that_is_not_carried_are_passed_over() -> None:
    """A stranger's feed, or a scope that is not shared, is neither admitted nor asked for, gap or not."""
    session = begun(shelf())
    for entries in (
        feed_of("a stranger", 2),
        feed_of("ann", 2, scope=MEMBERS),
        feed_of("ann", 2, scope="local"),
    ):
        assert session.receive(sent(*entries), NOW) == []
        assert session.receive(sent(entries[1]), NOW) == []


# --- wants -------------------------------------------------------------------------------------------
def want(entry: Entry, *known: Entry, device: PublicKey | None = None) -> Want:
    """Return a question for a branch."""
    from_here = tuple(Head(one.seq, one.id) for one in known)
    return Want(entry.feed.scope, (Wanted(device or entry.feed.device, entry.id, from_here),))


def test_a_want_is_answered_from_the_last_known_point() -> None:
    """Only what lies behind the highest point that the asker holds is sent, and then the answer is over."""
    ann = feed_of("ann", 5)
    session = begun(shelf(*ann))
    *parts, end = said(session.receive(want(ann[4], ann[1]), NOW))
    assert [one for part in parts if isinstance(part, Entries) for one in stretch.prove(part.stretch)] == ann[
        2:
    ]
    assert end == Answered("public", ANN, ann[4].id)


def test_attack_what_is_not_shared_is_not_sent_whatever_is_wanted() -> None:
    """A want in a scope that is not shared is answered as if nothing were held, for each branch alike."""
    secret = feed_of("ann", 3, scope=MEMBERS)
    hidden = feed_of("ann", 3, scope="local")
    session = begun(shelf(*secret, *hidden))
    for entries in (secret, hidden):
        told = said(session.receive(want(entries[2]), NOW))
        assert told == [Answered(entries[2].feed.scope, ANN, entries[2].id)]


def test_attack_a_scope_is_checked_at_every_want() -> None:
    """Whoever was a member a moment ago and is none any more gets nothing more."""
    secret = feed_of("ann", 3, scope=MEMBERS)
    held = shelf(*secret, scopes=["public", MEMBERS])
    session = begun(held)
    assert len(said(session.receive(want(secret[2]), NOW))) == 4
    held.scopes = ["public"]
    assert len(said(session.receive(want(secret[2]), NOW))) == 1
    assert session.published(secret, COMMUNITY, own=True) == []


def test_attack_a_head_under_another_s_name_brings_nothing() -> None:
    """A want that names a device and an entry of another feed is answered empty."""
    ann = feed_of("ann", 3)
    session = begun(shelf(*ann))
    told = said(session.receive(want(ann[2], device=BEN), NOW))
    assert told == [Answered("public", BEN, ann[2].id)]


def test_attack_one_branch_asked_for_many_times_is_sent_once() -> None:
    """A message that asks for one branch again and again is answered once."""
    ann = feed_of("ann", 3)
    session = begun(shelf(*ann))
    once = want(ann[2])
    told = said(session.receive(replace(once, wanted=once.wanted * WANTS_PER_MESSAGE_MAX), NOW))
    assert len(told) == len(said(session.receive(once, NOW)))


# --- pushing -----------------------------------------------------------------------------------------
def test_an_author_pushes_what_it_wrote_and_others_announce() -> None:
    """Our own new entries go out whole; another author's are claimed, for the peer may have them."""
    ann = feed_of("ann", 2)
    session = begun(shelf(*ann))
    assert said(session.published(ann, COMMUNITY, own=True)) == [sent(one) for one in ann]
    assert said(session.published(ann, COMMUNITY, own=False)) == [claims(ann[1])]


def test_what_the_peer_itself_claimed_is_not_announced_back() -> None:
    """A head that we lacked and the peer claimed is not told to that peer when it arrives."""
    ann = feed_of("ann", 2)
    session = begun(shelf(owners=OWNERS, elsewhere={ann[1].id}))
    session.receive(claims(ann[1]), NOW)
    assert session.published(ann, COMMUNITY, own=False) == []


@pytest.mark.parametrize("own", [True, False])
def test_attack_nothing_is_pushed_into_a_scope_that_the_peer_has_not_named(own: bool) -> None:  # noqa: FBT001 - a parameter
    """Before its first summary, and in scopes it does not name, a peer is told of no entry."""
    ann, secret = feed_of("ann", 1), feed_of("ann", 1, scope=MEMBERS)
    held = shelf(*ann, *secret, scopes=["public", MEMBERS])
    session = Session(held)
    session.compare()
    assert session.published(ann, COMMUNITY, own=own) == []
    session.receive(Summary((ScopeSummary("public", bytes(16)),)), NOW)
    assert session.published(secret, COMMUNITY, own=own) == []
    assert len(session.published(ann, COMMUNITY, own=own)) == 1


@pytest.mark.parametrize("own", [True, False])
def test_attack_a_feed_that_is_not_shared_is_not_announced(own: bool) -> None:  # noqa: FBT001 - a parameter
    """A feed that is not carried with this peer is told to it neither whole nor as a claim."""
    strange = feed_of("a stranger", 1)
    assert begun(shelf(*strange)).published(strange, COMMUNITY, own=own) == []


# --- scopes that open --------------------------------------------------------------------------------
def test_a_peer_that_has_not_named_a_shared_scope_is_told_once() -> None:
    """A newcomer learns by the founding record that it belongs, once, and not after it named the scope."""
    held = shelf(scopes=["public", MEMBERS], foundings={MEMBERS: b"the founding record"})
    session = Session(held)
    assert not [one for one in said(session.compare()) if isinstance(one, Opened)]
    only_public = Summary((ScopeSummary("public", held.fingerprint("public")),))
    assert said(session.receive(only_public, NOW)) == [Opened(b"the founding record")]
    assert session.receive(only_public, NOW) == []
    both = Summary((*only_public.scopes, ScopeSummary(MEMBERS, held.fingerprint(MEMBERS))))
    assert session.receive(both, NOW) == []


def test_a_scope_that_is_shared_from_now_on_is_named_at_once() -> None:
    """When a newcomer is admitted during a session the founding record and new fingerprints go out."""
    held = shelf(foundings={MEMBERS: b"the founding record"})
    session = begun(held)
    assert session.advance(NOW) == []
    held.scopes.append(MEMBERS)
    opened, summary = said(session.advance(NOW))
    assert opened == Opened(b"the founding record")
    assert isinstance(summary, Summary)
    assert [one.scope for one in summary.scopes] == [MEMBERS, "public"]
    assert session.advance(NOW) == []


def test_a_scope_that_is_shared_no_longer_is_no_longer_named() -> None:
    """When a member is removed during a session the scope vanishes from what is said."""
    held = shelf(scopes=["public", MEMBERS])
    session = begun(held)
    held.scopes.remove(MEMBERS)
    (summary,) = said(session.advance(NOW))
    assert summary == Summary((ScopeSummary("public", held.fingerprint("public")),))


# --- charters and the rest ---------------------------------------------------------------------------
def test_unlike_charters_are_asked_for_and_equal_ones_are_not() -> None:
    """A charter that is not held, or whose records differ, is asked for."""
    other, third = (CommunityId(builders.identifier(name)) for name in ("other", "third"))
    held = shelf(records={COMMUNITY: [b"ours"], other: [b"same"]})
    session = begun(held)
    digests = {one.community: one.digest for one in held.charters("public")}
    told = Heads(
        "public",
        (),
        (
            ClaimedCharter(COMMUNITY, bytes(32)),
            ClaimedCharter(other, digests[other]),
            ClaimedCharter(third, bytes(32)),
        ),
    )
    assert said(session.receive(told, NOW)) == [WantCharters((COMMUNITY, third))]


def test_charters_that_are_shared_are_sent_and_others_passed_over() -> None:
    """Asked for charters, a session sends those that are shared with this peer and says nothing of others."""
    other = CommunityId(builders.identifier("other"))
    session = begun(shelf(records={COMMUNITY: [b"one", b"two"]}))
    assert said(session.receive(WantCharters((other, COMMUNITY)), NOW)) == [
        Charters(COMMUNITY, (b"one", b"two"))
    ]


def test_attack_a_charter_asked_for_many_times_is_sent_once() -> None:
    """A question of a few bytes, repeated within a message, is answered as often as it is different."""
    session = begun(shelf(records={COMMUNITY: [bytes(200_000)]}))
    assert len(session.receive(WantCharters((COMMUNITY,) * 500), NOW)) == 1


def test_attack_charters_of_many_are_answered_up_to_a_bound() -> None:
    """One message never makes more be written than a queue holds; the next comparison brings the rest."""
    many = {CommunityId(builders.identifier(str(n))): [bytes(200_000)] for n in range(200)}
    session = begun(shelf(records=many))
    answers = said(session.receive(WantCharters(tuple(many)), NOW))
    assert 0 < len(answers) < len(many)
    assert sum(len(messages.encode(one)) for one in answers) < SEND_QUEUE_BYTES_MAX


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        (Charters(COMMUNITY, (b"one",)), AdmitCharter(COMMUNITY, (b"one",))),
        (Opened(b"founding"), Invited(b"founding")),
        (Join(bytes(32), (b"request",)), JoinAsked(bytes(32), (b"request",))),
        (JoinAnswer(accepted=False, text="no"), JoinAnswered(accepted=False, text="no")),
        (Farewell("good night"), Ended("good night")),
    ],
)
def test_what_is_the_engine_s_affair_is_handed_on(message: Message, outcome: Outcome) -> None:
    """Charters, openings, requests to join, answers and farewells go to the engine as they came."""
    assert begun(shelf()).receive(message, NOW) == [outcome]
