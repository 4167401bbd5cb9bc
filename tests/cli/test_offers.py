"""Offers on the command line, and the data folder in the commands that answers name."""

from pathlib import Path

from node.cli import main
from tests.cli.conftest import Hedgerow


def test_the_list_says_until_when_an_offer_stands(hedgerow: Hedgerow) -> None:
    """One with a last day names it, one without is open, one taken back says so."""
    hedgerow("init", "--name", "Riverside")
    hedgerow("offer", "add", "Beans", "--expires", "2999-01-31")
    hedgerow("offer", "add", "Seeds")
    gone = hedgerow("offer", "add", "Bricks", "--json").json["id"]
    hedgerow("offer", "withdraw", gone)
    listed = hedgerow("offer", "list", "--withdrawn").out
    assert [" ".join(line.split()[3:6]) for line in listed.splitlines()[2:]] == [
        "open until 2999-01-31",
        f"withdrawn {gone}",
        "open " + listed.split("Seeds")[1].split()[2],
    ]


def test_an_offer_whose_last_day_is_over_is_not_made(hedgerow: Hedgerow) -> None:
    """A wrong year is noticed by who wrote it, and not by the neighbours who never see the offer."""
    hedgerow("init", "--name", "Riverside")
    refused = hedgerow("offer", "add", "Seeds", "--expires", "2020-01-31")
    assert refused.code == 2
    assert refused.err == "hedgerow: expected a last day from today on, found 2020-01-31, which is over\n"
    assert hedgerow("offer", "list", "--json").json["offers"] == []


def test_a_command_to_copy_names_the_folder_that_was_named(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """Whoever gives --data copies lines that act on the same folder, in answers and in errors."""
    folder = tmp_path / "two words"
    named = f"hedgerow --data '{folder}'"
    assert main.run(["--data", str(folder), "init"]) == 0
    added = hedgerow("--data", str(folder), "offer", "add", "Seeds")
    assert f"\n  {named} offer withdraw " in added.out
    assert f"'{named} federation found'" in hedgerow("proposal", "list", "--data", str(folder)).err
    hedgerow("init", "--name", "Riverside")
    assert "\n  hedgerow offer withdraw " in hedgerow("offer", "add", "Seeds").out
