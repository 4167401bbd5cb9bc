"""Commands about petitions: handing one in, supporting it, putting the question it asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from pydantic import ValidationError

from node import ids
from node.directory import plain_text
from node.engine.commands import ListPetitions, OpenProposal, PutPetition, StartPetition, SupportPetition
from node.engine.deciding.questions import seconds
from node.engine.deciding.standing import read_standing
from node.engine.desk import Answer, Desk, Done, complaint
from node.engine.drafts import Draft, carry
from node.engine.handlers import stated
from node.engine.handlers.questions import proposals
from node.engine.rolls.rolls import RollStanding
from node.errors import ConflictError, NotFoundError
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import petitions
from node.governance.closing.phases import Phase
from node.governance.petitions import Petition, PetitionSupport, Standing, State, Threshold
from node.governance.proposals import Proposal
from node.ids import CommunityId, FederationId, PayloadId
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
    asking = _asking(members, desk)
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
    approval = Approval(of=made.payload_id, community=desk.own)
    drafts = [carry(made.sign(steward)), carry(approval.sign(steward))]
    if command.people is not None:
        drafts.append(_people(made, command.people, asking, desk))
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "petition": ids.show(made.payload_id),
        "needed": asking.needed.communities,
        "needed_in_words": _in_words(asking),
    }
    return Done(answer, publish=((scopes.members(members.founding.federation), tuple(drafts)),))


def support_petition(command: SupportPetition, desk: Desk) -> Done:
    """Stand behind a petition as a community, or state how many of its people do."""
    steward = desk.steward()
    standing, members = _found(command.petition, desk)
    desk.member_of(ids.show(members.founding.federation))
    petition, behind = standing.petition, desk.own in standing.supporters
    if command.people is not None:
        draft = _people(petition, command.people, _asking(members, desk), desk)
    elif behind:
        raise ConflictError(
            "this community stands behind that petition already: --people states how many of its people do"
        )
    else:
        draft, behind = carry(Approval(of=petition.payload_id, community=desk.own).sign(steward)), True
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "petition": ids.show(petition.payload_id),
        "title": petition.title,
        "people": command.people,
        "stands_behind": behind,
    }
    return Done(answer, publish=((scopes.members(members.founding.federation), (draft,)),))


def put_petition(command: PutPetition, desk: Desk) -> Done:
    """Put the question that a petition asks for."""
    standing, members = _found(command.petition, desk)
    if standing.state is State.PUT:
        raise ConflictError("that question was put already: see 'hedgerow petition list'")
    if standing.state is State.GATHERING:
        raise ConflictError(
            f"it is due when {_in_words(_asking(members, desk))}; found {_so_far(standing)}:"
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
    words = _in_words(_asking(members, desk))
    return Done(
        {
            "federation": ids.show(members.founding.federation),
            "name": members.founding.bylaws.name,
            "petitions": [{**_shown(one, put, desk), "needed_in_words": words} for one in found],
        }
    )


def _shown(one: Standing, put: Mapping[PayloadId, str], desk: Desk) -> Answer:
    def counted(rows: tuple[tuple[CommunityId, int], ...]) -> list[Answer]:
        return [{"community": desk.name_of(community), "people": number} for community, number in rows]

    return {
        "id": ids.show(one.petition.payload_id),
        "title": one.petition.title,
        "text": one.petition.text,
        "community": desk.name_of(CommunityId(one.petition.community)),
        "state": one.state.value,
        "supporters": [desk.name_of(supporter) for supporter in one.supporters],
        "supported_here": desk.own in one.supporters,
        "people": one.people_in_all,
        "people_by": counted(one.people),
        "doubtful": counted(one.doubtful),
        "people_here": dict(one.people).get(desk.own),
        "needed": one.needed.communities,
        "people_needed": one.needed.people,
        "either": one.needed.either and one.needed.people > 0,
        "put": [{"proposal": ids.show(p), "title": put[p]} for p in one.put],
    }


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who must stand behind a petition here and now.

    Attributes:
        sizes: of the members that have one.
    """

    needed: Threshold
    sizes: Mapping[CommunityId, int]

    @property
    def population(self) -> int:
        """Return how many people there are in all of them."""
        return sum(self.sizes.values())


def _asking(members: Members, desk: Desk) -> _Asking:
    """Return who must stand behind a petition, by the bylaws in force and the sizes stated."""
    roll, _ = desk.questions.present_roll(members, desk.now)
    rules = desk.questions.rules(members, roll) if roll is not None else members.founding.bylaws
    asked = rules.petitions
    sizes = {CommunityId(one.community): one.size for one in roll.holders} if roll is not None else {}
    share = Fraction(asked.people.numerator, asked.people.denominator)
    either = asked.asking == "either"
    return _Asking(
        Threshold.of(asked.supporters, share, population=sum(sizes.values()), either=either), sizes
    )


def _people(petition: Petition, number: int, asking: _Asking, desk: Desk) -> Draft:
    """Return the statement that so many people of this community support a petition.

    Raises:
        ConflictError: nobody stated how many people this community has, or it has fewer.
    """
    size = asking.sizes.get(desk.own)
    if number and size is None:
        raise ConflictError("nobody has stated how many people this community has: see 'hedgerow attest'")
    if number > (size or 0):
        raise ConflictError(f"expected at most the {size} people that this community has, found {number}")
    scope = scopes.members(FederationId(petition.federation))
    known = [
        one
        for one in stated.held(PetitionSupport, scope, petition.payload_id, desk)
        if one.community == desk.own
    ]
    made = PetitionSupport(
        federation=petition.federation,
        community=desk.own,
        petition=petition.payload_id,
        people=number,
        serial=stated.next_serial(stated.holding(known, PetitionSupport.kind, scope, desk)),
    )
    return stated.state(made, known, desk)


def _in_words(asking: _Asking) -> str:
    """Say when a petition is due, as the middle of a sentence."""
    needed = asking.needed
    one = "1 community stands" if needed.communities == 1 else f"{needed.communities} communities stand"
    if needed.people == 0:
        return f"{one} behind it"
    people = "1 person supports" if needed.people == 1 else f"{needed.people:,} people support"
    return f"{one} behind it {'or' if needed.either else 'and'} {people} it, of {asking.population:,}"


def _so_far(standing: Standing) -> str:
    people = f" and {standing.people_in_all:,} people" if standing.needed.people else ""
    number = len(standing.supporters)
    return f"{number} {'community' if number == 1 else 'communities'}{people}"


def _standing(members: Members, desk: Desk) -> Iterator[Standing]:
    """Yield the petitions of a federation that members' stewards handed in and this node shows."""
    federation = members.founding.federation
    scope = scopes.members(federation)
    put = desk.questions.put(members)
    asking = _asking(members, desk)
    named = {one.payload_id: one for one in Petition.among(desk.questions.stored(scope, Petition.kind))}
    for payload, petition in sorted(named.items()):
        signed = desk.questions.with_payload(scope, Petition.kind, payload)
        approvals = desk.questions.about(scope, Approval.kind, payload)
        standing = petitions.evaluate(
            petition,
            approvers=desk.registry.approvers(payload, Signatures([*signed, *approvals])),
            stated=stated.holding(
                stated.held(PetitionSupport, scope, payload, desk), PetitionSupport.kind, scope, desk
            ),
            members=members.active,
            sizes=asking.sizes,
            needed=asking.needed,
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
