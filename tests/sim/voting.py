"""How delegates vote: on their own device, by lending the vote, or on paper that two people enter."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from node import keys
from node.engine import commands
from node.engine.commands import Command
from node.governance import ballots
from node.governance.ballots import Ballot, Paper
from node.governance.lending import Borrower
from node.governance.mandates import Mandate
from node.ids import CommunityId
from node.keys import KeyPair
from node.records import record
from node.records.record import Record
from tests.sim.machine import Answer, Machine
from tests.sim.promises import Promises

# Of so many ballots one lends the vote to another community's first seat.
_LENT_ONE_IN = 10
_AGREEING_PERCENT = 90
# A signed ballot, read, with the number of its mandate.
Cast = tuple[Ballot, int]
# Asks a machine; the last is called with an answer that is no error.
Ask = Callable[[Machine, Command, Callable[[Answer], None]], None]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a paper is filled in.

    Attributes:
        options: how many there are; none of a yes/no question.
        yes_percent: how many of a hundred say yes to such a question.
        lends_to: communities to whose first seat the vote may be lent.
    """

    options: int
    yes_percent: int = 50
    lends_to: Sequence[CommunityId] = field(default_factory=tuple)

    def choice(self, rng: Random) -> list[int]:
        """Return what a voter wants."""
        if not self.options:
            return [1 if rng.randrange(100) < self.yes_percent else 2]
        return rng.sample(range(1, self.options + 1), rng.randint(1, self.options))


class Voters:
    """Vote for communities.

    Args:
        tell: gives a machine a command that changes something.
        ask: asks a machine a question.
    """

    def __init__(self, machines: Sequence[Machine], promises: Promises, tell: Ask, ask: Ask) -> None:
        self._communities = [machine.community for machine in machines]
        self._promises = promises
        self._tell = tell
        self._ask = ask
        # How many ballots each way of voting brought.
        self.cast = {"lent": 0, "paper": 0}

    def vote(self, machine: Machine, proposal: str, rng: Random) -> None:
        """Let the machine's delegate fetch a paper, sign it at home and hand it in."""
        holder = machine.keys.delegate
        manner = self._manner(proposal)

        def papers(answer: Answer) -> None:
            signed = fill_in(answer, manner, holder, rng)
            if signed and machine.up:
                self._hand_in(machine, signed)

        self._ask(machine, commands.ShowPaper(proposal=proposal, holder=keys.show(holder.public)), papers)

    def vote_on_paper(self, machine: Machine, proposal: str, rng: Random) -> None:
        """Let two stewards enter, one after the other, what stands on their delegate's papers."""
        first = machine.keys.steward
        choice = self._manner(proposal).choice(rng)

        def entered(_answer: Answer) -> None:
            if machine.up:
                self._enter_again(machine, proposal, choice)

        def begun(answer: Answer) -> None:
            made = [ballots.make_entry(blank, choice, first).raw for blank, _ in _blanks(answer)]
            if made and machine.up:
                self._tell(machine, commands.EnterBallots(entries=tuple(made)), entered)

        self._ask(machine, commands.ShowEntry(proposal=proposal, person=keys.show(first.public)), begun)

    def _enter_again(self, machine: Machine, proposal: str, choice: list[int]) -> None:
        """Let the second steward enter the same, which makes the ballots."""
        second = machine.keys.second_steward

        def seen(answer: Answer) -> None:
            signed = [
                _read(
                    ballots.make(blank, choice, second, entered=base64.b64decode(seat["entries"][0])), blank
                )
                for blank, seat in _blanks(answer)
                if seat["entries"]
            ]
            if signed and machine.up:
                self._hand_in(machine, signed)

        self._ask(machine, commands.ShowEntry(proposal=proposal, person=keys.show(second.public)), seen)

    def _manner(self, proposal: str) -> Manner:
        agreed = proposal in self._promises.agreeable
        return Manner(
            options=self._promises.proposals[proposal],
            yes_percent=_AGREEING_PERCENT if agreed else 50,
            lends_to=self._communities,
        )

    def _hand_in(self, machine: Machine, signed: list[tuple[bytes, Cast]]) -> None:
        cast = commands.CastBallots(ballots=tuple(raw for raw, _ in signed))
        self._tell(machine, cast, lambda done: self._voted(done, [one for _, one in signed]))

    def _voted(self, done: Answer, cast: list[Cast]) -> None:
        for (ballot, mandate_seq), named in zip(cast, done["ballots"], strict=True):
            seat = (done["proposal"], bytes(ballot.community), ballot.seat)
            place = (mandate_seq, ballot.seq)
            self._promises.votes[seat] = max(place, self._promises.votes.get(seat, place))
            self._promises.ballots[named] = (seat, place)
            self.cast["lent"] += ballot.follows is not None
            self.cast["paper"] += ballot.entered is not None


def fill_in(paper: dict[str, Any], manner: Manner, holder: KeyPair, rng: Random) -> list[tuple[bytes, Cast]]:
    """Sign one ballot a seat of a paper; each comes with itself and its mandate's number."""
    signed = []
    for blank, _ in _blanks(paper):
        others = [one for one in manner.lends_to if one != blank.community]
        if others and rng.randrange(_LENT_ONE_IN) == 0:
            to = Borrower(community=rng.choice(others), seat=1)
            signed.append(_read(ballots.make(blank, (), holder, follows=to), blank))
        else:
            signed.append(_read(ballots.make(blank, manner.choice(rng), holder), blank))
    return signed


def _blanks(paper: dict[str, Any]) -> list[tuple[Paper, dict[str, Any]]]:
    """Return the forms of a paper, each with what the node says of its seat."""
    return [(ballots.paper_of(paper, seat), seat) for seat in paper["seats"]]


def _read(made: Record, blank: Paper) -> tuple[bytes, Cast]:
    return made.raw, (Ballot.read(made), Mandate.read(record.read(blank.mandate[0])).seq)
