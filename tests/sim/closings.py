"""Waiting until questions are closed; and then, of each: the count is that of the ballots in time."""

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from node import ids
from node.clock import MS_PER_SECOND
from node.engine import commands
from node.engine.commands import Command
from node.engine.ports import RecordRow
from node.engine.witnessing.recalling import NOT_COMPARED
from node.errors import NodeError
from node.governance import papers
from node.governance.ballots import Ballot
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import ReviewEnd
from node.governance.closing.statements import CutValue, CutVote, Receipt, Seal
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll
from node.ids import PayloadId, RecordId
from node.records import record
from node.records.statement import Statement
from tests.sim.broken import BrokenError
from tests.sim.disk import Disk
from tests.sim.machine import START_MS, Answer, Machine
from tests.sim.timeline import Timeline

# Voting, grace and patience of the simulated bylaws are 45 s; rounds that failed before may have grown long.
CLOSING_MS_MAX = 10 * 60_000
_LOOK_EVERY_MS = 5_000
_LOOKS_AT_ONE = 6
# More than the clocks of machines are wrong where questions close.
_CLOCKS_APART_MS = 12_000
# What a certified result is called, by what was said about it since.
CLOSED = frozenset({"certified", "under review", "in force", "upheld", "annulled"})
_Form = TypeVar("_Form", bound=Statement)
# By community and seat, the place of a ballot: its mandate's number and its own.
Places = dict[tuple[bytes, int], tuple[int, int]]
# By witness the device that the roll names for it; what another one signs counts for nothing.
Panel = dict[bytes, bytes]


class Closings:
    """Wait for the questions that enough honest witnesses can close.

    Args:
        ask: asks a machine and waits for its answer.
        liars: how many members are not to be trusted.
    """

    def __init__(
        self, ask: Callable[[Machine, Command], Answer | NodeError], timeline: Timeline, liars: int
    ) -> None:
        self._ask = ask
        self._timeline = timeline
        self._liars = liars
        # What each machine answered last about each question.
        self._answers: dict[tuple[str, int], dict[str, Any]] = {}
        self.checks = 0

    def wait(self, machines: Collection[Machine], questions: Collection[str]) -> None:
        """Wait until every question that can be is certified everywhere.

        Raises:
            BrokenError: one is not, though its time is over.
        """
        timeline = self._timeline
        until = timeline.now_ms + CLOSING_MS_MAX
        late = [(question, machine) for question in sorted(questions) for machine in machines]
        while late := self._late(late, machines):
            self.checks += 1
            if timeline.now_ms >= until:
                raise BrokenError("closing", f"{len(late)} questions are not certified long after their time")
            # Before the first of them closes nobody seals.
            soonest = min(self._answers[question, one.index]["closes"] for question, one in late)
            timeline.run_until(
                max(timeline.now_ms + _LOOK_EVERY_MS, min(until, soonest * MS_PER_SECOND - START_MS))
            )
            # One is looked at until it moves, for to look at all takes longer than what happens meanwhile.
            for _ in range(_LOOKS_AT_ONE):
                if self._over(*late[0]):
                    break
                timeline.run_until(timeline.now_ms + _LOOK_EVERY_MS)

    def asked(self, machine: Machine) -> bool:
        """Tell whether a machine was asked about any question so far."""
        return any(index == machine.index for _, index in self._answers)

    def settle(self, witnesses: Callable[[], Collection[Machine]], questions: Collection[str]) -> None:
        """Wait until of every certified result it is known everywhere whether it takes effect.

        A newcomer whom too few let in, once a decision suspends one of them, belongs to the members no more
        and hears nothing of them: who is asked goes by `witnesses` then.

        Raises:
            BrokenError: of one it is not, though the time for asking for a review is long over.
        """
        machines = witnesses()
        pending = [(question, machine) for question in sorted(questions) for machine in machines]
        for one in pending:
            if (one[0], one[1].index) not in self._answers:
                self._look(*one)  # Admitted when the questions had closed.
        closed = [one for one in pending if self._answers[one[0], one[1].index]["state"] in CLOSED]
        ends = [self._answers[question, one.index]["in_force_from"] for question, one in closed]
        # Before that no witness says what had come in, and no term begins; then by nobody's clock any more.
        reached = [end * MS_PER_SECOND - START_MS + _CLOCKS_APART_MS for end in ends]
        self._timeline.run_until(max([self._timeline.now_ms, *reached]))
        pending = [one for one in closed if self._look(*one)["state"] == "certified"]
        named = sorted({question for question, _ in pending})
        enough = {question: self._has_enough(question, machines) for question in named}
        pending = [(question, machine) for question, machine in pending if enough[question]]
        until = self._timeline.now_ms + CLOSING_MS_MAX
        for question, machine in pending:
            while machine in witnesses() and self._look(question, machine)["state"] == "certified":
                self.checks += 1
                if self._timeline.now_ms >= until:
                    raise BrokenError("review", f"n{machine.index} does not see that {question} stands")
                self._timeline.run_until(self._timeline.now_ms + _LOOK_EVERY_MS)

    def _has_enough(self, question: str, machines: Collection[Machine]) -> bool:
        """Tell whether enough honest nodes witness a question, whatever the others do."""
        return self._willing(question, machines) - self._liars >= self._needed(question, machines)

    def _late(
        self, pending: list[tuple[str, Machine]], machines: Collection[Machine]
    ) -> list[tuple[str, Machine]]:
        """Return of whom and which question it still has to be seen that it is certified."""
        open_ = []
        for question, machine in pending:
            if not self._over(question, machine):
                open_.append((question, machine))
        can_close = {
            question: self._has_enough(question, machines)
            for question in sorted({question for question, _ in open_})
        }
        return [(question, machine) for question, machine in open_ if can_close[question]]

    def _over(self, question: str, machine: Machine) -> bool:
        """Tell whether a machine waits for nothing more about a question."""
        shown = self._look(question, machine)
        why = shown["why_provisional"]
        # Sizes changed, or the witnesses were too far apart: it must be put again.
        return shown["state"] != "provisional" or "another roll" in why or "drawing the lot" in why

    def _willing(self, question: str, machines: Collection[Machine]) -> int:
        """Return how many nodes saw a question in time to witness it.

        Who fell a moment ago has yet to compare with others before it signs, and will: the network works.
        """
        whys = [self._answers[question, one.index]["abstains_here"] for one in machines]
        return sum(why in ("", NOT_COMPARED) for why in whys)

    def _needed(self, question: str, machines: Collection[Machine]) -> int:
        return max(int(self._answers[question, one.index]["quorum"]["needed"]) for one in machines)

    def _look(self, question: str, machine: Machine) -> dict[str, Any]:
        shown = self._ask(machine, commands.ShowResult(proposal=question))
        assert isinstance(shown, dict), shown
        self._answers[question, machine.index] = shown
        return shown


def recount(disk: Disk, scope: str, question: str, counted: Places, revoked: Collection[bytes]) -> int:
    """See that a certified result counts what the seals of its certificate say, by the rule as it is written.

    In is what more seals list than witnesses may lie, or what receipts named there give as many. Each seat
    counts with its last ballot that is in. Returns how many seats were looked at.

    Args:
        disk: on which the papers lie.
        scope: in which the federation speaks.
        question: as it is shown to people.
        counted: what a node says that it counted.
        revoked: communities that may have voided ballots, of which less is sure.

    Raises:
        BrokenError: it counts another ballot, or leaves one out.
    """
    proposal = PayloadId(ids.parse(question))
    (put, *_) = _all(Proposal, disk.records.with_payload(proposal))
    (roll, *_) = _all(Roll, disk.records.with_payload(PayloadId(put.roll)))
    panel = {bytes(one.community): bytes(one.device) for one in roll.witnesses}
    value = _certified(disk, scope, proposal, panel)
    if value is None or value.failed:
        return 0
    inside = _inside(disk, value, panel)
    expected: Places = {}
    for row in disk.records.about(scope, Ballot.kind, proposal):
        if row.id in inside:
            ballot = Ballot.read(record.stored(row.raw))
            seat = (bytes(ballot.community), ballot.seat)
            place = (Mandate.read(record.stored(ballot.mandate[0])).seq, ballot.seq)
            expected[seat] = max(place, expected.get(seat, place))
    for seat in sorted(expected.keys() | counted.keys()):
        if seat[0] not in revoked and counted.get(seat) != expected.get(seat):
            raise BrokenError(
                "recount", f"seat {seat[1]} counts with {counted.get(seat)}, in is {expected.get(seat)}"
            )
    return len(expected)


def stands(disk: Disk, scope: str, question: str, result: str) -> bool:
    """Tell whether a quorum of a question's witnesses said that nobody asked for a review of a result."""
    proposal = PayloadId(ids.parse(question))
    (put, *_) = _all(Proposal, disk.records.with_payload(proposal))
    (roll, *_) = _all(Roll, disk.records.with_payload(PayloadId(put.roll)))
    panel = {bytes(one.community): bytes(one.device) for one in roll.witnesses}
    rows = disk.records.about(scope, ReviewEnd.kind, proposal)
    clear = {
        end.witness
        for signer, end in ((row.signer, one) for row in rows for one in _all(ReviewEnd, [row]))
        if panel.get(end.witness) == signer and end.result.hex() == result
        if not end.requests and not end.contested
    }
    return len(clear) >= Quorum.of(len(panel)).needed


def _certified(disk: Disk, scope: str, proposal: PayloadId, panel: Panel) -> CutValue | None:
    """Return the value to which a quorum committed in one round."""
    voices: dict[tuple[int, CutValue], set[bytes]] = {}
    rows = disk.records.about(scope, CutVote.kind, papers.instance(proposal))
    for signer, vote in ((row.signer, one) for row in rows for one in _all(CutVote, [row])):
        if vote.step == "com" and vote.value is not None and panel.get(vote.witness) == signer:
            voices.setdefault((vote.round, vote.value), set()).add(vote.witness)
    needed = Quorum.of(len(panel)).needed
    return next((value for (_, value), by in voices.items() if len(by) >= needed), None)


def _inside(disk: Disk, value: CutValue, panel: Panel) -> set[bytes]:
    """Return the ids that at least one honest witness had in time, by the seals that a value names."""
    listing: dict[bytes, set[bytes]] = {}
    receipted: dict[bytes, set[bytes]] = {}
    for named in value.seals:
        _, seal = _one(disk, Seal, named)
        for one in seal.listed:
            listing.setdefault(one, set()).add(seal.witness)
        for signer, receipt in (_one(disk, Receipt, each) for each in seal.receipts):
            # What another device of the witness's signed, a stolen one perhaps, is not its word.
            for one in receipt.listed if panel.get(receipt.witness) == signer else ():
                receipted.setdefault(one, set()).add(receipt.witness)
    enough = Quorum.of(len(panel)).liars + 1
    return {one for found in (listing, receipted) for one, by in found.items() if len(by) >= enough}


def _all(form: type[_Form], rows: Iterable[RecordRow]) -> list[_Form]:
    return [one for row in rows for one in form.among([record.stored(row.raw)])]


def _one(disk: Disk, form: type[_Form], named: bytes) -> tuple[bytes, _Form]:
    """Return who signed a record, and what it says."""
    row = disk.records.get(RecordId(named))
    assert row is not None, "what a certificate names is held"
    return row.signer, form.read(record.stored(row.raw))
