"""Announcing the page to an index that speaks as the real one does (api/rest/v2 of MurmurationsServices)."""

import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from aiohttp import ClientSession, web

from node.engine.commands import Command
from node.errors import ConfigError
from node.ids import CommunityId
from node.runtime import config
from node.runtime.config import Config
from node.runtime.murmurations import Announcing
from node.storage.files.folder import DataFolder
from tests.runtime.conftest import running_with

Found = Callable[[str], tuple[DataFolder, CommunityId]]
PROFILE_URL = "https://garden.example/murmurations.json"
NODE_ID = sha256(PROFILE_URL.encode()).hexdigest()


@dataclass
class Index:
    """An index: what it was told, and what it answers."""

    url: str = ""
    told: list[tuple[str, str, Any]] = field(default_factory=list)
    status: int = 200

    async def post(self, request: web.Request) -> web.Response:
        """Take the address of a profile."""
        body = await request.json()
        self.told.append(("POST", request.path, body))
        if self.status != 200:
            error = {"status": self.status, "title": "Profile Not Found", "detail": "Could not find it."}
            return web.json_response({"errors": [error]}, status=self.status)
        data = {"node_id": sha256(body["profile_url"].encode()).hexdigest(), "status": "posted", **body}
        return web.json_response({"data": data})

    async def delete(self, request: web.Request) -> web.Response:
        """Forget a profile."""
        self.told.append(("DELETE", request.path, None))
        if self.status != 200:
            return web.json_response({"errors": [{"status": self.status}]}, status=self.status)
        return web.json_response({"meta": {"message": "The profile has been deleted."}})


class Core:
    """A core that knows one page."""

    def __init__(self) -> None:
        self.profile: dict[str, Any] | None = {"name": {"und": "Garden"}}

    async def ask(self, command: Command) -> dict[str, Any]:
        """Show the page."""
        assert command.command == "show-profile"
        return {"profile": self.profile}


@contextlib.asynccontextmanager
async def an_index() -> AsyncIterator[Index]:
    """Serve an index."""
    index = Index()
    app = web.Application()
    app.router.add_post("/v2/nodes-sync", index.post)
    app.router.add_delete("/v2/nodes/{id}", index.delete)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    index.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield index
    finally:
        await runner.cleanup()


def announcing(folder: DataFolder, index: str | None, core: Core) -> Announcing:
    """Return what a process that starts now would announce with."""
    settings = Config(domain="garden.example", murmurations=index)
    return Announcing(folder, settings, core)


async def test_a_page_is_announced_once_and_when_it_changes(community: Found) -> None:
    """The index learns the page's address; the same page is not announced again by the next process."""
    folder, core = community("garden")[0], Core()
    async with an_index() as index, ClientSession() as session:
        for _ in range(2):
            await announcing(folder, index.url, core).look(session)
        assert index.told == [("POST", "/v2/nodes-sync", {"profile_url": PROFILE_URL})]
        core.profile = {"name": {"und": "Garden and orchard"}}
        await announcing(folder, index.url, core).look(session)
        assert len(index.told) == 2


async def test_an_index_that_refuses_or_is_gone_is_asked_again(community: Found) -> None:
    """Whatever it answers, the node goes on and remembers nothing that did not happen."""
    folder, core = community("garden")[0], Core()
    async with an_index() as index, ClientSession() as session:
        one = announcing(folder, index.url, core)
        index.status = 404
        await one.look(session)
        index.status = 200
        await one.look(session)
        assert len(index.told) == 2
        core.profile = None
        await one.look(session)
        assert len(index.told) == 2
    async with ClientSession() as session:
        core.profile = {"name": {"und": "Another"}}
        await announcing(folder, index.url, core).look(session)
    assert json.loads((folder.path / "murmurations.json").read_text())["profile_url"] == PROFILE_URL


async def test_switched_off_the_page_is_taken_back(community: Found) -> None:
    """The index is asked to forget it until it has; meanwhile nothing stands at the address."""
    folder, core = community("garden")[0], Core()
    async with an_index() as index, ClientSession() as session:
        await announcing(folder, index.url, core).look(session)
        off = announcing(folder, None, core)
        seen = [off.withdrawing]
        for index.status in (400, 200):
            await off.look(session)
            seen.append(off.withdrawing)
        assert seen == [True, True, False]
        assert index.told[1:] == [("DELETE", f"/v2/nodes/{NODE_ID}", None)] * 2
        assert not announcing(folder, None, core).withdrawing
        assert not (folder.path / "murmurations.json").exists()


async def test_nothing_is_asked_unless_a_steward_wants_it(community: Found) -> None:
    """Off by default: no index is named, and none without a domain under which the page is found."""
    assert Config().murmurations is None
    folder, core = community("garden")[0], Core()
    async with ClientSession() as session:
        await announcing(folder, None, core).look(session)
    with pytest.raises(ConfigError, match="expected a domain too"):
        config.load(folder.config_file, {"HEDGEROW_MURMURATIONS": "https://index.example"}, {})


async def test_a_whole_node_announces_and_hides_its_page(community: Found) -> None:
    """A running node announces its page and shows it; one that is to take it back shows none."""
    folder, _ = community("garden")
    async with an_index() as index:
        settings = Config(
            listen="127.0.0.1:0", operator="off", domain="garden.example", murmurations=index.url
        )
        async with running_with(folder, settings) as node, ClientSession() as session:
            await node.ask("edit-profile", name="Garden")
            page = f"http://127.0.0.1:{node.where.port}/murmurations.json"
            async with session.get(page) as shown:
                assert shown.status == 200
        async with running_with(folder, settings) as node:
            await node.until("show-node", lambda _: bool(index.told))
        index.status = 400
        settings = Config(listen="127.0.0.1:0", operator="off", domain="garden.example")
        async with running_with(folder, settings) as node, ClientSession() as session:
            page = f"http://127.0.0.1:{node.where.port}/murmurations.json"
            async with session.get(page) as shown:
                assert shown.status == 404
            await node.until("show-node", lambda _: len(index.told) == 2)
