"""What each command does: plain functions `(command, desk) -> Done`, and the table that finds them."""

from collections.abc import Callable
from typing import Any

from node.engine import commands
from node.engine.commands import Command
from node.engine.desk import Desk, Done
from node.engine.handlers import (
    bundles,
    decisions,
    directory,
    federation,
    forks,
    identity,
    imports,
    items,
    listings,
    moderation,
    neighbours,
    proposals,
    quotas,
    reading,
    reports,
    restarting,
    seats,
    tokens,
    upkeep,
)

# One row a command; the type of each function's first argument is the command of its row.
_TABLE: dict[type[Any], Callable[[Any, Desk], Done]] = {
    commands.ShowNode: identity.show_node,
    commands.ShowCharter: identity.show_charter,
    commands.AddDevice: identity.add_device,
    commands.RetireDevice: identity.retire_device,
    commands.ProveFork: forks.prove_fork,
    commands.CheckFork: forks.check_fork,
    commands.EditProfile: listings.edit_profile,
    commands.ShowProfile: listings.show_profile,
    commands.AddOffer: listings.add_offer,
    commands.ListOffers: listings.list_offers,
    commands.WithdrawOffer: listings.withdraw_offer,
    commands.ForgetHistory: restarting.forget_history,
    commands.KeepItems: items.keep_items,
    commands.ListItems: items.list_items,
    commands.AddPeer: neighbours.add_peer,
    commands.RemovePeer: neighbours.remove_peer,
    commands.ListPeers: neighbours.list_peers,
    commands.PeerStatus: neighbours.peer_status,
    commands.SetQuota: quotas.set_quota,
    commands.FoundFederation: federation.found_federation,
    commands.ListFederations: federation.list_federations,
    commands.Invite: federation.invite,
    commands.JoinFederation: federation.join_federation,
    commands.Approve: federation.approve,
    commands.AddNote: federation.add_note,
    commands.RemoveNote: federation.remove_note,
    commands.ShowBoard: federation.show_board,
    commands.Attest: seats.attest,
    commands.ShowRoll: seats.show_roll,
    commands.GrantMandate: seats.grant_mandate,
    commands.ListMandates: seats.list_mandates,
    commands.OpenProposal: proposals.open_proposal,
    commands.ListProposals: proposals.list_proposals,
    commands.ShowPaper: proposals.show_paper,
    commands.CastBallots: proposals.cast_ballots,
    commands.ShowResult: proposals.show_result,
    commands.ExportDecision: decisions.export_decision,
    commands.CheckBallot: decisions.check_ballot,
    commands.ImportFile: imports.import_file,
    commands.TakeListings: imports.take_listings,
    commands.ListImports: imports.list_imports,
    commands.UndoImport: imports.undo_import,
    commands.Search: directory.search,
    commands.Export: directory.export,
    commands.ExportPart: directory.export_part,
    commands.Browse: reading.browse,
    commands.ShowListing: reading.show_listing,
    commands.ShowOffer: reading.show_offer,
    commands.ListNews: reading.list_news,
    commands.AddToken: tokens.add_token,
    commands.ListTokens: tokens.list_tokens,
    commands.RemoveToken: tokens.remove_token,
    commands.NoteTokenUse: tokens.note_token_use,
    commands.BlockCommunity: moderation.block_community,
    commands.UnblockCommunity: moderation.unblock_community,
    commands.Hide: moderation.hide,
    commands.Unhide: moderation.unhide,
    commands.ChooseAllowed: moderation.choose_allowed,
    commands.AllowCommunity: moderation.allow_community,
    commands.DisallowCommunity: moderation.disallow_community,
    commands.ListModeration: moderation.list_moderation,
    commands.ShowHidden: moderation.show_hidden,
    commands.SendReport: reports.send_report,
    commands.WithdrawReport: reports.withdraw_report,
    commands.ListReports: reports.list_reports,
    commands.PlanBundle: bundles.plan_bundle,
    commands.PackBundle: bundles.pack_bundle,
    commands.LookAtBundle: bundles.look_at_bundle,
    commands.TakeBundle: bundles.take_bundle,
    commands.ShowLog: upkeep.show_log,
    commands.Rebuild: upkeep.rebuild,
    commands.ReadAgain: upkeep.read_again,
    commands.Doctor: upkeep.doctor,
}


def handle(command: Command, desk: Desk) -> Done:
    """Carry out a command as far as the core can: read, decide, and say what is to be published.

    Raises:
        UserError: it cannot be carried out as given; nothing was changed.
    """
    return _TABLE[type(command)](command, desk)
