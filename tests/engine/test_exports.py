"""Exports through a whole engine: every format, what licences allow, and coming back to the same."""

import base64
import io
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from node.directory.importing.reader import read
from node.engine import commands
from tests.engine.harness import Answer, Network, Node

FORMATS: tuple[Literal["geojson", "csv", "murmurations", "zip"], ...] = (
    "geojson",
    "csv",
    "murmurations",
    "zip",
)
NAMES = {"geojson": "x.geojson", "csv": "x.csv", "murmurations": "x.jsonl", "zip": "x.zip"}
ROWS = """id,name,licence,website
1,Open,CC0-1.0,https://one.example
2,Alike,ODbL,https://two.example
3,Closed,All rights reserved,https://three.example
4,Silent,,https://four.example
"""


def content(answer: Answer) -> bytes:
    """Return the file that an answer holds."""
    return base64.b64decode(answer["data"]) if "data" in answer else str(answer["text"]).encode()


def node_with(*files: tuple[str, bytes]) -> Node:
    """Return a node that imported these files."""
    node = Network().node("ann")
    for name, data in files:
        node.ask(commands.ImportFile(data=data, file_name=name, source="list"))
    return node


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    ("wish", "names"),
    [
        ({}, ["Alike", "Open", "Silent"]),
        ({"open_only": True}, ["Alike", "Open"]),
        ({"without_share_alike": True}, ["Open", "Silent"]),
        ({"open_only": True, "without_share_alike": True}, ["Open"]),
    ],
)
def test_licences_are_honoured_in_every_format(
    kind: Literal["geojson", "csv", "murmurations", "zip"], wish: dict[str, bool], names: list[str]
) -> None:
    """What forbids republishing never goes out, the rest as asked; the answer says what stayed and why."""
    answer = node_with(("list.csv", ROWS.encode())).ask(commands.Export(format=kind, **wish))
    report = read(content(answer), NAMES[kind])
    assert sorted(row.profile.shown_name() for row in report.profiles) == names
    assert answer["records"] == len(names)
    assert sum(answer["left_out"].values()) == 4 - len(names)
    assert answer["left_out"]["its licence forbids republishing"] == 1


def test_the_archive_holds_offers_that_stand_and_no_others() -> None:
    """A withdrawn offer is nobody's any more."""
    node = node_with()
    kept = node.ask(commands.AddOffer(title="Ladder"))
    gone = node.ask(commands.AddOffer(title="Boat"))
    node.ask(commands.WithdrawOffer(id=gone["id"]))
    answer = node.ask(commands.Export(format="zip"))
    assert answer["offers"] == 1
    with zipfile.ZipFile(io.BytesIO(content(answer))) as archive:
        table = archive.read("offers.csv").decode()
    assert kept["id"] in table
    assert "Boat" not in table


def test_a_table_comes_with_what_explains_it() -> None:
    """The README names the columns, the licences and what was left out."""
    readme = node_with(("list.csv", ROWS.encode())).ask(commands.Export(format="csv"))["readme"]
    assert "subject:licence" in readme
    assert "ODbL" in readme
    assert "Closed  [All rights reserved]" in readme


# All five go out and come back without an engine in tests/directory/importing/test_the_five_files.py.
@pytest.mark.shared
@pytest.mark.parametrize("name", ["freifunk_community_files.json", "ofdb_search_sample.json"])
def test_real_files_go_out_of_one_node_and_into_another_to_the_same(shared: Path, name: str) -> None:
    """Every format that carries everything gives another node the same listings under the same sources."""
    node = node_with((name, (shared / "data/directory" / name).read_bytes()))
    whole = profiles_of(content(node.ask(commands.Export())), "x.geojson")
    assert whole
    for kind in FORMATS:
        answer = node.ask(commands.Export(format=kind))
        assert answer["records"] == len(whole)
        assert profiles_of(content(answer), NAMES[kind]) == whole
    other = node_with(("x.csv", content(node.ask(commands.Export(format="csv")))))
    assert profiles_of(content(other.ask(commands.Export())), "x.geojson") == whole


def profiles_of(data: bytes, name: str) -> list[str]:
    """Return the profiles of an export, sorted."""
    return sorted(row.profile.model_dump_json() for row in read(data, name).profiles)
