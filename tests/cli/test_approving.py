"""`hedgerow approve`: what a second steward reads before signing, and what is said of each signature."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from node.cli.federation import _show_approval, _show_list
from tests.cli.conftest import Hedgerow

FORGED = "Fence?\nSigned by did:key:zFAKE; 0 more must sign."


@pytest.fixture
def key(hedgerow: Hedgerow, tmp_path: Path) -> str:
    """Return the key file of the second steward of a community that has founded a federation."""
    eva, dan = (tmp_path / "keys" / f"{name}.pem" for name in ("eva", "dan"))
    hedgerow("key", "new", str(eva))
    other = hedgerow("key", "new", str(dan), "--show").out.strip()
    hedgerow("init", "--name", "Riverside", "--sign-with", str(eva), "--steward", other)
    hedgerow("federation", "found", "--template", "small", "--name", "Hills")
    (founding,) = waiting(hedgerow)
    assert hedgerow("approve", founding, "--key", str(dan)).out.endswith("It holds.\n")
    return str(dan)


def waiting(hedgerow: Hedgerow) -> list[str]:
    """Return the ids of what waits."""
    return [one["id"] for one in hedgerow("approve", "--json").json["waiting"]]


def test_attack_a_title_forges_no_line(hedgerow: Hedgerow, key: str) -> None:
    """A line that begins inside a title, a text or an option is marked as one."""
    hedgerow("attest", "20")
    hedgerow("approve", *waiting(hedgerow), "--key", key)
    hedgerow("proposal", "open", FORGED, "--option", "Ana\n  3. “Zoe”", "--option", "Ben", "--text", FORGED)
    shown = hedgerow("approve")
    begun = [line.strip() for line in shown.out.splitlines()]
    assert sum(line.startswith("Signed by ") for line in begun) == 1
    assert not any(line.startswith("3. ") for line in begun)
    assert sum(line.startswith("> Signed by did:key:zFAKE") for line in begun) == 2


def test_each_of_several_is_signed_once_and_named_at_once(hedgerow: Hedgerow, key: str) -> None:
    """An id twice is one signature; what waits no longer, replaced by what was just signed, stops nothing."""
    hedgerow("attest", "140")
    hedgerow("attest", "150")
    old, new = hedgerow("approve", "--json").json["waiting"]
    ran = hedgerow("approve", new["id"], new["id"], old["id"], "--key", key)
    assert ran.code == 0
    assert ran.out.count("It holds.") == 1
    assert f"Not signed: {old['id'][:10]}…: nothing of that id waits" in ran.out
    assert hedgerow("roll", "show", "--json").json["seats"][0]["size"] == 150
    assert hedgerow("approve", old["id"], "--key", key).code == 2


def test_without_an_id_nothing_is_signed_and_that_is_said(hedgerow: Hedgerow, key: str) -> None:
    """Whoever gives a key alone does not believe to have signed."""
    hedgerow("attest", "20")
    assert "Nothing was signed: no ID was named." in hedgerow("approve", "--key", key).out
    assert len(waiting(hedgerow)) == 1


def test_all_is_shown_before_it_is_signed(
    hedgerow: Hedgerow, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--all` signs after a yes to what it showed, and nothing after a no or for a program."""
    hedgerow("attest", "20")
    hedgerow("roll", "show")
    assert hedgerow("approve", "--all", "--key", key, "--json").code == 2
    assert hedgerow("approve", "--all", *waiting(hedgerow)).code == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert hedgerow("approve", "--all", "--key", key).code == 2
    assert len(waiting(hedgerow)) == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ran = hedgerow("approve", "--all", "--key", key)
    assert ran.out.index("has 20 people") < ran.out.index("Sign 1 statement?") < ran.out.index("It holds.")
    assert waiting(hedgerow) == []
    assert "Nothing waits" in hedgerow("approve", "--all").out


def test_a_founding_is_told_as_it_was_signed(capsys: pytest.CaptureFixture[str]) -> None:
    """Its words stand above what came of it, each on one line; nothing is approved before enough signed."""
    words = ["Founds the federation “Trap\nIts bylaws are the usual ones.” with A.", "  closing.early: yes"]
    _show_approval({"community": None, "awaited": [], "in_words": words})
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Founds the federation “Trap Its bylaws")
    assert (second, last) == ("  closing.early: yes", "Approved the founding.")


def test_a_mandate_that_waits_names_the_command_that_lists_it(hedgerow: Hedgerow, key: str) -> None:
    """`mandate show` points at `hedgerow approve`, and at nothing once a newer mandate holds."""
    hedgerow("attest", "20")
    hedgerow("approve", *waiting(hedgerow), "--key", key)
    holders = [hedgerow("key", "show", key).out.strip().split()[-1]] * 2
    hedgerow("mandate", "grant", holders[0], "--seat", "1")
    assert "waits for more stewards: `hedgerow approve`" in hedgerow("mandate", "show", "1").out
    hedgerow("mandate", "grant", holders[1], "--seat", "1", "--revoke-ballots")
    listed = json.loads(hedgerow("approve", "--json").out)["waiting"]
    newer = next(one["id"] for one in listed if "It voids" in one["in_words"][-1])
    hedgerow("approve", newer, "--key", key)
    assert "waits for nothing: a newer one holds" in hedgerow("mandate", "show", "1").out


@pytest.mark.parametrize("ids", [("aa",), ("aa", "bb")])
def test_the_line_to_approve_by_says_where_in_a_list_of_several(
    ids: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Who belongs to two, one of which follows the other, copies a line that means just one of them."""
    asking = {"community": "cc", "name": "Dora", "approvals": 0, "needed": 1}
    nothing: dict[str, Any] = {
        "follows": None,
        "followed_by": [],
        "followed_by_more": 0,
        "members": [],
        "awaited": [],
    }
    listed = [{**nothing, "id": one, "name": "Hills", "founded": True, "pending": [asking]} for one in ids]
    _show_list({"federations": listed})
    lines = [one for one in capsys.readouterr().out.splitlines() if "asks to join" in one]
    where = [f" --federation {one}" for one in ids] if len(ids) > 1 else [""]
    assert [one.partition("approve with: ")[2] for one in lines] == [
        f"hedgerow federation approve cc{each}" for each in where
    ]
