"""What a community signs, in words: for a steward who is asked to sign what another one stated."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from node import ids, keys
from node.directory import body
from node.engine.desk import Desk
from node.engine.handlers.federation import following
from node.engine.handlers.questions import budgets, effects
from node.engine.replicas.documents import read_tree
from node.engine.sessions import joining
from node.errors import ConflictError, NotFoundError, PeerError
from node.federation import bylaws, bylaws_words
from node.federation.bylaws import Bylaws
from node.federation.declining import Declining
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Members, Membership
from node.feeds import scopes
from node.governance.candidacies import Candidacy
from node.governance.choices import option_names
from node.governance.closing.review import ReviewRequest, Withdraw
from node.governance.effects import Effect
from node.governance.mandates import Mandate
from node.governance.petitions import Petition, PetitionSupport
from node.governance.proposals import Proposal
from node.governance.sizes import SizeAttestation
from node.identity.charter import DeviceAdded, Retired
from node.ids import CommunityId, DocumentId, FederationId, PayloadId
from node.keys import PublicKey
from node.records.statement import Statement

# As many as `output.short` shows, and enough to tell federations apart.
_ID_CHARS_SHOWN: Final = 10


def in_words(stated: Statement, desk: Desk) -> list[str]:
    """Return what a community says by a statement, a sentence a line; all that counts in it is said."""
    return _PHRASES[type(stated)](stated, desk)


def _founding(one: Founding, desk: Desk) -> list[str]:
    names = [desk.name_of(CommunityId(each)) for each in one.founders]
    other = [
        f"  {name}: {value}"
        for name, _, value in bylaws_words.changes(Bylaws(name=one.bylaws.name), one.bylaws, desk.name_of)
    ]
    return [
        f"Founds the federation “{one.bylaws.name}” ({_short(one.federation)}) with {', '.join(names)}.",
        "Its bylaws are the usual ones, but for:" if other else "Its bylaws are the usual ones.",
        *other,
        *(followed["in_words"] if (followed := following.follows(one, desk)) is not None else ()),
    ]


def _declining(one: Declining, desk: Desk) -> list[str]:
    where = _federation(one, desk)
    if not one.declines:
        return [f"Takes back that this community declines to found {where}."]
    return [f"States that this community declines to found {where}: the others wait for it no more."]


def _join(one: JoinRequest, desk: Desk) -> list[str]:
    said = [f"Asks that {desk.name_of(CommunityId(one.community))} be a member of {_federation(one, desk)}."]
    asked = dict(joining.asking(desk.store)).get(FederationId(one.federation))
    if asked is not None:
        inviter, where = PublicKey(asked.inviter), ", ".join(asked.addresses)
        said.append(f"The invitation is by the device {keys.show(inviter)}, at {where}.")
    return said


def _membership(one: Membership, desk: Desk) -> list[str]:
    return [f"Approves that {_newcomer(one, desk)} becomes a member of {_federation(one, desk)}."]


def _attestation(one: SizeAttestation, desk: Desk) -> list[str]:
    who = desk.name_of(CommunityId(one.subject))
    return [
        f"States to {_federation(one, desk)} that {who} has {one.size:,} people.",
        f"It is statement number {one.serial} about that: the highest number counts.",
    ]


def _mandate(one: Mandate, desk: Desk) -> list[str]:
    seat = f"seat {one.seat} of this community in {_federation(one, desk)}"
    said = [f"Lets nobody vote for {seat} any more."] if one.recalls else []
    if one.holder is not None:
        said.append(f"Lets the key {_key(one.holder)} vote for {seat}.")
    if one.paper:
        said.append(f"Lets the delegate of {seat} vote on paper, which two stewards enter.")
    if one.substitute is not None:
        said.append(f"The key {_key(one.substitute)} votes where the delegate does not.")
    if one.lends is not None:
        to = f"{desk.name_of(CommunityId(one.lends.community))}, seat {one.lends.seat}"
        said.append(f"Where nobody votes for {seat}, the vote of {to} counts for it as well.")
    said += _limits(one, desk)
    if one.instruction:
        said.append(f"It binds the delegate to vote: {_choice(one, desk)}.")
    if one.revokes_ballots:
        said.append("It voids what was cast for the seat before and is not closed yet.")
    return said


def _limits(one: Mandate, desk: Desk) -> list[str]:
    said = []
    if one.since is not None:
        said.append(f"Only for questions whose voting opens from {_day(one.since)} on.")
    if one.until is not None:
        said.append(f"Only for questions whose voting opens before {_day(one.until)}.")
    if one.kinds:
        said.append(f"Only for questions of the kind {' or '.join(one.kinds)}.")
    if one.question is not None:
        said.append(f"Only for the question “{_title(one.question, desk)}”.")
    return said


def _proposal(one: Proposal, desk: Desk) -> list[str]:
    said = [f"Puts the question “{one.title}” to {_federation(one, desk)}, counted by {one.method[:-2]}."]
    if one.text:
        said.append(f"Its text: {one.text}")
    if one.budget is not None:
        said += budgets.in_words(one.options, one.budget)
    elif one.options:
        said.append(f"To elect {one.seats} of {len(one.options)}:")
        said += _options(one)
    members = desk.registry.members(FederationId(one.federation))
    if one.effect is not None and members is not None:
        said += _effect(one.effect, members, desk)
    if one.supersedes is not None:
        said.append(f"It stands in place of “{_title(one.supersedes, desk)}”.")
    if one.fills is not None:
        term = f"from {_moment(one.fills.starts)} to {_moment(one.fills.ends)}"
        places = ", ".join(map(str, one.fills.places))
        held = f"places {places} of {_body(one.fills.body, desk)}, {term}"
        said.append(
            f"Whoever is elected holds {held}."
            if members is None or desk.questions.present_rules(members).effects.bodies
            else f"It elects for {held}; by the bylaws people put in office whom it elects, it does not."
        )
    return [*said, f"Voting opens {_moment(one.windows.opens)} and closes {_moment(one.windows.closes)}."]


def _effect(effect: Effect, members: Members, desk: Desk) -> list[str]:
    before = desk.questions.present_rules(members)
    if effect.act == "bylaws" and effect.content is not None:
        try:
            wanted = bylaws.decode(effect.content)
        except PeerError:
            return ["It would put something in place of the bylaws that are none: it is counted nowhere."]
        changed = [
            f"  {name}: {new}, so far {old}"
            for name, old, new in bylaws_words.changes(before, wanted, desk.name_of)
        ]
        return ["If it passes and is in force, the bylaws change:", *changed]
    shown = effects.row(effect, before, members, desk)
    return [f"If it passes and is in force: {shown['in_words'] if shown else ''}"]


def _options(one: Proposal) -> list[str]:
    """Name who or what can be elected, each on a line, with the keys that an election would install."""
    given = one.fills.keys if one.fills is not None else (None,) * len(one.options)
    numbered = enumerate(zip(one.options, given, strict=True), start=1)
    without = ", without a key" if one.fills is not None else ""
    return [
        f"  {number}. “{name}”{f', with the key {_key(key)}' if key is not None else without}"
        for number, (name, key) in numbered
    ]


def _withdrawal(one: Withdraw, desk: Desk) -> list[str]:
    return [f"Takes the question “{_title(one.proposal, desk)}”{_put_to(one.proposal, desk)} back."]


def _review(one: ReviewRequest, desk: Desk) -> list[str]:
    title = f"“{_title(one.proposal, desk)}”{_put_to(one.proposal, desk)}"
    return [f"Asks that the decision {title} be looked at again.", f"Because: {one.reason}"]


def _petition(one: Petition, desk: Desk) -> list[str]:
    said = [f"Stands behind the petition “{one.title}” to {_federation(one, desk)}."]
    return [*said, *([f"Its text: {one.text}"] if one.text else [])]


def _support(one: PetitionSupport, desk: Desk) -> list[str]:
    held = desk.questions.with_payload(
        scopes.members(FederationId(one.federation)), Petition.kind, PayloadId(one.petition)
    )
    titles = [f"“{each.title}” " for each in Petition.among(held[:1])]
    named = f"{''.join(titles)}({_short(one.petition)}) in {_federation(one, desk)}"
    return [f"States how many people of this community support the petition {named}: {one.people}."]


def _candidacy(one: Candidacy, desk: Desk) -> list[str]:
    where = f"{_body(one.body, desk)}, in {_federation(one, desk)}"
    if not one.stands:
        return [f"States that “{one.name}” no longer stands for a place of {where}."]
    key = f"with the key {_key(one.key)}" if one.key is not None else "without a key"
    said = [f"States that “{one.name}”, {key}, stands for a place of {where}."]
    return [*said, *([f"What is said about it: {one.text}"] if one.text else [])]


def _device(one: DeviceAdded, _: Desk) -> list[str]:
    return [f"Lets the device {_key(one.device.sign)} publish and witness for this community."]


def _retirement(one: Retired, _: Desk) -> list[str]:
    why = "stolen" if one.reason == "stolen" else "replaced"
    return [f"Retires the device {_key(one.device)} as {why}: nothing counts that it publishes from now on."]


_PHRASES: Mapping[type[Statement], Callable[[Any, Desk], list[str]]] = {
    Founding: _founding,
    Declining: _declining,
    JoinRequest: _join,
    Membership: _membership,
    SizeAttestation: _attestation,
    Mandate: _mandate,
    Proposal: _proposal,
    Withdraw: _withdrawal,
    ReviewRequest: _review,
    Petition: _petition,
    PetitionSupport: _support,
    Candidacy: _candidacy,
    DeviceAdded: _device,
    Retired: _retirement,
}
# What stands in a federation's scope and holds only by enough of a community's stewards.
BY_STEWARDS: Sequence[type[Statement]] = [one for one in _PHRASES if one not in (DeviceAdded, Retired)]


def _federation(one: Any, desk: Desk) -> str:
    """Name a federation; its id is said as well, for anybody may use a name a second time."""
    members = desk.registry.members(FederationId(one.federation))
    named = f"“{members.founding.bylaws.name}”" if members is not None else "the federation"
    return f"{named} ({_short(one.federation)})"


def _put_to(question: bytes, desk: Desk) -> str:
    """Say to which federation a question is put; nothing where it is not known here."""
    try:
        found = desk.questions.find(PayloadId(question)).proposal
    except (NotFoundError, ConflictError):
        return ""
    return f" in {_federation(found, desk)}"


def _newcomer(one: Membership, desk: Desk) -> str:
    """Name who is let in, by its id too: the name is what it calls itself."""
    members = desk.registry.members(FederationId(one.federation))
    asking = members.pending if members is not None else ()
    names = [each.name for each in asking if each.membership.community == one.community and each.name]
    if not names:
        return f"{desk.name_of(CommunityId(one.community))} ({_short(one.community)})"
    return f"the community {_short(one.community)}, which calls itself “{names[0]}”,"


def _body(document: bytes, desk: Desk) -> str:
    row = desk.store.documents.get(DocumentId(document))
    title = body.from_tree(read_tree(row)).title if row is not None else ""
    return f"the body “{title}” ({_short(document)})" if title else f"the body {_short(document)}"


def _short(identifier: bytes) -> str:
    return f"{ids.show(identifier)[:_ID_CHARS_SHOWN]}…"


def _key(key: bytes) -> str:
    return keys.show(PublicKey(key))


def _title(question: bytes, desk: Desk) -> str:
    try:
        return desk.questions.find(PayloadId(question)).proposal.title
    except (NotFoundError, ConflictError):
        return _short(question)


def _choice(one: Mandate, desk: Desk) -> str:
    """Name the options of an instruction, by number where the question is not known here."""
    try:
        assert one.question is not None, "an instruction is for one question"
        names = option_names(desk.questions.find(PayloadId(one.question)).proposal.options)
        return ", ".join(names[number - 1] for number in one.instruction if number <= len(names))
    except (NotFoundError, ConflictError):
        return ", ".join(map(str, one.instruction))


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
