"""Vectors of records, charters and approvals."""

from collections.abc import Sequence
from hashlib import sha512
from typing import Any

from nacl import bindings

from node import canonical
from node.canonical import Value
from node.identity import charter
from node.identity.charter import Cut
from node.identity.community import Community, evaluate
from node.keys import KeyPair
from node.records import record
from node.records.approvals import Approval
from node.records.record import Record
from tests import builders
from tests.builders import FoundedCommunity
from tests.vectors.cases import MALFORMED, UNSIGNED, VERSION, Broken, Case, listed

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
    approval = Approval(of=builders.identifier("a payload"), community=builders.community("Ash").id).sign(
        signer
    )
    examples = {
        "an approval": approval,
        "the same, signed with another nonce": signed_again(signer, approval),
        "the same payload by another key": Approval.read(approval).sign(builders.key("b steward")),
        "a kind nobody knows": record.sign("some-day", b"anything at all", signer),
        "an empty payload": record.sign("empty", b"", signer),
    }
    return {
        "about": "Records (protocol.md, section 2), all bytes hex. signed is the Sig_structure of RFC 9052.",
        "valid": [{"name": name, **spelled(one)} for name, one in examples.items()],
        "broken": _broken_records(signer, approval),
    }


def spelled(one: Record) -> Case:
    """Return a record with what it says and its ids."""
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
    return listed(_misshapen(good) | _with_other_headers(signer, good) | _unproved(good))


def _misshapen(good: Record) -> Broken:
    """Return bytes that are no record, whatever their signature says."""
    protected, _, payload, signature = canonical.decode(good.raw)
    return {
        "no bytes": (b"", MALFORMED, "no CBOR"),
        "cut by a byte": (good.raw[:-1], MALFORMED, "64 bytes of signature were announced"),
        "a byte too many": (good.raw + b"\0", MALFORMED, "nothing follows a record"),
        "tagged": (b"\xd2" + good.raw, MALFORMED, "records carry no tag"),
        "three fields": (canonical.encode([protected, {}, payload]), MALFORMED, "there are four fields"),
        "an unprotected header": (
            canonical.encode([protected, {4: good.signer}, payload, signature]),
            MALFORMED,
            "the unprotected map is empty",
        ),
        "a detached payload": (
            canonical.encode([protected, {}, None, signature]),
            MALFORMED,
            "the payload is inside",
        ),
    }


def _with_other_headers(signer: KeyPair, good: Record) -> Broken:
    """Return records over other protected headers, each signed over what it holds."""
    protected, _, payload, _ = canonical.decode(good.raw)
    header = canonical.decode(protected)

    def sealed(raw: bytes) -> bytes:
        signed = signer.sign(canonical.encode(["Signature1", raw, b"", payload]))
        return canonical.encode([raw, {}, payload, signed])

    def changed(**fields: Value) -> bytes:
        numbers = {"algorithm": 1, "critical": 2, "content": 3, "key": 4, "kind": 16}
        return sealed(canonical.encode({**header, **{numbers[name]: v for name, v in fields.items()}}))

    # The pairs are 01 27, then 04 and the key's 34 bytes, then 10 and the type.
    reordered = protected[:1] + protected[3:38] + protected[1:3] + protected[38:]
    return {
        "another algorithm": (changed(algorithm=-7), MALFORMED, "EdDSA is -8"),
        "no key": (sealed(canonical.encode({1: -8, 16: header[16]})), MALFORMED, "the key is named"),
        "a further parameter": (changed(content=0), MALFORMED, "exactly three parameters"),
        "another domain": (changed(kind="garden/approval/1"), MALFORMED, "the type begins with hedgerow"),
        "a kind in capitals": (changed(kind="hedgerow/Approval/1"), MALFORMED, "lower-case words"),
        "no version": (changed(kind="hedgerow/approval"), MALFORMED, "a version is named"),
        "version 2": (changed(kind="hedgerow/approval/2"), VERSION, "this is version 1"),
        "a header in another order": (sealed(reordered), MALFORMED, "keys in bytewise order"),
        "a key of 31 bytes": (changed(key=good.signer[:-1]), UNSIGNED, "a key has 32 bytes"),
        "a key of small order": (changed(key=bytes(32)), UNSIGNED, "no identity"),
        "another signer's name": (
            changed(key=builders.key("b steward").public),
            UNSIGNED,
            "signed by another key than it names",
        ),
    }


def _unproved(good: Record) -> Broken:
    """Return records of the right shape whose signature does not hold."""
    protected, _, payload, signature = canonical.decode(good.raw)
    ballot = canonical.encode({**canonical.decode(protected), 16: "hedgerow/ballot/1"})
    return {
        "one bit of the signature": (
            good.raw[:-1] + bytes([good.raw[-1] ^ 1]),
            UNSIGNED,
            "the signature was changed",
        ),
        "one bit of the payload": (
            canonical.encode([protected, {}, payload[:-1] + bytes([payload[-1] ^ 1]), signature]),
            UNSIGNED,
            "the payload was changed",
        ),
        "a signature of 63 bytes": (
            canonical.encode([protected, {}, payload, signature[:-1]]),
            UNSIGNED,
            "a signature has 64 bytes",
        ),
        "a signature over another kind": (
            canonical.encode([ballot, {}, payload, signature]),
            UNSIGNED,
            "what was signed as one kind is never another",
        ),
    }


def charters() -> dict[str, Any]:
    """Return what sets of charter records add up to, and sets that found nothing."""
    alone = builders.community("Ash")
    three = builders.community("Birch", stewards=3, threshold=2)
    second = builders.key("second device")
    more = builders.added(alone.id, second)
    seconded = Approval(of=three.id, community=three.id).sign(three.stewards[1])
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
    return {
        "about": "Charter records of one community and what they add up to (protocol.md, section 3); all "
        "hex. The order of the records makes no difference.",
        "valid": [
            {
                "name": name,
                "community": one.id.hex(),
                "records": raws(known),
                **_summed(_standing(one, known)),
            }
            for name, (one, known) in examples.items()
        ],
        "broken": _broken_charters(alone, three, [three.founding, seconded], added),
        "commitment": {
            "keys": [builders.key("Ash next").public.hex()],
            "threshold": 1,
            "next": alone.charter.next.hex(),
        },
    }


def _broken_charters(
    alone: FoundedCommunity, three: FoundedCommunity, of_three: list[Record], added: Record
) -> list[Case]:
    """Return sets of records that found no community."""
    short = alone.charter.model_copy(update={"devices": (_unwilling(alone),)})
    broken = {
        "one of two stewards": (three.id, [three.founding], "two of three must sign"),
        "signed by nobody of it": (
            alone.id,
            [alone.charter.sign(builders.key("a stranger"))],
            "no steward signed",
        ),
        "no charter": (alone.id, [added], "what founds the community is missing"),
        "another community's charter": (alone.id, of_three, "the id is the payload's"),
        "a device that did not consent": (
            charter.community_of(short),
            [short.sign(alone.steward)],
            "each device signs that it belongs here",
        ),
    }
    return [
        {"name": name, "community": one.hex(), "records": raws(known), "reason": reason}
        for name, (one, known, reason) in broken.items()
    ]


def _unwilling(founded: FoundedCommunity) -> charter.Device:
    """Return the device of a charter with a consent to something else."""
    return charter.enrol(bytes(32), founded.device, bytes(32))


def _standing(founded: FoundedCommunity, known: Sequence[Record]) -> Community:
    standing = evaluate(founded.id, known)
    assert standing is not None
    return standing


def raws(known: Sequence[Record]) -> list[str]:
    """Return records in hex."""
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
    ash, birch = (builders.community(name).id for name in ("Ash", "Birch"))
    payload = builders.mandate(builders.community("Ash"), third)
    own = payload.sign(first)
    seconded = Approval(of=payload.payload_id, community=ash).sign(second)
    other_payload = Approval(of=builders.identifier("something else"), community=ash).sign(third)
    by_record = Approval(of=own.id, community=ash).sign(third)
    for_another = Approval(of=payload.payload_id, community=birch).sign(third)
    unreadable = record.sign(
        "approval", canonical.encode({"of": payload.payload_id, "community": ash, "why": ""}), third
    )
    cases = {
        "the record itself": ([own], [first]),
        "the record and an approval": ([own, seconded], [first, second]),
        "an approval alone": ([seconded], [second]),
        "one key twice": ([own, Approval(of=payload.payload_id, community=ash).sign(first)], [first]),
        "the same payload signed twice": ([own, payload.sign(third)], [first, third]),
        "an approval of something else": ([own, other_payload], [first]),
        "an approval of the record's id": ([own, by_record], [first]),
        "an approval given for another community": ([own, for_another], [first]),
        "an approval with a field of its own": ([own, unreadable], [first]),
        "nothing": ([], []),
    }
    return {
        "about": "Who stands behind a payload (protocol.md, section 2): its signers and those of approvals "
        "that name it and the community; all hex. What is not readable or names something else counts for "
        "nothing.",
        "kind": payload.kind,
        "payload": payload.encode().hex(),
        "payload_id": payload.payload_id.hex(),
        "community": ash.hex(),
        "cases": [
            {"name": name, "records": raws(known), "signers": sorted(key.public.hex() for key in keys)}
            for name, (known, keys) in cases.items()
        ],
    }
