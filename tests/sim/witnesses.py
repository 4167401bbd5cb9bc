"""What an honest witness may sign while a question closes, looked at with every entry that it keeps.

Written from docs/closing.md and not from the code that signs: a receipt is for what is held, a seal comes
after voting, a commitment after a quorum asked, nothing is said twice in one place, and what was asked for in
time is named when the time for asking is over.
"""

from collections import defaultdict
from dataclasses import dataclass

from node.clock import MS_PER_SECOND
from node.feeds import bodies
from node.feeds.bodies import Kind
from node.feeds.entry import Entry
from node.governance import papers
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import ReviewEnd, ReviewRequest
from node.governance.closing.statements import CutVote, Receipt, Seal
from node.governance.proposals import Proposal, Roll
from node.ids import CommunityId, PayloadId, RecordId
from node.keys import PublicKey
from node.records import record
from node.records.record import Record
from node.records.statement import Statement
from tests.sim.broken import BrokenError
from tests.sim.disk import Disk
from tests.sim.machine import Machine


@dataclass(slots=True)
class _Word:
    """What was said in one place, in which entry, by which statement."""

    entry: bytes
    payload: bytes


class Witnesses:
    """Look at what witnesses sign, as it reaches the disks.

    Args:
        scope: in which the federation speaks.
    """

    def __init__(self, scope: str) -> None:
        self._scope = scope
        self._said: dict[tuple[bytes, ...], _Word] = {}
        # Which question votes are about, of those that somebody sealed or gave receipts for.
        self._closing: dict[bytes, bytes] = {}
        # By machine and question, which results it was asked to have looked at again, as it knows from its
        # next commit on.
        self._asked: defaultdict[tuple[int, bytes], dict[bytes, bytes]] = defaultdict(dict)
        self._new: list[tuple[tuple[int, bytes], ReviewRequest]] = []
        self.checks = 0

    def committed(self) -> None:
        """Note that a machine read what it keeps."""
        for place, request in self._new:
            self._asked[place][request.payload_id] = request.result
        self._new.clear()

    def signed(self, machine: Machine, entry: Entry, owner: CommunityId) -> None:
        """Look at an entry of an honest owner's device that a machine keeps by now and did not before."""
        if entry.body is None or bodies.kind_of(entry.body) is not Kind.RECORD:
            return
        content = bodies.decode(entry.body).content
        assert isinstance(content, bytes)
        found = record.stored(content)
        self._asking(machine, entry, found, owner)
        if found.kind not in papers.KINDS or found.signer != entry.feed.device:
            return  # Whoever carries on what another signed says nothing itself.
        own = entry.feed.device == machine.keys.device.public
        for receipt in Receipt.among([found]):
            self._closing[papers.instance(PayloadId(receipt.proposal))] = receipt.proposal
            for one in receipt.listed:
                self._once(machine, entry, receipt, (b"receipt", receipt.proposal, one))
            if own:
                self._receipt(machine, receipt)
        for seal in Seal.among([found]):
            self._closing[papers.instance(PayloadId(seal.proposal))] = seal.proposal
            self._once(machine, entry, seal, (b"seal", seal.proposal))
            if own:
                self._seal(machine, seal)
        for vote in CutVote.among([found]):
            self._once(
                machine, entry, vote, (vote.instance, vote.step.encode(), vote.round.to_bytes(4, "big"))
            )
            if own:
                self._vote(machine, vote)

    def _asking(self, machine: Machine, entry: Entry, found: Record, owner: CommunityId) -> None:
        """Note what a community asks for itself, and look at what a witness says of it."""
        for request in ReviewRequest.among([found]):
            if request.community == owner:
                self._new.append(((machine.index, request.proposal), request))
        for end in ReviewEnd.among([found]):
            if found.signer == machine.keys.device.public == entry.feed.device:
                self._review(machine, end)

    def _once(
        self, machine: Machine, entry: Entry, said: Receipt | Seal | CutVote, place: tuple[bytes, ...]
    ) -> None:
        """See that no witness speaks twice in one place of a close, not even with the same word."""
        self.checks += 1
        word = _Word(bytes(entry.id), bytes(said.payload_id))
        if self._said.setdefault((entry.feed.device, *place), word) != word:
            raise BrokenError("one word", f"a witness says two things in one place, as n{machine.index} sees")

    def _receipt(self, machine: Machine, receipt: Receipt) -> None:
        """See that a receipt is for what is on the disk, and given while voting is open."""
        self.checks += 1
        records = machine.disk.records
        for one in receipt.listed:
            if records.get(RecordId(one)) is None and not records.with_payload(PayloadId(one)):
                raise BrokenError("receipt", f"n{machine.index} gives a receipt for what it does not hold")
        question = _proposal(machine.disk, receipt.proposal)
        if machine.clock_ms < question.windows.opens * MS_PER_SECOND:
            raise BrokenError("receipt", f"n{machine.index} gives a receipt before voting opens")

    def _seal(self, machine: Machine, seal: Seal) -> None:
        """See that a seal comes after voting, and names all that its witness gave receipts for, no more."""
        self.checks += 1
        windows = _proposal(machine.disk, seal.proposal).windows
        if machine.clock_ms < windows.seals_from * MS_PER_SECOND and not windows.early:
            raise BrokenError("seal", f"n{machine.index} seals while votes may come")
        # By this device: what another one of its community's gave receipts for, a stolen one perhaps, is not
        # its word.
        given = {
            one
            for signer, receipt in self._held(machine, Receipt, seal.proposal)
            if isinstance(receipt, Receipt) and signer == machine.keys.device.public
            for one in receipt.listed
        }
        if given != set(seal.listed):
            raise BrokenError("seal", f"n{machine.index} seals other than what it gave receipts for")

    def _vote(self, machine: Machine, vote: CutVote) -> None:
        """See that a commitment about a question rests on a quorum, and that moving on names it."""
        proposal = self._closing.get(vote.instance)
        if proposal is None:
            return  # About a roll or a lot, or a question that nobody here has sealed yet.
        self.checks += 1
        votes = [
            (signer, one)
            for signer, one in self._held(machine, CutVote, vote.instance)
            if isinstance(one, CutVote)
        ]
        if vote.step == "com":
            panel = {one.community: one.device for one in _roll(machine.disk, proposal).witnesses}
            asking = {
                one.witness
                for signer, one in votes
                if (one.step, one.round, one.value) == ("pre", vote.round, vote.value)
                and panel.get(one.witness) == signer
            }
            if len(asking) < Quorum.of(len(panel)).needed:
                raise BrokenError("quorum", f"n{machine.index} commits to what {len(asking)} asked for")
        own = machine.keys.device.public
        committed = [one.round for signer, one in votes if one.step == "com" and signer == own]
        if vote.step == "rc" and any(one < vote.round for one in committed) and vote.lock is None:
            raise BrokenError("quorum", f"n{machine.index} moves on and does not say what it committed to")

    def _review(self, machine: Machine, end: ReviewEnd) -> None:
        """See that a witness names what it was asked for by the end of a review."""
        self.checks += 1
        asked = self._asked[machine.index, end.proposal]
        unheard = {one for one, result in asked.items() if result == end.result} - set(end.requests)
        if unheard:
            raise BrokenError("asked", f"n{machine.index} ends a review that {len(unheard)} asked for")

    def _held(
        self, machine: Machine, form: type[Receipt | Seal | CutVote], about: bytes
    ) -> list[tuple[PublicKey, Statement]]:
        """Return what a machine holds of one kind about one question, each with who signed it."""
        rows = machine.disk.records.about(self._scope, form.kind, about)
        return [(row.signer, one) for row in rows for one in form.among([record.stored(row.raw)])]


def _proposal(disk: Disk, proposal: bytes) -> Proposal:
    return Proposal.read(record.stored(disk.records.with_payload(PayloadId(proposal))[0].raw))


def _roll(disk: Disk, proposal: bytes) -> Roll:
    (row, *_) = disk.records.with_payload(PayloadId(_proposal(disk, proposal).roll))
    return Roll.read(record.stored(row.raw))
