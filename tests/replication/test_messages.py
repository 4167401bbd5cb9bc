"""Messages: what is written reads back, and any other bytes are a peer's mistake."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from node import canonical, errors
from node.errors import LimitExceededError, PeerError
from node.limits import MESSAGE_BYTES_MAX
from node.replication import messages
from node.replication.messages import Farewell, JoinAnswer, Message
from tests import strategies
from tests.replication.message_strategies import session_messages

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "messages.json").read_text())


@given(session_messages)
def test_every_message_reads_back(message: Message) -> None:
    """A message of any kind is read back equal, and written again with the same bytes."""
    raw = messages.encode(message)
    assert messages.decode(raw) == message
    assert messages.encode(messages.decode(raw)) == raw


@given(st.binary(max_size=80))
@example(b"")
def test_any_bytes_raise_a_peer_error(raw: bytes) -> None:
    """Bytes that are no message are refused as a peer's mistake."""
    with pytest.raises(PeerError):
        messages.decode(raw)


@given(strategies.values | st.lists(strategies.values, min_size=1, max_size=4))
def test_any_canonical_value_is_a_message_or_a_peer_error(value: Any) -> None:
    """A value of any shape is read as written, or refused as a peer's mistake."""
    raw = canonical.encode(value)
    try:
        message = messages.decode(raw)
    except PeerError:
        return
    assert messages.encode(message) == raw


@given(session_messages, st.integers(0, 9), strategies.values)
def test_a_field_of_any_value_is_read_as_written_or_refused(message: Message, place: int, value: Any) -> None:
    """One field replaced by anything: what is read is written again with the same bytes, or it is refused."""
    fields = canonical.decode(messages.encode(message))
    fields[place % len(fields)] = value
    raw = canonical.encode(fields)
    try:
        read = messages.decode(raw)
    except PeerError:
        return
    assert messages.encode(read) == raw


@given(session_messages, st.booleans())
def test_attack_a_truth_value_in_the_place_of_a_number(message: Message, truth: bool) -> None:  # noqa: FBT001 - drawn
    """`true` for message 1, or for a place or a length inside, is no second spelling of it."""

    def swapped(value: Any) -> Any:
        if type(value) is int and value == int(truth):
            return truth
        return [swapped(item) for item in value] if isinstance(value, list) else value

    fields = canonical.decode(messages.encode(message))
    changed = swapped(fields)
    if canonical.encode(changed) != canonical.encode(fields):
        with pytest.raises(PeerError):
            messages.decode(canonical.encode(changed))


@pytest.mark.parametrize("case", VECTORS["valid"], ids=lambda case: case["name"])
def test_the_valid_vectors_are_read(case: dict[str, Any]) -> None:
    """Each message of the vectors is read as the file names it, and written again with the same bytes."""
    raw = bytes.fromhex(case["raw"])
    message = messages.decode(raw)
    assert type(message).__name__ == case["name"]
    assert canonical.decode(raw)[0] == case["number"]
    assert messages.encode(message) == raw


@pytest.mark.parametrize("case", VECTORS["broken"], ids=lambda case: case["name"])
def test_the_broken_vectors_are_refused(case: dict[str, str]) -> None:
    """Each broken message is refused with the error the file names."""
    with pytest.raises(getattr(errors, case["error"])):
        messages.decode(bytes.fromhex(case["raw"]))


def test_a_message_beyond_the_limit_is_refused_unread() -> None:
    """Length comes first."""
    with pytest.raises(LimitExceededError):
        messages.decode(bytes(MESSAGE_BYTES_MAX + 1))


def test_what_is_told_to_people_is_cut_to_what_the_other_side_reads() -> None:
    """A reason of any length is sent as its beginning, so that telling it never breaks the protocol."""
    long = "ü" * 1_000
    assert messages.decode(messages.encode(Farewell(long))) == Farewell("ü" * 300)
    assert messages.decode(messages.encode(JoinAnswer(accepted=False, text=long))) == JoinAnswer(
        accepted=False, text="ü" * 300
    )
