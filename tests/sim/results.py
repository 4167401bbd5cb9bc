"""What nodes say of decisions once all is healed: each seat's last word, the proof, and what follows."""

import base64
import json
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.engine.deciding import dossier
from node.feeds import scopes
from node.governance.ballots import Ballot
from node.governance.mandates import Mandate
from node.ids import FederationId, RecordId
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.sim.broken import BrokenError
from tests.sim.closings import CLOSED, Places, recount, stands
from tests.sim.machine import Answer, Machine
from tests.sim.promises import Promises

# What a node says for itself: by its own clock before anything is certified, and why it signs nothing.
_ITS_OWN = frozenset({"phase", "why_provisional", "abstains_here"})
# What a question that is not certified is called, by whatever clock.
_UNDECIDED = frozenset({"not decided yet", "draft", "open", "sealing", "stalled"})


class Results:
    """Look at decisions.

    Args:
        get: asks a machine, which may not refuse to answer.
    """

    def __init__(
        self, federation: FederationId, promises: Promises, get: Callable[[Machine, Command], Answer]
    ) -> None:
        self._federation = ids.show(federation)
        self._scope = scopes.members(federation)
        self._promises = promises
        self._get = get
        self.checks = 0

    def of(self, machine: Machine, *, thoroughly: bool) -> list[Any]:
        """Return all that a machine says of each question; it is to be equal to the last bit on all members.

        Args:
            machine: any.
            thoroughly: look also at what others, who say the same, need not be looked at again for.
        """
        known = self._get(machine, commands.ListProposals(federation=self._federation))["proposals"]
        shown = sorted(one["id"] for one in known)
        missing = sorted(set(self._promises.proposals) - set(shown))
        if missing:
            raise BrokenError("acknowledged", f"n{machine.index} lost the proposal {missing[0]}")
        return [self._of(machine, proposal, thoroughly=thoroughly) for proposal in shown]

    def effects(self, machine: Machine) -> dict[str, Any]:
        """Return what decisions do in the federation, who is suspended and which bylaws hold."""
        listed = self._get(machine, commands.ListEffects(federation=self._federation))
        for one in listed["effects"]:
            if one["state"] in _UNDECIDED:
                one["state"] = "undecided"
        return listed

    def bodies(self, machine: Machine, *, clocks_agree: bool) -> list[Any]:
        """Return who holds the places of bodies; where clocks are a day apart only which bodies there are."""
        listed = self._get(machine, commands.ListBodies(federation=self._federation))["bodies"]
        return [one if clocks_agree else (one["id"], one["title"], one["seats"]) for one in listed]

    def _of(self, machine: Machine, proposal: str, *, thoroughly: bool) -> list[Any]:
        """Return a result and its proof, after checking that each seat speaks once, with its last word."""
        result = self._get(machine, commands.ShowResult(proposal=proposal))
        counted = self._counted(machine, result)
        if result["state"] == "diverged":
            raise BrokenError("one certificate", f"n{machine.index} holds two certified results")
        if thoroughly and result["state"] != "withdrawn":
            self._safe(machine, proposal, counted)
        proof = b""
        if result["state"] in CLOSED:
            if result["taken_back"] and result["state"] == "withdrawn":
                raise BrokenError("one certificate", f"n{machine.index} has a result of what was withdrawn")
            exported = self._get(machine, commands.ExportDecision(proposal=proposal))
            proof = base64.b64decode(exported["data"])
            if thoroughly:
                self.checks += recount(machine.disk, self._scope, proposal, counted, self._promises.revoked)
                self._proved(machine, result, proof)
                self._stands(machine, proposal, result)
        said = {name: value for name, value in result.items() if name not in _ITS_OWN}
        return [said, sha256(proof).hexdigest()]

    def _counted(self, machine: Machine, result: dict[str, Any]) -> Places:
        counted: Places = {}
        for shown in result["ballots"]:
            self.checks += 1
            row = machine.disk.records.get(RecordId(ids.parse(shown)))
            assert row is not None
            ballot = Ballot.read(record.stored(row.raw))
            seat = (bytes(ballot.community), ballot.seat)
            if seat in counted:
                raise BrokenError("one ballot a seat", f"n{machine.index} counts two ballots of one seat")
            counted[seat] = (Mandate.read(record.read(ballot.mandate[0])).seq, ballot.seq)
        # Whoever lent its vote by a mandate said nothing itself, and speaks where the borrower does.
        lent = {
            (one["community"], one["seat"])
            for one in result["loans"]
            if one["until_recalled"] and one["takes"] is not None
        }
        voted = len(counted) + len(result["void"]) + len(lent)
        if voted != result["seats_voted"] or result["void"]:
            raise BrokenError(
                "one ballot a seat", f"n{machine.index} voids or counts seats that did not speak"
            )
        return counted

    def _safe(self, machine: Machine, proposal: str, counted: Places) -> None:
        """See that every acknowledged ballot that a voter reads to be safe counts, or a later one."""
        for named, ((of, community, seat), place) in sorted(self._promises.ballots.items()):
            if of != proposal or community in self._promises.revoked:
                continue
            self.checks += 1
            checked = self._get(machine, commands.CheckBallot(ballot=named))
            if checked["safe"] and counted.get((community, seat), (0, 0)) < place:
                raise BrokenError("acknowledged", f"n{machine.index} does not count a ballot that was safe")

    def _stands(self, machine: Machine, proposal: str, result: dict[str, Any]) -> None:
        """See that a decision is in force where a quorum let it stand, and nowhere else."""
        self.checks += 1
        let = stands(machine.disk, self._scope, proposal, result["result_id"])
        appeal = result["effect"] is not None and result["effect"]["act"] == "annul"
        spoken = result["state"] in ("annulled", "upheld")  # By a later decision.
        if not appeal and not spoken and let != (result["state"] == "in force"):
            raise BrokenError("review", f"n{machine.index} has {result['state']} what {let=} stand")

    def _proved(self, machine: Machine, result: dict[str, Any], proof: bytes) -> None:
        """See that whoever has nothing but the decision's own file reads the same from it."""
        self.checks += 1
        found = dossier.verify(proof, MemoryStore())
        read = found.reading.result.result_id.hex() if found.reading is not None else ""
        if not found.valid or read != result["result_id"]:
            raise BrokenError("proof", f"n{machine.index} exports what does not prove: {found.problems}")


def tally(answers: dict[str, str]) -> Counter[str]:
    """Count what was decided, by the answers that all members give."""
    found: Counter[str] = Counter()
    for said, _ in json.loads(answers["results"]):
        found["withdrawals"] += said["state"] == "withdrawn"
        found["annulments"] += said["state"] == "annulled"
        found["upheld"] += said["state"] == "upheld"
        if said["state"] in CLOSED:
            found["decisions"] += 1
            found["budgets"] += said["budget"] is not None
            found["closed by elected"] += said["quorum"]["witnesses"] < len(json.loads(answers["members"])[0])
            found[f"method {said['method']}"] += 1
            found["lent"] += sum(one["takes"] is not None for one in said["loans"])
    for one in json.loads(answers["effects"])["effects"]:
        if one["acts"]:
            found["effects"] += 1
            found[f"effect {one['effect']['act']}"] += 1
    for body in json.loads(answers["bodies"]):
        if isinstance(body, dict):
            found["elections left to people"] += len(body["left"])
            found["places filled"] += sum(place["name"] is not None for place in body["places"])
    return found
