"""What a person or a program may ask of a node: a closed union of frozen models, read from JSON at the edge.

Each docstring says what is done and what the answer holds. Ids travel as `ids.show` writes them, keys as
``did:key``. `federation` may be left out where this node belongs to exactly one. Communities are named by id,
or by the name of their profile where that names just one.
"""

from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from node.engine.commands.ask import Ask
from node.engine.commands.bodies import KeepBody, ListBodies, ShowBody, StandForBody, TakeResignation
from node.engine.commands.bundles import LookAtBundle, PackBundle, PlanBundle, TakeBundle
from node.engine.commands.circles import (
    ChangeCircle,
    CircleCommand,
    LeaveCircle,
    ListCircles,
    OpenCircle,
    SayInCircle,
    ShowCircle,
    UnsayInCircle,
)
from node.engine.commands.deciding import (
    Attest,
    CastBallots,
    CheckBallot,
    ExportCount,
    ExportDecision,
    ListProposals,
    OpenProposal,
    ShowPaper,
    ShowResult,
    ShowRoll,
)
from node.engine.commands.directory import Export, ExportPart, Search
from node.engine.commands.effects import AskReview, ListEffects, WithdrawProposal
from node.engine.commands.federation import (
    AddNote,
    Approve,
    DeclineFounding,
    FoundFederation,
    GoOn,
    Invite,
    JoinFederation,
    ListFederations,
    RemoveNote,
    ShowBoard,
    ShowBylaws,
)
from node.engine.commands.identity import (
    AddDevice,
    AskGuardians,
    CheckFork,
    HandInGuardians,
    ProveFork,
    RetireDevice,
    ShowCharter,
    ShowNode,
)
from node.engine.commands.imports import ImportFile, ListImports, TakeListings, UndoImport
from node.engine.commands.items import KeepItems, ListItems
from node.engine.commands.listings import AddOffer, EditProfile, ListOffers, ShowProfile, WithdrawOffer
from node.engine.commands.mandates import (
    ApproveMandates,
    GrantMandate,
    ListMandates,
    RecallMandate,
    ShowMandate,
)
from node.engine.commands.meetings import (
    AdoptMinutes,
    CallMeeting,
    ChangeMeeting,
    ListMeetings,
    RemovePoint,
    ShowMeeting,
    WritePoint,
)
from node.engine.commands.moderation import (
    AllowCommunity,
    BlockCommunity,
    ChooseAllowed,
    DisallowCommunity,
    Hide,
    ListModeration,
    ListReports,
    SendReport,
    ShowHidden,
    UnblockCommunity,
    Unhide,
    WithdrawReport,
)
from node.engine.commands.neighbours import AddPeer, ListPeers, PeerStatus, RemovePeer, SetQuota
from node.engine.commands.paper import EnterBallots, ShowEntry
from node.engine.commands.petitions import ListPetitions, PutPetition, StartPetition, SupportPetition
from node.engine.commands.reading import Browse, ListNews, ShowListing, ShowOffer
from node.engine.commands.restarting import ForgetHistory, ShortenFeed
from node.engine.commands.revising import ReviseProposal
from node.engine.commands.tokens import AddToken, ListTokens, NoteTokenUse, RemoveToken
from node.engine.commands.upkeep import Doctor, ReadAgain, Rebuild, ShowLog
from node.engine.commands.waiting import ApproveWaiting, ListWaiting

Command: TypeAlias = (
    ShowNode
    | ShowCharter
    | AddDevice
    | RetireDevice
    | AskGuardians
    | HandInGuardians
    | ProveFork
    | CheckFork
    | EditProfile
    | ShowProfile
    | AddOffer
    | ListOffers
    | WithdrawOffer
    | ForgetHistory
    | ShortenFeed
    | KeepItems
    | ListItems
    | KeepBody
    | ListBodies
    | ShowBody
    | StandForBody
    | TakeResignation
    | AdoptMinutes
    | CallMeeting
    | ChangeMeeting
    | ListMeetings
    | RemovePoint
    | ShowMeeting
    | WritePoint
    | CircleCommand
    | StartPetition
    | SupportPetition
    | PutPetition
    | ListPetitions
    | AddPeer
    | RemovePeer
    | ListPeers
    | PeerStatus
    | SetQuota
    | FoundFederation
    | DeclineFounding
    | GoOn
    | ListFederations
    | Invite
    | JoinFederation
    | Approve
    | AddNote
    | RemoveNote
    | ShowBoard
    | ShowBylaws
    | Attest
    | ShowRoll
    | GrantMandate
    | RecallMandate
    | ApproveMandates
    | ListWaiting
    | ApproveWaiting
    | ListMandates
    | ShowMandate
    | OpenProposal
    | ReviseProposal
    | ListProposals
    | ShowPaper
    | CastBallots
    | ShowEntry
    | EnterBallots
    | ShowResult
    | WithdrawProposal
    | AskReview
    | ListEffects
    | ExportCount
    | ExportDecision
    | CheckBallot
    | ImportFile
    | TakeListings
    | ListImports
    | UndoImport
    | Search
    | Export
    | ExportPart
    | Browse
    | ShowListing
    | ShowOffer
    | ListNews
    | AddToken
    | ListTokens
    | RemoveToken
    | NoteTokenUse
    | BlockCommunity
    | UnblockCommunity
    | Hide
    | Unhide
    | ChooseAllowed
    | AllowCommunity
    | DisallowCommunity
    | ListModeration
    | ShowHidden
    | SendReport
    | WithdrawReport
    | ListReports
    | PlanBundle
    | PackBundle
    | LookAtBundle
    | TakeBundle
    | ShowLog
    | Rebuild
    | ReadAgain
    | Doctor
)

_ADAPTER: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="command")])


def from_json(data: bytes) -> Command:
    """Read a command as the control socket carries it.

    Raises:
        pydantic.ValidationError: not a command; the caller turns it into a UserError.
    """
    return _ADAPTER.validate_json(data)


__all__ = [
    "AddDevice",
    "AddNote",
    "AddOffer",
    "AddPeer",
    "AddToken",
    "AdoptMinutes",
    "AllowCommunity",
    "Approve",
    "ApproveMandates",
    "ApproveWaiting",
    "Ask",
    "AskGuardians",
    "AskReview",
    "Attest",
    "BlockCommunity",
    "Browse",
    "CallMeeting",
    "CastBallots",
    "ChangeCircle",
    "ChangeMeeting",
    "CheckBallot",
    "CheckFork",
    "ChooseAllowed",
    "Command",
    "DeclineFounding",
    "DisallowCommunity",
    "Doctor",
    "EditProfile",
    "EnterBallots",
    "Export",
    "ExportCount",
    "ExportDecision",
    "ExportPart",
    "ForgetHistory",
    "FoundFederation",
    "GoOn",
    "GrantMandate",
    "HandInGuardians",
    "Hide",
    "ImportFile",
    "Invite",
    "JoinFederation",
    "KeepBody",
    "KeepItems",
    "LeaveCircle",
    "ListBodies",
    "ListCircles",
    "ListEffects",
    "ListFederations",
    "ListImports",
    "ListItems",
    "ListMandates",
    "ListMeetings",
    "ListModeration",
    "ListNews",
    "ListOffers",
    "ListPeers",
    "ListPetitions",
    "ListProposals",
    "ListReports",
    "ListTokens",
    "ListWaiting",
    "LookAtBundle",
    "NoteTokenUse",
    "OpenCircle",
    "OpenProposal",
    "PackBundle",
    "PeerStatus",
    "PlanBundle",
    "ProveFork",
    "PutPetition",
    "ReadAgain",
    "Rebuild",
    "RecallMandate",
    "RemoveNote",
    "RemovePeer",
    "RemovePoint",
    "RemoveToken",
    "RetireDevice",
    "ReviseProposal",
    "SayInCircle",
    "Search",
    "SendReport",
    "SetQuota",
    "ShortenFeed",
    "ShowBoard",
    "ShowBody",
    "ShowBylaws",
    "ShowCharter",
    "ShowCircle",
    "ShowEntry",
    "ShowHidden",
    "ShowListing",
    "ShowLog",
    "ShowMandate",
    "ShowMeeting",
    "ShowNode",
    "ShowOffer",
    "ShowPaper",
    "ShowProfile",
    "ShowResult",
    "ShowRoll",
    "StandForBody",
    "StartPetition",
    "SupportPetition",
    "TakeBundle",
    "TakeListings",
    "TakeResignation",
    "UnblockCommunity",
    "UndoImport",
    "Unhide",
    "UnsayInCircle",
    "WithdrawOffer",
    "WithdrawProposal",
    "WithdrawReport",
    "WritePoint",
    "from_json",
]
