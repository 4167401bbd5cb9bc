"""Circles among members while the weather is bad, and what must hold of them afterwards.

Whoever is in one reads what was acknowledged; whoever never was holds not a word of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from random import Random

from node import ids
from node.circles.statements import FORMS, Circle, CircleNote
from node.engine import commands
from node.engine.commands import Command
from node.errors import NodeError
from node.feeds import scopes
from node.ids import CommunityId
from tests.sim.broken import BrokenError
from tests.sim.machine import Answer, Machine
from tests.sim.surroundings import Surroundings

_CIRCLES_MAX = 3
_OTHERS = (1, 2)
_ANSWERED_MS = 10_000
# Gives a machine a command that changes something; hears the answer if it is carried out.
Tell = Callable[[Machine, Command, Callable[[Answer], None]], None]
Ask = Callable[[Machine, Command], Answer | NodeError]


@dataclass(slots=True)
class Known:
    """A circle that was opened.

    Attributes:
        invited: communities that somebody wanted in it, acknowledged or not.
        said: acknowledged notes by id, with the machine and the text.
        unsaid: notes that somebody asked to take back.
    """

    owner: Machine
    invited: set[CommunityId]
    said: dict[str, tuple[Machine, str]] = field(default_factory=dict)
    unsaid: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a machine says of a circle that it is in.

    Attributes:
        keys: of the versions that it can read: who came later cannot read what was said before.
        notes: by id, each with the key it is sealed with.
    """

    version: int
    parties: tuple[str, ...]
    keys: frozenset[bytes]
    notes: dict[str, tuple[bytes, str]]

    def seen(self, keys: frozenset[bytes]) -> tuple[object, ...]:
        """Return what is to be equal where others have these keys too."""
        return self.version, self.parties, {note: one for note, one in self.notes.items() if one[0] in keys}


class Circling:
    """Open circles, speak in them, change who is in them."""

    def __init__(
        self, members: Sequence[Machine], federation: str, rng: Random, tell: Tell, surroundings: Surroundings
    ) -> None:
        self._members = members
        self._federation = federation
        self._rng = rng
        self._tell = tell
        self._deeds = surroundings.deeds
        self._timeline = surroundings.timeline
        self._known: dict[str, Known] = {}
        self._asked = 0
        self.checks = 0

    def act(self, running: Sequence[Machine]) -> None:
        """Let somebody do something."""
        if self._asked < _CIRCLES_MAX and (not self._known or self._rng.randrange(4) == 0):
            self._open(self._rng.choice(running))
            return
        if not self._known:
            return
        circle = self._rng.choice(sorted(self._known))
        inside = [one for one in running if one.community in self._known[circle].invited]
        chance = self._rng.randrange(20)
        owner = self._known[circle].owner
        if chance < 3 and owner.up:
            self._change(owner, circle)
        elif chance == 3 and inside:
            self._tell(
                self._rng.choice(inside), commands.LeaveCircle(circle=circle), self._count("circle_left")
            )
        elif chance < 6:
            self._unsay(circle)
        elif inside:
            self._say(self._rng.choice(inside), circle)

    def check(self, machines: Sequence[Machine], ask: Ask) -> None:
        """See that all who are in a circle hold the same of it, and nobody else anything.

        Raises:
            BrokenError: something does not hold.
        """
        if any(one.keeps_circles for one in machines):
            # An owner's node answers within seconds what it hears last, and tells the others.
            self._timeline.run_until(self._timeline.now_ms + _ANSWERED_MS)
        for circle, known in sorted(self._known.items()):
            told: dict[int, _Told] = {}
            for machine in machines:
                self.checks += 1
                if machine.community not in known.invited:
                    if self._held(machine, circle):
                        raise BrokenError("circle", f"n{machine.index} reads a circle that it was never in")
                elif self._versions(machine, circle):
                    found = ask(machine, commands.ShowCircle(circle=circle, limit=1_000))
                    if isinstance(found, NodeError):
                        raise BrokenError("circle", f"n{machine.index} answers {found!r}")
                    if found["circle"]["party"]:
                        told[machine.index] = self._told(machine, circle, found)
            self._same(circle, machines, told)
            self._promised(known, told)

    def _told(self, machine: Machine, circle: str, found: Answer) -> "_Told":
        scope = scopes.circle(ids.parse(circle))
        rows = machine.disk.records.about(scope, CircleNote.kind, ids.parse(circle))
        keys = {ids.show(row.payload_id): CircleNote.read(row.record).key for row in rows}
        return _Told(
            found["circle"]["version"],
            tuple(sorted(party["id"] for party in found["circle"]["parties"])),
            self._versions(machine, circle),
            {note["id"]: (keys[note["id"]], note["text"]) for note in found["notes"]},
        )

    def _same(self, circle: str, machines: Sequence[Machine], told: dict[int, "_Told"]) -> None:
        """See that all parties of now say the same of what they have the keys for."""
        parties = next(iter(told.values())).parties if told else ()
        for machine in machines:
            self.checks += 1
            if ids.show(machine.community) in parties and machine.index not in told:
                raise BrokenError("circle", f"n{machine.index} cannot read the circle {circle} that it is in")
        for (index, one), (other_index, other) in combinations(told.items(), 2):
            self.checks += 1
            common = one.keys & other.keys
            if one.seen(common) != other.seen(common):
                raise BrokenError("circle", f"n{index} and n{other_index} read differently: {one}, {other}")

    def _promised(self, known: Known, told: dict[int, "_Told"]) -> None:
        """See that what was acknowledged is there, as long as who said it is in the circle."""
        for note, (author, text) in known.said.items():
            self.checks += 1
            shown = told.get(author.index)
            if shown is not None and note not in known.unsaid and shown.notes.get(note, (b"", ""))[1] != text:
                raise BrokenError("circle", f"n{author.index} lost what it said, {text!r}")

    def _versions(self, machine: Machine, circle: str) -> frozenset[bytes]:
        """Return the keys of the versions that a machine can read."""
        rows = machine.disk.records.about(scopes.circle(ids.parse(circle)), Circle.kind, ids.parse(circle))
        return frozenset(Circle.read(row.record).key for row in rows)

    def _held(self, machine: Machine, circle: str) -> bool:
        scope = scopes.circle(ids.parse(circle))
        return any(machine.disk.records.of_kind(scope, form.kind) for form in FORMS)

    def _open(self, machine: Machine) -> None:
        self._asked += 1
        others = [one for one in self._members if one is not machine]
        chosen = self._rng.sample(others, min(self._rng.randint(*_OTHERS), len(others)))
        invited = {machine.community, *(one.community for one in chosen)}
        asked = commands.OpenCircle(
            federation=self._federation,
            name=f"circle {self._asked}",
            parties=tuple(ids.show(one.community) for one in chosen),
        )

        def opened(answer: Answer) -> None:
            self._deeds["circles"] += 1
            self._known[answer["id"]] = Known(machine, invited)

        self._tell(machine, asked, opened)

    def _say(self, machine: Machine, circle: str) -> None:
        known, text = self._known[circle], f"said {self._rng.randrange(10**6)}"

        def said(answer: Answer) -> None:
            self._deeds["circle_notes"] += 1
            known.said[answer["note"]] = (machine, text)

        self._tell(machine, commands.SayInCircle(circle=circle, text=text), said)

    def _unsay(self, circle: str) -> None:
        known = self._known[circle]
        if known.said:
            note = self._rng.choice(sorted(known.said))
            machine, _ = known.said[note]
            if machine.up:
                known.unsaid.add(note)
                self._tell(
                    machine, commands.UnsayInCircle(circle=circle, note=note), self._count("circle_unsaid")
                )

    def _change(self, owner: Machine, circle: str) -> None:
        other = self._rng.choice([one for one in self._members if one is not owner])
        named = (ids.show(other.community),)
        if self._rng.randrange(2):
            self._known[circle].invited.add(other.community)
            asked = commands.ChangeCircle(circle=circle, add=named)
        else:
            asked = commands.ChangeCircle(circle=circle, remove=named)
        self._tell(owner, asked, self._count("circle_changed"))

    def _count(self, deed: str) -> Callable[[Answer], None]:
        def counted(_: Answer) -> None:
            self._deeds[deed] += 1

        return counted
