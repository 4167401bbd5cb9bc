"""Commands about petitions: handing one in, supporting it, putting the question it asks for."""

from collections.abc import Iterator

from pydantic import ValidationError

from node import ids
from node.directory import plain_text
from node.engine.commands import ListPetitions, OpenProposal, PutPetition, StartPetition, SupportPetition
from node.engine.deciding.questions import seconds
from node.engine.deciding.rolls import RollStanding
from node.engine.deciding.standing import read_standing
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import carry
from node.engine.handlers import proposals
from node.errors import ConflictError, NotFoundError
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import petitions
from node.governance.closing.phases import Phase
from node.governance.petitions import Petition, Standing, State
from node.governance.proposals import Proposal
from node.ids import CommunityId
from node.records.approvals import Approval, Signatures

_NONCE_BYTES = 16
# What opens later than clocks differ was not put yet.
_AHEAD_SECONDS = 86_400
_UNDER_WAY = frozenset({Phase.DRAFT, Phase.OPEN, Phase.SEALING})
_ORDER = (State.DUE, State.GATHERING, State.PUT)


def start_petition(command: StartPetition, desk: Desk) -> Done:
    """Hand a petition in."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    try:
        made = Petition(
            federation=members.founding.federation,
            community=desk.own,
            title=plain_text.line(command.title),
            text=plain_text.block(command.text),
            nonce=desk.entropy(_NONCE_BYTES),
        )
    except ValidationError as error:
        raise complaint(error) from error
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "petition": ids.show(made.payload_id),
        "needed": _needed(members, desk),
    }
    scope = scopes.members(members.founding.federation)
    return Done(answer, publish=((scope, (carry(made.sign(steward)),)),))


def support_petition(command: SupportPetition, desk: Desk) -> Done:
    """Stand behind a petition as a community."""
    steward = desk.steward()
    standing, members = _found(command.petition, desk)
    desk.member_of(ids.show(members.founding.federation))
    if desk.own in standing.supporters:
        raise ConflictError("this community stands behind that petition already")
    approval = Approval(of=standing.petition.payload_id).sign(steward)
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "petition": ids.show(standing.petition.payload_id),
        "title": standing.petition.title,
    }
    return Done(answer, publish=((scopes.members(members.founding.federation), (carry(approval),)),))


def put_petition(command: PutPetition, desk: Desk) -> Done:
    """Put the question that a petition asks for."""
    standing, members = _found(command.petition, desk)
    if standing.state is State.PUT:
        raise ConflictError("that question was put already: see 'hedgerow petition list'")
    if standing.state is State.GATHERING:
        raise ConflictError(
            f"expected {standing.needed} communities behind it, found {len(standing.supporters)}:"
            " any member may put a question of its own with 'hedgerow proposal open'"
        )
    wanted = OpenProposal(
        federation=ids.show(members.founding.federation),
        title=standing.petition.title,
        text=standing.petition.text,
        petition=ids.show(standing.petition.payload_id),
    )
    done = proposals.open_proposal(wanted, desk)
    return Done({**done.answer, "petition": wanted.petition}, publish=done.publish)


def list_petitions(command: ListPetitions, desk: Desk) -> Done:
    """List the petitions of a federation, those that are due first."""
    members = desk.federation(command.federation)
    found = sorted(
        _standing(members, desk),
        key=lambda one: (_ORDER.index(one.state), one.petition.title.casefold(), one.petition.payload_id),
    )
    put = {one.id: one.title for one in desk.questions.put(members)}
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "name": members.founding.bylaws.name,
            "petitions": [
                {
                    "id": ids.show(one.petition.payload_id),
                    "title": one.petition.title,
                    "text": one.petition.text,
                    "community": desk.name_of(CommunityId(one.petition.community)),
                    "state": one.state.value,
                    "supporters": [desk.name_of(supporter) for supporter in one.supporters],
                    "supported_here": desk.own in one.supporters,
                    "needed": one.needed,
                    "put": [{"proposal": ids.show(p), "title": put[p]} for p in one.put],
                }
                for one in found
            ],
        }
    )


def _standing(members: Members, desk: Desk) -> Iterator[Standing]:
    """Yield the petitions of a federation that members' stewards handed in and this node shows."""
    federation = members.founding.federation
    scope = scopes.members(federation)
    put = desk.questions.put(members)
    needed = _needed(members, desk)
    named = {one.payload_id: one for one in Petition.among(desk.questions.stored(scope, Petition.kind))}
    for payload, petition in sorted(named.items()):
        stated = desk.questions.with_payload(scope, Petition.kind, payload)
        approvals = desk.questions.about(scope, Approval.kind, payload)
        standing = petitions.evaluate(
            petition,
            approvers=desk.registry.approvers(payload, Signatures([*stated, *approvals])),
            members=members.active,
            needed=needed,
            proposals=[
                one for one in put if petitions.answers(one, petition) and _goes_on(one, members, desk)
            ],
        )
        shown = desk.moderation.shows_from(CommunityId(petition.community))
        if standing is not None and petition.federation == federation and shown:
            yield standing


def _goes_on(proposal: Proposal, members: Members, desk: Desk) -> bool:
    """Tell whether a question is decided, or is under way and can be; else others may put it once more."""
    try:
        question = desk.questions.find(proposal.id)
    except (NotFoundError, ConflictError):
        return False
    standing = read_standing(question, desk.questions, desk.registry, desk.now)
    return standing.closed.certified or (
        standing.phase in _UNDER_WAY
        and proposal.windows.opens <= seconds(desk.now) + _AHEAD_SECONDS
        and CommunityId(proposal.proposer) in members.active
        and desk.questions.roll_standing(question) is not RollStanding.PASSED_OVER
        and not desk.questions.taken_back(question)
    )


def _needed(members: Members, desk: Desk) -> int:
    """Return how many must stand behind a petition, by the bylaws in force."""
    roll, _ = desk.questions.present_roll(members)
    rules = desk.questions.rules(members, roll) if roll is not None else members.founding.bylaws
    return rules.petitions.supporters


def _found(named: str, desk: Desk) -> tuple[Standing, Members]:
    """Return the one petition that an id, its beginning or a title means.

    Raises:
        NotFoundError: none or several fit.
    """
    wanted = plain_text.line(named).casefold()
    known = [
        (standing, members)
        for federation in desk.registry.federations()
        if (members := desk.registry.members(federation)) is not None
        for standing in _standing(members, desk)
    ]
    fitting = [
        pair
        for pair in known
        if pair[0].petition.title.casefold() == wanted
        or (wanted and ids.show(pair[0].petition.payload_id).startswith(wanted))
    ]
    if len(fitting) != 1:
        raise NotFoundError(f"{len(fitting)} petitions fit {named!r}: see 'hedgerow petition list'")
    return fitting[0]
