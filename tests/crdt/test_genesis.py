from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node import canonical
from node.crdt import genesis, runs
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.errors import RejectedChangeError
from node.ids import CommunityId, DocumentId, FederationId, show

IDS = st.binary(min_size=32, max_size=32)
WRITERS = st.one_of(
    IDS.map(FederationId).map(MembersOf),
    st.sets(IDS.map(CommunityId), min_size=1, max_size=4).map(lambda ids: Communities(tuple(sorted(ids)))),
)
GENESES = st.builds(
    Genesis,
    type=st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True),
    owner=IDS.map(CommunityId),
    writers=WRITERS,
    scope=st.one_of(st.sampled_from(["public", "local"]), IDS.map(lambda it: f"members:{show(it)}")),
    nonce=st.binary(min_size=16, max_size=16),
)
A, B = CommunityId(b"a" * 32), CommunityId(b"b" * 32)
PROFILE = Genesis(type="profile", owner=A, writers=Communities((A, B)), scope="public", nonce=bytes(16))


@given(GENESES, GENESES)
def test_a_genesis_reads_back_and_its_id_tells_it_from_others(first: Genesis, second: Genesis) -> None:
    """Writing and reading are inverse, and two documents share an id only when their geneses are equal."""
    written = genesis.encode(first)
    assert genesis.decode(written) == first
    assert (genesis.document_id(written) == genesis.document_id(genesis.encode(second))) == (first == second)


@given(st.binary(max_size=80))
def test_arbitrary_bytes_are_no_genesis(data: bytes) -> None:
    """No bytes make the reader raise anything but a rejection."""
    with pytest.raises(RejectedChangeError):
        genesis.decode(data)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"type": "Profile"}, "type"),
        ({"type": 7}, "type"),
        ({"owner": b"short"}, "owner"),
        ({"owner": None}, "owner"),
        ({"scope": "everybody"}, "scope"),
        ({"scope": 1}, "scope"),
        ({"nonce": bytes(15)}, "nonce"),
        ({"nonce": "0123456789abcdef"}, "nonce"),
        ({"writers": "all"}, "writers"),
        ({"writers": {"communities": []}}, "writers"),
        ({"writers": {"communities": [B, A]}}, "ascending"),
        ({"writers": {"communities": [A, A]}}, "ascending"),
        ({"writers": {"communities": [A, 3]}}, "32 bytes"),
        ({"writers": {"communities": [it.to_bytes(32, "big") for it in range(1001)]}}, "1 to 1000"),
        ({"writers": {"members": b""}}, "federation"),
        ({"writers": {"members": A, "communities": [A]}}, "writers"),
        ({"colour": "green"}, "fields"),
    ],
)
def test_a_genesis_with_a_wrong_field_is_rejected(changed: dict[str, Any], reason: str) -> None:
    """Each field has one shape; anything else, a further field too, is rejected with that field named."""
    fields = {**canonical.decode(genesis.encode(PROFILE)), **changed}
    with pytest.raises(RejectedChangeError, match=reason):
        genesis.decode(canonical.encode(fields))


def test_what_would_be_rejected_is_not_written() -> None:
    """Our own mistake shows before anything is signed."""
    with pytest.raises(RejectedChangeError, match="ascending"):
        genesis.encode(replace(PROFILE, writers=Communities((B, A))))


def test_every_part_of_a_run_makes_another_actor() -> None:
    """Key, document, epoch and nonce each tell runs apart, and equal parts give the same actor."""
    document = DocumentId(b"d" * 32)
    first = runs.actor(device_key=b"k" * 32, document=document, epoch=0, nonce=bytes(16))
    others = {
        runs.actor(device_key=b"l" * 32, document=document, epoch=0, nonce=bytes(16)),
        runs.actor(device_key=b"k" * 32, document=DocumentId(b"e" * 32), epoch=0, nonce=bytes(16)),
        runs.actor(device_key=b"k" * 32, document=document, epoch=1, nonce=bytes(16)),
        runs.actor(device_key=b"k" * 32, document=document, epoch=0, nonce=bytes([1] * 16)),
    }
    assert first == runs.actor(device_key=b"k" * 32, document=document, epoch=0, nonce=bytes(16))
    assert len(others - {first}) == 4


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=32, max_size=32), st.integers(0, 40))
def test_a_genesis_like_an_earlier_one_is_read_from_its_own_bytes(
    nonce: bytes, owner: bytes, cut: int
) -> None:
    """What is remembered of one genesis says nothing wrong of another that differs in the nonce alone."""
    for chosen in (nonce, bytes(16), b"nonce\x50" + nonce[6:]):
        founding = replace(PROFILE, nonce=chosen, owner=CommunityId(owner))
        raw = genesis.encode(founding)
        assert genesis.decode(raw) == founding
        assert genesis.encode(genesis.decode(raw)) == raw
        with pytest.raises(RejectedChangeError):
            genesis.decode(raw[:cut])
        with pytest.raises(RejectedChangeError):
            genesis.decode(raw.replace(b"\x65nonce\x50", b"\x65nonce\x4f"))
