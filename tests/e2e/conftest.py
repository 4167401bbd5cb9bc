"""Real nodes for a test: each a process with a data folder of its own, ended by its id whatever happens."""

import base64
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from node.demo.agreement import wait
from node.demo.processes import PROGRAM, NodeProcess
from node.errors import NodeError
from node.runtime import founding
from tests.e2e.proxy import Proxy

WAIT_S = 40.0
BYLAWS = b'name = "Hills"\n[admission]\napprovals = 1\n[seats]\nhouse = 6\n'

Start = Callable[..., list[NodeProcess]]
StartProxy = Callable[[NodeProcess], Proxy]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Return a function that starts nodes of the given names and publishes their profiles."""
    yield from starting(tmp_path)


@pytest.fixture
def start_proxy() -> Iterator[StartProxy]:
    """Return a function that starts a proxy before a node."""
    yield from starting_proxies()


def starting(folder: Path) -> Iterator[Start]:
    """Yield the function behind the fixture `start`, and end every node it started."""
    started: list[NodeProcess] = []

    def start_nodes(*names: str, program: tuple[str, ...] = PROGRAM) -> list[NodeProcess]:
        nodes = [
            NodeProcess(name=name, folder=folder / f"node-{name}", check=_nothing, program=program)
            for name in names
        ]
        started.extend(nodes)
        try:
            _bring_up(nodes)
        except NodeError as error:
            for node in nodes:
                error.add_note("\n".join(node.last_words()))
            raise
        return nodes

    try:
        yield start_nodes
    finally:
        for node in started:
            node.begin_stop()
        for node in started:
            node.end_stop()


def starting_proxies() -> Iterator[StartProxy]:
    """Yield the function behind the fixture `start_proxy`, and end every proxy it started."""
    proxies: list[Proxy] = []

    def start_one(node: NodeProcess) -> Proxy:
        known = node.folder.read_address()
        assert known is not None
        proxies.append(Proxy(("127.0.0.1", known["port"])))
        return proxies[-1]

    try:
        yield start_one
    finally:
        for proxy in proxies:
            proxy.close()


def befriend(host: NodeProcess, guest: NodeProcess, *, address: str | None = None) -> None:
    """Make two nodes neighbours, the guest dialling, and wait until both hold a session."""
    host.ask("add-peer", target=guest.community)
    guest.ask("add-peer", target=address or host.address)
    until(partial(introduced, host, guest))
    until(partial(introduced, guest, host))


def federate(host: NodeProcess, *guests: NodeProcess) -> None:
    """Found a federation of neighbours, all of them founders."""
    for guest in guests:
        until(partial(knows_name, host, guest.name))
    host.ask(
        "found-federation",
        bylaws=base64.urlsafe_b64encode(BYLAWS).decode(),
        file_name="bylaws.toml",
        founders=[guest.community for guest in guests],
    )
    for guest in guests:
        until(lambda guest=guest: guest.ask("list-federations")["federations"] or None)  # type: ignore[misc]  # bound at once
        guest.ask("approve")
    for node in (host, *guests):
        until(partial(is_member, node))


def until(found: Callable[[], Any], seconds: float = WAIT_S) -> Any:
    """Ask again until the answer is true, and return it."""
    return wait(lambda: found() or None, what="what the test waits for", seconds=seconds)


def introduced(node: NodeProcess, other: NodeProcess) -> bool:
    """Tell whether a node holds a session with another."""
    sessions = node.ask("peer-status")["sessions"]
    return any(one["introduced"] and one["community"] == other.community for one in sessions)


def knows_name(node: NodeProcess, name: str) -> bool:
    """Tell whether a community's profile has arrived at a node."""
    return any(one["name"] == name for one in node.ask("search", words=[name])["listings"])


def is_member(node: NodeProcess) -> bool:
    """Tell whether a node's community is a member of the one federation it knows."""
    federations = node.ask("list-federations")["federations"]
    return bool(federations) and bool(federations[0]["member"])


def entries(node: NodeProcess) -> set[str]:
    """Return the ids of all entries a node holds; tests hold fewer than a page of them."""
    return {one["entry"] for one in node.ask("show-log", limit=1_000)["entries"]}


def alike(*nodes: NodeProcess) -> bool:
    """Tell whether nodes hold the same entries."""
    held = [entries(node) for node in nodes]
    return all(one == held[0] for one in held)


def offers(node: NodeProcess) -> set[str]:
    """Return the titles of the open offers that a node knows."""
    return {one["title"] for one in node.ask("list-offers")["offers"]}


def log_of(node: NodeProcess) -> str:
    """Return what a node has logged so far."""
    return node.log.read_text(encoding="utf-8")


def _bring_up(nodes: list[NodeProcess]) -> None:
    for node in nodes:
        # What `hedgerow init` does, without a process: the demo and the pages' examples start that one.
        founding.found(node.folder, None)
        node.begin_serve()
    for node in nodes:
        node.end_serve()
        node.ask("edit-profile", name=node.name)


def _nothing() -> None:
    """Let a node be waited for."""
