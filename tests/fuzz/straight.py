"""Target of the straight reader: whatever is offered, it judges and shows what the thorough one does.

`node/crdt/straight*.py` decide which changes count as long as each follows the one before, and read and write
them by code of their own. So the same goes to two gates, of which one must make a history from the first
change on, and whatever can be asked of the two has to be the same: else nodes that heard in another order
would hold another document.
"""

from collections.abc import Iterator
from contextlib import suppress

from node.crdt import changes, straight_reading
from node.crdt.changes import Change, ChangeHash
from node.crdt.edits import Delete, Edit, Put, Tree
from node.crdt.gate import DocumentGate, replay
from node.crdt.history import Schema
from node.crdt.operations import Action, Actor, Operation, OperationId, Scalar
from node.crdt.verdicts import Admitted
from node.crdt.waiting import Offer
from node.directory.item import ITEM_SCHEMA
from node.directory.schemas import OFFER_SCHEMA
from node.errors import NodeError, RejectedChangeError
from tests.crdt.histories import AnySchema, actor, gated_history, resealed
from tests.fuzz.target import Choices, Target, parts, prefixed, vector

_SCHEMAS: tuple[Schema, ...] = (*[AnySchema()] * 6, ITEM_SCHEMA, OFFER_SCHEMA)
_VALUES: tuple[Scalar, ...] = ("x", "é", "", 0, -1, 2**63 - 1, True, False, None, b"", b"\x01\x00", "x" * 99)
_KEYS = ("kind", "title", "tags", "story", "a", "x" * 130)
_ACTIONS = (Action.SET, Action.SET, Action.SET, Action.SET, Action.MAKE_MAP, Action.DELETE)
_TIME_S = 1_700_000_000
# Faults are rare, one byte in so many: a history stays straight for a while.
_RARE = 100
_BENT = 12
_AUTHORS = 3
_TURNS_MAX = 24
# What follows once both gates go by a history they do by the same code.
_TURNS_AFTERWARDS = 3
_PART_MAX = 4


def tell_both(data: bytes) -> None:
    """Read one change both ways, offer a history as it stands in the input, or let authors write one."""
    choices = Choices(data)
    match choices.below(3):
        case 0:
            _read_alike(resealed(data[1:]))
        case 1:
            _offer_bytes(choices)
        case _:
            _Authors(choices).write()


def _read_alike(raw: bytes) -> None:
    """See that what is read in one go the codec reads too, and as the same."""
    plain = straight_reading.read(raw)
    try:
        change = changes.decode(raw)
    except RejectedChangeError:
        assert plain is None, "a change that nobody may read was read"
        raise
    if plain is None:
        return
    assert plain.name == changes.change_hash(raw)
    head = (plain.actor, plain.seq, plain.start, plain.dependencies)
    assert head == (change.actor, change.seq, change.start, change.dependencies)
    rows = zip(plain.keys, plain.actions, plain.values, plain.objects, plain.predecessors, strict=True)
    expected = [
        (it.key, int(it.action), it.value, it.object, it.predecessors[0] if it.predecessors else None)
        for it in change.operations
    ]
    assert list(rows) == expected
    # Of equal values the types too: True is not 1.
    assert [*map(type, plain.values)] == [type(it.value) for it in change.operations]
    assert not any(it.insert or len(it.predecessors) > 1 for it in change.operations)


def _offer_bytes(choices: Choices) -> None:
    """Offer changes as they stand in the input, with checksums that fit."""
    both = _Both(choices)
    while choices.left and both.goes_on():
        how, raw = choices.byte(), choices.take()
        if how % 8:
            raw = resealed(raw)
        try:
            by = changes.decode(raw).actor if how % 5 else actor(1)
        except RejectedChangeError:
            by = actor(1)
        both.hold(raw, by)
        if how % 3:
            both.offer()
    both.end()


class _Both:
    """One document at two gates: one goes straight as long as it may, the other never."""

    def __init__(self, choices: Choices) -> None:
        self._schema = _SCHEMAS[choices.below(len(_SCHEMAS))]
        self.quick = DocumentGate(self._schema)
        self.thorough = DocumentGate(self._schema, straight=False)
        self.held: list[Offer] = []
        self._offered: list[Offer] = []
        self._turns_left = _TURNS_MAX

    def goes_on(self) -> bool:
        """Count a turn and tell whether there may be one more: few once nothing is left to compare."""
        if not self.quick.is_straight:
            self._turns_left = min(self._turns_left, _TURNS_AFTERWARDS)
        self._turns_left -= 1
        return self._turns_left >= 0

    def hold(self, raw: bytes, by: Actor) -> None:
        """Read a change both ways, and keep it to offer it with the next ones."""
        with suppress(RejectedChangeError):
            _read_alike(raw)
        self.held.append(Offer(raw, by, len(self._offered + self.held).to_bytes(2, "big")))

    def offer(self) -> tuple[Admitted, ...]:
        """Offer what is held to both, hold together all that can be asked, and return what counts since."""
        held, self.held = self.held, []
        self._offered += held
        outcome = self.thorough.admit(held)
        assert self.quick.admit(held) == outcome, "a verdict hangs on which gate gave it"
        self.compare(self.quick)
        return outcome.admitted

    def compare(self, gate: DocumentGate) -> None:
        """See that a gate says of the document what the thorough one does."""
        thorough = self.thorough
        assert gate.read() == thorough.read(), "what stands there hangs on which gate shows it"
        assert gate.heads == thorough.heads
        assert gate.admitted_count == thorough.admitted_count
        assert gate.operations_count == thorough.operations_count
        assert (gate.wanted, gate.waiting) == (thorough.wanted, thorough.waiting)

    def change(self, by: Actor, edits: list[Edit], time_s: int) -> bytes | None:
        """Return what both write for these edits."""
        written: list[bytes | str | None] = []
        for gate in (self.quick, self.thorough):
            try:
                written.append(gate.change(actor=by, edits=edits, time_s=time_s))
            except NodeError as error:
                written.append(f"{type(error).__name__}: {error}")
        quick, thorough = written
        assert quick == thorough, "what is written hangs on which gate writes it"
        return quick if isinstance(quick, bytes) else None

    def end(self) -> None:
        """Offer the rest, let both write once more, and judge it all anew as a restart would."""
        self.offer()
        self.change(actor(1), [Put(("kind",), "at last")], _TIME_S)
        again, outcome = replay(self._schema, self._offered)
        thorough = DocumentGate(self._schema, straight=False)
        # What is offered in the same order again, now all at once.
        assert thorough.admit(sorted(self._offered, key=lambda one: one.source)) == outcome
        assert (again.read(), again.heads) == (thorough.read(), thorough.heads)


class _Authors:
    """Some authors who mostly write one after the other, and now and then what they should not."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._both = _Both(choices)
        self._made: dict[ChangeHash, Change] = {}
        self._said: list[Offer] = []
        self._known: list[Operation] = []

    def write(self) -> None:
        """Let them write as long as the input says something."""
        choices, both = self._choices, self._both
        while choices.left and both.goes_on():
            by = actor(1 + choices.below(_AUTHORS))
            kind = choices.below(16)
            if kind < 6:
                self._say(both.change(by, self._edits(), self._time_s()), by)
            elif kind < 15:
                self._say(self._spelled(self._nearly(by)), by)
            elif self._said:
                self._again(by)
            if len(both.held) >= _PART_MAX or choices.below(12):
                self._count(both.offer())
        both.end()

    def _say(self, raw: bytes | None, by: Actor) -> None:
        """Say a change, now and then with a fault in its bytes, or one that another carries."""
        if raw is None:
            return
        if self._choices.below(_BENT) == 1:
            raw = self._bent(raw)
        if self._rarely():
            by = actor(1 + self._choices.below(_AUTHORS))
        self._both.hold(raw, by)
        self._said.append(Offer(raw, by))

    def _count(self, admitted: tuple[Admitted, ...]) -> None:
        """Remember what counts, so that what follows can build on it."""
        by_name = {changes.change_hash(one.raw): one.raw for one in self._said}
        for one in admitted:
            change = changes.decode(by_name[one.hash])
            self._made[one.hash] = change
            self._known += change.operations

    def _again(self, by: Actor) -> None:
        """Say something once more."""
        raw, author, _ = self._said[self._choices.below(len(self._said))]
        self._say(raw, by if self._rarely() else Actor(author))

    def _bent(self, raw: bytes) -> bytes:
        """Return a change with a fault and a checksum that fits: two names exchanged, or a byte changed."""
        choices = self._choices
        names = [bytes(one) for one in (*self._made, *map(actor, range(1, 1 + _AUTHORS))) if one in raw]
        if choices.below(3) == 0 and len(names) > 1:
            chosen = choices.below(len(names) - 1)
            one, other = names[chosen : chosen + 2]
            raw = raw.replace(one, b"\0" * 33).replace(other, one).replace(b"\0" * 33, other)
        else:
            at, flip = 9 + choices.byte() % (len(raw) - 9), choices.byte()
            raw = raw[:at] + bytes([raw[at] ^ flip]) + raw[at + 1 :]
        return resealed(raw)

    def _rarely(self) -> bool:
        """Tell whether something goes wrong here."""
        return self._choices.below(_RARE) == 1

    def _time_s(self) -> int:
        """Return a time, rarely one that is not spelled in five bytes."""
        return 5 if self._rarely() else _TIME_S + self._choices.below(200)

    def _edits(self) -> list[Edit]:
        """Return edits of what stands there: values, maps, and what is taken away."""
        choices = self._choices
        edits: list[Edit] = []
        content = self._both.thorough.read()
        for _ in range(1 + choices.below(3)):
            path: tuple[str, ...] = (_KEYS[choices.below(len(_KEYS))],)
            if isinstance(content.get(path[0]), dict) and choices.below(4):
                path = (*path, _KEYS[choices.below(len(_KEYS))])
            value: Tree = _VALUES[choices.below(len(_VALUES))]
            how = choices.below(8)
            if how in (1, 2):
                value = {"a": value, "story": {"x": True}} if choices.below(2) else {}
            elif how == 3 and self._rarely():
                value = [value]
            edits.append(Put(path, value) if how else Delete(path))
        return edits

    def _nearly(self, by: Actor) -> Change:
        """Return a change written by hand, right in most points: the first fault decides, and ends it."""
        choices = self._choices
        made = list(self._made)
        own = [name for name in made if self._made[name].actor == by]
        below = set(self._both.thorough.heads) | set(own[-1:])
        if self._rarely() and made:
            below = {made[choices.below(len(made))] for _ in range(choices.below(3))}
        last = max((self._made[name].last_counter for name in below if name in self._made), default=0)
        start = max(1, last + 1 + self._rarely() - self._rarely())
        seq = 1 + (self._made[own[-1]].seq if own else 0) + self._rarely()
        operations: list[Operation] = []
        for place in range(1 + choices.below(4)):
            operations.append(self._operation(OperationId(start + place, by), operations))
        return Change(
            actor=by,
            seq=seq,
            start=start,
            time_s=self._time_s(),
            message="why" if self._rarely() else "",
            dependencies=tuple(sorted(below)),
            operations=tuple(operations),
        )

    def _operation(self, name: OperationId, earlier: list[Operation]) -> Operation:
        """Return an operation at a key of a map that replaces what stands there, or something else."""
        choices = self._choices
        known = [*self._known, *earlier]
        maps = [it.id for it in known if it.action is Action.MAKE_MAP]
        chosen = choices.below(len(maps) + 2)
        inside = maps[chosen - 2] if chosen > 1 else None
        key = _KEYS[choices.below(len(_KEYS))]
        action = Action.MAKE_LIST if self._rarely() else _ACTIONS[choices.below(len(_ACTIONS))]
        standing = [it for it in known if (it.object, it.key) == (inside, key)]
        named = standing[-1:] if standing and standing[-1].action is not Action.DELETE else []
        if action is Action.DELETE and not named and choices.below(8) != 1:
            action = Action.SET
        if self._rarely():
            named = []
        elif self._rarely():
            named = known[-1 - choices.below(4) :]
        elif self._rarely():
            named = standing
        return Operation(
            name,
            action,
            inside,
            key,
            insert=self._rarely() and self._rarely(),
            value=_VALUES[choices.below(len(_VALUES))] if action is Action.SET else None,
            predecessors=tuple(sorted({it.id for it in named})),
        )

    def _spelled(self, change: Change) -> bytes | None:
        try:
            return changes.encode(change)
        except (RejectedChangeError, KeyError, ValueError):
            return None  # Not what can be spelled.


def _seeds() -> Iterator[bytes]:
    spelled = [*vector("changes_valid")["changes"], *vector("changes_broken")["cases"]]
    raws = [bytes.fromhex(it["raw"]) for it in spelled]
    told = [_straight(seed) for seed in range(4)]
    yield from prefixed([0], [*raws, *(raw for one in told for raw in one)])
    # How each is offered, and the change itself.
    for one in [*told, *([it.raw for it in gated_history(seed, 8)] for seed in range(2))]:
        yield b"\x01\x00" + b"".join(b"\x01" + parts(raw) for raw in one)
        yield b"\x01\x00" + b"".join(b"\x01" + parts(raw) for raw in [*one[::-1], *one])
    for seed in range(24):
        yield b"\x02" + bytes(
            (seed * 7 + place * place * 31 + place * 5) % 251 for place in range(60 + 20 * seed)
        )


def _straight(seed: int) -> list[bytes]:
    """Return changes of two authors, each of whom knows all that was written before."""
    gate = DocumentGate(AnySchema())
    raws = []
    for place in range(6):
        by = actor(1 + (seed + place) * place % 2)
        edits: list[Edit] = [Put((_KEYS[(seed + place) % 5],), _VALUES[(3 * seed + place) % len(_VALUES)])]
        if place % 3 == seed % 3:
            edits.append(Put(("inner",), {"a": place, "more": {"b": True}}))
        elif place % 3 == (seed + 1) % 3 and "inner" in gate.read():
            edits += [Put(("inner", "c"), _VALUES[-seed - 1]), Delete(("inner", "a"))]
        raw = gate.change(actor=by, edits=edits, time_s=_TIME_S + place)
        if raw is not None:
            raws.append(raw)
            gate.admit([Offer(raw, by)])
    assert gate.is_straight
    return raws


TARGETS = (Target("straight", tell_both, _seeds, bytes_max=2_048),)
