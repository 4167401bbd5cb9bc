"""`hedgerow count` over files, and the formats of `decision export`, as a person types them."""

import base64
import json
from pathlib import Path

import pytest

from node.engine import commands
from tests.cli.conftest import Hedgerow
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, put, vote

BLT = '3 2\n4 1 2 0\n3 2 0\n2 3 1 0\n0\n"Ana"\n"Ben"\n"Cem"\n"Council"\n'


@pytest.fixture
def council(tmp_path: Path) -> str:
    """Return the path of a small contest."""
    path = tmp_path / "council.blt"
    path.write_text(BLT, encoding="utf-8")
    return str(path)


def test_every_stage_can_be_printed(hedgerow: Hedgerow, council: str) -> None:
    """Words, CSV and JSON of the count whose result id the row has."""
    row = hedgerow("count", "--method", "meek", council, "--json").json
    ask = ("count", "--method", "meek", council, "--transcript")
    assert hedgerow(*ask, "words").out.endswith(f"Result {row['result_id']}\n")
    assert hedgerow(*ask, "csv").out.startswith("stage,action,source,option,name,")
    assert json.loads(hedgerow(*ask, "json").out)["result_id"] == row["result_id"]


def test_two_options_of_one_name_are_told_apart(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """Seats of two lists that are called alike are not added up, and it is said which of two is elected."""
    file = tmp_path / "alike.blt"
    file.write_text('3 3\n4 1 0\n3 2 0\n1 3 0\n0\n"A"\n"A"\n"B"\n"Lists"\n', encoding="utf-8")
    lists = hedgerow("count", "--method", "party-list-dhondt", str(file)).out
    assert "  A (number 1): 2 seats\n  A (number 2): 1 seat\n" in lists
    most = hedgerow("count", "--method", "plurality", str(file)).out
    assert "  1. A (number 1), elected" in most
    assert "  3. B, elected" in most


def test_a_lot_seed_orders_the_ties_only(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """Two options with equal votes: one seed elects one, another the other; without a tie nothing changes."""
    path = tmp_path / "tie.blt"
    path.write_text('2 1\n1 1 0\n1 2 0\n0\n"Ana"\n"Ben"\n"Chair"\n', encoding="utf-8")
    seeds = [f"{number:064x}" for number in range(8)]
    elected = {
        hedgerow("count", "--method", "plurality", str(path), "--lot-seed", seed, "--json").json["elected"][
            0
        ]["name"]
        for seed in seeds
    }
    assert elected == {"Ana", "Ben"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--transcript", "xml"), "expected a transcript as json, csv, words, found 'xml'"),
        (("--lot-seed", "12"), "expected a lot seed of 64 digits from 0 to f, found '12'"),
        (("--lot-seed", "G" * 64), "expected a lot seed of 64 digits"),
    ],
)
def test_what_is_asked_for_wrongly(
    arguments: tuple[str, ...], words: str, hedgerow: Hedgerow, council: str
) -> None:
    """Another form or a seed that is none: exit code 2 and one line."""
    ran = hedgerow("count", "--method", "meek", council, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_another_format_of_a_decision(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """The formats there are stand in the refusal, and no file is begun."""
    assert hedgerow("init").code == 0
    path = tmp_path / "council.xls"
    ran = hedgerow("decision", "export", "Council", "--format", "xls", "--output", str(path))
    assert ran.code == 2
    assert "expected one of the formats papers, blt, pb, json, csv, words, found 'xls'" in ran.err
    assert not path.exists()


def test_a_certified_file_is_verified_for_programs(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """Valid, its state and the id that all nodes have, with exit code 0."""
    nodes = federated(["ann", "bob"])
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    exported = nodes[0].ask(commands.ExportDecision(proposal=proposal))
    file = tmp_path / "bike.hedgerow"
    file.write_bytes(base64.b64decode(exported["data"]))
    ran = hedgerow("verify", str(file), "--json")
    assert ran.code == 0
    assert ran.json["valid"] is True
    assert {key: ran.json[key] for key in ("state", "result_id")} == {
        "state": "certified",
        "result_id": nodes[1].ask(commands.ShowResult(proposal=proposal))["result_id"],
    }
    assert not ran.json["problems"]


def test_a_file_that_is_no_decision_is_no_answer_about_one(hedgerow: Hedgerow, tmp_path: Path) -> None:
    """What cannot be read at all ends with 2 and a sentence; a decision that does not hold ends with 1."""
    file = tmp_path / "bike.hedgerow"
    file.write_bytes(b"no decision at all")
    ran = hedgerow("verify", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "expected the file of a decision" in ran.err
