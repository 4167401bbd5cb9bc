import random
from collections.abc import Iterable, Sequence
from typing import cast

import pytest

from node.crdt import changes, runs, waiting
from node.crdt.edits import Delete, Edit, Put
from node.crdt.gate import DocumentGate, Outcome
from node.crdt.operations import Actor
from node.crdt.waiting import WAITING_CHANGES_MAX, Offer
from node.directory.schemas import OFFER_SCHEMA
from node.engine import commands
from node.engine.registry import Registry
from node.engine.replicas import making
from node.engine.replicas.bringers import AnewError
from node.engine.replicas.opened import FIRST_EPOCH, OpenDocument
from node.errors import NotFoundError, RejectedChangeError
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey
from node.ids import EntryId
from node.keys import KeyPair
from tests import builders
from tests.crdt.histories import mutated
from tests.engine.harness import peer_of
from tests.engine.replicas.test_made_again import four_members, told_twice
from tests.engine.replicas.test_opened import DOCUMENT, FOUNDING, Everybody

WRITERS = cast("Registry", Everybody())


class Run:
    """One run of a device, and the gates of all who write as it: several where the device is a forger's."""

    def __init__(self, name: str, stories: int) -> None:
        self.device: KeyPair = builders.key(name)
        self.nonce = builders.nonce(name)
        self.actor: Actor = runs.actor(
            device_key=self.device.public, document=DOCUMENT, epoch=FIRST_EPOCH, nonce=self.nonce
        )
        self.gates = [DocumentGate(OFFER_SCHEMA) for _ in range(stories)]

    def entry(self, raws: list[bytes], *, announces: bool, salt: bytes) -> Entry:
        """Return an entry of the run's device that brings changes."""
        content = [self.nonce if announces else None, raws]
        body = bodies.encode(Kind.CHANGES, content, salt=salt, document=DOCUMENT)
        feed = FeedKey(self.device.public, builders.PUBLIC)
        (made,) = stretch.make(feed, None, [body], hours=0, signer=self.device)
        return made


def hostile_history(dice: random.Random, steps: int) -> list[Entry]:
    """Return entries of two honest runs and of two that tell several stories, bring things twice and break.

    All build on each other's changes as they hear of them, honest ones on forged ones too.
    """
    written = [Run("honest", 1), Run("another", 1), Run("forger", 3), Run("thief", 2)]
    entries: list[Entry] = []
    silent = set(range(len(written)))
    told: list[Offer] = []
    for step in range(steps):
        place = dice.randrange(len(written))
        run = written[place]
        gate = dice.choice(run.gates)
        raw = change(dice, gate, run.actor, step)
        if raw is None:
            continue
        gate.admit([Offer(raw, run.actor)])
        told.append(Offer(raw, run.actor))
        raws = [raw]
        if len(run.gates) > 1 and dice.random() < 0.1:
            raws += [mutated(dice, raw)]
        if len(run.gates) > 1 and dice.random() < 0.1:
            raws += [dice.choice([it for it in told if it.actor == run.actor]).raw]
        if all(_names(it, run.actor) for it in raws):
            announces = place in silent or dice.random() < 0.1
            silent.discard(place)
            entries.append(run.entry(raws, announces=announces, salt=dice.randbytes(16)))
        for other in written:
            for gate in other.gates:
                # A forger's stories begin apart, and honest devices hear most of what is told.
                if dice.random() < (0.5 if len(other.gates) == 1 else 0.1):
                    gate.admit(dice.sample(told, k=len(told)) if dice.random() < 0.5 else told)
    return entries


def _names(raw: bytes, actor: Actor) -> bool:
    try:
        return changes.actor_of(raw) == actor
    except RejectedChangeError:
        return False


def change(dice: random.Random, gate: DocumentGate, actor: Actor, step: int) -> bytes | None:
    """Return a change of something in an offer, None where nothing is to do."""
    edits: list[Edit] = [
        Put(("category",), f"category {step}"),
        Put(("title",), {"und": f"title {step}"}),
        Put(("title", "fr"), f"titre {step}"),
        Delete(("category",)),
    ]
    edit = dice.choice(edits)
    try:
        return gate.change(actor=actor, edits=[edit], time_s=step)
    except NotFoundError:
        return None


def whole(entries: Sequence[Entry]) -> tuple[OpenDocument, set[EntryId]]:
    """Judge all entries at once; return also which count for nothing."""
    opened, rejected = making.open_epoch(DOCUMENT, FOUNDING, entries, None, WRITERS)
    return opened, {entry.id for entry, _ in rejected}


def said(opened: OpenDocument) -> tuple[object, ...]:
    """Return all that anybody asks of a document.

    Which of two entries brought a change does not count before somebody appeared twice.
    """
    strays, counted = frozenset(opened.strays), frozenset(() if opened.strict else opened.counted)
    numbers = opened.changes_counted, opened.history_bytes
    return repr(opened.read()), counted, frozenset(opened.unsettled), strays, numbers


@pytest.mark.parametrize("room", [2, WAITING_CHANGES_MAX])
@pytest.mark.parametrize("seed", range(8))
def test_going_on_ends_as_judging_the_whole(seed: int, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever forgers tell, in any order and grouping, going on decides at every step as judging the whole.

    Also where the document is closed in between and made anew of what is held, and where little may wait.
    """
    monkeypatch.setattr(waiting, "WAITING_CHANGES_MAX", room)
    dice = random.Random(seed)
    entries = hostile_history(dice, 36)
    ends = set()
    for _ in range(3):
        dice.shuffle(entries)
        opened, rejected = whole([])
        at = 0
        while at < len(entries):
            part, before = entries[at : at + dice.choice([1, 1, 2, 7])], at
            at += len(part)
            if dice.random() < 0.1:
                opened, rejected = whole(entries[:before])
            try:
                rejected |= {entry.id for entry, _ in opened.offer(part, WRITERS)}
            except AnewError:
                opened, rejected = whole(entries[:at])
            expected, refused = whole(dice.sample(entries[:at], at))
            assert said(opened) == said(expected)
            assert opened.strict == expected.strict
            assert opened.strict or rejected == refused
        ends.add(said(opened))
    assert len(ends) == 1


def count_offers(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list to which every gate adds how many changes it is offered."""
    offered: list[int] = []
    admit = DocumentGate.admit

    def counting(gate: DocumentGate, offers: Iterable[Offer]) -> Outcome:
        held = list(offers)
        offered.append(len(held))
        return admit(gate, held)

    monkeypatch.setattr(DocumentGate, "admit", counting)
    return offered


def test_attack_a_second_appearance_makes_nobody_judge_all_again_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where a member appeared twice on the board, what others write on it is judged once."""
    network, ann, ben, cara, dora = four_members()
    ben.ask(commands.AddNote(text="told once"))
    for number in range(12):
        ann.ask(commands.AddNote(text=f"on what was told once {number}"))
    for node in (ann, cara, dora):
        peer_of(ben).dial(node.name).say(told_twice(ben))
    network.settle()
    cara.ask(commands.AddNote(text="the run that goes on"))
    dora.ask(commands.AddNote(text="the run that goes on"))
    network.settle()
    offered = count_offers(monkeypatch)
    for number in range(6):
        for node in (cara, dora):
            node.ask(commands.AddNote(text=f"a note {number}"))
            network.settle()
    assert sum(offered) <= 12 * 4


def test_attack_what_waits_for_ever_is_not_judged_with_every_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for changes that nobody has is offered to the gate once, however much comes afterwards."""
    monkeypatch.setattr(waiting, "WAITING_CHANGES_MAX", 4)
    forger, honest = Run("forger", 1), Run("honest", 1)
    held_back = forger.gates[0].change(actor=forger.actor, edits=[Put(("category",), "x")], time_s=0)
    assert held_back is not None
    forger.gates[0].admit([Offer(held_back, forger.actor)])
    opened, _ = whole([])
    offered = count_offers(monkeypatch)
    for number in range(60):
        for run in (forger, honest):
            raw = run.gates[0].change(actor=run.actor, edits=[Put(("category",), f"{number}")], time_s=number)
            assert raw is not None
            run.gates[0].admit([Offer(raw, run.actor)])
            offered.clear()
            opened.offer([run.entry([raw], announces=True, salt=bytes(16))], WRITERS)
            assert sum(offered) <= 1
    assert opened.changes_counted == 60
    opened.offer([forger.entry([held_back], announces=False, salt=bytes(16))], WRITERS)
    assert opened.changes_counted == 121
    assert not opened.unsettled
