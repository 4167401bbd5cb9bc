"""Tests of node/governance/closing/merkle.py."""

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from node.governance.closing import merkle

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40, unique=True)


@given(LEAVES, st.data())
def test_a_proof_leads_from_each_leaf_to_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    """What is listed can be shown to be listed, and at its place alone."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.proof(leaves, index)
    root = merkle.root(leaves)
    assert merkle.proves(leaves[index], index, len(leaves), path, root)
    other = data.draw(st.integers(0, len(leaves) - 1))
    assert merkle.proves(leaves[index], other, len(leaves), path, root) == (other == index)


@given(LEAVES, st.binary(min_size=32, max_size=32), st.data())
def test_what_is_not_listed_has_no_proof(leaves: list[bytes], stranger: bytes, data: st.DataObject) -> None:
    """The path of a listed id does not prove another id."""
    index = data.draw(st.integers(0, len(leaves) - 1))
    proved = merkle.proves(stranger, index, len(leaves), merkle.proof(leaves, index), merkle.root(leaves))
    assert proved == (stranger == leaves[index])


def test_known_answers() -> None:
    """The hashes are those of RFC 9162, section 2.1: empty, one leaf, and a tree of three."""
    one, two, three = (bytes([n]) * 32 for n in (1, 2, 3))
    leaf = [sha256(b"\x00" + each).digest() for each in (one, two, three)]
    assert merkle.root([]) == sha256(b"").digest()
    assert merkle.root([one]) == leaf[0]
    left = sha256(b"\x01" + leaf[0] + leaf[1]).digest()
    assert merkle.root([one, two, three]) == sha256(b"\x01" + left + leaf[2]).digest()


def test_a_node_passed_off_as_a_leaf_proves_nothing() -> None:
    """The inner node of a tree of two is not a leaf of a tree of one."""
    leaves = [bytes([n]) * 32 for n in (1, 2)]
    inner = merkle.root(leaves)
    assert not merkle.proves(inner, 0, 1, (), inner)
