"""A whole node on PostgreSQL: made, served, stopped, started again, and asked in between."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from node.cli import invocation
from node.cli.main import app
from node.errors import ConfigError, ConflictError, StoreBusyError
from node.runtime import client, config, founding
from node.runtime.node import Node
from node.storage.files.folder import DataFolder
from tests.runtime.conftest import no_passphrase, running_with
from tests.storage.postgresql.server import Server
from tests.storage.postgresql.server import running as postgresql


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Return a server for all tests of this module."""
    with postgresql() as server:
        yield server


@pytest.fixture
def folder(server: Server, tmp_path: Path) -> DataFolder:
    """Return the folder of a new node that keeps its store in an empty database."""
    folder, address = DataFolder(tmp_path / "hub"), server.empty()
    founding.found(folder, None, store=address, settings=config.template(address))
    return folder


async def test_a_node_lives_in_postgresql(folder: DataFolder) -> None:
    """What is published survives a restart, and a command of a stopped node finds the same store."""
    settings = config.load(folder.config_file, {}, {"listen": "127.0.0.1:0", "operator": "off"})
    async with running_with(folder, settings) as node:
        made = await node.ask("add-offer", title="Seed potatoes")
        assert not folder.database.exists()
    stopped = client.ask(folder, {"command": "list-offers"}, no_passphrase)
    async with running_with(folder, settings) as node:
        again = await node.ask("list-offers")
        assert (await node.ask("rebuild"))["listings"] == 1
        assert (await node.ask("doctor"))["checks"][1]["ok"]
        assert (await node.ask("search", words=["potatoes"]))["total"] == 1
    assert stopped == again
    assert again["offers"][0]["id"] == made["id"]


async def test_two_nodes_never_share_a_database(server: Server, folder: DataFolder, tmp_path: Path) -> None:
    """Neither can a second be made in it, nor can one that was copied run beside it."""
    address = server.address()
    with pytest.raises(ConflictError, match="one node, one database"):
        founding.found(DataFolder(tmp_path / "other"), None, store=address)
    assert not (tmp_path / "other").exists()
    settings = config.load(folder.config_file, {}, {"listen": "127.0.0.1:0", "operator": "off"})
    async with running_with(folder, settings):
        copy = DataFolder(tmp_path / "copy")
        copy.create()
        for key in folder.keys.iterdir():
            (copy.keys / key.name).write_bytes(key.read_bytes())
            (copy.keys / key.name).chmod(0o600)
        with pytest.raises(StoreBusyError, match="another node writes to this database"):
            await Node(copy, settings, no_passphrase).serve(lambda _: None)


def test_settings_may_be_written_before_the_node_is_made(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`init` takes a folder that holds a config.toml and nothing else, and keeps its store where it says."""
    monkeypatch.delenv("HEDGEROW_STORE", raising=False)
    folder = DataFolder(tmp_path / "hub")
    folder.path.mkdir(mode=0o700)
    folder.config_file.write_text(config.template(server.empty()), encoding="utf-8")
    arguments = ["--data", str(folder.path), "init", "--name", "Hub"]
    made = CliRunner().invoke(app, arguments, obj=invocation.begin())
    assert made.exit_code == 0, made.output
    assert not folder.database.exists()
    found = client.ask(folder, {"command": "show-node"}, no_passphrase)
    assert found["name"] == "Hub"


def test_a_store_that_is_not_named_any_more_is_said_so(folder: DataFolder) -> None:
    """Without the setting there are keys and no store: nothing is made anew, and the setting is named."""
    folder.config_file.write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="the setting `store`"):
        client.ask(folder, {"command": "list-offers"}, no_passphrase)
    assert not folder.database.exists()


def test_a_store_is_not_exchanged_under_a_node(server: Server, tmp_path: Path) -> None:
    """A node that lives in SQLite is not looked for in an empty database."""
    folder = DataFolder(tmp_path / "hub")
    founding.found(folder, None)
    folder.config_file.write_text(config.template(server.empty()), encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be moved yet"):
        client.ask(folder, {"command": "list-offers"}, no_passphrase)


def test_no_message_repeats_a_password(tmp_path: Path) -> None:
    """Leaked secret: an address that cannot be read may hold a password, and stands in no error."""
    file = tmp_path / "config.toml"
    for address in ("mysql://hedgerow:hunter2@db/x", "postgresql://hedgerow:hunter2@db:x/y"):
        with pytest.raises(ConfigError) as caught:
            config.load(file, {"HEDGEROW_STORE": address}, {})
        assert "hunter2" not in str(caught.value)
        assert "HEDGEROW_STORE" in str(caught.value)
