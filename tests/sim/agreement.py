"""What must hold once everything is healed: all members hold the same, answer the same, and lost nothing."""

import json
from collections.abc import Callable, Collection, Sequence
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
from node.ids import CommunityId, FederationId
from node.keys import PublicKey
from node.limits import FORK_BRANCHES_MAX
from tests.sim.broken import BrokenError
from tests.sim.checkers import LIE
from tests.sim.machine import Answer, Machine
from tests.sim.promises import Promises
from tests.sim.results import Results

# Asks a machine and waits for the answer.
Ask = Callable[[Machine, Command], Answer | NodeError]


def state(
    machine: Machine,
    federation: FederationId,
    owners: dict[PublicKey, CommunityId],
    removed: Collection[PublicKey],
) -> tuple[object, ...]:
    """Return what has to be equal on all members: heads by scope of the members' feeds, and charters.

    Of devices whose community was removed nobody takes more among members: up to where depends on what had
    arrived, and what counts of it ends where the decision says (docs/protocol.md).
    A feed with as many branches as are kept counts as equal whatever is held of it (docs/protocol.md,
    section 6), and one whose author keeps a body back counts up to there; that no honest device ever forks,
    and that nothing it wrote is lost, are checks of their own.
    """
    members = set(owners.values())
    disk = machine.disk
    public = [h for h in disk.feeds.heads(scopes.PUBLIC) if owners.get(h.feed.device) in members]
    charters = [tuple(disk.charters.of(community)) for community in sorted(members)]
    shared = [h for h in disk.feeds.heads(scopes.members(federation)) if h.feed.device not in removed]
    return _compared(machine, shared), _compared(machine, public), tuple(charters)


def compared(machine: Machine, feed: FeedKey) -> tuple[Head, ...] | None:
    """Return up to where a feed is held whole, None for nowhere; nothing where it is full of branches."""
    whole = machine.whole(feed, machine.disk.feeds.heads_of(feed))
    return (tuple(whole) if len(whole) < FORK_BRANCHES_MAX else ()) if whole else None


def _compared(machine: Machine, heads: Sequence[FeedHead]) -> tuple[tuple[FeedKey, tuple[Head, ...]], ...]:
    """Return by feed up to where it is held whole."""
    feeds = dict.fromkeys(one.feed for one in heads)
    return tuple((feed, ends) for feed in feeds if (ends := compared(machine, feed)) is not None)


class Inquiry:
    """Ask all members the same questions and compare the answers.

    Args:
        members: the machines of all members.
        clocks_agree: whether their clocks are nearly right.
    """

    def __init__(
        self,
        members: Sequence[Machine],
        federation: FederationId,
        promises: Promises,
        ask: Ask,
        *,
        clocks_agree: bool,
    ) -> None:
        self._members = members
        self._communities = {ids.show(machine.community) for machine in members}
        self._federation = ids.show(federation)
        self._promises = promises
        self._ask = ask
        self._clocks_agree = clocks_agree
        # The first is looked at thoroughly, the others are seen to say the same.
        self.results = Results(federation, promises, self._get)
        self._checks = 0

    @property
    def checks(self) -> int:
        """Return how many claims were looked at."""
        return self._checks + self.results.checks

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
            self._checks += 1
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
            "results": self.results.of(machine, thoroughly=machine is self._members[0]),
            "effects": self.results.effects(machine),
            "bodies": self.results.bodies(machine, clocks_agree=self._clocks_agree),
        }
        self._promised(machine, found)
        written = {question: json.dumps(answer, sort_keys=True) for question, answer in found.items()}
        for question, text in written.items():
            self._checks += 1
            if LIE in text:
                raise BrokenError("lie", f"n{machine.index} shows what the liar made up, in its {question}")
        return written

    def _promised(self, machine: Machine, found: dict[str, Any]) -> None:
        """See that notes and offers that were acknowledged are there."""
        notes = {one["note"]: one["text"] for one in found["board"]["notes"]}
        for note, text in sorted(self._promises.notes.items()):
            self._checks += 1
            if note not in self._promises.removed and notes.get(note) != text:
                raise BrokenError("notes survive", f"n{machine.index} lost the note {text!r}")
        if any(not one["title"] for one in found["offers"]):
            raise BrokenError("lie", f"n{machine.index} shows an offer in the name of one that never made it")
        offers = {one["id"]: one["state"] for one in found["offers"]}
        for offer in sorted(self._promises.offers):
            self._checks += 1
            expected = ("open", "withdrawn") if offer in self._promises.withdrawn else ("open",)
            if offers.get(offer) not in expected:
                raise BrokenError("acknowledged", f"n{machine.index} lost an offer")

    def _get(self, machine: Machine, command: Command) -> Answer:
        found = self._ask(machine, command)
        if isinstance(found, NodeError):
            raise BrokenError("question", f"n{machine.index} answers {command!r} with {found!r}")
        return found
