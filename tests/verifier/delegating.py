"""Mandates and ballots of every kind, drawn for two readers: limits, substitutes, paper, loans, reasons."""

import random
from collections.abc import Sequence
from typing import Any

from node import ids, keys
from node.governance import ballots
from node.governance.answers import Portion
from node.governance.ballots import Paper
from node.governance.lending import Borrower
from node.keys import KeyPair
from node.records.record import Record
from tests import builders
from tests.engine.harness import Node

# Further stewards of each community, who enter ballots from paper; the third is nobody's steward.
CLERKS = (builders.key("eva"), builders.key("dan"))
_STRANGER = builders.key("a stranger")


def substitute_of(node: Node) -> KeyPair:
    """Return the key that stands in for a node's delegate where a mandate says so."""
    return builders.key(f"substitute of {node.name}")


def terms(chance: random.Random, node: Node, nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """Return what to grant: always one mandate, sometimes a second with limits of its own."""
    plain: dict[str, Any] = {"paper": chance.random() < 0.4}
    if chance.random() < 0.4:
        plain["substitute"] = keys.show(substitute_of(node).public)
    if chance.random() < 0.3:
        plain |= {
            "lend_community": ids.show(chance.choice(nodes).community),
            "lend_seat": chance.randint(1, 2),
        }
    if chance.random() < 0.7:
        return [plain]
    now = node.network.now // 1_000
    limited: dict[str, Any] = chance.choice(
        [
            {"kinds": ("election",)},
            {"kinds": ("yes-no",)},
            {"until": now + 1},
            {"since": now + 100},
            {"until": now + 100, "revoke_ballots": True},
        ]
    )
    return [plain, {**plain, **limited}]


def ballot(
    chance: random.Random, form: Paper, numbers: Sequence[int], holder: KeyPair, nodes: Sequence[Node]
) -> Record:
    """Return a ballot as the delegate signs it, as two people enter it, or one that lends the vote."""
    reason = chance.choice(["", " ", "We cannot.", "We cannot."])
    what = chance.random()
    if what < 0.15:
        to = Borrower(community=chance.choice(nodes).community, seat=chance.randint(1, 3))
        return ballots.make(form, (), holder, follows=to)
    if what < 0.3:
        first, second = chance.choice([CLERKS, CLERKS, CLERKS[::-1], (CLERKS[0], _STRANGER)])
        said = numbers if chance.random() < 0.8 else [1]
        entered = ballots.make_entry(form, said, first, reason=reason)
        return ballots.make(form, numbers, second, reason=reason, entered=entered.raw)
    if what < 0.45:
        # Of five parts or of twelve, if the question has as many; else the ballot does not hold.
        whole, part = chance.choice([5, 12]), chance.randint(1, 4)
        other = tuple(reversed(numbers)) if len(numbers) > 1 else (chance.choice([1, 2, 2, 5]),)
        answers = sorted({tuple(numbers): part, other: whole - part}.items())
        if len(answers) > 1:
            split = [Portion(parts=parts, choice=choice) for choice, parts in answers]
            return ballots.make(form, (), holder, split=split, reason=reason if 5 in other else "")
    return ballots.make(form, numbers, holder, reason=reason if 5 in numbers or what > 0.9 else "")
