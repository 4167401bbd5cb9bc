"""A thousand real places come in at one of three nodes, reach the others, and survive a damaged store."""

import base64
import contextlib
import json
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from node.cli import main
from node.demo.processes import NodeProcess
from tests.e2e.conftest import Start, befriend, until

pytestmark = [pytest.mark.e2e, pytest.mark.shared, pytest.mark.long, pytest.mark.timeout(300)]

TRUTH = ("format", "branches", "entries", "charters", "local", "sqlite_")
SWAPPED = [56, 24]


def exported(node: NodeProcess) -> str:
    """Return a node's whole directory in its canonical spelling."""
    return str(node.ask("export")["text"])


def exports_alike(nodes: list[NodeProcess]) -> bool:
    """Tell whether all nodes' directories are equal, once their sizes are."""
    if len({node.ask("show-node")["listings"] for node in nodes}) > 1:
        return False
    return len({exported(node) for node in nodes}) == 1


def damage(database: Path) -> list[str]:
    """Empty, garble or drop every cache table, and return their names."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        # The full-text index keeps tables of its own, which go with it.
        tables = sorted(name for (name,) in found if not name.startswith((*TRUTH, "listing_words")))
        for number, name in enumerate(tables):
            match number % 3:
                case 0:
                    connection.execute(f"DELETE FROM {name}")
                case 1:
                    connection.execute(f"UPDATE OR IGNORE {name} SET {_garbage(connection, name)}")
                case _:
                    connection.execute(f"DROP TABLE {name}")
        connection.execute("DELETE FROM listing_words")
        connection.commit()
        return [*tables, "listing_words"]


def _garbage(connection: sqlite3.Connection, table: str) -> str:
    """Return the assignments that make every column but the key say something else."""
    fill = {"BLOB": "zeroblob(40)", "TEXT": "'garbage'", "INTEGER": "7"}
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    return ", ".join(f"{column[1]} = {fill[column[2]]}" for column in columns if not column[5])


def test_a_thousand_places_reach_all_three_and_survive_damage(
    start: Start, shared: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """98 % come in, the swapped place is marked, three exports are equal, and `rebuild` restores a wreck."""
    data = (shared / "data/directory/susy_places_continental.geojson").read_bytes()
    nodes = start("Ash", "Birch", "Cedar")
    ash, birch, cedar = nodes
    befriend(ash, birch)
    befriend(birch, cedar)
    befriend(ash, cedar)
    told = birch.ask(
        "import-file",
        data=base64.urlsafe_b64encode(data).decode(),
        file_name="susy_places_continental.geojson",
        source="susy",
    )
    assert told["rows"] == 1_036 == told["accepted"] + told["flagged"] + told["rejected"]
    assert told["written"] == told["accepted"] + told["flagged"] >= 0.98 * 1_036
    rows = json.loads(data)["features"]
    (swapped,) = [n for n, row in enumerate(rows, start=1) if row["geometry"]["coordinates"] == SWAPPED]
    assert any("swapped" in one["message"] and one["row"] == swapped for one in told["problems"]), told[
        "problems"
    ][:3]
    until(partial(exports_alike, nodes), seconds=100)
    whole = exported(ash)
    assert len(json.loads(whole)["features"]) == told["written"] + 3

    # The worst of the three is made by hand; what was signed is not touched.
    cedar.begin_stop()
    cedar.end_stop()
    assert set(damage(cedar.folder.database)) >= {"records", "documents", "listings", "verdicts"}
    folder = str(cedar.folder.path)
    capfd.readouterr()
    assert main.run(["--data", folder, "rebuild", "--json"]) == 0, capfd.readouterr().err
    assert json.loads(capfd.readouterr().out)["problems"] == 0
    assert main.run(["--data", folder, "export"]) == 0
    assert capfd.readouterr().out == whole
