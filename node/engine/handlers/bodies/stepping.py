"""Commands about stepping up and stepping down: standing for a body, and resigning from a place."""

from node import ids, keys
from node.directory import body, plain_text
from node.engine.commands import StandForBody, TakeResignation
from node.engine.deciding.questions import seconds
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.handlers import stated
from node.engine.handlers.bodies.bodies import find
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, NotFoundError, PeerError, UnknownReferenceError, UserError
from node.feeds import scopes
from node.governance import bodies, candidacies
from node.governance.bodies import Resignation
from node.governance.candidacies import Candidacy
from node.ids import PayloadId
from node.records import record


def stand_for_body(command: StandForBody, desk: Desk) -> Done:
    """Say that somebody of this community stands for a body, or does no longer."""
    desk.steward()
    members = desk.member_of(command.federation)
    row = find(command.body, members, desk)
    if row is None:
        raise NotFoundError(
            f"no body of this federation is called {command.body!r}: see 'hedgerow body list'"
        )
    what = body.from_tree(read_tree(row))
    if what.ended:
        raise ConflictError(f"{what.title} is no more, so nobody stands for it")
    if what.kind == "assembly":
        raise ConflictError("an assembly's seats follow from the roll: see 'hedgerow mandate grant'")
    name = plain_text.line(command.name)
    if not name:
        raise UserError("expected a name that can be read, found only hidden characters")
    scope = scopes.members(members.founding.federation)
    known = [
        one
        for one in stated.held(Candidacy, scope, row.id, desk)
        if (one.community, one.name) == (desk.own, name)
    ]
    holding = stated.holding(known, Candidacy.kind, scope, desk)
    if not command.stands and not any(one.stands for one in candidacies.latest(holding)):
        raise UnknownReferenceError(f"{name} of this community does not stand for {what.title}")
    made = Candidacy(
        federation=members.founding.federation,
        community=desk.own,
        body=row.id,
        name=name,
        key=keys.parse(command.key) if command.key is not None else None,
        text=plain_text.block(command.text),
        stands=command.stands,
        since=seconds(desk.now),
        serial=stated.next_serial(holding),
    )
    answer: Answer = {
        "federation": ids.show(members.founding.federation),
        "body": ids.show(row.id),
        "title": what.title,
        "name": name,
        "stands": command.stands,
    }
    return Done(answer, publish=((scope, (stated.state(made, known, desk, alike=_alike),)),))


def take_resignation(command: TakeResignation, desk: Desk) -> Done:
    """Publish that somebody steps down."""
    try:
        signed = record.read(command.resignation)
        said = Resignation.read(signed)
    except PeerError as error:
        raise UserError(f"that is not a signed resignation: {error}") from error
    question = desk.questions.find(PayloadId(said.proposal))
    if said.option not in bodies.resigned(question.proposal, [signed]):
        raise UserError("the resignation is not signed with the key that the election names for that person")
    held = desk.questions.about(question.scope, Resignation.kind, question.proposal.id)
    if said.option in bodies.resigned(question.proposal, held):
        raise ConflictError("that person has stepped down already")
    answer: Answer = {
        "federation": ids.show(question.proposal.federation),
        "proposal": ids.show(question.proposal.id),
        "name": question.proposal.options[said.option - 1],
    }
    return Done(answer, publish=((question.scope, (carry(signed),)),))


def _alike(one: Candidacy, other: Candidacy) -> bool:
    """Tell whether two stewards say the same, each by a clock of their own."""
    return one.model_copy(update={"since": other.since}) == other
