"""Targets of signed statements: records, charters, ballots.

A signature would stop nearly every input at the door, so what lies behind it is fed directly: whoever holds a
key can sign anything.
"""

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any

from node.engine import subjects
from node.errors import PeerError, UserError
from node.governance import answers, ballots
from node.governance.ballots import Ballot
from node.governance.proposals import Proposal, Roll
from node.identity import charter, community
from node.identity.charter import Charter, DeviceAdded, Retired
from node.identity.community import Community
from node.ids import CommunityId, RecordId
from node.keys import PublicKey
from node.limits import (
    CHARTER_BYTES_PER_COMMUNITY_MAX,
    CHARTER_RECORDS_PER_COMMUNITY_MAX,
    STATEMENT_BYTES_MAX,
)
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from node.records.statement import Statement
from tests import builders
from tests.fuzz import long_statements
from tests.fuzz.longer import parts_lengthened
from tests.fuzz.target import Choices, Target, hexes, parts, prefixed, vector

_FORMS: tuple[type[Statement], ...] = (
    Charter,
    DeviceAdded,
    Retired,
    *(form for _, (form, _) in sorted(subjects.FORMS.items())),
)
_APPENDED: tuple[type[Statement], ...] = (Charter, DeviceAdded, Retired, Approval)
_SIGNERS = tuple(builders.key(f"signer {number}").public for number in range(3))


def stated(form: type[Statement], payload: bytes, signer: PublicKey) -> Record:
    """Return the record that a signer makes of a payload, as if its signature had been checked."""
    name = sha256(form.kind.encode() + b" " + signer + payload).digest()
    return Record(form.kind, signer, payload, b"", RecordId(name), record.payload_id(form.kind, payload))


def read_records(data: bytes) -> None:
    """Read a whole record, or the payload of one kind, by the first byte."""
    rest = data[1:]
    number = data[0] if data else 0
    if number < len(_FORMS):
        form = _FORMS[number]
        found = form.decode(rest)
        assert found.encode() == rest
    elif number % 2:
        record.read(rest)
    else:
        subjects.subject_of(record.stored(rest))


def _record_seeds() -> Iterator[bytes]:
    for name in ("records", "approvals", "ballots", "charters"):
        for raw in hexes(vector(name)):
            yield bytes([200]) + raw
            yield bytes([201]) + raw
            try:
                found = record.stored(raw)
            except PeerError:
                continue
            for number, form in enumerate(_FORMS):
                if form.kind == found.kind:
                    yield bytes([number]) + found.payload


def _long_record_seeds() -> Iterator[bytes]:
    signer = builders.key("a signer")
    proposal, roll = long_statements.question()
    for one in (proposal, roll, long_statements.founding(), *long_statements.large_others()):
        yield bytes([_FORMS.index(type(one))]) + one.encode()
        yield from prefixed([200, 201], [one.sign(signer).raw])


@cache
def _cases() -> list[Any]:
    cases: list[Any] = vector("charters")["valid"]
    return cases


@cache
def _known(number: int) -> tuple[CommunityId, list[Record], Community | None, list[PublicKey]]:
    """Return a case of the vectors: whose it is, its records, what they add up to, and who may sign."""
    case = _cases()[number]
    about = CommunityId(bytes.fromhex(case["community"]))
    known = [record.stored(bytes.fromhex(raw)) for raw in case["records"]]
    signers = [*_SIGNERS, *sorted({it.signer for it in known})]
    return about, known, community.evaluate(about, known), signers


def add_up_charters(data: bytes) -> None:
    """Add up a community's real records and others about it; whatever is appended, its founding stands."""
    choices = Choices(data)
    about, known, before, signers = _known(choices.below(len(_cases())))
    appended: list[Record] = []
    while choices.left and len(known) + len(appended) < CHARTER_RECORDS_PER_COMMUNITY_MAX:
        signer = signers[choices.below(len(signers))]
        appended.append(stated(_APPENDED[choices.below(len(_APPENDED))], choices.take(), signer))
    after = community.evaluate(about, [*appended, *known])
    assert (before is None) or (after is not None), "appended records unmade a founding"
    if any(it.meaning for it in appended):
        assert community.evaluate(about, [*known, *reversed(appended)]) == after, "the order decided"
    else:
        assert after == before, "what cannot be read counted"
    community.bearing(about, [*known, *appended])
    for it in appended:
        if it.kind == Charter.kind and it.meaning:
            _founded_by(it)


def _founded_by(signed: Record) -> None:
    """Take one statement for the founding of the community that it names."""
    community.evaluate(charter.community_of(Charter.read(signed)), [signed])


def _charter_seeds() -> Iterator[bytes]:
    kinds = {Charter.kind: 0, DeviceAdded.kind: 1, Retired.kind: 2, Approval.kind: 3}
    for number, case in enumerate(_cases()):
        for raw in case["records"]:
            found = record.stored(bytes.fromhex(raw))
            for signer in (0, 3, 4):
                yield bytes([number, signer, kinds[found.kind]]) + parts(found.payload)


def _long_charter_seeds() -> Iterator[bytes]:
    """Yield the largest founding, and as many devices, links and approvals of one as are taken."""
    yield b"\x00\x00\x00" + parts(long_statements.founding().encode())
    signers = _known(0)[3]
    about = _known(0)[0]
    for chosen in range(3, len(signers)):
        said = {
            1: [one.encode() for one in long_statements.devices(about)],
            2: [one.encode() for one in long_statements.links(about)],
            3: [one.encode() for one in long_statements.approvals(about)],
        }
        for form, payloads in said.items():
            yield b"\x00" + b"".join(bytes([chosen, form]) + parts(one) for one in payloads)


@cache
def _question() -> tuple[Proposal, Roll]:
    spelled = vector("ballots")
    proposal = Proposal.decode(bytes.fromhex(spelled["proposal"]["payload"]))
    return proposal, Roll.decode(bytes.fromhex(spelled["roll"]["payload"]))


def _any_approves(_community: CommunityId, _payload: bytes, _signatures: Signatures) -> bool:
    return True


def judge_ballots(data: bytes) -> None:
    """Judge a ballot by the vectors' or a large question, or read a question or a roll, by the first byte."""
    proposal, roll = long_statements.question() if data[:1] == b"\x04" else _question()
    rest = data[1:]
    match data[:1]:
        case b"\x00":
            found = Proposal.decode(rest)
            answers.check_choice(found, [1])
        case b"\x01":
            held = Roll.decode(rest)
            assert held.seats_of(CommunityId(bytes(32))) >= 0
        case _:
            signer = PublicKey(rest[:32]) if data[:1] == b"\x02" else _SIGNERS[0]
            payload = rest[32:] if data[:1] == b"\x02" else rest
            signed = stated(Ballot, payload, signer)
            _judge_ballot(signed, proposal, roll)


def _judge_ballot(signed: Record, proposal: Proposal, roll: Roll) -> None:
    """Check a ballot, and sort it out among others: always where it holds, of the refused every eighth."""
    try:
        ballots.check(signed, proposal, roll, _any_approves)
    except (PeerError, UserError):
        if len(signed.payload) % 8 == 0:
            assert not ballots.sort_out([signed], proposal, roll, _any_approves)[0]
        raise
    valid, _ = ballots.sort_out([signed, signed], proposal, roll, _any_approves)
    assert [one.id for one in valid] == [signed.id]


def _ballot_seeds() -> Iterator[bytes]:
    spelled = vector("ballots")
    yield b"\x00" + bytes.fromhex(spelled["proposal"]["payload"])
    yield b"\x01" + bytes.fromhex(spelled["roll"]["payload"])
    for case in (*spelled["valid"], *spelled["broken"]):
        try:
            found = record.stored(bytes.fromhex(case["raw"]))
        except PeerError:
            continue
        yield b"\x02" + found.signer + found.payload
        yield from prefixed([3], [found.payload])


def _long_ballot_seeds() -> Iterator[bytes]:
    proposal, roll = long_statements.question()
    yield b"\x00" + proposal.encode()
    yield b"\x01" + roll.encode()
    for payload in long_statements.ballots():
        yield b"\x04" + payload
        yield b"\x03" + payload


TARGETS = (
    Target(
        "records",
        read_records,
        _record_seeds,
        long_max=STATEMENT_BYTES_MAX + 1,
        long_seeds=_long_record_seeds,
    ),
    Target(
        "charters",
        add_up_charters,
        _charter_seeds,
        long_max=CHARTER_BYTES_PER_COMMUNITY_MAX,
        long_seeds=_long_charter_seeds,
        grow=parts_lengthened(2),
    ),
    # A ballot that does not fit the question is refused like a wrong command, by a UserError.
    Target(
        "ballots",
        judge_ballots,
        _ballot_seeds,
        refusals=(PeerError, UserError),
        long_max=STATEMENT_BYTES_MAX + 1,
        long_seeds=_long_ballot_seeds,
    ),
)
