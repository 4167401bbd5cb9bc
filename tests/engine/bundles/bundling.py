"""Bundles between engines, framed and read as the command does it, without files."""

import base64
import json
from collections.abc import Iterator, Sequence
from typing import Any

from node import ids
from node.engine import commands
from node.engine.commands.bundles import Branch
from node.feeds.bundle import Damage, Part, Reader, Writer
from tests.engine.harness import Answer, Node


def written(node: Node, reader: Node | None = None, **asked: Any) -> bytes:
    """Return the file that a node writes, for another one or for anybody."""
    peer = None if reader is None else ids.show(reader.community)
    plan = node.ask(commands.PlanBundle(peer=peer, **asked))
    return framed([*_bytes(plan["opening"]), *packed(node, plan, peer, **asked), *_bytes(plan["closing"])])


def packed(node: Node, plan: Answer, peer: str | None, **asked: Any) -> Iterator[bytes]:
    """Yield the contents of the parts that hold a plan's branches."""
    left = [Branch.model_validate_json(json.dumps(one)) for one in plan["branches"]]
    federations = asked.get("federations", ())
    while left:
        answer = node.ask(commands.PackBundle(peer=peer, federations=federations, branches=tuple(left[:100])))
        yield from _bytes(answer["contents"])
        left = left[answer["done"] :]
        if left and answer["after"]:
            left[0] = left[0].model_copy(update={"after": answer["after"]})


def framed(contents: Sequence[bytes]) -> bytes:
    """Return the file that holds these contents."""
    writer = Writer()
    return b"".join(
        writer.part(content, last=number == len(contents) - 1) for number, content in enumerate(contents)
    )


def found(file: bytes, *, piece: int = 4_096) -> list[Part | Damage]:
    """Return what a reader finds in a file that comes in pieces."""
    reader = Reader()
    pieces = (file[at : at + piece] for at in range(0, len(file), piece))
    return [*(one for data in pieces for one in reader.feed(data)), *reader.end()]


def contents(file: bytes) -> list[bytes]:
    """Return what the whole parts of a file hold."""
    return [one.content for one in found(file) if isinstance(one, Part)]


def take(node: Node, parts: Sequence[bytes]) -> list[Answer]:
    """Let a node take parts in, one command each, and return what it said of each."""
    return [node.ask(commands.TakeBundle(parts=(part,)))["parts"][0] for part in parts]


def look(node: Node, parts: Sequence[bytes]) -> list[Answer]:
    """Let a node look at parts."""
    return [node.ask(commands.LookAtBundle(parts=(part,)))["parts"][0] for part in parts]


def read(node: Node, file: bytes) -> Answer:
    """Let a node take a file in, again and again while that brings anything, and return the sums."""
    sums: dict[str, int] = {}
    for _ in range(16):
        answers = take(node, contents(file))
        now = totals(answers)
        sums = {**now, "new": sums.get("new", 0) + now["new"]}
        moved = any(
            one["charters"]["new"] or one["federations"]["new"] or any(f["new"] for f in one["feeds"])
            for one in answers
        )
        if not moved:
            return sums
    raise AssertionError("a file that brings something new each time")


def totals(answers: Sequence[Answer]) -> dict[str, int]:
    """Return how many entries are new, held, waiting and refused."""
    return {
        name: sum(feed[name] for answer in answers for feed in answer["feeds"])
        for name in ("new", "held", "waiting", "refused")
    }


def _bytes(carried: Sequence[str]) -> list[bytes]:
    return [base64.urlsafe_b64decode(one) for one in carried]
