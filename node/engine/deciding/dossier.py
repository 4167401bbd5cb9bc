"""A decision's own file: all papers from which anybody recounts it, offline, on any machine.

It holds records as they were signed and the charters of the communities that signed them, nothing made from
them: who reads it proves, evaluates and counts everything again, by the same code as a node.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from node import canonical
from node.clock import Timestamp
from node.engine.deciding import enacting
from node.engine.deciding.enacting import Acting
from node.engine.deciding.outcomes import Reading, read_outcome
from node.engine.deciding.questions import Question, Questions
from node.engine.ports import Carrier, RecordRow, Store
from node.engine.registry import Registry
from node.engine.subjects import subject_of
from node.errors import InputFileError, NodeError, PeerError
from node.federation.membership import JoinRequest, Membership
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.governance import papers
from node.governance.ballots import Ballot
from node.governance.closing import review
from node.governance.closing.phases import Phase
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, EntryId, PayloadId
from node.keys import PublicKey
from node.records import record
from node.records.approvals import Approval
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
    questions = Questions(store, registry)
    federation = question.members.founding.federation
    founding = registry.founding_record(federation)
    assert founding is not None
    scope = question.scope
    held: list[Record] = [
        *(one for kind in _KINDS for one in questions.stored(scope, kind)),
        *questions.rolls.proof(question.members, question.roll),
        *questions.lots.proof(scope, question.proposal, question.roll, questions.lot(question)),
        *_mandates(question, questions, registry),
        *_about(question.proposal, scope, questions),
        # Who belongs and which bylaws hold rests on decisions of their own.
        *(
            one
            for decision in enacting.read(store, registry, question.members)
            if decision.passed or _refused(decision)
            for one in _about(decision.proposal, scope, questions)
        ),
    ]
    stated = {bytes(one.payload_id) for one in held} | {bytes(federation)}
    named = sorted({*question.members.ever, *question.members.founding.founders})
    stewards = {key for community in named for key in registry.stewards_of(CommunityId(community))}
    approvals = [
        one
        for one in questions.stored(scope, Approval.kind)
        if one.signer in stewards and any(approval.of in stated for approval in Approval.among([one]))
    ]
    charters = {community: store.charters.of(CommunityId(community)) for community in named}
    raws = sorted({one.id: one.raw for one in [*held, *approvals]}.values())
    return canonical.encode(
        [
            FORMAT,
            question.proposal.id,
            founding,
            [[community, list(raw)] for community, raw in charters.items()],
            raws,
        ]
    )


def _mandates(question: Question, questions: Questions, registry: Registry) -> Iterator[Record]:
    """Yield the mandates that hold: whoever publishes others must not make a file longer than one can be."""
    stated: dict[PayloadId, list[Record]] = {}
    for one in questions.stored(question.scope, Mandate.kind):
        stated.setdefault(one.payload_id, []).append(one)
    for mandate in questions.mandates(question.members):
        stewards = registry.stewards_of(CommunityId(mandate.community))
        found = stated[mandate.payload_id]
        yield from [one for one in found if one.signer in stewards] or found[:1]


def _refused(decision: Acting) -> bool:
    """Tell whether it is certified that a decision was not annulled: that upholds the other one."""
    return decision.effect.act == "annul" and decision.phase is Phase.IN_FORCE


def _about(proposal: Proposal, scope: str, questions: Questions) -> list[Record]:
    """Return a question, its roll, its ballots, and all that was signed about it."""
    return [
        *questions.with_payload(scope, Roll.kind, PayloadId(proposal.roll)),
        *questions.with_payload(scope, Proposal.kind, proposal.id),
        *(
            one
            for kind in (Ballot.kind, *papers.KINDS, *review.KINDS)
            for subject in (papers.instance(proposal.id), bytes(proposal.id))
            for one in questions.about(scope, kind, subject)
        ),
    ]


def verify(data: bytes, store: Store) -> Verified:
    """Prove and recount a decision's file.

    Args:
        data: the file's content.
        store: an empty one, which is filled with what the file holds.

    Raises:
        InputFileError: it is not a decision's file, or larger than one can be.
    """
    proposal, founding, charters, records = _read(data)
    registry = Registry(store)
    enacting.attach(registry, store)
    problems: list[str] = []
    try:
        for community, raws in charters:
            registry.add_charter(CommunityId(community), raws)
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


def _take(store: Store, registry: Registry, scope: str, raws: Iterable[bytes]) -> list[str]:
    """Prove records and lay them where a node would; return what is wrong with those that do not hold."""
    problems = []
    # No feed carried them here; a carrier is only where a node would look to forget them again.
    nowhere = Carrier(FeedKey(PublicKey(bytes(32)), scope), 0, EntryId(bytes(32)))
    for raw in raws:
        try:
            found = record.read(raw)
            about = subject_of(found)
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
