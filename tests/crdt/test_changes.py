import json
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.crdt import changes, leb128
from node.crdt.operation_table import CHANGE_PREDECESSORS_MAX
from node.crdt.operations import Action, Actor, Operation, OperationId
from node.errors import RejectedChangeError
from node.limits import (
    CHANGE_ACTORS_MAX,
    CHANGE_BYTES_MAX,
    CHANGE_DEPENDENCIES_MAX,
    CHANGE_MESSAGE_BYTES_MAX,
    CHANGE_OPERATIONS_MAX,
    CHANGE_OPERATIONS_PER_KEY_MAX,
)
from tests.crdt.change_vectors import BROKEN, VALID, broken_cases, valid_cases
from tests.crdt.histories import actor, automerge_changes, flipped, mutated, put, resealed

OPERATION = put().operations[0]


@pytest.mark.parametrize("seed", range(12))
def test_what_automerge_writes_is_read_and_written_byte_for_byte(seed: int) -> None:
    """Random maps, lists, texts, deletions and conflicts of automerge itself pass the rule of admission."""
    made = automerge_changes(seed, 30)
    assert made
    for change in made:
        raw = bytes(change.raw_bytes)
        found = changes.decode(raw)
        assert changes.encode(found) == raw
        assert changes.change_hash(raw) == bytes(change.hash)
        assert (found.actor, found.seq) == (bytes(change.actor_id), change.seq)
        assert (found.start, found.last_counter) == (change.start_op, change.max_op)
        assert set(found.dependencies) == {bytes(it) for it in change.deps}
        assert changes.dependencies_of(raw) == found.dependencies


SOME_CHANGES = [bytes(it.raw_bytes) for it in automerge_changes(7, 30)]


@given(st.integers(0, 2**64), st.sampled_from(SOME_CHANGES), st.integers(1, 4))
def test_a_mutated_change_is_read_as_written_or_rejected(seed: int, raw: bytes, times: int) -> None:
    """Faults under a fitting checksum end in a rejection or in another canonical change, never otherwise."""
    dice = random.Random(seed)
    broken = mutated(dice, raw)
    for _ in range(times):
        broken = resealed(flipped(dice, broken))
    try:
        change = changes.decode(broken)
    except RejectedChangeError:
        return
    assert changes.encode(change) == broken


@given(st.binary(max_size=200))
def test_arbitrary_bytes_behind_a_valid_head_are_rejected_or_canonical(body: bytes) -> None:
    """No body makes the reader raise anything but a rejection."""
    raw = resealed(changes.MAGIC + bytes(4) + b"\x01" + leb128.unsigned(len(body)) + body)
    try:
        change = changes.decode(raw)
    except RejectedChangeError:
        return
    assert changes.encode(change) == raw


def many(count: int, *, keys: int, together: bool = False) -> tuple[Operation, ...]:
    """Return many operations spread over some keys; those of one key together take fewest bytes."""
    return tuple(
        OPERATION._replace(
            id=OperationId(1 + place, actor(1)),
            key=f"key {place * keys // count if together else place % keys}",
            value=None,
        )
        for place in range(count)
    )


LISTED = tuple(OperationId(1 + place, actor(2)) for place in range(CHANGE_PREDECESSORS_MAX + 1))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put(value="x" * CHANGE_BYTES_MAX), "bytes"),
        (put(after=tuple(bytes([it]) * 32 for it in range(CHANGE_DEPENDENCIES_MAX + 1))), "dependencies"),
        (put()._replace(message="x" * (CHANGE_MESSAGE_BYTES_MAX + 1)), "message"),
        (put(operations=many(CHANGE_OPERATIONS_MAX + 1, keys=CHANGE_OPERATIONS_MAX)), "rows"),
        (put(operations=many(CHANGE_OPERATIONS_PER_KEY_MAX + 1, keys=1)), "on one key"),
        (put(operations=(OPERATION._replace(predecessors=LISTED),)), "predecessors"),
        (
            put(
                operations=(
                    OPERATION._replace(predecessors=tuple(OperationId(1, actor(2 + it)) for it in range(64))),
                )
            ),
            f"to {CHANGE_ACTORS_MAX - 1}, found 64",
        ),
        (put()._replace(actor=Actor(b"short")), "actor of 32 bytes"),
        (put(seq=0), "sequence number"),
        (put(seq=2**32), "sequence number"),
        (put(start=0), "first counter"),
        (put(start=2**32), "first counter"),
        (put()._replace(time_s=-1), "time"),
        (put()._replace(time_s=2**53), "time"),
        (put(key=""), "not empty"),
        (
            put()._replace(dependencies=(changes.ChangeHash(b"b" * 32), changes.ChangeHash(b"a" * 32))),
            "ascending",
        ),
        (put(operations=(OPERATION._replace(predecessors=LISTED[1::-1]),)), "ascending"),
        (put(operations=(OPERATION._replace(action=Action.DELETE),)), "no value"),
    ],
)
def test_every_bound_of_a_change_is_kept(change: changes.Change, reason: str) -> None:
    """A change that is well spelled and passes a bound is rejected with that bound as the reason."""
    with pytest.raises(RejectedChangeError, match=reason):
        changes.decode(changes.encode(change))


def test_attack_thousands_of_operations_in_a_few_hundred_bytes() -> None:
    """Runs of equal operations are refused before they cost anything: 192 such changes took 7 s, 237 MiB."""
    bomb = changes.encode(put(operations=many(63 * 63, keys=63, together=True)))
    assert len(bomb) < 1_000
    with pytest.raises(RejectedChangeError, match="in so few bytes, found 3969"):
        changes.decode(bomb)


@pytest.mark.parametrize("number", [changes.TIME_S_MAX, 0])
def test_the_last_values_within_bounds_pass(number: int) -> None:
    """Bounds include their last value."""
    edge = put(operations=many(CHANGE_OPERATIONS_PER_KEY_MAX, keys=1))._replace(time_s=number)
    full = put(operations=many(CHANGE_OPERATIONS_MAX, keys=CHANGE_OPERATIONS_MAX))
    assert changes.decode(changes.encode(edge)) == edge
    assert len(changes.decode(changes.encode(full)).operations) == CHANGE_OPERATIONS_MAX


def test_the_vectors_say_what_this_code_does() -> None:
    """The files for other implementations are those that `python -m tests.crdt.change_vectors` writes."""
    assert json.loads(Path(VALID).read_text(encoding="utf-8")) == valid_cases()
    assert json.loads(Path(BROKEN).read_text(encoding="utf-8")) == broken_cases()


@pytest.mark.parametrize("case", broken_cases()["cases"], ids=lambda case: case["name"])
def test_broken_vectors_are_rejected_for_their_reason(case: dict[str, str]) -> None:
    """Each broken vector is rejected, and the reason is the one that it names."""
    with pytest.raises(RejectedChangeError) as caught:
        changes.decode(bytes.fromhex(case["raw"]))
    assert case["reason"] == str(caught.value)
