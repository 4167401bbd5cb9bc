"""The statements of a charter: whose keys, how many of them, and which devices agreed."""

import pytest
from hypothesis import given
from pydantic import ValidationError

from node import canonical
from node.errors import BadSignatureError, MalformedMessageError
from node.identity import charter
from node.identity.charter import Charter, Device, KeySet
from node.keys import KeyPair
from tests import builders, strategies


@given(strategies.hashes, strategies.key_pairs, strategies.hashes)
def test_a_device_consents_to_one_charter_only(anchor: bytes, device: KeyPair, box: bytes) -> None:
    """Consent holds for the charter, the device key and the box key it was given for, and no other."""
    enrolled = charter.enrol(anchor, device, box)
    charter.check_consent(anchor, enrolled)
    stranger = builders.key("a stranger").public
    others = [
        (builders.identifier("another community"), enrolled),
        (anchor, enrolled.model_copy(update={"sign": stranger})),
        (anchor, enrolled.model_copy(update={"box": builders.identifier("another box")})),
    ]
    for wrong_anchor, wrong in others:
        with pytest.raises(BadSignatureError):
            charter.check_consent(wrong_anchor, wrong)


def test_attack_a_consent_to_a_founding_is_none_to_a_later_addition() -> None:
    """What a first device signed cannot be replayed to add it to the community once more."""
    ash = builders.community("Ash")
    (first,) = ash.charter.devices
    charter.check_consent(ash.charter.anchor(), first)
    with pytest.raises(BadSignatureError):
        charter.check_consent(ash.id, first)


@pytest.mark.parametrize(
    ("keys", "threshold"),
    [
        ((), 1),
        ((b"\x01" * 32,), 0),
        ((b"\x01" * 32,), 2),
        ((b"\x02" * 32, b"\x01" * 32), 1),
        ((b"\x01" * 32, b"\x01" * 32), 1),
        ((b"\x01" * 31,), 1),
    ],
)
def test_a_key_set_has_one_spelling_and_a_threshold_it_can_reach(
    keys: tuple[bytes, ...], threshold: int
) -> None:
    """No keys, a key twice, keys out of order, of another length, or a threshold out of reach: no key set."""
    with pytest.raises(ValidationError):
        KeySet(keys=keys, threshold=threshold)


@given(strategies.key_sets(), strategies.key_sets())
def test_a_commitment_names_one_key_set(one: KeySet, other: KeySet) -> None:
    """The hash of the next keys covers each key and the threshold."""
    assert (one.commitment == other.commitment) == (one == other)


def test_a_steward_key_is_no_recovery_key() -> None:
    """Whoever steals a steward's key does not hold a recovery key with it."""
    ash = builders.community("Ash")
    fields = ash.charter.model_dump() | {"recovery": ash.charter.stewards.model_dump()}
    with pytest.raises(MalformedMessageError, match="steward and recovery"):
        Charter.decode(canonical.encode(fields))


@given(strategies.charters, strategies.devices)
def test_a_founding_s_anchor_covers_all_but_its_devices(founding: Charter, further: Device) -> None:
    """Devices consent to stewards, recovery, next keys and nonce before the charter lists them."""
    more = founding.model_copy(update={"devices": (*founding.devices, further)})
    assert more.anchor() == founding.anchor()
    assert charter.community_of(more) != charter.community_of(founding)
    for change in ({"next": bytes(32)}, {"nonce": bytes(16)}, {"stewards": founding.recovery}):
        other = founding.model_copy(update=change)
        if other != founding:
            assert other.anchor() != founding.anchor()
