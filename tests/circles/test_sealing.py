"""What is sealed opens with the right key, in the right place, and with nothing else."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.circles import sealing
from node.circles.sealing import ContentKey, Sealed, Wraps
from node.errors import BadSignatureError, RejectedChangeError
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import FederationId
from node.runtime.boxes import BoxKey
from tests import builders, hpke, strategies

ANN, BEN = BoxKey(b"a" * 32), BoxKey(b"b" * 32)
SCOPE = scopes.members(FederationId(b"f" * 32))
KEY = ContentKey(SCOPE, b"o" * 32, b"c" * 16, 1, b"k" * 32)
FEED = FeedKey(builders.key("ann").public, SCOPE)
OTHER = FeedKey(builders.key("ben").public, SCOPE)
SMALL_ORDER = bytes(32)
draw = random.Random(1).randbytes


def sealed(raw: bytes, key: ContentKey = KEY, feed: FeedKey = FEED) -> Sealed:
    """Return a sealed record as everybody reads it."""
    found = sealing.read(key.seal(raw, feed, b"n" * 12))
    assert isinstance(found, Sealed)
    return found


def wrapped_to(key: ContentKey, to: BoxKey, *, feed: FeedKey = FEED) -> Wraps:
    """Return a key that Ann gives to a device, as everybody reads it."""
    content, reached = sealing.wrap(key, ANN, feed, {OTHER.device: to.public}, draw)
    assert reached == [OTHER.device]
    found = sealing.read(content)
    assert isinstance(found, Wraps)
    return found


@pytest.mark.parametrize("length", [0, 1, 254, 255, 256, 257, 5_000])
def test_what_is_sealed_opens_whatever_its_length(length: int) -> None:
    """Padding comes off again, also where the record itself ends in zeros."""
    for raw in (b"x" * length, bytes(length)):
        assert KEY.open(sealed(raw), FEED) == raw


def test_lengths_tell_little() -> None:
    """A short yes and a longer no are the same to who carries them."""
    assert len(sealed(b"yes").ciphertext) == len(sealed(b"no, and that is why: " * 10).ciphertext)


def test_attack_a_sealed_body_copied_into_another_feed_does_not_open() -> None:
    """Who carries it cannot say it again as its own."""
    with pytest.raises(BadSignatureError):
        KEY.open(sealed(b"ours"), OTHER)


def test_attack_a_changed_byte_does_not_open() -> None:
    """Neither in the ciphertext nor in the nonce."""
    found = sealed(b"ours")
    for changed in (
        Sealed(found.tag, found.nonce, bytes([found.ciphertext[0] ^ 1]) + found.ciphertext[1:]),
        Sealed(found.tag, b"m" * 12, found.ciphertext),
    ):
        with pytest.raises(BadSignatureError):
            KEY.open(changed, FEED)


def test_tags_of_two_devices_have_nothing_in_common() -> None:
    """Who carries both cannot see that they belong to one circle, nor that two versions are one's."""
    next_one = ContentKey(SCOPE, KEY.owner, KEY.nonce, 2, b"l" * 32)
    assert len({KEY.tag(FEED), KEY.tag(OTHER), next_one.tag(FEED), next_one.tag(OTHER)}) == 4


def test_how_many_devices_are_given_a_key_is_not_seen() -> None:
    """Keys come by the eight; what fills up is told from a real one by nobody, and opens for nobody."""
    content, reached = sealing.wrap(KEY, ANN, FEED, {OTHER.device: BEN.public}, draw)
    found = sealing.read(content)
    assert isinstance(found, Wraps)
    assert (len(reached), len(found.wraps)) == (1, 8)
    assert len({len(wrapped) for _, wrapped in found.wraps}) == 1
    assert len({hint for hint, _ in found.wraps}) == 8


def test_attack_two_devices_that_list_one_box_have_different_hints() -> None:
    """Charters do not prove whose a box is: who lists another's keeps no key from it."""
    carl = builders.key("carl").public
    content, _ = sealing.wrap(KEY, ANN, FEED, {OTHER.device: BEN.public, carl: BEN.public}, draw)
    found = sealing.read(content)
    assert isinstance(found, Wraps)
    assert len({hint for hint, _ in found.wraps}) == len(found.wraps)
    for device in (OTHER.device, carl):
        assert sealing.unwrap(found, FEED, ANN.public, BEN, device) == KEY


def test_attack_one_key_for_two_circles_makes_no_tag_twice() -> None:
    """Else what is said in one would be looked for in the other, and found by nobody."""
    other = ContentKey(SCOPE, b"p" * 32, KEY.nonce, KEY.number, KEY.key)
    assert other.tag(FEED) != KEY.tag(FEED)
    with pytest.raises(BadSignatureError):
        other.open(sealed(b"ours"), FEED)


def test_a_wrapped_key_reaches_its_device_and_no_other() -> None:
    """Not another device's box, not another place, not as another device."""
    wraps = wrapped_to(KEY, BEN)
    assert sealing.unwrap(wraps, FEED, ANN.public, BEN, OTHER.device) == KEY
    assert sealing.unwrap(wraps, FEED, ANN.public, BoxKey(b"x" * 32), OTHER.device) is None
    assert sealing.unwrap(wraps, FEED, ANN.public, BEN, FEED.device) is None
    assert sealing.unwrap(wraps, OTHER, ANN.public, BEN, OTHER.device) is None
    assert sealing.unwrap(wraps, FEED, BEN.public, BEN, OTHER.device) is None


def test_attack_a_box_of_small_order_gets_no_key_and_stops_nobody() -> None:
    """With it anybody could work out the secret; the others are given theirs."""
    carl = builders.key("carl").public
    to = {OTHER.device: BEN.public, carl: SMALL_ORDER}
    _, reached = sealing.wrap(KEY, ANN, FEED, to, draw)
    assert reached == [OTHER.device]
    assert sealing.unwrap(wrapped_to(KEY, BEN), FEED, SMALL_ORDER, BEN, OTHER.device) is None


@pytest.mark.parametrize(
    "plain",
    [
        [b"o" * 31, b"c" * 16, 1, b"k" * 32],
        [b"o" * 32, b"c" * 15, 1, b"k" * 32],
        [b"o" * 32, b"c" * 16, 0, b"k" * 32],
        [b"o" * 32, b"c" * 16, 4_097, b"k" * 32],
        [b"o" * 32, b"c" * 16, True, b"k" * 32],
        [b"o" * 32, b"c" * 16, 1, b"k" * 16],
        "nonsense",
    ],
)
def test_attack_nonsense_wrapped_to_a_device_is_no_key(plain: canonical.Value) -> None:
    """It is as good as nothing."""
    wrapped = ANN.wrap(canonical.encode(plain), BEN.public, sealing._wrapping(FEED, OTHER.device))
    hint = sealing._hint(ANN.agree(BEN.public), b"n" * 16, OTHER.device)
    wraps = Wraps(b"n" * 16, ((hint, wrapped),))
    assert sealing.unwrap(wraps, FEED, ANN.public, BEN, OTHER.device) is None


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        [b"t" * 16],
        [b"t" * 15, b"n" * 12, b"c" * 272],
        [b"t" * 16, b"n" * 11, b"c" * 272],
        [b"t" * 16, b"n" * 12, b"c" * 273],
        [b"t" * 16, b"n" * 12, b"c" * 16],
        [b"n" * 16, []],
        [b"n" * 15, [[b"h" * 16, b"w" * 100]]],
        [b"n" * 16, [[b"h" * 16, b"w" * 48]]],
        [b"n" * 16, [[b"h" * 16, b"w" * 500]]],
        [b"n" * 16, [[b"h" * 16, b"w" * 100]] * 257],
        [b"n" * 16, [b"h" * 16]],
    ],
)
def test_what_has_neither_shape_is_refused_by_everybody(content: canonical.Value) -> None:
    """Members that cannot read it judge it alike."""
    with pytest.raises(RejectedChangeError):
        sealing.read(content)


@given(strategies.values)
def test_attack_anything_at_all_as_a_sealed_body(content: canonical.Value) -> None:
    """It has one of the two shapes, and then opens or not; or it is refused."""
    try:
        found = sealing.read(content)
    except RejectedChangeError:
        return
    if isinstance(found, Wraps):
        assert sealing.unwrap(found, FEED, ANN.public, BEN, OTHER.device) is None
    else:
        with pytest.raises(BadSignatureError):
            KEY.open(found, FEED)


@given(
    nonce=st.binary(min_size=16, max_size=16),
    wraps=st.lists(
        st.tuples(st.booleans(), st.binary(min_size=sealing._WRAPPED_BYTES, max_size=sealing._WRAPPED_BYTES)),
        min_size=1,
        max_size=5,
    ),
)
def test_attack_a_right_hint_before_anything_at_all(nonce: bytes, wraps: list[tuple[bool, bytes]]) -> None:
    """Whoever shares a secret with a device can make it try; it learns nothing from nonsense."""
    hint = sealing._hint(ANN.agree(BEN.public), nonce, OTHER.device)
    content: canonical.Value = [nonce, [[hint if right else bytes(16), raw] for right, raw in wraps]]
    found = sealing.read(content)
    assert isinstance(found, Wraps)
    assert sealing.unwrap(found, FEED, ANN.public, BEN, OTHER.device) is None


def test_the_library_and_the_rfc_as_we_read_it_open_each_others() -> None:
    """RFC 9180 written a second time, over many lengths."""
    for length in (0, 1, 100, 1_000):
        plain, info = bytes(range(256)) * 4, b"info %d" % length
        assert hpke.unwrap(ANN.wrap(plain[:length], BEN.public, info), info, b"b" * 32) == plain[:length]
        assert BEN.unwrap(hpke.wrap(plain[:length], BEN.public, info, b"e" * 32), info) == plain[:length]
    with pytest.raises(BadSignatureError):
        BEN.unwrap(hpke.wrap(b"x", BEN.public, b"info", b"e" * 32), b"another")
