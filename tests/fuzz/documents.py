"""Targets of documents: single changes, and whole histories by hostile authors who know the rules."""

from collections.abc import Iterator
from contextlib import suppress
from random import Random

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
from node.limits import CHANGE_OPERATIONS_FREE, CHANGE_OPERATIONS_MAX, STRETCH_BODY_BYTES_MAX
from tests.crdt.histories import AnySchema, actor, gated_history, put, resealed
from tests.fuzz.longer import lengthened, parts_lengthened
from tests.fuzz.target import Choices, Target, parts, prefixed, vector

_SCHEMAS = (AnySchema(), PROFILE_SCHEMA, OFFER_SCHEMA)
_VALUES: tuple[Scalar, ...] = ("x", "é", "", 0, -1, 2**63 - 1, True, False, None, b"", b"\x00", "words")
# More than one message brings of such as cost anything.
_SEVERAL_MAX = 1_000
# Of short inputs a few are enough: whole histories are the affair of other targets.
_SHORT_BYTES_MAX, _FEW = 4_096, 3
# So many in one input take seconds, where nothing bounds them otherwise.
_OPERATIONS_WORTH = 300_000
# A row of changes that fills a message takes seconds where each step is followed.
_SEED_BYTES_MAX = 48 * 1024
_SHORT_VALUES: tuple[Scalar, ...] = (None, True, "", 0)
_KEYS = ("name", "tags", "story", "place", "a", "b")


def judge_changes(data: bytes) -> None:
    """Read bytes as a change, with a checksum that fits unless the first byte is 0, or as several; judge."""
    if data[:1] == b"\x02":
        _judge_several(Choices(data[1:]), _FEW if len(data) <= _SHORT_BYTES_MAX else _SEVERAL_MAX)
        return
    raw = data[1:] if data[:1] == b"\x00" else resealed(data[1:])
    change = changes.decode(raw)
    assert changes.encode(change) == raw, "admitted another spelling than the canonical one"
    for schema in _SCHEMAS:
        gate = DocumentGate(schema)
        gate.admit([Offer(raw, change.actor)])
        gate.read()


def _judge_several(choices: Choices, most: int) -> None:
    """Offer many changes at once, as one message may bring them."""
    offers: list[Offer] = []
    for _ in range(most):
        if not choices.left:
            break
        raw = resealed(choices.take())
        with suppress(RejectedChangeError):
            offers.append(Offer(raw, changes.actor_of(raw), len(offers).to_bytes(2, "big")))
    gate = DocumentGate(_SCHEMAS[0])
    gate.admit(offers)
    gate.read()


def _change_seeds() -> Iterator[bytes]:
    spelled = [*vector("changes_valid")["changes"], *vector("changes_broken")["cases"]]
    raws = [bytes.fromhex(it["raw"]) for it in spelled]
    raws += [it.raw for seed in range(4) for it in gated_history(seed, 12)]
    yield from prefixed([0, 1], raws)
    yield b"\x02" + parts(*(it.raw for it in gated_history(5, _FEW)))


def _long_change_seeds() -> Iterator[bytes]:
    many = [_value_at(number, f"a key of some length {number:05}") for number in range(1_500)]
    typed = [_typed(number) for number in range(CHANGE_OPERATIONS_MAX)]
    equal = [_value_at(number, "name") for number in range(CHANGE_OPERATIONS_FREE)]
    # Once there was no bound but their number, and a message of these took seconds.
    few_bytes = [one._replace(value="" if one.insert else None) for one in typed]
    for operations in (many, typed, equal, few_bytes):
        change = put(operations=tuple(operations))
        raw = changes.encode(change)
        yield b"\x01" + raw
        yield b"\x02" + parts(raw)
        yield b"\x02" + parts(*_chained(change, _SEED_BYTES_MAX // len(raw)))


def _value_at(number: int, key: str) -> Operation:
    name = OperationId(1 + number, actor(1))
    return Operation(name, Action.SET, None, key, insert=False, value="x", predecessors=())


def _typed(number: int) -> Operation:
    """Return an operation of one who types a text without an end."""
    name = OperationId(1 + number, actor(1))
    story = OperationId(1, actor(1))
    if number == 0:
        return Operation(name, Action.MAKE_TEXT, None, "story", insert=False, value=None, predecessors=())
    after = OperationId(number, actor(1)) if number > 1 else HEAD
    letter = chr(0x100 + number % 900)
    return Operation(name, Action.SET, story, after, insert=True, value=letter, predecessors=())


def _chained(change: Change, count: int) -> Iterator[bytes]:
    """Yield a change and others like it, each after the one before."""
    for _ in range(min(count, _SEVERAL_MAX)):
        raw = changes.encode(change)
        yield raw
        change = _later(change, len(change.operations))
        change = change._replace(seq=change.seq + 1, dependencies=(changes.change_hash(raw),))


def _later(change: Change, counters: int) -> Change:
    """Return the change with its own counters so much higher."""

    def moved(name: OperationId) -> OperationId:
        return OperationId(name.counter + counters, name.actor) if name.actor == change.actor else name

    operations = tuple(
        one._replace(id=moved(one.id), key=one.key if isinstance(one.key, str) else moved(one.key))
        for one in change.operations
    )
    return change._replace(start=change.start + counters, operations=operations)


def _grow_changes(data: bytes, dice: Random, bytes_max: int) -> bytes:
    """Return a change with operations more of the same kind, or many changes like one, in a row."""
    whole = data[:1] == b"\x02"
    try:
        change = changes.decode(resealed(Choices(data[1:]).take() if whole else data[1:]))
        if dice.random() < 0.5:
            change = _with_more(change, dice)
        raw = changes.encode(change)
        if len(raw) + 3 > bytes_max or (not whole and dice.random() < 0.5):
            return data[:1] + raw
        highest = min(bytes_max // len(raw), _OPERATIONS_WORTH // len(change.operations))
        count = min(highest, 1 << dice.choice((0, 2, 4, 6, 10)))
        return (b"\x02" + parts(*_chained(change, count)))[:bytes_max]
    except (RejectedChangeError, KeyError, ValueError, OverflowError):
        return (parts_lengthened(0) if whole else lengthened)(data, dice, bytes_max)


def _with_more(change: Change, dice: Random) -> Change:
    """Repeat one operation, at the same key, at another each, or each behind the one before."""
    inserting = [one for one in change.operations if one.insert]
    chosen = dice.choice(inserting if inserting and dice.random() < 0.5 else change.operations)
    if chosen.action is Action.SET and dice.random() < 0.4:
        chosen = chosen._replace(value=dice.choice(_SHORT_VALUES))
    how = dice.randrange(3)
    made = list(change.operations)
    for number in range(1 << dice.choice((1, 3, 6, 9, 12, 12))):
        if len(made) >= CHANGE_OPERATIONS_MAX:
            break
        key = chosen.key
        if how == 1 and isinstance(key, str):
            key = f"{key[:80]}{number:04}"
        elif how == 2 and chosen.insert:
            key = made[-1].id if made[-1].insert else chosen.id
        made.append(chosen._replace(id=OperationId(change.start + len(made), change.actor), key=key))
    return change._replace(operations=tuple(made))


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
    Target(
        "changes",
        judge_changes,
        _change_seeds,
        # What the bodies of one message bring.
        long_max=STRETCH_BODY_BYTES_MAX,
        long_seeds=_long_change_seeds,
        grow=_grow_changes,
    ),
    Target("histories", tell_histories, _history_seeds, bytes_max=2_048),
)
