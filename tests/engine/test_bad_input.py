"""Bad input of every sort: one clear error, whose sender is cut or goes on, and nothing valid is lost.

A member of the federation, Carl, says it to Ann; Ben is honest and connected to Ann all the while.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.errors import ConflictError, NodeError, UserError
from node.federation import invitation
from node.federation.membership import JoinRequest
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.governance.ballots import Ballot, Paper, make
from node.governance.sizes import SizeAttestation
from node.ids import EntryId
from node.limits import BODY_BYTES_MAX, FRAME_BYTES_MAX, MESSAGE_BYTES_MAX, STRETCH_ENTRIES_MAX
from node.records.record import Record
from node.replication import messages
from node.replication.messages import (
    Answered,
    Charters,
    Entries,
    Farewell,
    Heads,
    Join,
    JoinAnswer,
    Opened,
    Summary,
    Want,
)
from tests import builders
from tests.builders import FoundedCommunity
from tests.engine.harness import Network, Node, Peer, federate, neighbours, peer_of


@dataclass(frozen=True, slots=True)
class Valley:
    """Three members of a federation, and one who says what it likes to Ann with Carl's keys."""

    network: Network
    ann: Node
    ben: Node
    carl: Node
    peer: Peer

    @property
    def scope(self) -> str:
        """Return the members' scope."""
        (federation,) = self.ann.engine._registry.federations()
        return scopes.members(federation)

    def end(self, scope: str) -> Head | None:
        """Return the end of Carl's feed as Ann holds it."""
        ends = self.ann.store.feeds.heads_of(FeedKey(self.carl.device.public, scope))
        return ends[-1] if ends else None

    def stretches(self, drafts: list[builders.Draft], scope: str = builders.PUBLIC) -> list[Stretch]:
        """Return entries as Carl's device writes them behind its feed's end."""
        return builders.stretches(self.carl.device, drafts, scope=scope, after=self.end(scope))

    def still_works(self) -> None:
        """Check that Ann and Ben still write to each other, and that Ann answers people."""
        said = f"note {self.network.now} {self.network.deliveries}"
        for author, reader in ((self.ann, self.ben), (self.ben, self.ann)):
            author.ask(commands.AddNote(text=f"{said} by {author.name}"))
            notes = [note["text"] for note in reader.ask(commands.ShowBoard())["notes"]]
            assert f"{said} by {author.name}" in notes


def found_valley() -> Valley:
    """Found a federation of three, Carl's own node cut off and his keys in other hands."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    return Valley(network, ann, ben, carl, peer_of(carl).dial("ann"))


@pytest.fixture
def valley() -> Valley:
    """Return a valley of this test's own."""
    return found_valley()


@pytest.fixture(scope="module")
def old_valley() -> Valley:
    """Return a valley that has gone through whatever the tests before this one did to it."""
    return found_valley()


@pytest.fixture
def worn(old_valley: Valley) -> Valley:
    """Return the old valley with a new session between Carl and Ann: it must not have come to harm."""
    return replace(old_valley, peer=peer_of(old_valley.carl).dial("ann"))


NOTHING: builders.Draft = (Kind.RECORD, b"nothing in particular", None)


def first_frame(peer: Peer, data: bytes) -> bytes:
    """Return the one frame of a short message."""
    (frame,) = peer._channel.seal(data)
    return frame


# --- frames and messages -----------------------------------------------------------------------------
def _said_before(peer: Peer) -> bytes:
    frame = first_frame(peer, messages.encode(Summary(())))
    peer.say_frame(frame)
    return frame


def _flipped(frame: bytes) -> bytes:
    return frame[:-1] + bytes((frame[-1] ^ 1,))


GOOD = messages.encode(Farewell("good night"))
FRAMES: dict[str, tuple[Callable[[Peer], bytes], str]] = {
    "truncated": (lambda peer: first_frame(peer, GOOD)[:-1], ""),
    "truncated to nothing": (lambda _: b"", ""),
    "oversized": (lambda _: bytes(FRAME_BYTES_MAX + 1), str(FRAME_BYTES_MAX)),
    "a flipped bit": (lambda peer: _flipped(first_frame(peer, GOOD)), ""),
    "not encrypted": (lambda _: GOOD, ""),
    "sent twice": (_said_before, ""),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_broken_frame_ends_the_session(worn: Valley, name: str) -> None:
    """A frame that is cut, too long, changed, bare or repeated ends its own session with a reason."""
    make_frame, says = FRAMES[name]
    worn.peer.say_frame(make_frame(worn.peer))
    assert worn.peer.closed
    assert worn.ann.reasons()[-1].startswith("expected") or "expected" in worn.ann.reasons()[-1]
    assert says in worn.ann.reasons()[-1]
    worn.still_works()


MESSAGES: dict[str, tuple[bytes, str]] = {
    "no CBOR": (b"\xff", "canonical CBOR"),
    "truncated CBOR": (GOOD[:-1], "canonical CBOR"),
    "bytes behind the message": (GOOD + b"\0", "canonical CBOR"),
    "a number in a longer spelling": (b"\x82\x18\x01\x80", "canonical CBOR"),
    "a map out of order": (b"\x82\x0b\xa2\x02\x00\x01\x00", "canonical CBOR"),
    "a tag": (b"\xc0" + GOOD, "canonical CBOR"),
    "a float": (b"\x82\xf9\x3c\x00\x80", "canonical CBOR"),
    "no list": (canonical.encode({"farewell": 11}), "a message"),
    "number 16": (canonical.encode([16, "hello"]), "from 1 to 15"),
    "true for 1": (canonical.encode([True, []]), "a message"),
    "a farewell that is a number": (canonical.encode([11, 5]), "a message"),
    "a scope that is none": (canonical.encode([5, "everything", bytes(32), bytes(32)]), "a scope"),
    "501 heads": (
        canonical.encode([2, "public", [], [[bytes(32), bytes(32)]] * 501]),
        "at most 500 items, found 501",
    ),
    "as long as a message may be, and nothing": (bytes(MESSAGE_BYTES_MAX), "canonical CBOR"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_broken_message_ends_the_session_with_a_farewell_that_says_why(worn: Valley, name: str) -> None:
    """Bytes that are no message end their own session; the peer is told what was expected."""
    data, says = MESSAGES[name]
    worn.peer.say_bytes(data)
    assert worn.peer.closed
    assert says in worn.ann.reasons()[-1]
    assert says in str(worn.peer.heard_of(Farewell)[-1])
    worn.still_works()


def test_what_is_not_expected_now_is_refused_or_passed_over(valley: Valley) -> None:
    """Answers to nothing that was asked, and wants for nothing, leave the session open and change nothing."""
    nobody = keys.PublicKey(bytes(32))
    valley.peer.say(
        Answered("public", nobody, EntryId(bytes(32))),
        JoinAnswer(accepted=True, text="welcome, whoever you are"),
        Want("local", ()),
        Heads("local", (), ()),
        Charters(valley.ann.community, ()),
    )
    assert not valley.peer.closed
    assert valley.ann.ask(commands.ListFederations())["requests"] == []
    valley.still_works()


@pytest.mark.parametrize("frame", [b"", b"hello", bytes(32), bytes(500), bytes(501), bytes(70_000), GOOD])
def test_anything_but_a_handshake_ends_a_connection(worn: Valley, frame: bytes) -> None:
    """Whoever connects and does not shake hands is cut, without having been told anything."""
    stranger = Peer(worn.network, builders.key("nobody"), builders.community("nobody").id)
    number = worn.network.connect(stranger, "ann")
    assert number is not None
    worn.network.settle()
    before = worn.network.sent_bytes
    worn.network.send(number, frame)
    stranger.frame = lambda *_: None  # type: ignore[method-assign]  # it does not care for answers
    worn.network.settle()
    worn.network.send(number, frame)
    worn.network.settle()
    assert stranger.closed
    assert worn.network.sent_bytes - before < 1_000 + 2 * len(frame)
    worn.still_works()


def test_attack_a_founding_record_that_is_none_ends_the_session(valley: Valley) -> None:
    """`Opened` with something else than a founding record is refused, and no federation is taken up."""
    before = valley.ann.engine._registry.federations()
    valley.peer.say(Opened(builders.approvals(valley.carl.steward, 1)[0].raw))
    assert valley.peer.closed
    assert "founding" in valley.ann.reasons()[-1]
    assert valley.ann.engine._registry.federations() == before
    valley.still_works()


# --- entries -----------------------------------------------------------------------------------------
def _unsigned_tail(good: Stretch) -> bytes:
    return messages.encode(Entries(replace(good, items=(*good.items, Item(500_000, b"a tail")))))


def _with_items(good: Stretch, items: list[canonical.Value]) -> bytes:
    fields = stretch.to_value(good)
    return canonical.encode([4, [*fields[:4], items, fields[5]]])


STRETCHES: dict[str, tuple[Callable[[Stretch], bytes], str]] = {
    "truncated": (lambda good: messages.encode(Entries(good))[:-1], "canonical CBOR"),
    "no entries": (lambda good: _with_items(good, []), "a stretch"),
    "too many entries": (
        lambda good: _with_items(good, [[1, b""]] * (STRETCH_ENTRIES_MAX + 1)),
        f"at most {STRETCH_ENTRIES_MAX} entries",
    ),
    "an oversized body": (lambda good: _with_items(good, [[1, bytes(BODY_BYTES_MAX + 1)]]), "an entry"),
    "wrongly signed": (
        lambda good: messages.encode(Entries(replace(good, signature=bytes(64)))),
        "signature",
    ),
    "signed by another device": (
        lambda good: messages.encode(
            Entries(replace(good, signature=builders.key("thief").sign(b"hedgerow/feed/1")))
        ),
        "signature",
    ),
    "wrongly chained": (
        lambda good: messages.encode(
            Entries(replace(good, first_seq=2, prev=EntryId(builders.identifier("elsewhere"))))
        ),
        "signature",
    ),
    "out of order": (
        lambda good: messages.encode(Entries(replace(good, items=good.items[::-1]))),
        "signature",
    ),
    "an entry left out": (
        lambda good: messages.encode(Entries(replace(good, items=good.items[1:]))),
        "signature",
    ),
    "an unsigned tail": (_unsigned_tail, "signature"),
    "another scope's": (
        lambda good: messages.encode(Entries(replace(good, feed=good.feed._replace(scope="public")))),
        "signature",
    ),
}


@pytest.mark.parametrize("name", STRETCHES)
def test_a_broken_stretch_ends_the_session_and_leaves_nothing(worn: Valley, name: str) -> None:
    """An entry that is cut, too long, wrongly signed or wrongly chained: nothing of it is kept.

    What the device had rightly signed comes in over the next session.
    """
    broken, says = STRETCHES[name]
    scope = worn.scope
    before = worn.ann.store.feeds.heads_of(FeedKey(worn.carl.device.public, scope))
    (good,) = worn.stretches([NOTHING, (Kind.RECORD, b"more", None)], scope)
    worn.peer.say_bytes(broken(good))
    assert worn.peer.closed
    assert says in worn.ann.reasons()[-1]
    assert says in str(worn.peer.heard_of(Farewell)[-1])
    assert worn.ann.store.feeds.heads_of(FeedKey(worn.carl.device.public, scope)) == before
    assert not [e for e in worn.ann.store.feeds.walk() if e.feed == FeedKey(good.feed.device, "public")]
    peer_of(worn.carl).dial("ann").say(Entries(good))
    end = worn.end(scope)
    assert end is not None
    assert end.id == stretch.prove(good)[-1].id
    worn.still_works()


def test_rightly_signed_entries_behind_a_gap_are_asked_for_and_not_lost(valley: Valley) -> None:
    """Entries whose beginning is not held make the node ask for all of it; sent whole they are kept."""
    (first,) = valley.stretches([NOTHING])
    end = stretch.prove(first)[-1]
    (second,) = builders.stretches(valley.carl.device, [NOTHING], after=Head(end.seq, end.id))
    valley.peer.say(Entries(second))
    assert not valley.peer.closed
    (want,) = valley.peer.heard_of(Want)
    assert isinstance(want, Want)
    assert want.wanted[0].head == stretch.prove(second)[-1].id
    valley.peer.say(Entries(first), Entries(second))
    held = valley.end(builders.PUBLIC)
    assert held is not None
    assert held.id == stretch.prove(second)[-1].id
    valley.still_works()


def test_attack_entries_by_nobody_s_device_or_into_what_is_not_shared_are_not_kept(valley: Valley) -> None:
    """A device in no charter, a federation Ann is not in, a circle, and `local`: passed over, not kept."""
    elsewhere = scopes.members(ids.FederationId(builders.identifier("another federation")))
    entries = len(list(valley.ann.store.feeds.walk()))
    for signer, scope in (
        (builders.key("nobody"), builders.PUBLIC),
        (builders.key("nobody"), valley.scope),
        (valley.carl.device, elsewhere),
        (valley.carl.device, "circle:" + ids.show(bytes(32))),
        (valley.carl.device, "local"),
    ):
        valley.peer.say(*(Entries(part) for part in builders.stretches(signer, [NOTHING], scope=scope)))
    assert not valley.peer.closed
    assert len(list(valley.ann.store.feeds.walk())) == entries
    valley.still_works()


BODIES: dict[str, bytes] = {
    "no CBOR": b"\xff\xff",
    "nothing": b"",
    "CBOR that is not canonical": b"\x84\x58\x10" + bytes(16) + b"\x66record\xf6\x58\x00",
    "an unknown kind": canonical.encode([bytes(16), "gossip", None, b""]),
    "a record that is none": bodies.encode(Kind.RECORD, b"no record", salt=bytes(16)),
    "a record that is text": bodies.encode(Kind.RECORD, "text", salt=bytes(16)),
    "changes of no document": bodies.encode(Kind.CHANGES, [None, [b"x"]], salt=bytes(16)),
    "changes that are none": bodies.encode(
        Kind.CHANGES, [bytes(16), [b"x"]], salt=bytes(16), document=ids.DocumentId(bytes(32))
    ),
    "a genesis that is none": bodies.encode(
        Kind.GENESIS, b"genesis", salt=bytes(16), document=ids.DocumentId(bytes(32))
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_invalid_for_good_is_kept_carried_on_and_counts_for_nothing(
    worn: Valley, name: str
) -> None:
    """Whatever a body says, its feed goes on: the entry stands in the log, and what follows counts."""
    feed = FeedKey(worn.carl.device.public, worn.scope)
    hours = 500_000
    attested = SizeAttestation(
        federation=worn.ann.engine._registry.federations()[0],
        attester=worn.carl.community,
        subject=worn.carl.community,
        size=7,
        serial=1,
    ).sign(worn.carl.steward)
    after = bodies.encode(Kind.RECORD, attested.raw, salt=bytes(16))
    entries = stretch.make(
        feed, worn.end(worn.scope), [BODIES[name], after], hours=hours, signer=worn.carl.device
    )
    worn.peer.say(*(Entries(part) for part in stretch.split(entries)))
    assert not worn.peer.closed
    for node in (worn.ann, worn.ben):
        assert node.store.feeds.holds(feed, builders.head(entries))
        assert [one["size"] for one in node.ask(commands.ShowRoll())["seats"]] == [7]
    assert worn.ann.ask(commands.ShowLog())["entries"]
    worn.still_works()


def test_attack_a_record_in_another_s_name_counts_for_nothing(valley: Valley) -> None:
    """Carl states Ann's size, signed by himself: it is carried on and changes no roll."""
    forged = SizeAttestation(
        federation=valley.ann.engine._registry.federations()[0],
        attester=valley.ann.community,
        subject=valley.ann.community,
        size=10**9,
        serial=9,
    )
    drafts = builders.carried([forged.sign(valley.carl.steward)])
    valley.peer.say(*(Entries(part) for part in valley.stretches(drafts, valley.scope)))
    assert not valley.peer.closed
    assert valley.ann.ask(commands.ShowRoll())["seats"] == []
    valley.ann.ask(commands.Attest(size=5))
    assert [one["size"] for one in valley.ben.ask(commands.ShowRoll())["seats"]] == [5]


def test_attack_another_s_document_is_not_changed_by_who_is_no_writer(valley: Valley) -> None:
    """Carl copies a change of Ann's page into his own feed: it is carried on, and the page stays Ann's."""
    valley.ann.ask(commands.EditProfile(name="Ann's garden"))
    valley.ann.ask(commands.EditProfile(name="Ann's orchard"))
    page = [
        bodies.decode(one.body)
        for one in valley.ann.store.feeds.walk()
        if one.body is not None and bodies.kind_of(one.body) is Kind.CHANGES
    ]
    (whole,) = [one for one in page if one.document is not None][-1:]
    assert whole.document is not None
    valley.peer.say(
        *(Entries(part) for part in valley.stretches([(Kind.CHANGES, whole.content, whole.document)]))
    )
    assert not valley.peer.closed
    for node in (valley.ann, valley.ben):
        shown = node.ask(commands.ShowProfile(community=ids.show(valley.ann.community)))["profile"]
        assert shown is not None
        assert shown["name"] == {"und": "Ann's orchard"}
    problems = [one["problem"] for one in valley.ann.ask(commands.ShowLog())["entries"] if one["problem"]]
    assert any("writers" in problem for problem in problems)


# --- ballots -----------------------------------------------------------------------------------------
def _voting(valley: Valley) -> tuple[str, Paper]:
    """Open a question, and return it with the paper of Ann's delegate."""
    holder = keys.show(valley.ann.delegate.public)
    valley.ann.ask(commands.Attest(size=5))
    valley.ann.ask(commands.GrantMandate(holder=holder))
    question = valley.ann.ask(commands.OpenProposal(title="Well?", method="yes-no"))["proposal"]
    shown = valley.ann.ask(commands.ShowPaper(proposal=question, holder=holder))
    seat = shown["seats"][0]
    return question, Paper(
        proposal=ids.parse(shown["proposal"]),
        roll=ids.parse(shown["roll"]),
        community=ids.parse(seat["community"]),
        seat=seat["seat"],
        mandate=tuple(base64.b64decode(raw) for raw in seat["mandate"]),
        next_seq=1,
        prev=None,
    )


BALLOTS: dict[str, tuple[Callable[[Paper, Node], Record], str]] = {
    "another roll": (
        lambda paper, node: make(replace(paper, roll=bytes(32)), [1], node.delegate),
        "the ballot is for another roll",
    ),
    "a seat that is not there": (
        lambda paper, node: make(replace(paper, seat=99), [1], node.delegate),
        "no seat number 99",
    ),
    "another key": (
        lambda paper, _: make(paper, [1], builders.key("thief")),
        "not signed by the holder",
    ),
    "an answer that is not there": (
        lambda paper, node: make(paper, [6], node.delegate),
        "expected options from 1 to 5",
    ),
}


@pytest.mark.parametrize("name", BALLOTS)
def test_r1_a_ballot_that_does_not_fit_is_refused_and_a_carried_one_is_set_aside(
    valley: Valley, name: str
) -> None:
    """For another roll or seat, by another key or with another answer: the caller reads why.

    Carried by a hostile member it stands among the rejected, and the valid ballot still counts.
    """
    question, paper = _voting(valley)
    cast, says = BALLOTS[name]
    bad = cast(paper, valley.ann)
    with pytest.raises(UserError, match=says):
        valley.ann.ask(commands.CastBallots(ballots=(bad.raw,)))
    assert Ballot.read(bad).proposal == ids.parse(question)
    drafts = builders.carried([bad])
    valley.peer.say(*(Entries(part) for part in valley.stretches(drafts, valley.scope)))
    assert not valley.peer.closed
    good = make(paper, [1], valley.ann.delegate)
    valley.ann.ask(commands.CastBallots(ballots=(good.raw,)))
    for node in (valley.ann, valley.ben):
        result = node.ask(commands.ShowResult(proposal=question))
        assert result["ballots"] == [ids.show(good.id)]
        assert [says in one["reason"] for one in result["rejected"]] == [True]
        assert result["void"] == []


@pytest.mark.parametrize("raw", [b"", b"\xff", b"\x80", bytes(300_000)])
def test_bytes_that_are_no_ballot_are_answered_with_a_sentence(valley: Valley, raw: bytes) -> None:
    """Whoever hands in something else than ballots reads what was expected, and nothing is published."""
    _voting(valley)
    before = valley.ann.ask(commands.ShowNode())["entries"]
    with pytest.raises(UserError, match="not a signed ballot: its bytes"):
        valley.ann.ask(commands.CastBallots(ballots=(raw,)))
    assert valley.ann.ask(commands.ShowNode())["entries"] == before


# --- invitations -------------------------------------------------------------------------------------
def _newcomer(valley: Valley, name: str = "new") -> tuple[FoundedCommunity, Peer]:
    one = builders.community(name)
    return one, Peer(valley.network, one.device, one.id, charter=[one.founding.raw]).dial("ann")


def _request(valley: Valley, one: FoundedCommunity) -> Record:
    (federation,) = valley.ann.engine._registry.federations()
    asked = JoinRequest(federation=federation, community=one.id, name=one.id.hex()[:8], nonce=bytes(16))
    return asked.sign(one.steward)


def _answers(peer: Peer) -> list[JoinAnswer]:
    return [one for one in peer.heard_of(JoinAnswer) if isinstance(one, JoinAnswer)]


@pytest.mark.parametrize("fault", ["unknown", "expired", "used"])
def test_an_invitation_that_does_not_serve_is_answered_with_the_reason(valley: Valley, fault: str) -> None:
    """Unknown, expired or used: the newcomer reads why, nothing is published, and a good one still serves."""
    secret = invitation.parse(valley.ann.ask(commands.Invite(days=1))["link"]).secret
    if fault == "used":
        first, peer = _newcomer(valley, "first")
        peer.say(Join(secret, (_request(valley, first).raw, first.founding.raw)))
        assert [one.accepted for one in _answers(peer)] == [True]
    if fault == "expired":
        valley.network.wait(25 * 3_600_000)
    if fault == "unknown":
        secret = builders.identifier("a guess")
    before = valley.ann.ask(commands.ShowNode())["entries"]
    one, peer = _newcomer(valley)
    peer.say(Join(secret, (_request(valley, one).raw, one.founding.raw)))
    (answer,) = _answers(peer)
    assert not answer.accepted
    assert {"unknown": "not known here", "expired": "has expired", "used": "has been used"}[
        fault
    ] in answer.text
    assert not peer.closed
    assert valley.ann.ask(commands.ShowNode())["entries"] == before
    assert one.id not in valley.ann.store.charters.communities()
    good = invitation.parse(valley.ann.ask(commands.Invite())["link"]).secret
    peer.say(Join(good, (_request(valley, one).raw, one.founding.raw)))
    assert [each.accepted for each in _answers(peer)] == [False, True]


def test_attack_a_request_that_its_community_did_not_sign_uses_up_no_invitation(valley: Valley) -> None:
    """Forged, for another community, without charter or request: refused, and the invitation serves on."""
    secret = invitation.parse(valley.ann.ask(commands.Invite())["link"]).secret
    one = builders.community("new")
    other = builders.community("other")
    request = JoinRequest.read(_request(valley, one))
    for records in (
        (_request(valley, one).raw,),
        (request.sign(builders.key("thief")).raw, one.founding.raw),
        (_request(valley, other).raw, one.founding.raw),
        (one.founding.raw,),
        (b"\xff",),
        (),
    ):
        peer = Peer(valley.network, one.device, one.id).dial("ann")
        peer.say(Join(secret, records))
        assert peer.closed or not any(answer.accepted for answer in _answers(peer))
    one, peer = _newcomer(valley)
    peer.say(Join(secret, (_request(valley, one).raw, one.founding.raw)))
    assert [answer.accepted for answer in _answers(peer)] == [True]
    valley.still_works()


def test_attack_refused_requests_leave_no_charters_behind(valley: Valley) -> None:
    """Who holds one unused link and asks with forged requests in many names leaves nothing on the disk."""
    secret = invitation.parse(valley.ann.ask(commands.Invite())["link"]).secret
    before = valley.ann.store.charters.communities()
    for number in range(3):
        one, peer = _newcomer(valley, f"new {number}")
        forged = JoinRequest.read(_request(valley, one)).sign(builders.key("thief"))
        peer.say(Join(secret, (forged.raw, one.founding.raw)))
        assert peer.closed
    assert valley.ann.store.charters.communities() == before


def test_a_steward_who_joins_by_a_bad_link_reads_why(valley: Valley) -> None:
    """An expired link, one's own, one that is cut, and one of a federation one is in: a sentence each."""
    link = valley.ann.ask(commands.Invite(days=1, addresses=("ann",)))["link"]
    new = valley.network.node("new")
    mistakes: list[tuple[Node, str, type[NodeError], str]] = [
        (new, link[:-40], UserError, "whole link"),
        (new, "https://example.org", UserError, "hedgerow:join"),
        (valley.ann, link, ConflictError, "member of that federation already"),
    ]
    for node, text, error, says in mistakes:
        with pytest.raises(error, match=says):
            node.ask(commands.JoinFederation(link=text))
    new.ask(commands.JoinFederation(link=link))
    assert ids.show(new.community) in [
        one["community"] for one in valley.ben.ask(commands.ListFederations())["federations"][0]["members"]
    ]
    late = valley.network.node("late")
    valley.network.wait(25 * 3_600_000)
    with pytest.raises(UserError, match="expired"):
        late.ask(commands.JoinFederation(link=link))
