"""Tests of reports between the stewards of a federation, over whole nodes."""

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.errors import ConflictError, NotAuthorisedError, NotFoundError
from node.federation.reports import Report
from node.feeds import scopes
from node.feeds.entry import FeedKey
from node.ids import FederationId
from node.limits import COMPARE_INTERVAL_MS
from node.records import record
from node.replication.messages import Entries
from tests import builders
from tests.engine.harness import Network, Node, federate, neighbours, peer_of
from tests.engine.test_moderation import bread, valley

__all__ = ["valley"]

Valley = tuple[Node, Node, Node]


def reports(node: Node, *, withdrawn: bool = False) -> list[dict[str, object]]:
    """Return the reports that a node lists."""
    shown: list[dict[str, object]] = node.ask(commands.ListReports(withdrawn=withdrawn))["reports"]
    return shown


def reported(ann: Node, ben: Node) -> str:
    """Let Ann report Ben's bread and return the report's id."""
    command = commands.SendReport(about=bread(ben), reason="harmful", text="Mouldy twice.")
    made: str = ann.ask(command)["report"]
    return made


def test_every_members_steward_sees_who_reported_what_and_why(valley: Valley) -> None:
    """A report reaches all members with the name of its community and the key that signed it."""
    ann, ben, cara = valley
    made = reported(ann, ben)
    for node in valley:
        (one,) = reports(node)
        assert (one["id"], one["community_name"], one["reason"], one["text"]) == (
            made,
            "Anns garden",
            "harmful",
            "Mouldy twice.",
        )
        assert one["signers"] == [keys.show(ann.steward.public)]
        assert one["own"] == (node is ann)
        about = one["about"]
        assert isinstance(about, dict)
        assert (about["id"], about["kind"], about["title"], about["hidden"]) == (
            bread(ben),
            "offer",
            "Bread",
            False,
        )
    assert reports(cara) == reports(ben)


def test_a_report_hides_nothing_by_itself(valley: Valley) -> None:
    """What is reported stays where it is until a steward hides it, on that steward's node alone."""
    ann, ben, cara = valley
    reported(ann, ben)
    for node in valley:
        assert [one["title"] for one in node.ask(commands.ListOffers())["offers"]] == ["Bread"]
    cara.ask(commands.Hide(target=bread(ben)))
    (one,) = reports(cara)
    assert isinstance(one["about"], dict)
    assert one["about"]["hidden"]


def test_a_community_may_be_reported(valley: Valley) -> None:
    """A community is reported by its name or id."""
    ann, ben, cara = valley
    cara.ask(commands.SendReport(about="Bens garden", reason="impersonation"))
    (one,) = reports(ann)
    about = one["about"]
    assert isinstance(about, dict)
    assert (about["kind"], about["title"], about["id"]) == (
        "community",
        "Bens garden",
        ids.show(ben.community),
    )


def test_a_withdrawn_report_is_shown_as_withdrawn_everywhere(valley: Valley) -> None:
    """The author takes it back; both records stay, and lists leave it out unless asked."""
    ann, ben, cara = valley
    made = reported(ann, ben)
    with pytest.raises(NotAuthorisedError, match="another community"):
        ben.ask(commands.WithdrawReport(report=made))
    ann.ask(commands.WithdrawReport(report=made))
    assert [reports(node) for node in valley] == [[]] * 3
    assert [[one["withdrawn"] for one in reports(node, withdrawn=True)] for node in valley] == [[True]] * 3
    with pytest.raises(ConflictError, match="already"):
        ann.ask(commands.WithdrawReport(report=made))
    reported(ann, ben)
    assert len(reports(cara)) == 1


def test_reports_survive_a_rebuild_and_a_restart(valley: Valley) -> None:
    """They are records in feeds like any other."""
    ann, ben, cara = valley
    reported(ann, ben)
    before = reports(cara)
    cara.ask(commands.Rebuild())
    cara.restart()
    assert reports(cara) == before != []


def test_a_blocked_communitys_reports_are_not_shown_here(valley: Valley) -> None:
    """Whoever is blocked is not heard by this way either."""
    ann, ben, cara = valley
    ben.ask(commands.SendReport(about="Caras garden", reason="spam"))
    ann.ask(commands.BlockCommunity(community="Bens garden"))
    assert (len(reports(ann)), len(reports(cara))) == (0, 1)


def test_what_cannot_be_reported_is_refused(valley: Valley) -> None:
    """The own community, unknown things, and reports by those who are no members are refused."""
    ann, _, _ = valley
    with pytest.raises(ConflictError, match="own community"):
        ann.ask(commands.SendReport(about="Anns garden", reason="other"))
    for unknown in ("Nobody", ids.show(bytes(32))):
        with pytest.raises(NotFoundError):
            ann.ask(commands.SendReport(about=unknown, reason="other"))
    with pytest.raises(NotFoundError, match="no report"):
        ann.ask(commands.WithdrawReport(report=ids.show(bytes(32))))
    lone = ann.network.node("Lone")
    with pytest.raises(NotFoundError, match="no federation"):
        lone.ask(commands.SendReport(about="Anns garden", reason="other"))


def test_attack_forged_report_in_anothers_name_is_not_shown(valley: Valley) -> None:
    """A member that publishes a report in another member's name, signed by itself, convinces nobody."""
    ann, ben, cara = valley
    federation = ids.parse(ann.ask(commands.ListFederations())["federations"][0]["id"])
    forged = Report(
        federation=federation,
        community=cara.community,
        about=ann.community,
        reason="illegal",
        text="They stole.",
        hours=1,
        nonce=bytes(16),
    ).sign(ben.steward)
    publish_as(ben, federation, [forged])
    assert ann.store.records.get(forged.id) is not None
    assert [reports(node) for node in (ann, cara)] == [[], []]


def test_a_kind_of_record_from_a_later_version_is_carried_and_harms_nobody(valley: Valley) -> None:
    """As older nodes meet reports, this one meets what comes later: kept, carried on, counted for nothing."""
    ann, ben, cara = valley
    federation = ids.parse(ann.ask(commands.ListFederations())["federations"][0]["id"])
    before = ann.ask(commands.ListFederations())
    later = record.sign("appeal", canonical.encode({"of": bytes(32)}), ben.steward)
    publish_as(ben, federation, [later])
    ann.network.wait(COMPARE_INTERVAL_MS)
    for node in (ann, cara):
        row = node.store.records.get(later.id)
        assert row is not None
        assert row.about is None
    assert ann.ask(commands.ListFederations()) == before
    assert reports(ann) == []
    assert [entry["what"] for entry in ann.ask(commands.ShowLog(limit=1))["entries"]] == [
        "stated something of kind 'appeal'"
    ]


def publish_as(node: Node, federation: bytes, records: list[record.Record]) -> None:
    """Publish records behind a node's own feed, as its device may with any program."""
    scope = scopes.members(FederationId(federation))
    (after,) = node.store.feeds.heads_of(FeedKey(node.device.public, scope))
    made = builders.stretches(node.device, builders.carried(records), scope=scope, after=after)
    for name in ("Ann", "Cara"):
        peer_of(node).dial(name).say(*(Entries(part) for part in made))


def test_two_nodes_alone_can_report_too() -> None:
    """A federation of two is enough."""
    network = Network()
    ann, ben = network.node("Ann"), network.node("Ben")
    neighbours(ann, ben)
    federate(ann, ben)
    ann.ask(commands.SendReport(about=ids.show(ben.community), reason="other", text="Hello?"))
    assert [one["text"] for one in reports(ben)] == ["Hello?"]
