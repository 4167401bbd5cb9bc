"""What must hold once everything is healed: all members hold the same, answer the same, and lost nothing."""

import json
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import Any

from node import ids
from node.directory.columns import COMMUNITY_COLUMN
from node.engine import commands
from node.engine.commands import Command
from node.engine.ports import FeedHead
from node.errors import NodeError
from node.feeds import scopes
from node.feeds.entry import FeedKey, Head
from node.governance.ballots import Ballot
from node.governance.mandates import Mandate
from node.ids import CommunityId, FederationId, RecordId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from node.records import record
from tests.sim.broken import BrokenError
from tests.sim.checkers import LIE
from tests.sim.closings import recount
from tests.sim.machine import Answer, Machine
from tests.sim.people import Promises

# Asks a machine and waits for the answer.
Ask = Callable[[Machine, Command], Answer | NodeError]


def state(
    machine: Machine, federation: FederationId, owners: dict[PublicKey, CommunityId]
) -> tuple[object, ...]:
    """Return what has to be equal on all members: heads by scope of the members' feeds, and charters.

    A feed with as many branches as are kept counts as equal whatever is held of it (docs/protocol.md,
    section 6), and one whose author keeps a body back counts up to there; that no honest device ever forks,
    and that nothing it wrote is lost, are checks of their own.
    """
    members = set(owners.values())
    disk = machine.disk
    public = [h for h in disk.feeds.heads(scopes.PUBLIC) if owners.get(h.feed.device) in members]
    charters = [tuple(disk.charters.of(community)) for community in sorted(members)]
    shared = disk.feeds.heads(scopes.members(federation))
    return _compared(machine, shared), _compared(machine, public), tuple(charters)


def _compared(machine: Machine, heads: Sequence[FeedHead]) -> tuple[tuple[FeedKey, tuple[Head, ...]], ...]:
    """Return by feed up to where it is held whole; nothing of a feed that is full of branches."""
    ends: dict[FeedKey, list[Head]] = {}
    for one in heads:
        ends.setdefault(one.feed, []).append(one.head)
    return tuple(
        (feed, tuple(whole) if len(whole) < FORK_BRANCHES_MAX else ())
        for feed, branches in ends.items()
        if (whole := machine.whole(feed, branches))
    )


class Inquiry:
    """Ask all members the same questions and compare the answers.

    Args:
        members: the machines of all members.
    """

    def __init__(
        self, members: Sequence[Machine], federation: FederationId, promises: Promises, ask: Ask
    ) -> None:
        self._members = members
        self._communities = {ids.show(machine.community) for machine in members}
        self._federation = ids.show(federation)
        self._scope = scopes.members(federation)
        self._promises = promises
        self._ask = ask
        self.checks = 0

    def agree(self) -> dict[str, str]:
        """Return the answers that all members give.

        Raises:
            BrokenError: two of them differ.
        """
        first, *others = self._members
        expected = self.answers(first)
        for machine in others:
            self.compare(expected, self.answers(machine), f"n{first.index} and n{machine.index}")
        return expected

    def compare(self, expected: dict[str, str], found: dict[str, str], who: str) -> None:
        """See that two sets of answers are the same."""
        for question, answer in expected.items():
            self.checks += 1
            if found[question] != answer:
                alike = takewhile(lambda pair: pair[0] == pair[1], zip(answer, found[question], strict=False))
                place = len(list(alike))
                shown = [text[max(0, place - 60) : place + 120] for text in (answer, found[question])]
                raise BrokenError(question, f"{who} answer differently: {shown}")

    def answers(self, machine: Machine) -> dict[str, str]:
        """Return one machine's answers, in text that is equal where the answers are."""
        named = {"federation": self._federation}
        export = json.loads(self._get(machine, commands.Export())["text"])
        listed = [f for f in export["features"] if f["properties"][COMMUNITY_COLUMN] in self._communities]
        offers = self._get(machine, commands.ListOffers(withdrawn=True))["offers"]
        (federation,) = [
            one
            for one in self._get(machine, commands.ListFederations())["federations"]
            if one["id"] == self._federation
        ]
        pending = [(p["community"], p["approvals"]) for p in federation["pending"]]
        board = self._get(machine, commands.ShowBoard(**named))
        roll = self._get(machine, commands.ShowRoll(**named))
        found: dict[str, Any] = {
            "directory": listed,
            "offers": [offer for offer in offers if offer["community"] in self._communities],
            "members": [sorted(m["community"] for m in federation["members"]), pending],
            "board": board,
            "roll": roll,
            "mandates": self._get(machine, commands.ListMandates(**named)),
            "results": self._results(machine),
        }
        self._promised(machine, found)
        written = {question: json.dumps(answer, sort_keys=True) for question, answer in found.items()}
        for question, text in written.items():
            self.checks += 1
            if LIE in text:
                raise BrokenError("lie", f"n{machine.index} shows what the liar made up, in its {question}")
        return written

    def _results(self, machine: Machine) -> list[Any]:
        known = self._get(machine, commands.ListProposals(federation=self._federation))["proposals"]
        shown = sorted(one["id"] for one in known)
        missing = sorted(set(self._promises.proposals) - set(shown))
        if missing:
            raise BrokenError("acknowledged", f"n{machine.index} lost the proposal {missing[0]}")
        return [self._result(machine, proposal) for proposal in shown]

    def _result(self, machine: Machine, proposal: str) -> list[Any]:
        """Return a result after checking that each seat speaks once, and with its last word."""
        result = self._get(machine, commands.ShowResult(proposal=proposal))
        counted: dict[tuple[bytes, int], tuple[int, int]] = {}
        for shown in result["ballots"]:
            self.checks += 1
            row = machine.disk.records.get(RecordId(ids.parse(shown)))
            assert row is not None
            ballot = Ballot.read(record.stored(row.raw))
            seat = (bytes(ballot.community), ballot.seat)
            if seat in counted:
                raise BrokenError("one ballot a seat", f"n{machine.index} counts two ballots of one seat")
            counted[seat] = (Mandate.read(record.read(ballot.mandate[0])).seq, ballot.seq)
        if len(counted) + len(result["void"]) != result["seats_voted"] or result["void"]:
            raise BrokenError(
                "one ballot a seat", f"n{machine.index} voids or counts seats that did not speak"
            )
        if result["state"] == "diverged":
            raise BrokenError("one certificate", f"n{machine.index} holds two certified results")
        if machine is self._members[0]:  # The others are seen to count the same.
            self._safe(machine, proposal, counted)
            if result["state"] in ("certified", "in force"):
                revoked = self._promises.revoked
                self.checks += recount(machine.disk, self._scope, proposal, counted, revoked)
        return [
            [proposal, result["result_id"], result["outcome"], result["seats_voted"]],
            # Two clocks that differ a little read `certified` and `in force` of the same papers.
            [result["state"].replace("in force", "certified"), result["contested"]],
        ]

    def _safe(
        self, machine: Machine, proposal: str, counted: dict[tuple[bytes, int], tuple[int, int]]
    ) -> None:
        """See that every acknowledged ballot that a voter reads to be safe counts, or a later one."""
        for named, ((of, community, seat), place) in sorted(self._promises.ballots.items()):
            if of != proposal or community in self._promises.revoked:
                continue
            self.checks += 1
            checked = self._get(machine, commands.CheckBallot(ballot=named))
            if checked["safe"] and counted.get((community, seat), (0, 0)) < place:
                raise BrokenError("acknowledged", f"n{machine.index} does not count a ballot that was safe")

    def _promised(self, machine: Machine, found: dict[str, Any]) -> None:
        """See that notes and offers that were acknowledged are there."""
        notes = {one["note"]: one["text"] for one in found["board"]["notes"]}
        for note, text in sorted(self._promises.notes.items()):
            self.checks += 1
            if note not in self._promises.removed and notes.get(note) != text:
                raise BrokenError("notes survive", f"n{machine.index} lost the note {text!r}")
        if any(not one["title"] for one in found["offers"]):
            raise BrokenError("lie", f"n{machine.index} shows an offer in the name of one that never made it")
        offers = {one["id"]: one["state"] for one in found["offers"]}
        for offer in sorted(self._promises.offers):
            self.checks += 1
            expected = ("open", "withdrawn") if offer in self._promises.withdrawn else ("open",)
            if offers.get(offer) not in expected:
                raise BrokenError("acknowledged", f"n{machine.index} lost an offer")

    def _get(self, machine: Machine, command: Command) -> Answer:
        found = self._ask(machine, command)
        if isinstance(found, NodeError):
            raise BrokenError("question", f"n{machine.index} answers {command!r} with {found!r}")
        return found
