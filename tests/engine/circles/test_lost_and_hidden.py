"""What makes a circle vanish, stand still or say different things to those who hold the same entries."""

import pytest

from node import ids, keys
from node.circles.sealing import ContentKey
from node.circles.statements import CircleGiven
from node.engine import commands
from node.engine.circles import circles
from node.engine.circles.ring import CIRCLES_PER_OWNER_MAX
from node.engine.circles.unread import ENTRY_COST, Due
from node.engine.commands.effects import NewEffect
from node.engine.drafts import Draft
from node.engine.inputs import Disconnected
from node.engine.ports import RecordRow
from node.errors import ConflictError, NotFoundError
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey
from node.ids import CommunityId
from tests.engine.circles.test_circle_attacks import (
    changed,
    given,
    key_of,
    note,
    publish,
    scope_of,
    sealed,
    version,
)
from tests.engine.circles.test_circles import apart, further, meet, opened, read, say, shown
from tests.engine.deciding import test_closing
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, vote
from tests.engine.deciding.test_effects import AT_ONCE, asking, members, named
from tests.engine.deciding.test_reviews import decided
from tests.engine.harness import Network, Node


def own_key(by: Node, secret: bytes, *, nonce: bytes = bytes(16)) -> ContentKey:
    """Return a content key of a circle that belongs to a node's community."""
    return ContentKey(scope_of(by), by.community, nonce, 1, secret)


def junk(tag: bytes) -> Draft:
    """Return a sealed body that nobody can open, with a tag that somebody saw."""
    return Draft(Kind.SEALED, [tag, bytes(12), bytes(272)])


def cut_off(node: Node) -> None:
    """End all links of a node, on both sides."""
    for link in [*node.engine._links.open_links()]:
        node.network.cut(link.number)
        node.handle(Disconnected(link.number))
    node.network.settle()


def with_dora(monkeypatch: pytest.MonkeyPatch) -> list[Node]:
    """Return the three founders of a federation, and Dora, whom a decision admitted."""
    monkeypatch.setattr(test_closing, "Network", lambda: Network(boxed=True))
    nodes = federated(["ann", "bob", "carl"], closing=AT_ONCE, house=12)
    dora = asking(nodes, "dora")
    decided(nodes, effect=NewEffect(act="admit", community=named(dora)))
    pass_time(nodes[0], 1_000)
    return [*nodes, dora]


def count_looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count from now on how many entries are read again for a key that came late."""
    times, looking = [0], circles.Circles._look

    def counted(self: circles.Circles, entry: Entry, due: Due) -> None:
        times[0] += 1
        assert times[0] < 10_000
        looking(self, entry, due)

    monkeypatch.setattr(circles.Circles, "_look", counted)
    return times


def test_attack_long_entries_that_are_read_again_stop_nobody_for_long() -> None:
    """What is read at once is bounded in bytes, not in entries alone; all is read, each entry once."""
    ann, _, carl = apart()
    opened(ann, carl)
    for number in range(9):
        say(ann, f"{number}" * 4_000)
    unread, feed, most = carl.engine._circles.unread, FeedKey(ann.device.public, scope_of(ann)), 20_000
    unread.read_for_keys([feed])
    seen: list[int] = []
    while unread:
        found: list[Entry] = []
        unread.read(lambda entry, _, found=found: found.append(entry), most)  # type: ignore[misc]
        *before, _last = [ENTRY_COST + one.body_bytes for one in found]
        assert sum(before) < most
        seen += [one.seq for one in found]
    (head,) = carl.store.feeds.heads_of(feed)
    assert seen == [*range(1, head.seq + 1)]


def test_attack_three_entries_that_make_others_read_a_feed_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's tag in one's own feed, a version that names its device, and the key, to a third."""
    ann, bob, carl = apart()
    looked = count_looks(monkeypatch)
    key = own_key(bob, bytes(32))
    anns = FeedKey(ann.device.public, scope_of(ann))
    publish(bob, [junk(key.tag(anns)), sealed(bob, version(bob, [ann]), key), given(bob, key, carl)])
    assert carl.engine._circles.ring.circles() == [key.circle]
    assert 0 < looked[0] < 10


def test_attack_many_keys_at_once_make_others_read_a_feed_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """One stretch gives 48 keys for what stands at the head of a long feed: it is read once for them all."""
    _, bob, carl = apart()
    feed = FeedKey(bob.device.public, scope_of(bob))
    secrets = [own_key(bob, bytes([number] * 32)) for number in range(48)]
    publish(bob, [junk(key.tag(feed)) for key in secrets])
    for number in range(6):
        publish(bob, [junk(bytes([number, more] * 8)) for more in range(50)])
    looked, length = count_looks(monkeypatch), carl.engine._ingest.end(feed)
    assert length is not None
    publish(bob, [given(bob, key, carl) for key in secrets])
    assert len(carl.engine._circles.ring._keys) == 48
    assert 300 < looked[0] <= length.seq + 96


def test_attack_a_party_makes_versions_of_its_own_and_tells_of_devices_without_end() -> None:
    """Neither is kept by anybody: only the owner makes versions, and only it tells of others' devices."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    (standing,) = bob.engine._circles.all()
    key = key_of(bob)
    before = [row.id for row in _rows(carl)]
    for number in range(4):
        nobody = (bytes([number, more] * 16) for more in range(2, 62))
        parties = tuple(sorted({standing.now.owner, *nobody}))
        devices = tuple(sorted(bytes([number, more % 256, more // 256] + [7] * 29) for more in range(1_024)))
        forged = changed(standing.now, bob, parties=parties)
        said = CircleGiven(circle=key.circle, key=key.commitment, devices=devices)
        publish(bob, [sealed(bob, forged, key), sealed(bob, said, key)])
    assert [row.id for row in _rows(carl)] == before
    assert len(carl.engine._circles.ring._of) == 3


def test_attack_tags_seen_elsewhere_put_before_what_a_later_device_shall_read() -> None:
    """A carrier's device begins its feed with all tags it saw; who is given the key later finds all."""
    ann, bob, carl = apart()
    opened(ann, carl)
    for by, text in ((ann, "one"), (carl, "two")):
        say(by, text)
    seen = {
        bytes(content[0])
        for entry in bob.store.feeds.walk()
        if (body := bodies.decode(entry.body or b"")).kind is Kind.SEALED
        and isinstance(content := body.content, list)
        and len(content) == 3
        and isinstance(content[0], bytes)
    }
    assert len(seen) == 2
    liar = further(bob, "bob2")
    meet(liar, bob)
    publish(liar, [junk(tag) for tag in sorted(seen)])
    second = further(carl, "carl2")
    meet(second, carl, bob)
    assert read(second) == ["two", "one"]
    second.restart()
    assert read(second) == ["two", "one"]


def test_attack_a_party_uses_the_circles_key_for_one_of_its_own() -> None:
    """Both go on, each for itself, before and after a rebuild."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    theirs = version(bob, [ann, carl])
    key = own_key(bob, key_of(bob).key)
    theirs = theirs.model_copy(update={"key": key.commitment})
    publish(bob, [given(bob, key, ann, carl), sealed(bob, theirs, key)])
    say(ann, "by Ann")
    say(carl, "by Carl")
    for node in (ann, bob, carl):
        assert read(node) == ["by Carl", "by Ann"]
    carl.ask(commands.Rebuild())
    assert read(carl) == ["by Carl", "by Ann"]
    assert read(carl, "Theirs") == []


def test_attack_keys_given_in_anothers_name_crowd_out_its_circles() -> None:
    """Whoever names itself the owner names another circle; the 256 lowest are its own."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    say(ann, "one")
    drafts = [
        given(bob, own_key(bob, bytes(32), nonce=number.to_bytes(16, "big")), carl)
        for number in range(CIRCLES_PER_OWNER_MAX + 10)
    ]
    publish(bob, [given(bob, own_key(bob, bytes(32), nonce=key_of(ann).nonce), carl), *drafts])
    assert read(carl) == ["one"]
    say(carl, "two")
    assert read(ann) == ["two", "one"]
    carl.restart()
    assert read(carl) == ["two", "one"]


def test_attack_a_removed_party_speaks_through_a_device_that_came_later() -> None:
    """No version names an end for it, whatever changes afterwards."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    say(bob, "While a party.")
    old = key_of(bob)
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    later = further(bob, "bob2")
    meet(later, bob)
    said = note(bob, old, "Long after.")
    publish(later, [sealed(later, said, old)])
    assert read(ann) == read(carl) == ["While a party."]
    ann.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    ann.network.wait(1_000)
    assert read(ann, "Roofs") == read(carl, "Roofs") == ["While a party."]


def test_attack_a_sealed_body_that_names_a_document() -> None:
    """An epoch of that document would take it away from some: it counts for nobody."""
    ann, _, carl = apart()
    opened(ann, carl)
    draft = sealed(ann, note(ann, key_of(ann)), key_of(ann))
    publish(ann, [Draft(draft.kind, draft.content, document=b"D" * 32)])  # type: ignore[arg-type]
    second = further(carl, "carl2")  # It gets the key later, and reads what came before.
    meet(second, carl, ann)
    for node in (ann, carl, second):
        assert read(node) == []
        assert [one.reason for one in node.store.documents.verdicts()] == [
            "expected what is sealed to name no document"
        ]


def test_attack_a_party_makes_the_owner_change_the_key_without_end() -> None:
    """That a retired device has the key is answered four times a day, however often it is said."""
    ann, bob, carl = apart()
    lost = further(bob, "bob2")
    meet(lost, bob)
    bob.ask(commands.RetireDevice(device=_shown_key(lost)))
    opened(ann, bob, carl)
    for _ in range(8):
        key = key_of(bob)
        said = CircleGiven(circle=key.circle, key=key.commitment, devices=(lost.device.public,))
        publish(bob, [sealed(bob, said, key)])
    assert shown(ann)["version"] == 5


def test_two_devices_of_the_owner_that_change_a_circle_apart_lose_nothing() -> None:
    """Who was removed by one of them stays out, and what was said with either key is read by who has it."""
    ann, bob, carl = apart()
    second = further(ann, "ann2")
    meet(second, ann, bob)
    opened(ann, bob, carl)
    say(carl, "All three.")
    second.network.wait(1_000)
    cut_off(second)
    ann.ask(commands.ChangeCircle(circle="Roof", remove=(ids.show(bob.community),)))
    ann.ask(commands.SayInCircle(circle="Roof", text="Without Bob."))
    second.ask(commands.ChangeCircle(circle="Roof", name="Roofs"))
    for _ in range(8):
        ann.network.wait(70_000)
    told = [shown(node, ids.show(key_of(ann, _name(ann)).circle)) for node in (ann, second, carl)]
    assert {one["version"] for one in told} == {3}
    assert {len(one["parties"]) for one in told} == {2}
    assert "Without Bob." in read(carl, _name(carl))
    assert read(ann, _name(ann)) == read(second, _name(second)) == read(carl, _name(carl))
    assert shown(bob, _name(bob))["over"]


def test_a_device_that_does_not_yet_see_a_member_leaves_it_in_the_circle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only what a party says, or a decision, makes the owner's node go on without it."""
    ann, bob, carl = apart()
    opened(ann, bob, carl)
    seen = ann.engine._registry.is_member

    def so_far(federation: bytes, community: CommunityId) -> bool:
        return community != carl.community and seen(federation, community)

    monkeypatch.setattr(ann.engine._registry, "is_member", so_far)
    ann.engine._circles.changed.update(ann.engine._circles.ring.circles())
    for _ in range(3):
        ann.network.wait(1_000)
    assert shown(ann)["version"] == 1


def test_a_removed_member_speaks_no_more_in_circles_and_the_owner_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What it said behind the end that the decision names counts for nobody, whenever it came."""
    ann, bob, carl, dora = with_dora(monkeypatch)
    nodes = [ann, bob, carl]
    dora.ask(commands.Attest(size=20))
    opened(ann, carl, dora)
    say(dora, "Hello.")
    effect = NewEffect(act="remove", community=named(dora))
    question = str(ann.ask(commands.OpenProposal(title="Out?", effect=effect))["proposal"])
    say(dora, "Behind the end.")
    assert read(carl) == ["Behind the end.", "Hello."]
    for node in nodes:
        vote(node, question)
    pass_time(ann, 25 * HOUR)
    assert len(members(ann)) == 3
    for _ in range(3):
        ann.network.wait(1_000)
    assert (shown(ann)["version"], len(shown(ann)["parties"])) == (2, 2)
    assert read(ann) == read(carl) == ["Hello."]
    carl.ask(commands.Rebuild())
    assert read(carl) == ["Hello."]


def test_the_whole_id_of_a_circle_is_never_taken_for_a_name() -> None:
    """And who says something is asked which circle is meant, where two are called alike."""
    ann, bob, carl = apart()
    circle = opened(ann, carl)["id"]
    bob.ask(commands.OpenCircle(name=circle, parties=(ids.show(carl.community),)))
    opened(bob, carl)
    assert shown(carl, circle)["owner"] == ids.show(ann.community)
    with pytest.raises(ConflictError, match="2 circles are called 'Roof'"):
        carl.ask(commands.SayInCircle(circle="Roof", text="To whom?"))
    say(carl, "To Ann.", circle)
    assert read(ann) == ["To Ann."]


def test_circles_of_a_blocked_community_are_not_shown() -> None:
    """They come back when it is unblocked."""
    ann, _, carl = apart()
    opened(ann, carl)
    carl.ask(commands.BlockCommunity(community=ids.show(ann.community)))
    with pytest.raises(NotFoundError):
        read(carl)
    carl.ask(commands.UnblockCommunity(community=ids.show(ann.community)))
    assert read(carl) == []


def _name(node: Node) -> str:
    (one,) = node.ask(commands.ListCircles())["circles"]
    return str(one["name"])


def _shown_key(node: Node) -> str:
    return keys.show(node.device.public)


def _rows(node: Node) -> list[RecordRow]:
    """Return what a node holds of versions and of who was given keys of the only circle."""
    (circle,) = node.engine._circles.ring.circles()
    about = node.store.records.about
    return [row for kind in ("circle", "circle-given") for row in about(scopes.circle(circle), kind, circle)]
