"""What each command does: plain functions `(command, desk) -> Done`, and the table that finds them."""

from collections.abc import Callable
from typing import Any

from node.engine import commands
from node.engine.commands import Command
from node.engine.desk import Desk, Done
from node.engine.handlers.bodies import bodies, meetings, stepping
from node.engine.handlers.directory import directory, imports, items, listings, reading
from node.engine.handlers.federation import declining, federation, founding, waiting
from node.engine.handlers.home import forks, guarding, identity, restarting, tokens, upkeep
from node.engine.handlers.neighbours import bundles, moderation, neighbours, quotas, reports
from node.engine.handlers.questions import (
    decisions,
    effects,
    mandates,
    paper,
    petitions,
    proposals,
    revising,
    seats,
    voting,
)

# One row a command; the type of each function's first argument is the command of its row.
_TABLE: dict[type[Any], Callable[[Any, Desk], Done]] = {
    commands.ShowNode: identity.show_node,
    commands.ShowCharter: identity.show_charter,
    commands.AddDevice: identity.add_device,
    commands.RetireDevice: identity.retire_device,
    commands.AskGuardians: guarding.ask_guardians,
    commands.HandInGuardians: guarding.hand_in,
    commands.ProveFork: forks.prove_fork,
    commands.CheckFork: forks.check_fork,
    commands.EditProfile: listings.edit_profile,
    commands.ShowProfile: listings.show_profile,
    commands.AddOffer: listings.add_offer,
    commands.ListOffers: listings.list_offers,
    commands.WithdrawOffer: listings.withdraw_offer,
    commands.ForgetHistory: restarting.forget_history,
    commands.ShortenFeed: restarting.shorten_feed,
    commands.KeepItems: items.keep_items,
    commands.ListItems: items.list_items,
    commands.KeepBody: bodies.keep_body,
    commands.ListBodies: bodies.list_bodies,
    commands.ShowBody: bodies.show_body,
    commands.StandForBody: stepping.stand_for_body,
    commands.TakeResignation: stepping.take_resignation,
    commands.CallMeeting: meetings.call_meeting,
    commands.ChangeMeeting: meetings.change_meeting,
    commands.WritePoint: meetings.write_point,
    commands.RemovePoint: meetings.remove_point,
    commands.AdoptMinutes: meetings.adopt_minutes,
    commands.ListMeetings: meetings.list_meetings,
    commands.ShowMeeting: meetings.show_meeting,
    commands.StartPetition: petitions.start_petition,
    commands.SupportPetition: petitions.support_petition,
    commands.PutPetition: petitions.put_petition,
    commands.ListPetitions: petitions.list_petitions,
    commands.AddPeer: neighbours.add_peer,
    commands.RemovePeer: neighbours.remove_peer,
    commands.ListPeers: neighbours.list_peers,
    commands.PeerStatus: neighbours.peer_status,
    commands.SetQuota: quotas.set_quota,
    commands.FoundFederation: founding.found_federation,
    commands.ListFederations: federation.list_federations,
    commands.Invite: federation.invite,
    commands.JoinFederation: federation.join_federation,
    commands.Approve: federation.approve,
    commands.DeclineFounding: declining.decline_founding,
    commands.GoOn: federation.go_on,
    commands.AddNote: federation.add_note,
    commands.RemoveNote: federation.remove_note,
    commands.ShowBoard: federation.show_board,
    commands.ShowBylaws: federation.show_bylaws,
    commands.Attest: seats.attest,
    commands.ShowRoll: seats.show_roll,
    commands.GrantMandate: mandates.grant_mandate,
    commands.RecallMandate: mandates.recall_mandate,
    commands.ApproveMandates: mandates.approve_mandates,
    commands.ListWaiting: waiting.list_waiting,
    commands.ApproveWaiting: waiting.approve_waiting,
    commands.ListMandates: mandates.list_mandates,
    commands.ShowMandate: mandates.show_mandate,
    commands.ReviseProposal: revising.revise_proposal,
    commands.OpenProposal: proposals.open_proposal,
    commands.ListProposals: proposals.list_proposals,
    commands.ShowPaper: voting.show_paper,
    commands.CastBallots: voting.cast_ballots,
    commands.ShowEntry: paper.show_entry,
    commands.EnterBallots: paper.enter_ballots,
    commands.ShowResult: proposals.show_result,
    commands.WithdrawProposal: effects.withdraw_proposal,
    commands.AskReview: effects.ask_review,
    commands.ListEffects: effects.list_effects,
    commands.ExportCount: decisions.export_count,
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
    return waiting.told(_TABLE[type(command)](command, desk), desk)
