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
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import Draft, carry
from node.engine.handlers import phrasing
from node.engine.sessions import joining
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, PeerError, UserError
from node.federation.membership import JoinRequest
from node.feeds import scopes
from node.feeds.bodies import Kind
from node.governance import mandates
from node.governance.candidacies import Candidacy
from node.governance.closing.review import ReviewRequest
from node.governance.mandates import Mandate
from node.governance.petitions import PetitionSupport
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
                " it with a key of their own"
            )
        lacking = charter.stewards.threshold - len(waiting.signed_by)
        signed = [Approval(of=payload).sign(one) for one in own[:lacking]]
    by = (*waiting.signed_by, *(one.signer for one in signed))
    answer = _row(replace(waiting, signed_by=tuple(sorted(by))), desk)
    answer["holds"] = answer["signed"] >= answer["needed"]
    if waiting.joining is not None:
        joining.approve(desk.store, waiting.joining, signed)
        return Done(answer, addresses_changed=True)
    if not waiting.scope:
        return Done(answer, charters=tuple(one.raw for one in signed))
    drafts = tuple(carry(one) for one in signed)
    return Done(answer, publish=((waiting.scope, drafts),), sharing_changed=True)


def told(done: Done, desk: Desk) -> Done:
    """Return what came of a command, with what of it waits for further stewards, if anything does."""
    charter = desk.registry.community(desk.own)
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
        stated = {one.payload_id: one for form in phrasing.BY_STEWARDS for one in form.among(held)}
        by = Signatures([*held, *known])
        rows += [_row(one, desk) for one in _lacking(stated.values(), by, scope, charter)]
    return replace(done, answer={**done.answer, "to_approve": rows}) if rows else done


def rows(stated: Statement, signed_by: Sequence[PublicKey], desk: Desk) -> list[Answer]:
    """Return what a command answers about a statement that it keeps here until enough stewards signed it."""
    waits = len(signed_by) < _charter(desk).stewards.threshold
    return [_row(Waiting(stated, "", None, tuple(sorted(signed_by))), desk)] if waits else []


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
        approved = Approval.read(signed).of
    except PeerError as error:
        raise UserError(f"that is no signed approval: {error}") from error
    if approved != waiting.stated.payload_id:
        raise UserError("the approval is of something else")
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
    approved = {one.of for one in Approval.among(approvals)}
    for form in phrasing.BY_STEWARDS:
        held = desk.questions.stored(scope, form.kind)
        signed = [one for one in held if one.signer in own or one.payload_id in approved]
        stated = {one.payload_id: one for one in form.among(signed)}
        by = Signatures([*signed, *approvals])
        holding = [one for one in stated.values() if charter.approves(one.payload_id, by)]
        still = [one for one in stated.values() if not _outdated(one, holding, desk)]
        yield from _lacking(still, by, scope, charter)


def _outdated(one: Statement, holding: Sequence[Statement], desk: Desk) -> bool:
    """Tell whether nothing would come of a statement any more: voting is over, or a newer one holds."""
    match one:
        case Proposal():
            return one.windows.closes <= seconds(desk.now)
        case SizeAttestation():
            newer = [each for each in holding if isinstance(each, SizeAttestation)]
            return any(each.subject == one.subject and each.serial >= one.serial for each in newer)
        case Mandate():
            given = [each for each in holding if isinstance(each, Mandate)]
            return one not in mandates.standing([*given, one])
        case _:
            return False


def _lacking(
    stated: Iterable[Statement], signatures: Signatures, scope: str, charter: Community
) -> Iterator[Waiting]:
    """Yield what some stewards signed, and not enough, sorted by id."""
    for one in sorted(stated, key=lambda each: each.payload_id):
        by = signatures.of(one.payload_id) & set(charter.stewards.keys)
        if 0 < len(by) < charter.stewards.threshold and not _elsewhere(one, charter.id):
            yield Waiting(one, scope, None, tuple(sorted(by)))


def _elsewhere(one: Statement, own: CommunityId) -> bool:
    """Tell whether another community says it, of which one of our stewards is a steward as well.

    Foundings, memberships and petitions are what several communities stand behind.
    """
    match one:
        case SizeAttestation():
            return one.attester != own
        case Proposal():
            return one.proposer != own
        case Mandate() | JoinRequest() | ReviewRequest() | PetitionSupport() | Candidacy():
            return one.community != own
        case _:
            return False


def _row(one: Waiting, desk: Desk) -> Answer:
    payload: PayloadId = one.stated.payload_id
    return {
        "id": ids.show(payload),
        "kind": one.stated.kind,
        "in_words": phrasing.in_words(one.stated, desk),
        "signed_by": [keys.show(key) for key in one.signed_by],
        "signed": len(one.signed_by),
        "needed": _charter(desk).stewards.threshold,
    }
