"""What guardians are asked to sign, and what they answer: two files that travel by hand.

A guardian has a key and no node. A request therefore brings all that is needed to judge it: the link of the
charter's chain that is to be signed, and the charter itself, whose hash is the community's id. An answer
brings the signed link. Neither is secret, and neither does anything by itself: a link holds once as many
recovery keys signed it as the founding charter says.

So far a link retires a device; links that change keys come with the ceremonies that use them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node import canonical
from node.errors import ConflictError, NotAuthorisedError, PeerError, UserError
from node.identity import community as communities
from node.identity.charter import Cut, Retired
from node.identity.community import Community
from node.ids import CommunityId
from node.keys import PublicKey, Signer
from node.limits import CHARTER_RECORDS_PER_COMMUNITY_MAX, NAME_CHARS_MAX
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record

# A charter has 256 KiB at most, and a link at most 160 KiB of them; an answer holds the link once.
FILE_BYTES_MAX: Final = 512 * 1024
_REQUEST: Final = "hedgerow/guardian-request/1"
_ANSWER: Final = "hedgerow/guardian-answer/1"


@dataclass(frozen=True, slots=True)
class Request:
    """What guardians are asked to sign.

    Attributes:
        name: what the community calls itself; nothing proves it, the id does.
        link: what is to be signed.
        standing: the community as the charter in the request stands, before the link.
        undone: what stewards' keys put at the link's place and behind it, which falls when the link holds.
    """

    name: str
    link: Retired
    standing: Community
    undone: tuple[Retired, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """A guardian's word: the link as that key signed it, and an approval of it, which takes less room."""

    link: Retired
    signed: Record
    approval: Record


def retirement(
    community: CommunityId,
    records: Sequence[Record],
    device: PublicKey,
    *,
    stolen: bool,
    cuts: Iterable[Cut],
    place: int | None,
) -> Retired:
    """Return the link by which guardians retire a device.

    Args:
        community: whose device it is.
        records: its charter as it is held.
        device: the one to retire.
        stolen: what to say of it.
        cuts: per scope the last entry whose edits count.
        place: in the chain, instead of what stewards' keys put there; None: the next one, or the one where
            two rival links of stewards stopped it.

    Raises:
        UserError: the chain does not reach to that place.
        ConflictError: guardians settled that place before, or the device is retired earlier in the chain.
    """
    before = _until(community, records, place)
    if before is None or (place is not None and before.position + 1 != place):
        reached = communities.evaluate(community, records)
        last = 0 if reached is None else reached.position
        raise UserError(f"expected a place from 1 to {last + 1} in the charter's chain, found {place}")
    if device in before.retirements:
        raise ConflictError("that device is retired already")
    link = communities.next_retirement(before, device, stolen=stolen, cuts=cuts)
    if any(_is_settled(one, before, records) for one in _rivals(link, records)):
        raise ConflictError(
            f"guardians settled place {link.position} of the charter: two such words would stop it"
        )
    return link


def write_request(name: str, link: Retired, records: Sequence[Record]) -> bytes:
    """Return the file that guardians are handed; `records` are the charter as it is held."""
    brought = [one.raw for one in sorted(records, key=lambda one: one.id)]
    return canonical.encode([_REQUEST, name, link.encode(), brought])


def read_request(data: bytes) -> Request:
    """Read and prove what guardians are asked to sign.

    Raises:
        UserError: no such file, its charter does not hold, or the link does not follow from it.
    """
    try:
        fields = _fields(data, _REQUEST, length=4)
        name, records = _name(fields[1]), [record.read(_bytes(raw)) for raw in _list(fields[3])]
        link = Retired.decode(_bytes(fields[2]))
    except PeerError as error:
        raise UserError(
            f"expected a request for guardians, as `hedgerow guardian ask` writes it: {error}"
        ) from error
    community = CommunityId(link.community)
    standing, before = communities.evaluate(community, records), _until(community, records, link.position)
    if standing is None or before is None:
        raise UserError("the request brings no charter of the community that it names")
    if (before.position + 1, before.tip) != (link.position, link.after):
        raise UserError("what is to be signed does not follow from the charter in the request")
    if link.device not in standing.devices:
        raise UserError("the request names no device of that community")
    behind = [one for one in standing.retirements.values() if one.position >= link.position]
    undone = [one for one in behind if one.payload_id != link.payload_id]
    return Request(name, link, standing, tuple(sorted(undone, key=lambda one: one.position)))


def sign(request: Request, guardian: Signer) -> bytes:
    """Return the file with which a guardian answers.

    Raises:
        NotAuthorisedError: the charter names no recovery key like this.
    """
    _check_guardian(request.standing, guardian.public)
    approval = Approval(of=request.link.payload_id, community=request.link.community)
    return canonical.encode([_ANSWER, request.link.sign(guardian).raw, approval.sign(guardian).raw])


def read_answer(data: bytes) -> Answer:
    """Read what a guardian answered; whether that key counts is asked where the charter is.

    Raises:
        UserError: no such file, or its two signatures are not one key's about one link.
    """
    try:
        fields = _fields(data, _ANSWER, length=3)
        signed, approved = record.read(_bytes(fields[1])), record.read(_bytes(fields[2]))
        link, approval = Retired.read(signed), Approval.read(approved)
    except PeerError as error:
        raise UserError(
            f"expected a guardian's answer, as `hedgerow guardian sign` writes it: {error}"
        ) from error
    about = (link.payload_id, link.community)
    if (approval.of, approval.community) != about or signed.signer != approved.signer:
        raise UserError("expected a guardian's answer with two signatures by one key about one thing")
    return Answer(link, signed, approved)


def check(answer: Answer, standing: Community, records: Sequence[Record]) -> None:
    """Check that a guardian's word counts in a charter as it is held now.

    Raises:
        NotAuthorisedError: the key is no guardian's.
        ConflictError: the link holds already, or does not follow from the charter any more, or other
            guardians have signed another one for that place.
    """
    link = answer.link
    _check_guardian(standing, answer.signed.signer)
    held = standing.retirements.get(PublicKey(link.device))
    if held is not None and held.payload_id == link.payload_id and _is_settled(link, standing, records):
        raise ConflictError("it holds already: enough guardians have signed it")
    before = _until(CommunityId(link.community), records, link.position)
    if before is None or (before.position + 1, before.tip) != (link.position, link.after):
        raise ConflictError("the charter has changed since that was written: write a new request")
    if any(_is_settled(one, standing, records) for one in _rivals(link, records)):
        raise ConflictError("guardians have signed something else for that place, and it holds")


def signers(link: Retired, standing: Community, records: Iterable[Record]) -> set[PublicKey]:
    """Return the recovery keys that signed a link."""
    by = Signatures(records).of(link.payload_id, CommunityId(link.community))
    return {PublicKey(key) for key in by & set(standing.recovery.keys)}


def _check_guardian(standing: Community, key: PublicKey) -> None:
    if key not in standing.recovery.keys:
        raise NotAuthorisedError("the charter of this community names no guardian with that key")


def _until(community: CommunityId, records: Iterable[Record], place: int | None) -> Community | None:
    """Return a community as it stands before a place of its charter's chain; None where no charter holds."""
    kept = [
        one for one in records if place is None or all(link.position < place for link in Retired.among([one]))
    ]
    return communities.evaluate(community, kept)


def _rivals(link: Retired, records: Iterable[Record]) -> list[Retired]:
    """Return the other links held for a link's place."""
    place = (link.community, link.position, link.after)
    found = {one.payload_id: one for one in Retired.among(records)}
    return [
        one
        for payload, one in found.items()
        if (one.community, one.position, one.after) == place and payload != link.payload_id
    ]


def _is_settled(link: Retired, standing: Community, records: Iterable[Record]) -> bool:
    return len(signers(link, standing, records)) >= standing.recovery.threshold


def _fields(data: bytes, tag: str, *, length: int) -> list[Any]:
    """Return the parts of a file of ours.

    Raises:
        UserError: too large, or another file.
    """
    if len(data) > FILE_BYTES_MAX:
        raise UserError(f"expected at most {FILE_BYTES_MAX:,} bytes, found {len(data):,}")
    found = canonical.decode(data)
    if not isinstance(found, list) or len(found) != length or found[0] != tag:
        raise UserError(f"expected a file of the kind {tag}, found another one")
    return found


def _list(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > CHARTER_RECORDS_PER_COMMUNITY_MAX:
        raise UserError("expected the records of one charter, found something else")
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise UserError("expected the bytes of a record, found something else")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or len(value) > NAME_CHARS_MAX:
        raise UserError(f"expected a name of at most {NAME_CHARS_MAX} characters, found something else")
    return value
