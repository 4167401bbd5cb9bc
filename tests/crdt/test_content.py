import random

import pytest

from node.crdt.document import Document
from node.crdt.gate import DocumentGate
from node.crdt.operations import Action
from node.crdt.waiting import Offer
from tests.crdt.histories import AnySchema, actor, automerge_changes, gated_history, put
from tests.crdt.test_gate import name_of, offer, one, step


def admitted(offers: list[Offer]) -> DocumentGate:
    """Return a gate that has admitted all of these."""
    gate = DocumentGate(AnySchema())
    assert len(gate.admit(offers).admitted) == len(offers)
    return gate


def automerge_offers(seed: int, transactions: int) -> list[Offer]:
    """Return what automerge itself made of random concurrent edits, as their authors' entries bring it."""
    made = automerge_changes(seed, transactions)
    return [Offer(bytes(it.raw_bytes), bytes(it.actor_id)) for it in made]


@pytest.mark.parametrize("seed", range(40))
def test_content_is_what_automerge_reads(seed: int) -> None:
    """Of random concurrent edits of maps, lists, texts and values both read the same, after every change."""
    offers = automerge_offers(seed, 30)
    gate = DocumentGate(AnySchema())
    document = Document.empty(actor(0))
    for it in offers:
        assert len(gate.admit([it]).admitted) == 1
        document = document.apply([it.raw])
        assert gate.read() == document.read()
        assert gate.heads == document.heads()


@pytest.mark.parametrize("seed", range(20))
def test_content_does_not_depend_on_the_order_of_arrival(seed: int) -> None:
    """Shuffled and in one batch or several, the changes make what automerge makes of them."""
    dice = random.Random(seed)
    offers = automerge_offers(seed + 1_000, 25)
    whole = Document.empty(actor(0)).apply([it.raw for it in offers]).read()
    for _ in range(3):
        dice.shuffle(offers)
        gate = DocumentGate(AnySchema())
        size = dice.choice([1, 4, 100])
        for at in range(0, len(offers), size):
            gate.admit(offers[at : at + size])
        assert gate.admitted_count == len(offers)
        assert gate.read() == whole


@pytest.mark.parametrize("seed", range(10))
def test_content_of_our_own_histories_is_what_automerge_reads(seed: int) -> None:
    """What several gates wrote concurrently reads the same here and there."""
    offers = gated_history(seed, 60, actors=5)
    document = Document.empty(actor(0)).apply([it.raw for it in offers])
    assert admitted(offers).read() == document.read()
    assert document.survives_reload()


def test_keys_are_read_in_their_order_whatever_order_they_came_in() -> None:
    """Two nodes that hold the same changes show the same page."""
    changes = [offer(put(by=number, key=key)) for number, key in enumerate(("zebra", "é", "apple", "Z"), 1)]
    assert (
        list(admitted(changes).read()) == list(admitted(changes[::-1]).read()) == ["Z", "apple", "zebra", "é"]
    )


def test_of_concurrent_values_the_highest_id_is_shown() -> None:
    """First the counter decides, then the actor's bytes; deleting one value leaves the other."""
    low, high = put(by=1, value="low"), put(by=2, value="high")
    assert admitted([offer(low), offer(high)]).read() == {"name": "high"}
    gone = put(
        by=2,
        seq=2,
        start=2,
        after=(name_of(high),),
        operations=(step(2, Action.DELETE, "name", by=2, predecessors=(one(1, by=2),)),),
    )
    assert admitted([offer(low), offer(high), offer(gone)]).read() == {"name": "low"}
