"""Vectors of comparing: items, the hashes of their ranges, their spelling, and a whole comparison."""

from typing import Any

from node import canonical
from node.clock import Timestamp
from node.feeds.entry import Head
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from node.replication.ranges import items
from node.replication.ranges import parts as spelling
from node.replication.ranges.answering import Budget, answer
from node.replication.ranges.items import FeedEnds, Item
from node.replication.ranges.parts import Part, Salt, batches
from node.replication.ranges.tree import Range, build
from tests import builders
from tests.vectors.cases import Case

_SCOPE = "public"
_BINDING = bytes(range(32))
_NOW = Timestamp(0)


def ranges() -> dict[str, Any]:
    """Return sets of items with their hashes, and the words in which two of them are compared."""
    charter = items.of_charter(
        CommunityId(builders.identifier("Ash")), builders.identifier("the charter of Ash")
    )
    shown = [_feed(0), _feed(1, ends=2), _feed(2, ends=FORK_BRANCHES_MAX), charter]
    few, many = [_feed(n) for n in range(16)], [_feed(n) for n in range(60)]
    other = [*(_feed(n) for n in range(4, 60)), _feed(7, ends=2), *(_feed(n) for n in range(100, 103))]
    salt = Salt(_BINDING)
    return {
        "about": "Comparing by ranges (protocol.md, section 6), all bytes hex. `sets`: growing sets with the "
        "hash of the range of all; `comparison`: what two sides say to each other, the first word by the "
        "side that dialled, and what each then claims in Heads.",
        "scope": _SCOPE,
        "items": [_item(one) for one in shown],
        "sets": [
            {"name": name, "digests": _digests(held), "hash": build(held).hash.hex()}
            for name, held in (
                ("nothing", []),
                ("one", few[:1]),
                ("sixteen, a list", few),
                ("seventeen, parts", many[:17]),
                ("sixty", many),
            )
        ],
        "connection": {
            "binding": _BINDING.hex(),
            "salt": canonical.digest("hedgerow/ranges/1", _BINDING).hex(),
            "scope": salt.scope(_SCOPE).hex(),
            "whole": salt.whole(build(many)).hex(),
            "part": salt.part(build(many)).hex(),
            "part_of_nothing": salt.part(Range()).hex(),
            "name": salt.name(few[0]).hex(),
        },
        "comparison": _comparison(build(many), build(_latest(other)), salt),
    }


def _feed(number: int, *, ends: int = 1) -> Item:
    device = PublicKey(builders.identifier(f"device {number}"))
    heads = [Head(place + 1, EntryId(builders.identifier(f"end {number} {place}"))) for place in range(ends)]
    return items.of_feed(_SCOPE, device, heads if ends < FORK_BRANCHES_MAX else ())


def _latest(found: list[Item]) -> list[Item]:
    """Return one item a place, the last given."""
    return list({one.place: one for one in found}.values())


def _item(one: Item) -> Case:
    said: Case
    if isinstance(one.subject, FeedEnds):
        said = {
            "device": one.subject.device.hex(),
            "ends": [[end.seq, end.id.hex()] for end in one.subject.ends],
        }
    else:
        said = {"community": one.subject.community.hex(), "charter_digest": one.subject.digest.hex()}
    return {**said, "place": one.place.hex(), "digest": one.digest.hex()}


def _digests(held: list[Item]) -> list[list[str]]:
    return [[one.place.hex(), one.digest.hex()] for one in sorted(held, key=lambda item: item.place)]


def _comparison(near: Range, far: Range, salt: Salt) -> Case:
    trees, budgets = (near, far), (Budget(), Budget())
    claims: tuple[list[Item], list[Item]] = ([], [])
    said: list[Case] = []
    waiting: list[tuple[int, tuple[Part, ...]]] = [(0, (salt.show("", near),))]
    while waiting:
        speaker, parts = waiting.pop(0)
        raw = canonical.encode([13, salt.scope(_SCOPE), list(map(spelling.to_value, parts))])
        said.append({"by": ("near", "far")[speaker], "raw": raw.hex()})
        hearer = 1 - speaker
        found = answer(parts, trees[hearer], salt, budgets[hearer], _NOW)
        claims[hearer].extend(found.claims)
        waiting += [(hearer, batch) for batch in batches(found.parts)]
    return {
        "near": _digests(list(near)),
        "far": _digests(list(far)),
        "messages": said,
        "near_claims": sorted(one.digest.hex() for one in claims[0]),
        "far_claims": sorted(one.digest.hex() for one in claims[1]),
    }
