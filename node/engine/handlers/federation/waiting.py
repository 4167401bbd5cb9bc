"""What waits for further stewards of this community: listing it, and signing it.

A community whose charter asks for several stewards says something once enough of them signed one payload.
The first to do so states it by the command that it is about; the others read it here and approve it. Only
what a steward of this community signed is shown: nobody else can fill the list.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from node import ids, keys
from node.engine.commands import ApproveWaiting, ListWaiting
from node.engine.deciding.questions import seconds
from node.engine.deciding.standing import read_standing
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import Draft, carry
from node.engine.handlers.federation import following, phrasing
from node.engine.sessions import joining
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, PeerError, UserError
from node.federation.declining import Declining
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Membership
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.governance import mandates
from node.governance.candidacies import Candidacy
from node.governance.closing.review import ReviewRequest, Withdraw
from node.governance.mandates import Mandate
from node.governance.petitions import Petition, PetitionSupport
from node.governance.proposals import Proposal
from node.governance.sizes import SizeAttestation
from node.identity.charter import DeviceAdded, Retired
from node.identity.community import Community
from node.ids import CommunityId, FederationId, PayloadId
from node.keys import PublicKey
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record
from node.records.statement import Statement


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that some stewards of this community signed, and not enough.

    Attributes:
        scope: where its approvals are published; empty for those of the charter.
        joining: the federation, for a request to join that is not sent yet.
        signed_by: stewards' keys, sorted.
    """

    stated: Statement
    scope: str
    joining: FederationId | None
    signed_by: tuple[PublicKey, ...]


def list_waiting(_: ListWaiting, desk: Desk) -> Done:
    """List what waits, in words."""
    charter = _charter(desk)
    shown = [_row(one, desk) for one in _found(charter, desk)]
    return Done({"needed": charter.stewards.threshold, "waiting": shown})


def approve_waiting(command: ApproveWaiting, desk: Desk) -> Done:
    """Sign what waits, by this device's keys or by one elsewhere."""
    charter = _charter(desk)
    payload = ids.parse(command.statement)
    waiting = next((one for one in _found(charter, desk) if one.stated.payload_id == payload), None)
    if waiting is None:
        raise NotFoundError("nothing of that id waits for a steward of this community")
    if command.approval is not None:
        signed = [_given(command.approval, waiting, charter)]
    else:
        own = [one for one in desk.keyring.stewards if one.public not in waiting.signed_by]
        if not own:
            raise NotAuthorisedError(
                "the stewards' keys of this device signed that already, or it has none: another steward signs"
                " it with --key FILE, or on a device of their own"
            )
        lacking = charter.stewards.threshold - len(waiting.signed_by)
        signed = [Approval(of=payload, community=desk.own).sign(one) for one in own[:lacking]]
    by = (*waiting.signed_by, *(one.signer for one in signed))
    answer = _row(replace(waiting, signed_by=tuple(sorted(by))), desk)
    answer["holds"] = answer["signed"] >= answer["needed"]
    if waiting.joining is not None:
        joining.approve(desk.store, waiting.joining, signed)
        return Done(answer, addresses_changed=True)
    if not waiting.scope:
        return Done(answer, charters=tuple(one.raw for one in signed))
    drafts = tuple(carry(one) for one in signed)
    founding = waiting.stated if isinstance(waiting.stated, Founding) else None
    there = following.told(founding, None, drafts, desk) if founding is not None else ()
    return Done(answer, publish=((waiting.scope, drafts), *there), sharing_changed=True)


def told(done: Done, desk: Desk) -> Done:
    """Return what came of a command: with what it approved, in words, and what waits for more stewards."""
    charter = desk.registry.community(desk.own)
    if words := _approved_words(done, desk):
        done = replace(done, answer={**done.answer, "in_words": words})
    if charter is None or charter.stewards.threshold == 1:
        return done
    rows = []
    links = [record.stored(raw) for raw in done.charters]
    fresh = [one for form in _CHARTER.values() for one in form.among(links)]
    rows += [_row(one, desk) for one in _lacking(fresh, Signatures(links), "", charter)]
    for scope, drafts in done.publish:
        said = [_carried(one) for one in drafts if one.kind is Kind.RECORD]
        held = [*said, *_approved(said, scope, desk)]
        named = {one.payload_id for one in held}
        known = [approval for one in named for approval in desk.questions.about(scope, Approval.kind, one)]
        said_here = (one for form in phrasing.BY_STEWARDS for one in form.among(held))
        stated = {one.payload_id: one for one in said_here if not _in_passing(one, scope)}
        by = Signatures([*held, *known])
        rows += [_row(one, desk) for one in _lacking(stated.values(), by, scope, charter)]
    return replace(done, answer={**done.answer, "to_approve": rows}) if rows else done


def rows(stated: Statement, signed_by: Sequence[PublicKey], desk: Desk) -> list[Answer]:
    """Return what a command answers about a statement that it keeps here until enough stewards signed it."""
    waits = len(signed_by) < _charter(desk).stewards.threshold
    return [_row(Waiting(stated, "", None, tuple(sorted(signed_by))), desk)] if waits else []


def _approved_words(done: Done, desk: Desk) -> list[str]:
    """Return in words the foundings and memberships that a command approved: others wrote what it signed."""
    stated = {
        one.payload_id: one
        for scope, drafts in done.publish
        # An approval is published alone; the thousands of ballots of one command need not be read for it.
        for held in [
            _approved([_carried(each) for each in drafts[:1] if each.kind is Kind.RECORD], scope, desk)
        ]
        for one in (*Founding.among(held), *Membership.among(held))
    }
    return [line for one in stated.values() for line in phrasing.in_words(one, desk)]


def _approved(said: Sequence[Record], scope: str, desk: Desk) -> list[Record]:
    """Return the records of what some approvals name."""
    return [
        one
        for approval in Approval.among(said)
        for form in phrasing.BY_STEWARDS
        for one in desk.questions.with_payload(scope, form.kind, PayloadId(approval.of))
    ]


_CHARTER: dict[str, type[Statement]] = {DeviceAdded.kind: DeviceAdded, Retired.kind: Retired}


def _carried(draft: Draft) -> Record:
    assert isinstance(draft.content, bytes), "a draft of this kind carries a record's bytes"
    return record.stored(draft.content)


def _charter(desk: Desk) -> Community:
    charter = desk.registry.community(desk.own)
    if charter is None:
        raise ConflictError("this community's charter is not here yet")
    return charter


def _given(raw: bytes, waiting: Waiting, charter: Community) -> Record:
    """Return an approval that was signed elsewhere.

    Raises:
        UserError: it is none of what waits.
        NotAuthorisedError: its key is no steward's.
        ConflictError: that key has signed already.
    """
    try:
        signed = record.read(raw)
        approval = Approval.read(signed)
    except PeerError as error:
        raise UserError(f"that is no signed approval: {error}") from error
    if approval.of != waiting.stated.payload_id:
        raise UserError("the approval is of something else")
    if approval.community != charter.id:
        raise UserError("the approval is given for another community")
    if signed.signer not in charter.stewards.keys:
        raise NotAuthorisedError("the charter of this community names no steward with that key")
    if signed.signer in waiting.signed_by:
        raise ConflictError("that key has signed it already: another steward must")
    return signed


def _found(charter: Community, desk: Desk) -> Iterator[Waiting]:
    """Yield what waits: of the charter, of a federation, and requests to join one."""
    records = [record.stored(raw) for raw in desk.store.charters.of(desk.own)]
    links = [one for form in _CHARTER.values() for one in form.among(records)]
    # Of links that retire, only the next place in the chain can still hold.
    due = [one for one in links if not isinstance(one, Retired) or one.after == charter.tip]
    yield from _lacking(due, Signatures(records), "", charter)
    for federation, asking in joining.asking(desk.store):
        held = [record.stored(raw) for raw in (asking.request, *asking.approvals)]
        for one in _lacking(JoinRequest.among(held[:1]), Signatures(held), "", charter):
            yield replace(one, joining=federation)
    for federation in desk.registry.federations():
        yield from _in_federation(federation, charter, desk)


def _in_federation(federation: FederationId, charter: Community, desk: Desk) -> Iterator[Waiting]:
    """Yield what waits in a federation, of what can still count."""
    scope = scopes.members(federation)
    own = set(charter.stewards.keys)
    approvals = [one for one in desk.questions.stored(scope, Approval.kind) if one.signer in own]
    approved = {one.of for one in Approval.among(approvals) if one.community == charter.id}
    for form in phrasing.BY_STEWARDS:
        held = desk.questions.stored(scope, form.kind)
        signed = [one for one in held if one.signer in own or one.payload_id in approved]
        stated = {one.payload_id: one for one in form.among(signed)}
        by = Signatures([*signed, *approvals])
        holding = [one for one in stated.values() if charter.approves(one.payload_id, by)]
        ours = [one for one in stated.values() if not _elsewhere(one, scope, desk)]
        still = [one for one in ours if not _outdated(one, holding, desk)]
        yield from _lacking(still, by, scope, charter)


def _outdated(one: Statement, holding: Sequence[Statement], desk: Desk) -> bool:
    """Tell whether nothing would come of a statement any more: its time is over, or a newer one holds."""
    match one:
        case Proposal():
            return one.windows.closes <= seconds(desk.now)
        case SizeAttestation() | PetitionSupport() | Candidacy() | Declining():
            over = isinstance(one, Declining) and _is_founded(one.federation, desk)
            return over or any(_replaces(each, one) for each in holding)
        case Mandate():
            given = [each for each in holding if isinstance(each, Mandate)]
            return one not in mandates.standing([*given, one])
        case Membership():
            return desk.registry.is_member(one.federation, CommunityId(one.community))
        case Withdraw() | ReviewRequest():
            return _too_late(one, desk)
        case _:
            return False


def _is_founded(federation: bytes, desk: Desk) -> bool:
    members = desk.registry.members(FederationId(federation))
    return members is not None and members.founded


def _replaces(newer: Statement, one: SizeAttestation | PetitionSupport | Candidacy | Declining) -> bool:
    """Tell whether a statement that holds has the number of another about the same, or a higher one."""
    if not isinstance(newer, SizeAttestation | PetitionSupport | Candidacy | Declining):
        return False
    return newer.serial >= one.serial and _about(newer) == _about(one)


def _about(one: SizeAttestation | PetitionSupport | Candidacy | Declining) -> tuple[object, ...]:
    match one:
        case SizeAttestation():
            return one.attester, one.subject
        case PetitionSupport():
            return one.community, one.petition
        case Candidacy():
            return one.community, one.body, one.name
        case Declining():
            return one.community, one.federation


def _too_late(one: Withdraw | ReviewRequest, desk: Desk) -> bool:
    """Tell whether a question cannot be taken back any more, or the time for asking for a review is over."""
    try:
        question = desk.questions.find(PayloadId(one.proposal))
    except (NotFoundError, ConflictError):
        return False  # Its roll may be under way.
    standing = read_standing(question, desk.questions, desk.registry, desk.now)
    if isinstance(one, Withdraw):
        # As the command that takes a question back sees it (handlers/effects.py).
        return standing.papers.is_sealed(desk.own) or bool(standing.papers.agreement.certificates())
    over = standing.review is not None and standing.review.over
    return over or seconds(desk.now) >= question.proposal.windows.in_force_from


def _lacking(
    stated: Iterable[Statement], signatures: Signatures, scope: str, charter: Community
) -> Iterator[Waiting]:
    """Yield what some stewards signed, and not enough: by seat and number, else by id."""
    for one in sorted(stated, key=_place):
        by = signatures.of(one.payload_id, charter.id) & set(charter.stewards.keys)
        if 0 < len(by) < charter.stewards.threshold:
            yield Waiting(one, scope, None, tuple(sorted(by)))


def _place(one: Statement) -> tuple[int, int, bytes]:
    """Return where something stands in the list: what corrects something else is read after it."""
    seat, number = 0, 0
    match one:
        case Mandate():
            seat, number = one.seat, one.seq
        case SizeAttestation() | PetitionSupport() | Candidacy() | Declining():
            number = one.serial
        case _:
            pass
    return seat, number, one.payload_id


def _elsewhere(one: Statement, scope: str, desk: Desk) -> bool:
    """Tell whether another community says it, of which one of our stewards is a steward as well.

    What several communities stand behind waits here only where an approval was given for ours.
    """
    own: bytes = desk.own
    speaker = own
    match one:
        case SizeAttestation():
            speaker = one.attester
        case Proposal():
            speaker = one.proposer
        case Withdraw():
            put = Proposal.among(desk.questions.with_payload(scope, Proposal.kind, PayloadId(one.proposal)))
            speaker = next((each.proposer for each in put), b"")
        case Founding():
            return own not in one.founders or _in_passing(one, scope)
        case Membership():
            return one.community == own
        case Petition():
            return False
        case Mandate() | JoinRequest() | ReviewRequest() | PetitionSupport() | Candidacy() | Declining():
            speaker = one.community
        case _:
            pass
    return speaker != own


def _in_passing(one: Statement, scope: str) -> bool:
    """Tell whether a founding is carried where it tells the members of the federation that it follows."""
    return isinstance(one, Founding) and scopes.members(one.federation) != scope


def _row(one: Waiting, desk: Desk) -> Answer:
    payload: PayloadId = one.stated.payload_id
    return {
        "id": ids.show(payload),
        "kind": one.stated.kind,
        "in_words": phrasing.in_words(one.stated, desk),
        "signed_by": [keys.show(key) for key in one.signed_by],
        "signed": len(one.signed_by),
        "needed": _charter(desk).stewards.threshold,
        "community": ids.show(desk.own),
    }
