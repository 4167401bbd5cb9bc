"""Targets of documents: single changes, and whole histories by hostile authors who know the rules."""

from collections.abc import Iterator

from node.crdt import changes
from node.crdt.changes import Change, ChangeHash
from node.crdt.document import Document
from node.crdt.gate import DocumentGate
from node.crdt.operations import HEAD, Action, Actor, Key, Operation, OperationId, Scalar
from node.crdt.replica import Replica
from node.crdt.verdicts import Admitted
from node.crdt.waiting import Offer
from node.directory.schemas import OFFER_SCHEMA, PROFILE_SCHEMA
from node.errors import RejectedChangeError
from tests.crdt.histories import AnySchema, actor, gated_history, resealed
from tests.fuzz.target import Choices, Target, prefixed, vector

_SCHEMAS = (AnySchema(), PROFILE_SCHEMA, OFFER_SCHEMA)
_VALUES: tuple[Scalar, ...] = ("x", "é", "", 0, -1, 2**63 - 1, True, False, None, b"", b"\x00", "words")
_KEYS = ("name", "tags", "story", "place", "a", "b")


def judge_changes(data: bytes) -> None:
    """Read bytes as a change, with a checksum that fits unless the first byte is 0, and judge it."""
    raw = data[1:] if data[:1] == b"\x00" else resealed(data[1:])
    change = changes.decode(raw)
    assert changes.encode(change) == raw, "admitted another spelling than the canonical one"
    for schema in _SCHEMAS:
        gate = DocumentGate(schema)
        gate.admit([Offer(raw, change.actor)])
        gate.read()


def _change_seeds() -> Iterator[bytes]:
    spelled = [*vector("changes_valid")["changes"], *vector("changes_broken")["cases"]]
    raws = [bytes.fromhex(it["raw"]) for it in spelled]
    raws += [it.raw for seed in range(4) for it in gated_history(seed, 12)]
    yield from prefixed([0, 1], raws)


class _World:
    """A document in the making, and the choices that its hostile authors take from the input."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.gate = DocumentGate(AnySchema())
        self.raws: list[bytes] = []
        self.made: list[tuple[ChangeHash, Change]] = []
        self.known: list[Operation] = []

    def turn(self) -> None:
        """Let one author write one change: nearly right, for the first fault would end the story."""
        choices = self.choices
        author = actor(1 + choices.below(3))
        below = [self.made[-1 - choices.below(len(self.made))] for _ in range(choices.below(3)) if self.made]
        own = [it for it in self.made if it[1].actor == author]
        if own and choices.below(8):
            below.append(own[-1])
        start = 1 + max((it.last_counter for _, it in below), default=0) + (choices.byte() == 255)
        operations: list[Operation] = []
        for place in range(1 + choices.below(4)):
            operations.append(self._operation(OperationId(start + place, author), operations))
        self._offer(
            Change(
                actor=author,
                seq=1 + (own[-1][1].seq if own else 0),
                start=start,
                time_s=0,
                message="",
                dependencies=tuple(sorted({name for name, _ in below})),
                operations=tuple(operations),
            )
        )

    def _operation(self, name: OperationId, earlier: list[Operation]) -> Operation:
        """Return an operation that refers to what stands there, or to something else."""
        choices = self.choices
        known = [*self.known[-12:], *earlier]
        makers = [it for it in known if it.action in (Action.MAKE_MAP, Action.MAKE_LIST, Action.MAKE_TEXT)]
        chosen = choices.below(len(makers) + 1)
        container = makers[chosen - 1] if chosen else None
        inside = None if container is None else container.id
        here = [it for it in known if it.object == inside]
        action = list(Action)[choices.below(5)]
        value = _VALUES[choices.below(len(_VALUES))] if action is Action.SET else None
        if container is not None and container.action is Action.MAKE_TEXT and choices.below(4):
            action, value = Action.SET, "é"
        if container is None or container.action is Action.MAKE_MAP:
            key: Key = _KEYS[choices.below(len(_KEYS))]
            insert = choices.byte() == 255
        else:
            elements = [it.id for it in here if it.insert]
            place = choices.below(len(elements) + 1)
            key = elements[place - 1] if place else HEAD
            insert = choices.below(3) != 0
        standing = [it.id for it in here if (it.id if it.insert else it.key) == key]
        replaced = standing[choices.below(3) :] if not insert else []
        return Operation(name, action, inside, key, insert, value, tuple(sorted(set(replaced))))

    def _offer(self, change: Change) -> None:
        try:
            raw = changes.encode(change)
        except (RejectedChangeError, KeyError):
            return  # Too crowded, or not what can be spelled. Whether it can be read the gate finds out.
        outcome = self.gate.admit([Offer(raw, Actor(change.actor))])
        if isinstance(outcome.judged[0].verdict, Admitted):
            self.raws.append(raw)
            self.made.append((changes.change_hash(raw), change))
            self.known += change.operations


def tell_histories(data: bytes) -> None:
    """Let hostile authors write what passes every rule: automerge must read the same, and reload it."""
    world = _World(Choices(data))
    while world.choices.left and len(world.made) < 40:
        world.turn()
    replica = Replica(Document.empty(actor(0))).extended(world.raws, thorough=True)
    different = replica.differences(world.gate.read(), world.gate.heads)
    assert not different, different


def _history_seeds() -> Iterator[bytes]:
    for seed in range(24):
        yield bytes((seed * 7 + place * place * 31 + place * 5) % 251 for place in range(60 + 20 * seed))


TARGETS = (
    Target("changes", judge_changes, _change_seeds),
    Target("histories", tell_histories, _history_seeds, bytes_max=2_048),
)
