"""Statements: one spelling each, nothing coerced, nothing left out, nothing added."""

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from node import canonical
from node.circles.statements import FORMS, Said
from node.errors import MalformedMessageError, PeerError
from node.governance.sizes import SizeAttestation
from node.records import record
from node.records.approvals import Approval
from node.records.statement import Statement
from tests import body_strategies, builders, strategies


@given(body_strategies.statements)
def test_every_statement_reads_back(one: Statement) -> None:
    """A statement of any kind is read back equal, with the same bytes and the same id."""
    again = type(one).decode(one.encode())
    assert again == one
    assert again.encode() == one.encode()
    assert again.payload_id == one.payload_id == record.payload_id(one.kind, one.encode())


@given(body_strategies.statements, strategies.key_pairs)
def test_a_signed_statement_is_read_as_its_own_kind_only(one: Statement, signer: Any) -> None:
    """A signed statement is read as what it is, and as no other kind."""
    signed = one.sign(signer)
    assert type(one).read(signed) == one
    assert type(one).among([signed]) == [one]
    other = SizeAttestation if isinstance(one, Approval) else Approval
    assert other.among([signed]) == []
    with pytest.raises(MalformedMessageError):
        other.read(signed)


def broken_with(one: Statement, change: str, value: Any, place: int) -> Any:
    """Return the fields of a statement with one of them changed in some way."""
    fields = canonical.decode(one.encode())
    name = sorted(fields)[place % len(fields)]
    fields["zzz" if change == "add" else name] = value
    if change == "leave out":
        del fields[name]
    return fields


@given(body_strategies.statements, st.integers(0, 99), strategies.values)
def test_attack_a_statement_with_a_field_left_out_or_added(one: Statement, place: int, value: Any) -> None:
    """Every field is written out and none is added: there is no second spelling with an id of its own."""
    for change in ("leave out", "add"):
        with pytest.raises(MalformedMessageError):
            type(one).decode(canonical.encode(broken_with(one, change, value, place)))


@given(body_strategies.statements, st.integers(0, 99), strategies.values)
def test_a_field_of_any_value_is_read_as_written_or_refused(one: Statement, place: int, value: Any) -> None:
    """Nothing is coerced: what is read is spelled again with the same bytes, or it is refused."""
    payload = canonical.encode(broken_with(one, "replace", value, place))
    try:
        read = type(one).decode(payload)
    except MalformedMessageError:
        return
    assert read.encode() == payload


@given(body_strategies.statements, st.sampled_from([True, False]))
def test_attack_a_truth_value_in_the_place_of_a_number(one: Statement, truth: Any) -> None:
    """`true` is never read as 1 nor `false` as 0, wherever a number stands."""
    fields = canonical.decode(one.encode())
    numbers = [name for name, value in fields.items() if type(value) is int]
    assume(numbers)
    for name in numbers:
        with pytest.raises(MalformedMessageError):
            type(one).decode(canonical.encode({**fields, name: truth}))


@given(strategies.values)
def test_any_canonical_payload_raises_a_peer_error_or_is_read(value: Any) -> None:
    """Payloads of any shape are read or refused as a peer's mistake; nothing else is raised."""
    kinds: list[type[Statement]] = [Approval, *Statement.__subclasses__(), *FORMS]
    kinds.remove(Said)
    for kind in kinds:
        try:
            kind.decode(canonical.encode(value))
        except PeerError:
            continue


@given(st.binary(max_size=40))
def test_any_payload_bytes_raise_a_peer_error_or_are_read(payload: bytes) -> None:
    """Payloads of any bytes are read or refused as a peer's mistake; nothing else is raised."""
    try:
        assert Approval.decode(payload).encode() == payload
    except PeerError:
        return


def test_an_unreadable_statement_among_others_stops_nobody() -> None:
    """Broken statements and other kinds are passed over, the sound ones are returned in order."""
    signer = builders.key("ann")
    sound = [Approval(of=builders.identifier(name), community=bytes(32)) for name in ("one", "two")]
    known = [
        sound[0].sign(signer),
        record.sign("approval", b"\xff", signer),
        record.sign("approval", canonical.encode({"of": b"short", "community": bytes(32)}), signer),
        record.sign("note", sound[0].encode(), signer),
        sound[1].sign(signer),
    ]
    assert Approval.among(known) == sound


def test_a_refusal_names_the_kind_and_the_field() -> None:
    """Whoever wrote a broken statement learns which field of which kind was expected otherwise."""
    with pytest.raises(MalformedMessageError, match="approval: of"):
        Approval.decode(canonical.encode({"of": 5, "community": bytes(32)}))


def test_attack_a_changed_copy_does_not_keep_the_id_of_the_old_one() -> None:
    """An id once asked for is remembered; a copy with another field has another id, an equal one the same."""
    one = Approval(of=builders.identifier("one"), community=bytes(32))
    before = one.payload_id
    other = one.model_copy(update={"of": builders.identifier("two")})
    assert (
        other.payload_id == Approval(of=builders.identifier("two"), community=bytes(32)).payload_id != before
    )
    assert one.payload_id == before == one.model_copy().payload_id
    assert dict(one) == {"of": builders.identifier("one"), "community": bytes(32)}
    assert Approval.decode(one.encode()) == one
