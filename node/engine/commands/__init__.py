"""What a person or a program may ask of a node: a closed union of frozen models, read from JSON at the edge.

Each docstring says what is done and what the answer holds. Ids travel as `ids.show` writes them, keys as
``did:key``. `federation` may be left out where this node belongs to exactly one. Communities are named by id,
or by the name of their profile where that names just one.
"""

from typing import Annotated, TypeAlias

from pydantic import Field, TypeAdapter

from node.engine.commands.ask import Ask
from node.engine.commands.bundles import LookAtBundle, PackBundle, PlanBundle, TakeBundle
from node.engine.commands.deciding import (
    Attest,
    CastBallots,
    CheckBallot,
    ExportDecision,
    GrantMandate,
    ListMandates,
    ListProposals,
    OpenProposal,
    ShowPaper,
    ShowResult,
    ShowRoll,
)
from node.engine.commands.directory import Export, ExportPart, Search
from node.engine.commands.federation import (
    AddNote,
    Approve,
    FoundFederation,
    Invite,
    JoinFederation,
    ListFederations,
    RemoveNote,
    ShowBoard,
)
from node.engine.commands.identity import (
    AddDevice,
    CheckFork,
    ProveFork,
    RetireDevice,
    ShowCharter,
    ShowNode,
)
from node.engine.commands.imports import ImportFile, ListImports, TakeListings, UndoImport
from node.engine.commands.items import KeepItems, ListItems
from node.engine.commands.listings import AddOffer, EditProfile, ListOffers, ShowProfile, WithdrawOffer
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
from node.engine.commands.reading import Browse, ListNews, ShowListing, ShowOffer
from node.engine.commands.restarting import ForgetHistory
from node.engine.commands.tokens import AddToken, ListTokens, NoteTokenUse, RemoveToken
from node.engine.commands.upkeep import Doctor, ReadAgain, Rebuild, ShowLog

Command: TypeAlias = (
    ShowNode
    | ShowCharter
    | AddDevice
    | RetireDevice
    | ProveFork
    | CheckFork
    | EditProfile
    | ShowProfile
    | AddOffer
    | ListOffers
    | WithdrawOffer
    | ForgetHistory
    | KeepItems
    | ListItems
    | AddPeer
    | RemovePeer
    | ListPeers
    | PeerStatus
    | SetQuota
    | FoundFederation
    | ListFederations
    | Invite
    | JoinFederation
    | Approve
    | AddNote
    | RemoveNote
    | ShowBoard
    | Attest
    | ShowRoll
    | GrantMandate
    | ListMandates
    | OpenProposal
    | ListProposals
    | ShowPaper
    | CastBallots
    | ShowResult
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
    "AllowCommunity",
    "Approve",
    "Ask",
    "Attest",
    "BlockCommunity",
    "Browse",
    "CastBallots",
    "CheckBallot",
    "CheckFork",
    "ChooseAllowed",
    "Command",
    "DisallowCommunity",
    "Doctor",
    "EditProfile",
    "Export",
    "ExportDecision",
    "ExportPart",
    "ForgetHistory",
    "FoundFederation",
    "GrantMandate",
    "Hide",
    "ImportFile",
    "Invite",
    "JoinFederation",
    "KeepItems",
    "ListFederations",
    "ListImports",
    "ListItems",
    "ListMandates",
    "ListModeration",
    "ListNews",
    "ListOffers",
    "ListPeers",
    "ListProposals",
    "ListReports",
    "ListTokens",
    "LookAtBundle",
    "NoteTokenUse",
    "OpenProposal",
    "PackBundle",
    "PeerStatus",
    "PlanBundle",
    "ProveFork",
    "ReadAgain",
    "Rebuild",
    "RemoveNote",
    "RemovePeer",
    "RemoveToken",
    "RetireDevice",
    "Search",
    "SendReport",
    "SetQuota",
    "ShowBoard",
    "ShowCharter",
    "ShowHidden",
    "ShowListing",
    "ShowLog",
    "ShowNode",
    "ShowOffer",
    "ShowPaper",
    "ShowProfile",
    "ShowResult",
    "ShowRoll",
    "TakeBundle",
    "TakeListings",
    "UnblockCommunity",
    "UndoImport",
    "Unhide",
    "WithdrawOffer",
    "WithdrawReport",
    "from_json",
]
