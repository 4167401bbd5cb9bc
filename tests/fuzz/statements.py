"""Targets of signed statements: records, charters, ballots.

A signature would stop nearly every input at the door, so what lies behind it is fed directly: whoever holds a
key can sign anything.
"""

from collections.abc import Iterator
from functools import cache
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
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from node.records.statement import Statement
from tests import builders
from tests.fuzz.target import Choices, Target, hexes, parts, prefixed, vector

_FORMS: tuple[type[Statement], ...] = (
    Charter,
    DeviceAdded,
    Retired,
    *(form for _, (form, _) in sorted(subjects.FORMS.items())),
)
_SIGNERS = tuple(builders.key(f"signer {number}").public for number in range(3))


def stated(form: type[Statement], payload: bytes, signer: PublicKey) -> Record:
    """Return the record that a signer makes of a payload, as if its signature had been checked."""
    name = builders.identifier(f"{form.kind} {payload.hex()} {signer.hex()}")
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


@cache
def _cases() -> list[Any]:
    cases: list[Any] = vector("charters")["valid"]
    return cases


@cache
def _known(number: int) -> tuple[CommunityId, list[Record], Community | None]:
    """Return a case of the vectors: whose it is, its records, and what they add up to."""
    case = _cases()[number]
    about = CommunityId(bytes.fromhex(case["community"]))
    known = [record.stored(bytes.fromhex(raw)) for raw in case["records"]]
    return about, known, community.evaluate(about, known)


def add_up_charters(data: bytes) -> None:
    """Add up a community's real records and others about it; whatever is appended, its founding stands."""
    choices = Choices(data)
    about, known, before = _known(choices.below(len(_cases())))
    signers = [*_SIGNERS, *sorted({it.signer for it in known})]
    forms = (Charter, DeviceAdded, Retired, Approval)
    appended = []
    while choices.left:
        signer = signers[choices.below(len(signers))]
        appended.append(stated(forms[choices.below(len(forms))], choices.take(), signer))
    after = community.evaluate(about, [*appended, *known])
    assert (before is None) or (after is not None), "appended records unmade a founding"
    if appended:
        assert community.evaluate(about, [*known, *reversed(appended)]) == after, "the order decided"
    community.bearing(about, [*known, *appended])
    for it in appended:
        if it.kind == Charter.kind:
            _founded_by(it)


def _founded_by(signed: Record) -> None:
    """Take one statement for the founding of the community that it names."""
    try:
        founding = Charter.read(signed)
    except PeerError:
        return
    community.evaluate(charter.community_of(founding), [signed])


def _charter_seeds() -> Iterator[bytes]:
    kinds = {Charter.kind: 0, DeviceAdded.kind: 1, Retired.kind: 2, Approval.kind: 3}
    for number, case in enumerate(_cases()):
        for raw in case["records"]:
            found = record.stored(bytes.fromhex(raw))
            for signer in (0, 3, 4):
                yield bytes([number, signer, kinds[found.kind]]) + parts(found.payload)


@cache
def _question() -> tuple[Proposal, Roll]:
    spelled = vector("ballots")
    proposal = Proposal.decode(bytes.fromhex(spelled["proposal"]["payload"]))
    return proposal, Roll.decode(bytes.fromhex(spelled["roll"]["payload"]))


def _any_approves(_community: CommunityId, _payload: bytes, _signatures: Signatures) -> bool:
    return True


def judge_ballots(data: bytes) -> None:
    """Judge a ballot by the vectors' question, or read a question or a roll, by the first byte."""
    proposal, roll = _question()
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
            ballots.sort_out([signed], proposal, roll, _any_approves)
            ballots.check(signed, proposal, roll, _any_approves)


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


TARGETS = (
    Target("records", read_records, _record_seeds),
    Target("charters", add_up_charters, _charter_seeds),
    # A ballot that does not fit the question is refused like a wrong command, by a UserError.
    Target("ballots", judge_ballots, _ballot_seeds, refusals=(PeerError, UserError)),
)
