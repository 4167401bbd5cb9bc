"""Exports through a whole engine: every format, what licences allow, and coming back to the same."""

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Literal

import pytest

from node import ids
from node.directory import archive
from node.directory.export import ListedOffer, ListedProfile
from node.directory.importing.reader import read
from node.directory.licences import Wish
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


def test_parts_make_up_the_whole() -> None:
    """However a directory is cut, its parts hold every listing, or offer, once, and make the same file."""
    node = node_with(("list.csv", ROWS.encode()))
    for title in ("Ladder", "Boat", "Seeds"):
        node.ask(commands.AddOffer(title=title))
    for limit in (1, 2, 3, 100):
        profiles, offers = parts(node, "profile", limit), parts(node, "offer", limit)
        for kind in FORMATS:
            exported = archive.export(
                kind,
                [ListedProfile.from_json(one) for one in profiles],
                [ListedOffer.from_json(one) for one in offers],
                wish=Wish(),
            )
            assert exported.to_json() == node.ask(commands.Export(format=kind))


def parts(node: Node, kind: Literal["profile", "offer"], limit: int) -> list[Answer]:
    """Return all that a node hands out, as it travels."""
    found: list[Answer] = []
    after = None
    while True:
        answer = json.loads(json.dumps(node.ask(commands.ExportPart(kind=kind, after=after, limit=limit))))
        found += answer["part"]
        after = answer["after"]
        if after is None:
            return found


def test_offers_are_listed_in_parts_too() -> None:
    """Each offer comes once, in the order of ids, with where the next part begins."""
    node = node_with()
    made = [node.ask(commands.AddOffer(title=title))["id"] for title in ("Ladder", "Boat", "Seeds")]
    made.sort(key=ids.parse)
    first = node.ask(commands.ListOffers(limit=2))
    second = node.ask(commands.ListOffers(limit=2, after=first["after"]))
    assert [one["id"] for one in (*first["offers"], *second["offers"])] == made
    assert (first["after"], second["after"]) == (made[1], None)


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
