"""Commands about reports: what members' stewards tell each other about listings and communities."""

from node import ids, keys
from node.clock import MS_PER_HOUR
from node.engine.commands import ListReports, SendReport, WithdrawReport
from node.engine.desk import Answer, Desk, Done
from node.engine.drafts import carry
from node.engine.handlers.neighbours.moderation import describe
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UserError
from node.federation import reports
from node.federation.membership import Members
from node.federation.reports import Report, Told, Withdrawal
from node.feeds import scopes
from node.ids import CommunityId, DocumentId
from node.keys import PublicKey
from node.records import record

_NONCE_BYTES = 16


def send_report(command: SendReport, desk: Desk) -> Done:
    """Report something to the stewards of a federation."""
    steward = desk.steward()
    members = desk.member_of(command.federation)
    federation = members.founding.federation
    about = _about(command.about, desk)
    if about == desk.own:
        raise ConflictError("that is this node's own community")
    made = Report(
        federation=federation,
        community=desk.own,
        about=about,
        reason=command.reason,
        text=command.text,
        hours=desk.now // MS_PER_HOUR,
        nonce=desk.entropy(_NONCE_BYTES),
    )
    answer: Answer = {
        "report": ids.show(made.payload_id),
        "federation": ids.show(federation),
        "about": _subject(about, desk),
    }
    return Done(answer, publish=((scopes.members(federation), (carry(made.sign(steward)),)),))


def withdraw_report(command: WithdrawReport, desk: Desk) -> Done:
    """Take a report of this community back."""
    steward = desk.steward()
    wanted = ids.parse(command.report)
    for federation in desk.registry.federations():
        members = desk.registry.members(federation)
        told = next((one for one in _told(members, desk) if one.id == wanted), None) if members else None
        if told is None:
            continue
        if told.report.community != desk.own:
            raise NotAuthorisedError(
                "that report is another community's; only its own stewards can withdraw it"
            )
        if told.withdrawn:
            raise ConflictError("that report is withdrawn already")
        made = Withdrawal(federation=federation, community=desk.own, report=told.id)
        carried = (carry(made.sign(steward)),)
        return Done({"report": command.report}, publish=((scopes.members(federation), carried),))
    raise NotFoundError("no report of that id is known here")


def list_reports(command: ListReports, desk: Desk) -> Done:
    """List the reports made to our federations."""
    known = (
        [desk.federation(command.federation)]
        if command.federation is not None
        else [
            members for f in desk.registry.federations() if (members := desk.registry.members(f)) is not None
        ]
    )
    shown = [
        (told, _shown(told, members, desk))
        for members in known
        for told in _told(members, desk)
        # What a blocked community says is not shown here, its reports included.
        if desk.moderation.shows_from(CommunityId(told.report.community))
        and (command.withdrawn or not told.withdrawn)
    ]
    shown.sort(key=lambda pair: (-pair[0].report.hours, pair[0].id))
    return Done({"reports": [answer for _, answer in shown]})


def _told(members: Members, desk: Desk) -> list[Told]:
    federation = members.founding.federation
    scope = scopes.members(federation)
    found = [
        record.stored(row.raw)
        for kind in (Report.kind, Withdrawal.kind)
        for row in desk.store.records.of_kind(scope, kind)
    ]

    def is_steward(community: CommunityId, key: PublicKey) -> bool:
        known = desk.registry.community(community)
        return known is not None and key in known.stewards.keys

    return reports.evaluate(federation, found, members.communities, is_steward)


def _about(named: str, desk: Desk) -> bytes:
    """Return the id of the document or community meant.

    Raises:
        NotFoundError: neither is known here.
    """
    if len(named) == ids.ID_CHARS:
        try:
            wanted = DocumentId(ids.parse(named))
        except UserError:
            pass  # A name may be as long as an id.
        else:
            if desk.store.documents.get(wanted) is not None:
                return wanted
    return desk.community(named)


def _subject(about: bytes, desk: Desk) -> Answer:
    """Return what a report is about, as far as it is known here."""
    community = CommunityId(about)
    if desk.registry.community(community) is not None:
        shown = ids.show(community)
        return {
            "id": shown,
            "kind": "community",
            "title": desk.name_of(community),
            "community": shown,
            "community_name": desk.name_of(community),
            "hidden": not desk.moderation.shows_from(community),
        }
    document = DocumentId(about)
    row = desk.store.documents.get(document)
    hidden = row is not None and not desk.moderation.shows(row.id, row.owner)
    return {**describe(document, desk), "hidden": hidden}


def _shown(told: Told, members: Members, desk: Desk) -> Answer:
    report = told.report
    community = CommunityId(report.community)
    return {
        "id": ids.show(told.id),
        "federation": ids.show(members.founding.federation),
        "federation_name": members.founding.bylaws.name,
        "community": ids.show(community),
        "community_name": desk.name_of(community),
        "own": community == desk.own,
        "signers": [keys.show(key) for key in told.signers],
        "about": _subject(report.about, desk),
        "reason": report.reason,
        "text": report.text,
        "hours": report.hours,
        "withdrawn": told.withdrawn,
    }
