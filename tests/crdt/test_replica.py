"""Automerge's view of what the gate admits: equal to ours, and no harm where it fails."""

import random
from collections.abc import Sequence

import pytest

from node.crdt import changes
from node.crdt.document import Document
from node.crdt.gate import DocumentGate
from node.crdt.replica import Replica
from node.errors import RejectedChangeError
from tests.crdt.histories import AnySchema, actor, gated_history


class PoisonedDocument(Document):
    """A document of an extension that cannot take some changes: what nobody has met yet."""

    poison: frozenset[bytes] = frozenset()

    @classmethod
    def poisoned(cls, poison: frozenset[bytes]) -> "PoisonedDocument":
        """Return an empty one."""
        return cls.of(Document.empty(actor(0)), poison)

    @classmethod
    def of(cls, inner: Document, poison: frozenset[bytes]) -> "PoisonedDocument":
        """Return a document with the same content that fails at these changes."""
        made = cls(inner._core, actor(0))
        made.poison = poison
        return made

    def apply(self, raws: Sequence[bytes]) -> Document:
        """Fail when a poisonous change is among them."""
        if self.poison.intersection(raws):
            raise RejectedChangeError("expected automerge to apply changes, found PanicException")
        return self.of(super().apply(raws), self.poison)


def test_a_replica_equals_the_gates_own_view() -> None:
    """Brought up to date in any steps, automerge names the same heads, reads the same and reloads."""
    offers = gated_history(5, 60)
    gate = DocumentGate(AnySchema())
    replica = Replica(Document.empty(actor(0)))
    for at in range(0, len(offers), 17):
        part = offers[at : at + 17]
        gate.admit(part)
        replica = replica.extended([it.raw for it in part], thorough=True)
        assert replica.differences(gate.read(), gate.heads) == []
    assert replica.extended([]).document.survives_reload()


@pytest.mark.parametrize("seed", range(4))
def test_a_poisonous_change_costs_only_itself_and_what_builds_on_it(seed: int) -> None:
    """Halving finds it in a batch of any size; the rest is taken, and the comparison says what is missing."""
    offers = gated_history(seed, 40)
    dice = random.Random(seed)
    poison = frozenset(it.raw for it in dice.sample(offers, 2))
    lost = {changes.change_hash(raw) for raw in poison}
    for it in offers:
        if lost.intersection(changes.decode(it.raw).dependencies):
            lost.add(changes.change_hash(it.raw))
    sound = [it.raw for it in offers if changes.change_hash(it.raw) not in lost]
    expected = Document.empty(actor(0)).apply(sound)
    for size in (1, 7, 40):
        replica = Replica(PoisonedDocument.poisoned(poison))
        for at in range(0, len(offers), size):
            replica = replica.extended([it.raw for it in offers[at : at + size]], thorough=seed == 0)
        assert {it.hash for it in replica.refused} == lost
        assert replica.document.heads() == expected.heads()
        assert replica.document.read() == expected.read()
        assert len(replica.differences(expected.read(), expected.heads())) == len(lost)


def test_another_content_or_other_heads_are_named() -> None:
    """A comparison that finds nothing must be able to find something."""
    offers = gated_history(1, 10)
    replica = Replica(Document.empty(actor(0))).extended([it.raw for it in offers])
    document = replica.document
    assert "content" in replica.differences({"name": "other"}, document.heads())[0]
    assert "heads" in replica.differences(document.read(), ())[0]
