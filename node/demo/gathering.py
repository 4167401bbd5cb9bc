"""The demo's first half: nodes start, communities show themselves, found a federation, join, import.

Each step asks nodes and waits until what it did has arrived where the next one needs it.
"""

import base64
import os
from functools import partial
from pathlib import Path
from typing import Any, Final

from node.demo import cast
from node.demo.agreement import wait
from node.demo.processes import NodeProcess
from node.demo.valley import Valley

# More processes that start at once than this only wait for each other.
_STARTS_MIN: Final = 2


def start(valley: Valley) -> None:
    """Make every node's folder and start it."""
    valley.teller.begin(f"Starting {len(valley.nodes)} nodes, each with keys and a folder of its own")
    at_once = max(_STARTS_MIN, os.cpu_count() or 1)
    for first in range(0, len(valley.nodes), at_once):
        together = valley.nodes[first : first + at_once]
        for node in together:
            node.begin_init()
        for node in together:
            node.end_init()
            node.begin_serve()
        for node in together:
            node.end_serve()
    valley.teller.done(*(f"{node.name} listens at {node.address}" for node in valley.nodes))


def publish(valley: Valley) -> None:
    """Let every community write its page, its offers and its needs."""
    valley.teller.begin("Each community writes its page, what it offers and what it needs")
    for character, node in valley.members():
        language = character.languages[0]
        node.ask(
            "edit-profile",
            name=character.name,
            description=character.description,
            language=language,
            country=character.country,
            city=character.city,
            latitude=character.place[0],
            longitude=character.place[1],
            tags=character.tags,
            languages=character.languages,
        )
        for kind, wares in (("offer", character.offers), ("need", character.needs)):
            for title, tags in wares:
                node.ask("add-offer", kind=kind, title=title, tags=tags, language=language)
    valley.teller.done(
        *(
            f"{character.name}, {character.city}: {character.offers[0][0]}"
            for character, _ in valley.members()
        )
    )


def found(valley: Valley) -> None:
    """Let the first two become neighbours and found the federation."""
    first, second = valley.nodes[:2]
    valley.teller.begin(f"{first.name} and {second.name} found the federation “{cast.FEDERATION}”")
    first.ask("add-peer", target=second.community)
    second.ask("add-peer", target=first.address)
    wait(partial(_knows, first, second), what=f"{second.name} reaching {first.name}")
    house = cast.SEATS_PER_COMMUNITY * len(valley.nodes)
    rules = cast.BYLAWS.format(house=house).encode()
    first.ask(
        "found-federation",
        bylaws=base64.urlsafe_b64encode(rules).decode(),
        file_name="bylaws.toml",
        founders=(second.community,),
    )
    wait(partial(_federation, second), what="the founding's arrival")
    second.ask("approve")
    for node in (first, second):
        wait(partial(_is_member, node), what="the founding")
    valley.teller.done("both signed its bylaws; who joins needs the approval of two members")


def join(valley: Valley) -> None:
    """Let the others join by invitation, each approved by a second member."""
    newcomers = valley.nodes[2:]
    if newcomers:
        valley.teller.begin(f"{newcomers[0].name} joins" if len(newcomers) == 1 else "The others join")
        for number, newcomer in enumerate(newcomers):
            inviter = valley.nodes[number % 2]
            invitation = inviter.ask("invite", addresses=(inviter.address,))
            newcomer.ask("join-federation", link=invitation["link"])
        for number, newcomer in enumerate(newcomers):
            approver = valley.nodes[(number + 1) % 2]
            wait(
                partial(_awaits, approver, newcomer),
                what=f"the request of {newcomer.name}",
            )
            approver.ask("approve", community=newcomer.community)
    everybody = sorted(node.community for node in valley.nodes)
    for node in valley.nodes:
        wait(
            partial(_has_members, node, everybody),
            what=f"{node.name} knowing every member",
        )
    if newcomers:
        valley.teller.done("by invitation, and a second member approved each request")
    valley.teller.links(_links(valley))


def pin_note(valley: Valley) -> None:
    """Let the newest member write on the board that all members may change."""
    writer = valley.nodes[-1]
    valley.teller.begin(f"{writer.name} pins a note to the federation's board")
    writer.ask("add-note", text=cast.NOTE)
    for node in valley.nodes:
        wait(partial(_notes, node), what="the note's arrival")
    valley.teller.done(f"“{cast.NOTE}”, read at every node")


def bring_in(valley: Valley, name: str, data: bytes) -> None:
    """Import a file of listings on the first node."""
    node = valley.nodes[0]
    # The name is a stranger's word: what could steer a terminal is left out.
    shown = "".join(char for char in name if char.isprintable())
    valley.teller.begin(f"{node.name} brings in {shown}")
    carried = base64.urlsafe_b64encode(data).decode()
    told = node.ask("import-file", data=carried, file_name=Path(name).name[:200], source=Path(name).stem)
    valley.teller.done(
        f"{told['rows']} rows: {told['accepted']} came in, {told['flagged']} came in marked,"
        f" {told['rejected']} did not; {told['duplicates']} pairs may be doubles and were left as they are"
    )


def _links(valley: Valley) -> list[tuple[str, str]]:
    """Return who is connected with whom, each pair once, as the nodes say."""
    names = {node.community: node.name for node in valley.nodes}
    found = {
        tuple(sorted((valley.nodes.index(node), list(names).index(session["community"]))))
        for node in valley.nodes
        for session in node.ask("peer-status")["sessions"]
        if session["community"] in names
    }
    return [(valley.nodes[a].name, valley.nodes[b].name) for a, b in sorted(found)]


def _knows(node: NodeProcess, other: NodeProcess) -> bool | None:
    sessions = node.ask("peer-status")["sessions"]
    return any(s["introduced"] and s["community"] == other.community for s in sessions) or None


def _federation(node: NodeProcess) -> dict[str, Any] | None:
    federations: list[dict[str, Any]] = node.ask("list-federations")["federations"]
    return federations[0] if federations else None


def _is_member(node: NodeProcess) -> bool | None:
    known = _federation(node)
    return (known is not None and known["member"]) or None


def _awaits(node: NodeProcess, newcomer: NodeProcess) -> bool | None:
    known = _federation(node)
    pending = known["pending"] if known is not None else ()
    return any(one["community"] == newcomer.community for one in pending) or None


def _has_members(node: NodeProcess, everybody: list[str]) -> bool | None:
    known = _federation(node)
    return (known is not None and sorted(one["community"] for one in known["members"]) == everybody) or None


def _notes(node: NodeProcess) -> list[dict[str, Any]] | None:
    return node.ask("show-board")["notes"] or None
