"""Who stands for a body, and who it is that an election would put into its places."""

from collections.abc import Iterator

from node import keys
from node.engine.deciding.outcomes import read_outcome
from node.engine.desk import Answer, Desk
from node.engine.handlers import stated
from node.errors import UserError
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import candidacies
from node.governance.candidacies import Candidacy
from node.governance.closing.phases import Phase
from node.governance.proposals import Proposal
from node.ids import CommunityId, DocumentId
from node.keys import PublicKey

# An election that came to nothing is answered by nobody: whoever stood for it stands still.
_CAME_TO_NOTHING = frozenset({Phase.WITHDRAWN, Phase.FAILED})


def standing(document: DocumentId, members: Members, desk: Desk) -> list[Answer]:
    """Return who stands for the next election to a body, as it shall stand on the ballot paper."""
    scope = scopes.members(members.founding.federation)
    counted = candidacies.latest(_holding(scope, document, members, desk))
    put = list(_elections(document, members, desk)) if any(one.stands for one in counted) else []
    found = [
        one
        for one in candidacies.standing(counted, put)
        if desk.moderation.shows_from(CommunityId(one.community))
    ]
    names = [one.name for one in found]
    rows = []
    for one in found:
        community = desk.name_of(CommunityId(one.community))
        # Two of one name are told apart by whose they are.
        option = one.name if names.count(one.name) == 1 else f"{one.name} ({community})"
        rows.append(
            {
                "name": one.name,
                "option": option[: candidacies.OPTION_CHARS_MAX],
                "community": community,
                "key": keys.show(PublicKey(one.key)) if one.key is not None else None,
                "text": one.text,
                "own": one.community == desk.own,
            }
        )
    return rows


def options(proposal: Proposal, members: Members, desk: Desk) -> list[Answer]:
    """Return for each option of an election whose key it would put there, and whose people say so."""
    filling = proposal.fills
    assert filling is not None
    scope = scopes.members(members.founding.federation)
    document = DocumentId(filling.body)
    said = [one for one in _holding(scope, document, members, desk) if one.stands]
    known = _known(members, desk)
    rows = []
    for number, (option, key) in enumerate(zip(proposal.options, filling.keys, strict=True), start=1):
        stand = {CommunityId(one.community) for one in said if candidacies.named(one, proposal) == number}
        rows.append(
            {
                "option": number,
                "name": option,
                "key": keys.show(PublicKey(key)) if key is not None else None,
                "stands_for": sorted(map(desk.name_of, stand)),
                "known_as": known.get(key, []) if key is not None else [],
            }
        )
    return rows


def _holding(scope: str, document: DocumentId, members: Members, desk: Desk) -> list[Candidacy]:
    known = [
        one
        for one in stated.held(Candidacy, scope, document, desk)
        if one.federation == members.founding.federation and CommunityId(one.community) in members.active
    ]
    return stated.holding(known, Candidacy.kind, scope, desk)


def _elections(document: DocumentId, members: Members, desk: Desk) -> Iterator[Proposal]:
    """Yield the elections put to a body that did not come to nothing."""
    for proposal in desk.questions.put(members):
        if proposal.fills is None or proposal.fills.body != document:
            continue
        try:
            question = desk.questions.find(proposal.id)
        except UserError:
            continue  # Its roll does not stand, or is not held: nobody can be elected on it.
        reading = read_outcome(question, desk.questions, desk.registry, desk.now)
        decided = reading.state == reading.phase.value and reading.phase is not Phase.OPEN
        nobody = decided and not reading.result.outcome.elected
        if not (reading.phase in _CAME_TO_NOTHING or reading.taken_back or nobody):
            yield proposal


def _known(members: Members, desk: Desk) -> dict[bytes, list[str]]:
    """Return where keys are known from: a steward's of a member, or one that a member lets vote."""
    found: dict[bytes, set[str]] = {}
    for community in members.communities:
        for key in desk.registry.stewards_of(community):
            found.setdefault(key, set()).add(f"steward of {desk.name_of(community)}")
    for mandate in desk.questions.mandates(members):
        for voter in (mandate.holder, mandate.substitute):
            if voter is not None:
                name = desk.name_of(CommunityId(mandate.community))
                found.setdefault(voter, set()).add(f"delegate of {name}")
    return {key: sorted(said) for key, said in found.items()}
