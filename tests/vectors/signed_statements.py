"""Vectors of records, charters, approvals and ballots."""

from collections.abc import Sequence
from hashlib import sha512
from typing import Any

from nacl import bindings

from node import canonical
from node.canonical import Value
from node.governance import ballots as ballot_rules
from node.governance.ballots import Paper
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.identity import charter
from node.identity.charter import Cut
from node.identity.community import Community, evaluate
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from node.records.statement import Statement
from tests import builders
from tests.builders import FoundedCommunity

Case = dict[str, Any]

_L = 2**252 + 27742317777372353535851937790883648493


def signed_again(signer: KeyPair, signed: Record) -> Record:
    """Sign the same statement with another nonce, as some browsers do: other bytes, the same statement."""
    protected, _, payload, _ = canonical.decode(signed.raw)
    message = canonical.encode(["Signature1", protected, b"", payload])
    scalar = sha512(signer.seed).digest()[:32]
    secret = int.from_bytes(scalar, "little") & ~7 & ~(1 << 255) | (1 << 254)
    nonce = int.from_bytes(sha512(b"another nonce" + message).digest(), "little") % _L
    point = bindings.crypto_scalarmult_ed25519_base_noclamp(nonce.to_bytes(32, "little"))
    challenge = int.from_bytes(sha512(point + signer.public + message).digest(), "little")
    answer = (nonce + challenge * secret) % _L
    raw = canonical.encode([protected, {}, payload, point + answer.to_bytes(32, "little")])
    return record.read(raw)


def records() -> dict[str, Any]:
    """Return records with their ids, and bytes that are none."""
    signer = builders.key("a steward")
    approval = Approval(of=builders.identifier("a payload")).sign(signer)
    examples = {
        "an approval": approval,
        "the same, signed with another nonce": signed_again(signer, approval),
        "the same payload by another key": Approval.read(approval).sign(builders.key("b steward")),
        "a kind nobody knows": record.sign("some-day", b"anything at all", signer),
        "an empty payload": record.sign("empty", b"", signer),
    }
    return {
        "about": "Records (protocol.md, section 2), all bytes hex. signed is the Sig_structure of RFC 9052.",
        "valid": [{"name": name, **_spelled(one)} for name, one in examples.items()],
        "broken": _broken_records(signer, approval),
    }


def _spelled(one: Record) -> Case:
    protected, _, payload, signature = canonical.decode(one.raw)
    return {
        "raw": one.raw.hex(),
        "kind": one.kind,
        "signer": one.signer.hex(),
        "payload": payload.hex(),
        "signed": canonical.encode(["Signature1", protected, b"", payload]).hex(),
        "signature": signature.hex(),
        "id": one.id.hex(),
        "payload_id": one.payload_id.hex(),
    }


def _broken_records(signer: KeyPair, good: Record) -> list[Case]:
    protected, _, payload, signature = canonical.decode(good.raw)
    header = canonical.decode(protected)

    def sealed(fields: Value) -> bytes:
        """Return a record over another header, rightly signed."""
        raw = canonical.encode(fields)
        signed = signer.sign(canonical.encode(["Signature1", raw, b"", payload]))
        return canonical.encode([raw, {}, payload, signed])

    malformed, bad = "MalformedMessageError", "BadSignatureError"
    made = {
        "no bytes": (b"", malformed, "no CBOR"),
        "cut by a byte": (good.raw[:-1], malformed, "64 bytes of signature were announced"),
        "a byte too many": (good.raw + b"\0", malformed, "nothing follows a record"),
        "tagged": (b"\xd2" + good.raw, malformed, "records carry no tag"),
        "three fields": (canonical.encode([protected, {}, payload]), malformed, "there are four fields"),
        "an unprotected header": (
            canonical.encode([protected, {4: good.signer}, payload, signature]),
            malformed,
            "the unprotected map is empty",
        ),
        "a detached payload": (
            canonical.encode([protected, {}, None, signature]),
            malformed,
            "the payload is inside",
        ),
        "another algorithm": (sealed({**header, 1: -7}), malformed, "EdDSA is -8"),
        "no key": (sealed({1: -8, 16: header[16]}), malformed, "the key is named"),
        "a further parameter": (sealed({**header, 3: 0}), malformed, "exactly three parameters"),
        "another domain": (
            sealed({**header, 16: "garden/approval/1"}),
            malformed,
            "the type begins with hedgerow",
        ),
        "a kind in capitals": (sealed({**header, 16: "hedgerow/Approval/1"}), malformed, "lower-case words"),
        "no version": (sealed({**header, 16: "hedgerow/approval"}), malformed, "a version is named"),
        "version 2": (
            sealed({**header, 16: "hedgerow/approval/2"}),
            "UnsupportedVersionError",
            "this is version 1",
        ),
        "a header that is not canonical": (
            canonical.encode([b"\xa3\x04" + protected[3:], {}, payload, signature]),
            malformed,
            "keys in bytewise order",
        ),
        "a key of 31 bytes": (sealed({**header, 4: good.signer[:-1]}), bad, "a key has 32 bytes"),
        "a key of small order": (sealed({**header, 4: bytes(32)}), bad, "no identity"),
        "another signer's name": (
            sealed({**header, 4: builders.key("b steward").public}),
            bad,
            "signed by another key than it names",
        ),
        "one bit of the signature": (
            good.raw[:-1] + bytes([good.raw[-1] ^ 1]),
            bad,
            "the signature was changed",
        ),
        "one bit of the payload": (
            canonical.encode([protected, {}, payload[:-1] + bytes([payload[-1] ^ 1]), signature]),
            bad,
            "the payload was changed",
        ),
        "a signature of 63 bytes": (
            canonical.encode([protected, {}, payload, signature[:-1]]),
            bad,
            "a signature has 64 bytes",
        ),
        "a signature over another kind": (
            canonical.encode([canonical.encode({**header, 16: "hedgerow/ballot/1"}), {}, payload, signature]),
            bad,
            "what was signed as one kind is never another",
        ),
    }
    return [
        {"name": name, "raw": raw.hex(), "error": error, "reason": reason}
        for name, (raw, error, reason) in made.items()
    ]


def charters() -> dict[str, Any]:
    """Return what sets of charter records add up to, and sets that found nothing."""
    alone = builders.community("Ash")
    three = builders.community("Birch", stewards=3, threshold=2)
    second = builders.key("second device")
    more = builders.added(alone.id, second)
    seconded = Approval(of=three.id).sign(three.stewards[1])
    standing = _standing(alone, [alone.founding, more.sign(alone.steward)])
    cut = Cut(scope="public", seq=7, entry=builders.identifier("the last entry"))
    retired = builders.retirement(standing, second, cuts=(cut,))
    rival = builders.retirement(standing, alone.device, stolen=False)
    added, link = more.sign(alone.steward), retired.sign(alone.steward)
    examples = {
        "one steward": (alone, [alone.founding]),
        "two of three stewards": (three, [three.founding, seconded]),
        "a further device": (alone, [alone.founding, added]),
        "a retired device": (alone, [alone.founding, added, link]),
        "two links at one place freeze the chain": (
            alone,
            [alone.founding, added, link, rival.sign(alone.steward)],
        ),
        "recovery beats stewards": (alone, [alone.founding, added, link, rival.sign(alone.recovery)]),
        "a stranger's link is passed over": (
            alone,
            [alone.founding, added, retired.sign(builders.key("a stranger"))],
        ),
    }
    short = alone.charter.model_copy(update={"devices": (_unwilling(alone),)})
    broken = {
        "one of two stewards": (three.id, [three.founding], "two of three must sign"),
        "signed by nobody of it": (
            alone.id,
            [alone.charter.sign(builders.key("a stranger"))],
            "no steward signed",
        ),
        "no charter": (alone.id, [added], "what founds the community is missing"),
        "another community's charter": (alone.id, [three.founding, seconded], "the id is the payload's"),
        "a device that did not consent": (
            charter.community_of(short),
            [short.sign(alone.steward)],
            "each device signs that it belongs here",
        ),
    }
    return {
        "about": "Charter records of one community and what they add up to (protocol.md, section 3); all hex. "
        "The order of the records makes no difference.",
        "valid": [
            {
                "name": name,
                "community": one.id.hex(),
                "records": _raws(known),
                **_summed(_standing(one, known)),
            }
            for name, (one, known) in examples.items()
        ],
        "broken": [
            {"name": name, "community": one.hex(), "records": _raws(known), "reason": reason}
            for name, (one, known, reason) in broken.items()
        ],
        "commitment": {
            "keys": [builders.key("Ash next").public.hex()],
            "threshold": 1,
            "next": alone.charter.next.hex(),
        },
    }


def _unwilling(founded: FoundedCommunity) -> charter.Device:
    """Return the device of a charter with a consent to something else."""
    return charter.enrol(bytes(32), founded.device, bytes(32))


def _standing(founded: FoundedCommunity, known: Sequence[Record]) -> Community:
    standing = evaluate(founded.id, known)
    assert standing is not None
    return standing


def _raws(known: Sequence[Record]) -> list[str]:
    return [one.raw.hex() for one in known]


def _summed(standing: Community) -> Case:
    return {
        "stewards": [key.hex() for key in standing.stewards.keys],
        "threshold": standing.stewards.threshold,
        "devices": sorted(key.hex() for key in standing.devices),
        "retired": sorted(key.hex() for key in standing.retirements),
        "position": standing.position,
        "tip": standing.tip.hex(),
        "frozen": standing.frozen,
    }


def approvals() -> dict[str, Any]:
    """Return a payload, records about it, and the keys that stand behind it."""
    first, second, third = (builders.key(f"{letter} steward") for letter in "abc")
    payload = builders.mandate(builders.community("Ash"), third)
    own = payload.sign(first)
    seconded = Approval(of=payload.payload_id).sign(second)
    other_payload = Approval(of=builders.identifier("something else")).sign(third)
    by_record = Approval(of=own.id).sign(third)
    unreadable = record.sign("approval", canonical.encode({"of": payload.payload_id, "why": ""}), third)
    cases = {
        "the record itself": ([own], [first]),
        "the record and an approval": ([own, seconded], [first, second]),
        "an approval alone": ([seconded], [second]),
        "one key twice": ([own, Approval(of=payload.payload_id).sign(first)], [first]),
        "the same payload signed twice": ([own, payload.sign(third)], [first, third]),
        "an approval of something else": ([own, other_payload], [first]),
        "an approval of the record's id": ([own, by_record], [first]),
        "an approval with a field of its own": ([own, unreadable], [first]),
        "nothing": ([], []),
    }
    return {
        "about": "Who stands behind a payload (protocol.md, section 2): its signers and those of approvals that "
        "name it; all hex. Of what is not readable or names something else nothing counts.",
        "kind": payload.kind,
        "payload": payload.encode().hex(),
        "payload_id": payload.payload_id.hex(),
        "cases": [
            {"name": name, "records": _raws(known), "signers": sorted(key.public.hex() for key in keys)}
            for name, (known, keys) in cases.items()
        ],
    }


def ballots() -> dict[str, Any]:
    """Return a question, ballots that hold by themselves, and ballots that do not."""
    ash = builders.community("Ash", stewards=2, threshold=2)
    voter = builders.key("a delegate")
    roll = builders.roll({ash.id: 2})
    question = builders.yes_no(roll)
    granted = builders.mandate(ash, voter)
    signed = [granted.sign(ash.stewards[0]), Approval(of=granted.payload_id).sign(ash.stewards[1])]
    paper = builders.paper(question, granted, signed)
    first = ballot_rules.make(paper, [1], voter)
    again = ballot_rules.make(builders.paper(question, granted, signed, seq=2, prev=first.id), [2], voter)
    return {
        "about": "Ballots that hold by themselves, and others (data-model.md); all hex.",
        "community": _raws([ash.founding, Approval(of=ash.id).sign(ash.stewards[1])]),
        "roll": _statement(roll),
        "proposal": _statement(question),
        "valid": [
            {"name": "a vote", **_spelled(first)},
            {"name": "the vote that replaces it", **_spelled(again)},
            {"name": "the first, signed with another nonce", **_spelled(signed_again(voter, first))},
        ],
        "broken": [
            {"name": name, "raw": one.raw.hex(), "error": error, "reason": reason}
            for name, (one, error, reason) in _broken_ballots(ash, voter, roll, question, paper).items()
        ],
    }


def _statement(one: Statement) -> Case:
    return {"payload": one.encode().hex(), "payload_id": one.payload_id.hex()}


def _broken_ballots(
    ash: FoundedCommunity, voter: KeyPair, roll: Roll, question: Proposal, paper: Paper
) -> dict[str, tuple[Record, str, str]]:
    from_here = ballot_rules.make

    def by(granted: Mandate, signers: Sequence[KeyPair]) -> Record:
        return from_here(
            builders.paper(question, granted, [granted.sign(one) for one in signers]), [1], voter
        )

    other_roll = builders.yes_no(builders.roll({ash.id: 1}))
    sixth = {"proposal": bytes(32), "roll": roll.payload_id, "community": ash.id, "seat": 1}
    return {
        "for another proposal": (
            from_here(_changed(paper, proposal=builders.identifier("another")), [1], voter),
            "UserError",
            "it names another proposal",
        ),
        "for another roll": (
            from_here(_changed(paper, roll=other_roll.roll), [1], voter),
            "UserError",
            "it names another roll",
        ),
        "for a seat that is not there": (
            from_here(_changed(paper, seat=3), [1], voter),
            "UserError",
            "two seats",
        ),
        "for a seat of another mandate": (
            from_here(_changed(paper, seat=2), [1], voter),
            "UserError",
            "seat 1",
        ),
        "by another key": (
            from_here(paper, [1], builders.key("a thief")),
            "UserError",
            "the mandate names another holder",
        ),
        "a mandate that one of two stewards signed": (
            by(builders.mandate(ash, voter), ash.stewards[:1]),
            "UserError",
            "two must sign",
        ),
        "a mandate of another federation": (
            by(builders.mandate(ash, voter, federation=builders.identifier("elsewhere")), ash.stewards),
            "UserError",
            "mandates are for one federation",
        ),
        "an option that is not there": (from_here(paper, [6], voter), "UserError", "there are five answers"),
        "two answers": (from_here(paper, [1, 2], voter), "UserError", "one answer"),
        "a mandate that is no record": (
            from_here(_changed(paper, mandate=(b"\x00",)), [1], voter),
            "MalformedMessageError",
            "records are COSE_Sign1",
        ),
        "fields are missing": (
            record.sign("ballot", canonical.encode(sixth), voter),
            "MalformedMessageError",
            "all fields are written out",
        ),
    }


def _changed(paper: Paper, **fields: Any) -> Paper:
    return Paper(**{name: fields.get(name, getattr(paper, name)) for name in Paper.__slots__})
