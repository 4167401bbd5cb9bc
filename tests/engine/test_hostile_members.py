"""What a hostile member may publish or say hinders nobody else and speaks for nobody else."""

from node.engine import commands
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding
from node.federation.membership import Membership
from node.feeds import scopes
from node.feeds.entry import FeedKey, Head
from node.governance.proposals import Rule
from node.ids import FederationId
from node.records.approvals import Approval
from node.records.record import Record
from node.replication.messages import (
    Answered,
    Charters,
    ClaimedHead,
    Entries,
    Heads,
    Opened,
    ScopeSummary,
    Summary,
    Want,
)
from tests import builders
from tests.engine.harness import Network, Node, Peer, federate, neighbours, peer_of


def end_of(node: Node, scope: str) -> Head | None:
    """Return the end of a node's own feed in a scope."""
    ends = node.store.feeds.heads_of(FeedKey(node.device.public, scope))
    return ends[-1] if ends else None


def publish(author: Node, at: str, records: list[Record], scope: str) -> Peer:
    """Let a member's device send records of its choice to one node."""
    drafts = builders.carried(records)
    parts = builders.stretches(author.device, drafts, scope=scope, after=end_of(author, scope))
    peer = peer_of(author).dial(at)
    peer.say(*(Entries(part) for part in parts))
    return peer


def federation_of(node: Node) -> FederationId:
    """Return the one federation a node knows."""
    (federation,) = node.engine._registry.federations()
    return federation


def test_a_community_s_own_approvals_cannot_fill_its_charter() -> None:
    """Approvals that a steward signed elsewhere, shown as charter records, take no room from a new device."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    spent = [one.raw for one in builders.approvals(ben.steward, 255)]
    peer = peer_of(carl).dial("ann")
    peer.say(Charters(ben.community, tuple(spent)))
    line = _added(ben)
    peer.say(Charters(ben.community, (line.raw,)))
    standing = ann.engine._registry.community(ben.community)
    assert standing is not None
    assert builders.key("second").public in standing.devices


def test_records_of_the_members_scope_do_not_leave_it_inside_a_charter() -> None:
    """An approval published to members alone is not carried to others as if it were part of a charter."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben)
    scope = scopes.members(federation_of(ann))
    approvals = tuple(row.raw for row in ann.store.records.of_kind(scope, Approval.kind))
    assert approvals
    peer_of(ben).dial("carl").say(Charters(ben.community, approvals))
    assert len(carl.store.charters.of(ben.community)) == 1


def test_an_empty_claim_of_membership_keeps_nobody_out() -> None:
    """A membership that names no request does not stop the community it names from joining by invitation."""
    network = Network()
    ann, ben, new = (network.node(name) for name in ("ann", "ben", "new"))
    neighbours(ann, ben)
    federate(ann, ben)
    federation = federation_of(ann)
    claim = Membership(federation=federation, community=new.community, request=bytes(32))
    publish(ben, "ann", [claim.sign(ben.steward)], scopes.members(federation))
    link = ann.ask(commands.Invite(addresses=("ann",)))["link"]
    new.ask(commands.JoinFederation(link=link))
    assert len(ann.ask(commands.ListFederations())["federations"][0]["members"]) == 3


def test_federations_founded_in_others_names_do_not_part_their_nodes() -> None:
    """Whoever names two neighbours as founders three hundred times leaves the link between them as it was."""
    network = Network()
    ann, ben, hal = (network.node(name) for name in ("ann", "ben", "hal"))
    neighbours(ann, ben, hal)
    peer = peer_of(hal).dial("ann")
    founders = tuple(sorted([ann.community, ben.community, hal.community]))
    raws = [
        Founding(founders=founders, bylaws=Bylaws(name="x"), nonce=number.to_bytes(16, "big"))
        .sign(hal.device)
        .raw
        for number in range(40)
    ]
    for raw in raws:
        if not peer.closed:
            peer.say(Opened(raw))
    assert len(ann.engine._registry.federations()) <= 32


def test_nobody_puts_a_question_in_another_s_name_or_on_a_roll_of_its_own() -> None:
    """A proposal its proposer did not sign, on a roll that no attested sizes give, is no question here."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    ann.ask(commands.Attest(size=5))
    ben.ask(commands.Attest(size=5))
    federation = federation_of(ann)
    roll = builders.roll({ben.community: 1}, federation=federation)
    lenient = Rule(threshold=(1, 1000), strictly_above=False, of="cast", quorum=(0, 1), blocks_stop=False)
    question = builders.yes_no(roll, rule=lenient, proposer=ann.community, title="All to Ben")
    forger = builders.key("forger")
    publish(ben, "ann", [roll.sign(forger), question.sign(forger)], scopes.members(federation))
    assert ann.ask(commands.ListProposals())["proposals"] == []


def test_a_peer_that_claims_and_never_sends_does_not_keep_others_from_sending() -> None:
    """A branch reserved again and again by a peer that gives nothing is asked of an honest one in time."""
    network = Network()
    ann, ben, carl = (network.node(name) for name in ("ann", "ben", "carl"))
    neighbours(ann, ben, carl)
    federate(ann, ben, carl)
    silent = peer_of(carl).dial("ann")
    honest = peer_of(ben)
    ben.ask(commands.EditProfile(name="Bee"))
    held = end_of(ben, builders.PUBLIC)
    assert held is not None
    claim = Heads(builders.PUBLIC, (ClaimedHead(ben.community, ben.device.public, held),), ())
    summary = Summary((ScopeSummary(builders.PUBLIC, bytes(16)),))
    silent.say(summary, claim)
    honest.dial("ann").say(summary)
    for _ in range(20):
        honest.say(claim)
        network.wait(29_000)
        silent.say(Answered(builders.PUBLIC, ben.device.public, held.id), claim)
    asked = [want for want in honest.heard_of(Want) if isinstance(want, Want)]
    assert any(wanted.head == held.id for want in asked for wanted in want.wanted)


def test_a_retired_device_is_no_longer_served() -> None:
    """A session of a device that its community retired as stolen ends when the retirement arrives."""
    network = Network()
    ann, ben = network.node("ann"), network.node("ben")
    neighbours(ann, ben)
    federate(ann, ben)
    second = builders.key("second")
    peer_of(ben).dial("ann").say(Charters(ben.community, (_added(ben).raw,)))
    thief = Peer(network, second, ben.community).dial("ann")
    assert thief.community == ben.community
    standing = ann.engine._registry.community(ben.community)
    assert standing is not None
    from_here = builders.retirement(standing, second).sign(ben.steward)
    peer_of(ben).dial("ann").say(Charters(ben.community, (from_here.raw,)))
    heard = len(thief.heard)
    ann.ask(commands.AddNote(text="for members"))
    assert thief.closed
    assert not [message for message in thief.heard[heard:] if isinstance(message, Entries)]


def _added(node: Node) -> Record:
    """Return the record that adds a second device to a node's community."""
    return builders.added(node.community, builders.key("second")).sign(node.steward)
