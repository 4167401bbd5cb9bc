"""A decision's own file: all papers from which anybody recounts it, offline, on any machine.

It holds records as they were signed and the charters of the communities that signed them, nothing made from
them: who reads it proves, evaluates and counts everything again, by the same code as a node.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from node import canonical
from node.clock import Timestamp
from node.engine.deciding import enacting
from node.engine.deciding.evidence import Evidence
from node.engine.deciding.outcomes import Reading, read_outcome
from node.engine.deciding.questions import Question, Questions
from node.engine.ports import Carrier, RecordRow, Store
from node.engine.registry import Registry
from node.engine.subjects import subject_of
from node.errors import InputFileError, NodeError, PeerError
from node.federation.membership import JoinRequest, Membership
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.governance.sizes import SizeAttestation
from node.identity.charter import CHARTER_KINDS, Charter, DeviceAdded, Retired
from node.ids import CommunityId, EntryId, PayloadId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record

FORMAT = "hedgerow/decision/1"
# A thousand communities with their charters and a few thousand ballots are some 10 MB.
FILE_BYTES_MAX = 64 * 1024 * 1024
_KINDS = (JoinRequest.kind, Membership.kind, SizeAttestation.kind)
# A reader without a clock takes the time at which nothing has ended yet.
_NO_CLOCK = Timestamp(0)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a decision's file proves.

    Attributes:
        question: None where the file does not even show a question properly put.
        problems: sentences; none when `valid`.
    """

    valid: bool
    question: Question | None
    reading: Reading | None
    problems: tuple[str, ...]


def pack(question: Question, store: Store, registry: Registry) -> bytes:
    """Return the file of a decision as its papers are held here."""
    members = question.members
    founding = registry.founding_record(members.founding.federation)
    assert founding is not None
    named = sorted({*members.ever, *members.founding.founders})
    charters = {community: store.charters.of(CommunityId(community)) for community in named}
    raws = sorted({one.id: one.raw for one in Evidence(store, registry).of(question)}.values())
    return canonical.encode(
        [
            FORMAT,
            question.proposal.id,
            founding,
            [[community, list(raw)] for community, raw in charters.items()],
            raws,
        ]
    )


def verify(data: bytes, store: Store) -> Verified:
    """Prove and recount a decision's file.

    Args:
        data: the file's content.
        store: an empty one, which is filled with what the file holds.

    Raises:
        InputFileError: it is not a decision's file, or larger than one can be.
    """
    proposal, founding, charters, records = _read(data)
    problems: list[str] = []
    try:
        for community, raws in charters:
            _keep_charter(CommunityId(community), raws, store)
        registry = Registry(store)
        enacting.attach(registry, store)
        federation = registry.add_federation(founding)
        problems += _take(store, registry, scopes.members(federation), [founding, *records])
        question = Questions(store, registry).find(PayloadId(proposal))
    except NodeError as error:
        return Verified(valid=False, question=None, reading=None, problems=(*problems, str(error)))
    reading = read_outcome(question, Questions(store, registry), registry, _NO_CLOCK)
    problems += _doubts(reading)
    return Verified(valid=not problems, question=question, reading=reading, problems=tuple(problems))


def _read(data: bytes) -> tuple[bytes, bytes, list[tuple[bytes, list[bytes]]], list[bytes]]:
    """Return proposal id, founding record, charters and records of a file."""
    if len(data) > FILE_BYTES_MAX:
        raise InputFileError(f"expected a decision's file of at most {FILE_BYTES_MAX:,} bytes")
    try:
        tree = canonical.decode(data, bytes_max=FILE_BYTES_MAX)
    except PeerError as error:
        raise InputFileError(
            "expected the file of a decision as `hedgerow decision export` wrote it, found something else or"
            " a damaged copy: ask for it again"
        ) from error
    match tree:
        case [str(form), bytes(proposal), bytes(founding), list(charters), list(records)] if form == FORMAT:
            pass
        case [str(form), *_] if form.startswith("hedgerow/decision/"):
            raise InputFileError(f"the file is of a newer version than this one reads: {form[:40]!r}")
        case _:
            raise InputFileError("expected the file of a decision, found something else")
    found: list[tuple[bytes, list[bytes]]] = []
    for each in charters:
        match each:
            case [bytes(community), list(raws)] if all(isinstance(raw, bytes) for raw in raws):
                found.append((community, [raw for raw in raws if isinstance(raw, bytes)]))
            case _:
                raise InputFileError("expected a charter to be a community's id and its records")
    if not all(isinstance(raw, bytes) for raw in records):
        raise InputFileError("expected every record of a decision to be bytes")
    return proposal, founding, found, [raw for raw in records if isinstance(raw, bytes)]


def _keep_charter(community: CommunityId, raws: Iterable[bytes], store: Store) -> None:
    """Prove a charter's records and keep them all.

    A file is bounded by its size. A node bounds each charter and keeps those that rolls name; here no roll is
    known yet, so whoever puts device records of their own into a true file would spoil it.

    Raises:
        PeerError: a record cannot be read, its signature does not hold, or it has not the shape of its kind.
    """
    for raw in raws:
        one, _ = _read_whole(raw)
        if one.kind in CHARTER_KINDS:
            store.charters.add(community, one.id, one.raw)


def _read_whole(raw: bytes) -> tuple[Record, bytes | None]:
    """Prove a record of a file and what it says, and return it with the id that it is about.

    A node passes over what others signed and nobody can read, a charter's statements too. A file is there to
    be proved: what has not the shape of its kind could only stand in it for some reader to take it otherwise.

    Raises:
        PeerError: it cannot be read, its signature does not hold, or it has not the shape of its kind.
    """
    found = record.read(raw)
    for form in (Charter, DeviceAdded, Retired):
        if found.kind == form.kind:
            form.read(found)
    return found, subject_of(found)


def _take(store: Store, registry: Registry, scope: str, raws: Iterable[bytes]) -> list[str]:
    """Prove records and lay them where a node would; return what is wrong with those that do not hold."""
    problems = []
    # No feed carried them here; a carrier is only where a node would look to forget them again.
    nowhere = Carrier(FeedKey(PublicKey(bytes(32)), scope), 0, EntryId(bytes(32)))
    for raw in raws:
        try:
            found, about = _read_whole(raw)
        except PeerError as error:
            problems.append(f"a record in the file does not hold: {error}")
            continue
        row = RecordRow(
            id=found.id,
            kind=found.kind,
            scope=scope,
            payload_id=found.payload_id,
            about=about,
            signer=found.signer,
            raw=found.raw,
        )
        store.records.add(row, nowhere)
        registry.forget_members(scope)
    return problems


def _doubts(reading: Reading) -> list[str]:
    """Return why a reading is not a certified decision."""
    doubts = []
    if reading.state == "diverged":
        doubts.append("two results are certified, or one cut was counted in two ways: nothing is final")
    elif reading.state == "provisional":
        doubts.append(f"the papers hold no certified result: {reading.why_provisional}")
    return doubts
