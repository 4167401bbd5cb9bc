"""What hostile members and hostile parties try with circles."""

import random
from collections.abc import Sequence
from typing import Any

import pytest

from node import ids
from node.canonical import Value
from node.circles import sealing
from node.circles.sealing import ContentKey
from node.circles.statements import (
    Circle,
    CircleGiven,
    CircleMoved,
    CircleNote,
    CircleUnsaid,
    LetIn,
    Made,
    circle_id,
)
from node.engine import commands
from node.engine.circles.ring import CIRCLES_PER_OWNER_MAX
from node.engine.drafts import Draft, carry
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey
from node.governance.sizes import SizeAttestation
from node.keys import KeyPair
from node.records.statement import Statement
from tests.engine.circles.test_circles import apart, further, meet, opened, read, say, shown
from tests.engine.harness import Node


def scope_of(node: Node) -> str:
    """Return the scope of the one federation."""
    (federation,) = node.engine._registry.federations()
    return scopes.members(federation)


def publish(node: Node, drafts: Sequence[Draft]) -> None:
    """Let a node publish whatever it likes among the members."""
    node.engine._author.publish(scope_of(node), drafts, node.network.now)
    for _ in range(3):
        node.network.wait(1_000)


def key_of(node: Node, name: str = "Roof") -> ContentKey:
    """Return the content key of a circle that a node is in."""
    (standing,) = [one for one in node.engine._circles.all() if one.now.name == name]
    found = node.engine._circles.ring.key_of(standing.now)
    assert found is not None
    return found


def sealed(by: Node, said: Statement, key: ContentKey) -> Draft:
    """Return a statement by a node's device, sealed."""
    feed = FeedKey(by.device.public, scope_of(by))
    return Draft(Kind.SEALED, key.seal(said.sign(by.device).raw, feed, by.random.randbytes(12)))


def given(by: Node, key: ContentKey, *to: Node) -> Draft:
    """Return what gives a key to nodes' devices."""
    feed = FeedKey(by.device.public, scope_of(by))
    boxes = {one.device.public: one.box.public for one in to}
    content, _ = sealing.wrap(key, by.box, feed, boxes, by.random.randbytes)
    return Draft(Kind.SEALED, content)


def note(by: Node, key: ContentKey, text: str = "Believe me.") -> CircleNote:
    """Return a note by a node's community."""
    return CircleNote(
        circle=key.circle, key=key.commitment, community=by.community, text=text, at=1, nonce=bytes(16)
    )


def version(owner: Node, parties: Sequence[Node], *, number: int = 1, nonce: bytes = bytes(16)) -> Circle:
    """Return a version of a circle that belongs to a node's community, with a key of zeros."""
    (federation,) = owner.engine._registry.federations()
    circle = circle_id(federation, owner.community, nonce)
    maker, lets_in = owner.device.public, sorted(one.community for one in parties)
    return Circle(
        circle=circle,
        federation=federation,
        owner=owner.community,
        nonce=nonce,
        maker=maker,
        number=number,
        seen=() if number == 1 else (Made(maker=maker, number=number - 1),),
        name="Theirs",
        key=ContentKey(scope_of(owner), owner.community, nonce, number, bytes(32)).commitment,
        lettings=(LetIn(maker=maker, number=number, parties=tuple(lets_in)),),
        ends=(),
    )


def changed(
    before: Circle, by: Node, *, number: int = 0, parties: Sequence[bytes] | None = None, **more: Any
) -> Circle:
    """Return a version as a node's device would make it after another, or in its place."""
    number, maker = number or before.number, by.device.public
    among = before.parties if parties is None else sorted(parties)
    lets_in = tuple(one for one in among if one != before.owner)
    made = {
        "maker": maker,
        "number": number,
        "seen": () if number == 1 else (Made(maker=before.maker, number=number - 1),),
        "lettings": (LetIn(maker=maker, number=number, parties=lets_in),) if lets_in else (),
    }
    return before.model_copy(update={**made, **more})


def test_attack_a_statement_of_the_federations_hidden_in_a_circle() -> None:
    """A size that only parties could read would count for them and for nobody else: it counts for nobody."""
    ann, bob, carl = apart()
    opened(ann, carl)
    before = len(carl.store.records.of_kind(scope_of(carl), SizeAttestation.kind))
    ann.ask(commands.Attest(size=20, community=ids.show(ann.community)))
    (row, *_) = carl.store.records.of_kind(scope_of(carl), SizeAttestation.kind)
    assert before == 0
    hidden = SizeAttestation.read(row.record).model_copy(update={"size": 900})
    publish(
        ann,
        [
            Draft(
                Kind.SEALED,
                key_of(ann).seal(
                    hidden.sign(ann.steward).raw, FeedKey(ann.device.public, scope_of(ann)), bytes(12)
                ),
            )
        ],
    )
    publish(ann, [sealed(ann, hidden, key_of(ann))])
    for node in (ann, bob, carl):
        assert len(node.store.records.of_kind(scope_of(node), SizeAttestation.kind)) == 1
        inside = scopes.circle(key_of(ann).circle)
        assert node.store.records.of_kind(inside, SizeAttestation.kind) == []


def test_attack_a_note_said_outside_its_circle() -> None:
    """What belongs into a circle counts for nobody in the open, for all members alike."""
    ann, bob, carl = apart()
    opened(ann, carl)
    publish(ann, [carry(note(ann, key_of(ann)).sign(ann.device))])
    for node in (ann, bob, carl):
        assert [one.reason for one in node.store.documents.verdicts()] == [
            "expected what is said in a circle to be sealed"
        ]
    assert read(ann) == read(carl) == []


def test_attack_a_party_puts_words_into_anothers_mouth() -> None:
    """Neither what another signed, carried again, nor what it signs for another's community counts."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    key = key_of(ann)
    carls = note(carl, key, "Never said here.").sign(carl.device)
    feed = FeedKey(bob.device.public, scope_of(bob))
    publish(bob, [Draft(Kind.SEALED, key.seal(carls.raw, feed, bytes(12)))])
    publish(bob, [sealed(bob, note(carl, key), key)])
    assert read(ann) == read(carl) == read(bob) == []


def test_attack_a_party_takes_back_what_another_said() -> None:
    """Neither in its own name nor in the other's."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    said = ids.parse(say(ann, "It stays."))
    key = key_of(bob)
    for community in (bob.community, ann.community):
        unsaid = CircleUnsaid(circle=key.circle, key=key.commitment, community=community, note=said)
        publish(bob, [sealed(bob, unsaid, key)])
    assert read(ann) == read(carl) == ["It stays."]


def test_attack_a_party_makes_itself_the_owner() -> None:
    """A version, or the word that it is over, counts from the owner's devices alone."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    key = key_of(ann)
    (standing,) = bob.engine._circles.all()
    for number in (1, 2):
        mine = ContentKey(key.scope, key.owner, key.nonce, number, bytes(32))
        taken = changed(standing.now, bob, number=number, name="Bob's", key=mine.commitment)
        publish(bob, [given(bob, mine, ann, bob, carl), sealed(bob, taken, mine), sealed(bob, taken, key)])
    publish(bob, [sealed(bob, CircleMoved(circle=key.circle, key=key.commitment), key)])
    for node in (ann, bob, carl):
        found = shown(node)
        assert (found["name"], found["version"], found["over"]) == ("Roof", 1, False)


def test_attack_a_party_says_to_some_what_the_others_never_hear() -> None:
    """With a key of its own making, which no version names."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    real = key_of(ann)
    own = ContentKey(real.scope, bob.community, real.nonce, 1, bytes(32))
    publish(bob, [given(bob, own, carl), sealed(bob, note(bob, own, "Ann lies."), own)])
    publish(bob, [sealed(bob, note(bob, real, "Ann lies, I say."), own)])
    assert read(carl) == []


def test_attack_a_member_reads_along_by_naming_itself_a_party() -> None:
    """A version of its own making gives it no key of the owner's, and changes nothing."""
    ann, bob, carl = apart()
    opened(ann, carl)
    stolen = ContentKey(scope_of(ann), ann.community, key_of(ann).nonce, 2, bytes(32))
    publish(bob, [given(bob, stolen, ann, carl)])
    assert stolen.commitment not in {one.key.commitment for one in ann.engine._circles.ring._keys.values()}
    say(carl, "To Ann alone.")
    assert read(ann) == ["To Ann alone."]
    assert key_of(ann).number == 1


def test_attack_circles_without_end_named_upon_one_community() -> None:
    """Of one owner the lowest so many are kept, whatever came first; another's stay untouched."""
    ann, bob, carl = apart()
    opened(ann, carl)
    say(ann, "Ours.")
    drafts: list[Draft] = []
    made: list[bytes] = []
    for number in range(CIRCLES_PER_OWNER_MAX + 20):
        theirs = version(bob, [carl], nonce=number.to_bytes(16, "big"))
        key = ContentKey(scope_of(bob), bob.community, theirs.nonce, 1, bytes(32))
        made.append(theirs.circle)
        drafts += [given(bob, key, carl), sealed(bob, theirs, key)]
    publish(bob, drafts)
    held = carl.engine._circles.ring.circles()
    assert len(held) == CIRCLES_PER_OWNER_MAX + 1
    assert set(held) == {key_of(ann).circle, *sorted(made)[:CIRCLES_PER_OWNER_MAX]}
    assert read(carl) == ["Ours."]


def test_attack_a_party_says_that_anothers_new_device_has_the_key_already() -> None:
    """Only its own community and the owner are believed: the device gets the key all the same."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    say(ann, "Before.")
    key, device = key_of(bob), KeyPair(random.Random("carl2").randbytes(32)).public
    lie = CircleGiven(circle=key.circle, key=key.commitment, devices=(device,))
    publish(bob, [sealed(bob, lie, key)])
    second = further(carl, "carl2")
    assert second.device.public == device
    meet(second, carl, bob)
    assert read(second) == ["Before."]


@pytest.mark.parametrize(
    "content", [None, [b""], [b"t" * 16, b"n" * 12, b"c" * 17], [b"n" * 16, [[b"", b""]]]]
)
def test_attack_a_sealed_body_without_shape(content: Value) -> None:
    """All members judge it alike, and the feed goes on."""
    ann, bob, carl = apart()
    opened(ann, carl)
    publish(bob, [Draft(Kind.SEALED, content)])
    for node in (ann, bob, carl):
        assert len(node.store.documents.verdicts()) == 1
    say(ann, "On we go.")
    assert read(carl) == ["On we go."]


def test_attack_a_sealed_body_in_public_opens_nothing() -> None:
    """A circle belongs to a federation: the same bytes in another scope are nobody's key."""
    ann, _, carl = apart()
    opened(ann, carl)
    key = key_of(ann)
    feed = FeedKey(ann.device.public, scopes.PUBLIC)
    raw = note(ann, key, "To the world.").sign(ann.device).raw
    ann.engine._author.publish(
        scopes.PUBLIC, [Draft(Kind.SEALED, key.seal(raw, feed, bytes(12)))], ann.network.now
    )
    ann.network.wait(1_000)
    assert read(ann) == read(carl) == []
