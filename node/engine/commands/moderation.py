"""Commands about what this node does not show and whom it does not talk with, and about reports.

`reason` and `by` say why and who, for the stewards of this node alone; `by` is a name as people use it.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask
from node.federation.reports import REPORT_TEXT_CHARS_MAX, Reason
from node.ids import ID_CHARS
from node.limits import NAME_CHARS_MAX

Why = Annotated[str, Field(max_length=REPORT_TEXT_CHARS_MAX)]
Who = Annotated[str, Field(max_length=NAME_CHARS_MAX)]
Named = Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
DocumentName = Annotated[str, Field(min_length=ID_CHARS, max_length=ID_CHARS)]


class BlockCommunity(Ask):
    """Show nothing of a community here and hold no session with it: {community, name}.

    An id may name a community that is not known here yet.
    """

    command: Literal["block-community"] = "block-community"
    community: Named
    reason: Why = ""
    by: Who = ""


class UnblockCommunity(Ask):
    """Take a block back; all is shown again: {community, name}."""

    command: Literal["unblock-community"] = "unblock-community"
    community: Named


class Hide(Ask):
    """Show a listing, an offer, a need, or a note of a board here no more.

    {id, kind, title, community, community_name, note}; a note is named by its key, all else by its id.
    """

    command: Literal["hide"] = "hide"
    target: Named
    reason: Why = ""
    by: Who = ""


class Unhide(Ask):
    """Show it again: as `hide`."""

    command: Literal["unhide"] = "unhide"
    target: Named


class ChooseAllowed(Ask):
    """Choose whom this node talks with and shows: {mode}.

    Everybody (`open`), the members of our federations and the list (`federations`), the list (`listed`).
    """

    command: Literal["choose-allowed"] = "choose-allowed"
    mode: Literal["open", "federations", "listed"]
    reason: Why = ""
    by: Who = ""


class AllowCommunity(Ask):
    """Put a community on the list of those allowed: {community, name, mode}."""

    command: Literal["allow-community"] = "allow-community"
    community: Named
    reason: Why = ""
    by: Who = ""


class DisallowCommunity(Ask):
    """Take a community off that list: {community, name, mode}."""

    command: Literal["disallow-community"] = "disallow-community"
    community: Named


class ListModeration(Ask):
    """All that is kept from view here, with who decided it, when and why, each newest first.

    {mode: {mode, reason, by, at}, blocked: [{community, name, neighbour, reason, by, at}],
    hidden: [{id, note, kind, title, community, community_name, reason, by, at}],
    listed: [{community, name, reason, by, at}], not_allowed: [{community, name}]}. `at` is in milliseconds
    since 1970; `not_allowed` are known communities that the mode leaves out.
    """

    command: Literal["list-moderation"] = "list-moderation"
    question: ClassVar[bool] = True


class ShowHidden(Ask):
    """Show a listing, offer or need to the steward, whether it is kept from view or not.

    {id, kind, title, community, community_name, own, profile, offer, why: [{what, reason, by, at}]}; `what`
    is "hidden", "blocked" or "not allowed", and an empty `why` says that everybody sees it.
    """

    command: Literal["show-hidden"] = "show-hidden"
    question: ClassVar[bool] = True
    id: DocumentName


class SendReport(Ask):
    """Report a listing, an offer or a community to a federation's stewards: {report, federation, about}."""

    command: Literal["send-report"] = "send-report"
    federation: str | None = None
    about: Named
    reason: Reason
    text: Annotated[str, Field(max_length=REPORT_TEXT_CHARS_MAX)] = ""


class WithdrawReport(Ask):
    """Take a report of this community back; it stays listed as withdrawn: {report}."""

    command: Literal["withdraw-report"] = "withdraw-report"
    report: DocumentName


class ListReports(Ask):
    """Reports made to our federations, newest first.

    {reports: [{id, federation, federation_name, community, community_name, own, signers: [keys], about: {id,
    kind, title, community, community_name, hidden}, reason, text, hours, withdrawn}]}. `kind` is "profile",
    "offer", "need", "community" or "unknown". Withdrawn ones are left out unless asked for.
    """

    command: Literal["list-reports"] = "list-reports"
    question: ClassVar[bool] = True
    federation: str | None = None
    withdrawn: bool = False
