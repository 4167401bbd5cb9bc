"""Keeping things from view, allowing and reporting through the command alone, with no node running."""

import pytest

from node import ids
from tests import builders
from tests.cli.conftest import Hedgerow

STRANGER = ids.show(builders.identifier("a community nobody knows"))


@pytest.fixture
def riverside(hedgerow: Hedgerow) -> Hedgerow:
    """Return the command on a community's folder."""
    hedgerow("init", "--name", "Riverside")
    return hedgerow


def test_what_is_hidden_is_listed_with_its_undo(riverside: Hedgerow) -> None:
    """Hide, list, look at it, unhide: each says what it did and what to type next."""
    offer = riverside("offer", "add", "Old bread", "--text", "From Monday.", "--json").json["id"]
    done = riverside("hide", offer, "--reason", "mouldy", "--by", "Rosa")
    assert done.out == f"Hidden on this node: the offer “Old bread”.\nUndo: hedgerow unhide {offer}\n"
    assert riverside("search", "--json").json["total"] == 1
    listed = riverside("hidden")
    assert "Hidden: the offer “Old bread” (since " in listed.out
    assert ", by Rosa: mouldy)" in listed.out
    assert f"undo: hedgerow unhide {offer}" in listed.out
    looked = riverside("hidden", offer)
    assert "From Monday." in looked.out
    assert "hidden (since " in looked.out
    (row,) = riverside("hidden", "--json").json["hidden"]
    assert (row["id"], row["by"], row["reason"]) == (offer, "Rosa", "mouldy")
    assert riverside("unhide", offer).out == "Shown again: the offer “Old bread”.\n"
    assert "everybody sees it" in riverside("hidden", offer).out
    assert "Nobody is blocked here, and nothing is hidden." in riverside("hidden").out


def test_who_decides_is_whoever_is_logged_in(riverside: Hedgerow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--by` the login name is written down."""
    monkeypatch.setenv("LOGNAME", "rosa")
    riverside("block", STRANGER)
    assert riverside("hidden", "--json").json["blocked"][0]["by"] == "rosa"


def test_a_community_is_blocked_and_unblocked_by_its_id(riverside: Hedgerow) -> None:
    """A community need not be known here to be blocked."""
    done = riverside("block", STRANGER, "--reason", "spam")
    assert "is blocked on this node" in done.out
    assert f"hedgerow unblock {STRANGER}" in riverside("hidden").out
    again = riverside("block", STRANGER)
    assert (again.code, again.err) == (2, "hedgerow: that community is blocked already\n")
    assert "is not blocked any more" in riverside("unblock", STRANGER).out
    assert riverside("unblock", STRANGER).code == 2


def test_a_list_of_those_allowed_is_kept(riverside: Hedgerow) -> None:
    """The list is kept in every mode and counts in two of them."""
    assert "shows everybody anyway" in riverside("allow", "add", STRANGER, "--reason", "friends").out
    done = riverside("allow", "mode", "listed", "--by", "Rosa")
    assert done.out == "This node talks with and shows only those on your list.\n"
    listed = riverside("hidden").out
    assert "only those on your list (since " in listed
    assert f"hedgerow allow remove {STRANGER}" in listed
    assert riverside("allow", "remove", STRANGER).code == 0
    assert riverside("allow", "remove", STRANGER).code == 2
    assert riverside("allow", "mode", "nobody").code == 2
    assert riverside("allow", "mode", "open").code == 0


def test_a_report_is_sent_listed_and_withdrawn(riverside: Hedgerow) -> None:
    """In a federation of one, a report is made about a listing of one's own keeping and taken back."""
    refused = riverside("report", "send", STRANGER, "--reason", "spam")
    assert "belongs to no federation yet" in refused.err
    riverside("federation", "found", "--template", "small", "--name", "Hills")
    offer = riverside("offer", "add", "Old bread", "--json").json["id"]
    made = riverside("report", "send", offer, "--reason", "wrong", "--text", "All gone.", "--json").json
    assert made["about"]["title"] == "Old bread"
    shown = riverside("report", "list")
    assert "the offer “Old bread”: wrong" in shown.out
    assert "your community: All gone." in shown.out
    assert f"hedgerow report withdraw {made['report']}" in shown.out
    riverside("report", "withdraw", made["report"])
    assert riverside("report", "list").out == "No reports.\n"
    assert "wrong, withdrawn" in riverside("report", "list", "--withdrawn").out
    assert riverside("report", "send", offer, "--reason", "ugly").code == 2
    too_long = riverside("report", "send", offer, "--reason", "wrong", "--text", "x" * 1_001)
    assert (too_long.code, "1000" in too_long.err) == (2, True)
