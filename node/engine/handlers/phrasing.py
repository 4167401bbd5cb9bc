"""What a community signs, in words: for a steward who is asked to sign what another one stated."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from node import ids, keys
from node.engine.desk import Desk
from node.engine.handlers import effects
from node.errors import ConflictError, NotFoundError
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Membership
from node.governance.candidacies import Candidacy
from node.governance.choices import option_names
from node.governance.closing.review import ReviewRequest, Withdraw
from node.governance.mandates import Mandate
from node.governance.petitions import Petition, PetitionSupport
from node.governance.proposals import Proposal
from node.governance.sizes import SizeAttestation
from node.identity.charter import DeviceAdded, Retired
from node.ids import CommunityId, FederationId, PayloadId
from node.keys import PublicKey
from node.records.statement import Statement


def in_words(stated: Statement, desk: Desk) -> list[str]:
    """Return what a community says by a statement, a sentence a line; all that counts in it is said."""
    return _PHRASES[type(stated)](stated, desk)


def _founding(one: Founding, desk: Desk) -> list[str]:
    names = [desk.name_of(CommunityId(each)) for each in one.founders]
    usual = dict(effects.settings(Bylaws(name=one.bylaws.name).model_dump(mode="json")))
    own = effects.settings(one.bylaws.model_dump(mode="json"))
    other = ", ".join(f"{name} {value}" for name, value in own if usual[name] != value)
    return [
        f"Founds the federation “{one.bylaws.name}” with {', '.join(names)}.",
        f"Its bylaws are the usual ones, but for: {other}." if other else "Its bylaws are the usual ones.",
    ]


def _join(one: JoinRequest, desk: Desk) -> list[str]:
    return [f"Asks that {desk.name_of(CommunityId(one.community))} be a member of {_federation(one, desk)}."]


def _membership(one: Membership, desk: Desk) -> list[str]:
    return [f"Approves that {_newcomer(one, desk)} becomes a member of {_federation(one, desk)}."]


def _attestation(one: SizeAttestation, desk: Desk) -> list[str]:
    return [f"States that {desk.name_of(CommunityId(one.subject))} has {one.size:,} people."]


def _mandate(one: Mandate, desk: Desk) -> list[str]:
    seat = f"seat {one.seat} of this community"
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
    if one.options:
        said.append(f"To elect {one.seats} of: {', '.join(one.options)}.")
    members = desk.registry.members(FederationId(one.federation))
    if one.effect is not None and members is not None:
        shown = effects.row(one.effect, desk.questions.present_rules(members), members, desk)
        said.append(f"If it passes and is in force: {shown['in_words'] if shown else ''}")
    if one.supersedes is not None:
        said.append(f"It stands in place of “{_title(one.supersedes, desk)}”.")
    if one.fills is not None:
        said.append(f"It fills places {', '.join(map(str, one.fills.places))} of a body.")
    return [*said, f"Voting opens {_moment(one.windows.opens)} and closes {_moment(one.windows.closes)}."]


def _withdrawal(one: Withdraw, desk: Desk) -> list[str]:
    return [f"Takes the question “{_title(one.proposal, desk)}” back."]


def _review(one: ReviewRequest, desk: Desk) -> list[str]:
    title = _title(one.proposal, desk)
    return [f"Asks that the decision “{title}” be looked at again.", f"Because: {one.reason}"]


def _petition(one: Petition, desk: Desk) -> list[str]:
    said = [f"Stands behind the petition “{one.title}” to {_federation(one, desk)}."]
    return [*said, *([f"Its text: {one.text}"] if one.text else [])]


def _support(one: PetitionSupport, _: Desk) -> list[str]:
    named = ids.show(one.petition)[:8]
    return [f"States how many people of this community support the petition {named}…: {one.people}."]


def _candidacy(one: Candidacy, _: Desk) -> list[str]:
    what = "stands" if one.stands else "no longer stands"
    return [f"States that {one.name} {what} for a place of the body {ids.show(one.body)[:8]}…."]


def _device(one: DeviceAdded, _: Desk) -> list[str]:
    return [f"Lets the device {_key(one.device.sign)} publish and witness for this community."]


def _retirement(one: Retired, _: Desk) -> list[str]:
    why = "stolen" if one.reason == "stolen" else "replaced"
    return [f"Retires the device {_key(one.device)} as {why}: nothing counts that it publishes from now on."]


_PHRASES: Mapping[type[Statement], Callable[[Any, Desk], list[str]]] = {
    Founding: _founding,
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
    members = desk.registry.members(FederationId(one.federation))
    return f"“{members.founding.bylaws.name}”" if members is not None else "the federation it was invited to"


def _newcomer(one: Membership, desk: Desk) -> str:
    members = desk.registry.members(FederationId(one.federation))
    asking = members.pending if members is not None else ()
    names = [each.name for each in asking if each.membership.community == one.community]
    return names[0] if names else desk.name_of(CommunityId(one.community))


def _key(key: bytes) -> str:
    return keys.show(PublicKey(key))


def _title(question: bytes, desk: Desk) -> str:
    try:
        return desk.questions.find(PayloadId(question)).proposal.title
    except (NotFoundError, ConflictError):
        return f"{ids.show(question)[:8]}…"


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
