"""Questions of every kind that people put while the weather is bad, and what is said about them later."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import Any, TypeAlias

from node.clock import MS_PER_SECOND
from node.engine import commands
from node.engine.commands.bodies import NewFilling
from node.engine.commands.deciding import NewBudget
from node.engine.commands.effects import NewEffect
from tests.sim.founding import bylaws_file, elected, with_device_among
from tests.sim.machine import Answer, Machine
from tests.sim.promises import Promises
from tests.sim.surroundings import Surroundings
from tests.sim.voting import Ask, Voters

PROPOSALS_MAX = 3
# How many vote on a question soon after it was put, and how soon: before its voting ends.
_VOTERS = (2, 5)
_HURRY_MS = 2_000
_OPTIONS = ("Ann", "Ben", "Cleo", "Dan", "Eve")
_PROJECTS = ("Well", "Bridge", "Oven", "Path")
# To so many questions one answer is on paper, to those that everybody answers to each.
_ON_PAPER_ONE_IN = 3
# Of so many questions one is taken back, and how soon: mostly before anybody seals.
_WITHDRAWN_ONE_IN = 6
_WITHDRAWN_MS = (1_000, 26_000)
# How often somebody wants a review of what is closing; while it is not decided yet, how often it looks again.
_REVIEWS = (0, 3)
_REVIEW_LOOKS = 60
_REVIEW_LOOK_MS = 4_000
# What is put how often; a name that is no method says what a yes/no question does, or fills a body.
Kinds: TypeAlias = tuple[tuple[str, int], ...]
KINDS: Kinds = (
    ("yes-no", 5),
    ("scottish-stv", 4),
    ("schulze", 1),
    ("phragmen", 1),
    ("equal-shares", 1),
    ("budget-equal-shares", 3),
    ("body", 2),
    ("form", 1),
    ("line", 1),
    ("bylaws", 2),
)


class Questions:
    """Put questions, call voters, take questions back and ask for reviews.

    Attributes:
        withdraws: whether some questions are taken back.

    Args:
        machines: those of members.
        voting_s: how long voting lasts.
        tell: gives a machine a command that changes something.
        ask: asks a machine a question.
    """

    def __init__(
        self,
        machines: Sequence[Machine],
        federation: str,
        promises: Promises,
        surroundings: Surroundings,
        voting_s: int,
        tell: Ask,
        ask: Ask,
    ) -> None:
        self._machines = machines
        self._federation = federation
        self._promises = promises
        self._surroundings = surroundings
        self._tell = tell
        self._ask = ask
        self._voting_s = voting_s
        self._voting_ms = voting_s * MS_PER_SECOND - _HURRY_MS
        self._rng = surroundings.stream("voting")
        self._reviewing = surroundings.stream("reviewing")
        self.withdraws = True
        self.voters = Voters(machines, promises, tell, ask)

    def open(self, machine: Machine, rng: Random, kinds: Kinds = KINDS) -> None:
        """Put a question of some kind."""
        (kind,) = rng.choices([name for name, _ in kinds], weights=[weight for _, weight in kinds])
        match kind:
            case "yes-no":
                self.put(machine)
            case "budget-equal-shares":
                costs = tuple(rng.randint(20, 120) for _ in _PROJECTS)
                budget = NewBudget(money=rng.randint(120, 240), unit="euro", costs=costs)
                self.put(machine, method="budget", options=_PROJECTS, budget=budget, everybody=True)
            case "body":
                self._fill_body(machine)
            case "form" | "line" | "bylaws":
                self.put(machine, effect=self._effect(kind, rng), everybody=True)
            case _:
                self.put(machine, method=kind, options=_OPTIONS, seats=2)

    def put(
        self,
        machine: Machine,
        *,
        everybody: bool = False,
        then: Callable[[str], None] = lambda _proposal: None,
        **fields: Any,
    ) -> None:
        """Put a question and call voters, all of them or some; `then` is called with its id."""

        def opened(answer: Answer) -> None:
            proposal = answer["proposal"]
            self._promises.proposals[proposal] = len(fields.get("options", ()))
            self._surroundings.deeds["questions"] += 1
            if "effect" in fields:
                self._promises.agreeable.add(proposal)
            self._call_voters(proposal, everybody=everybody)
            taken_back = self.withdraws and self._rng.randrange(_WITHDRAWN_ONE_IN) == 0
            if "effect" not in fields and taken_back:
                self._later(self._rng.randint(*_WITHDRAWN_MS), lambda: self._withdraw(machine, proposal))
            then(proposal)

        title = f"Question {self._rng.randrange(1_000)}"
        asked = {"method": "yes-no", "title": title, "federation": self._federation, **fields}
        self._tell(machine, commands.OpenProposal(**asked), opened)

    def vote(self, machine: Machine, rng: Random) -> None:
        """Let a machine's delegate vote on some question."""
        self.voters.vote(machine, rng.choice(sorted(self._promises.proposals)), rng)

    def review(self, within_ms: int) -> None:
        """Let somebody ask within that time that what is decided be looked at again."""
        for _ in range(self._reviewing.randint(*_REVIEWS)):
            self._later(self._reviewing.randrange(within_ms), partial(self._ask_review, _REVIEW_LOOKS))

    def _effect(self, kind: str, rng: Random) -> NewEffect:
        number = rng.randrange(1_000)
        if kind == "form":
            return NewEffect(act="form", name=f"form {number}", content=b'{"title": "%d"}' % number)
        if kind == "line":
            return NewEffect(act="budget", name=f"line {number}", amount=number, unit="hours")
        seconds = self._voting_s + 1 + number % 4
        # By every other bylaws some members' nodes close what is asked, by the others all do.
        members = range(len(self._machines))
        chosen = [self._machines[index].community for index in elected(members)] if number % 2 else []
        stating = [one.community for one in self._machines] if number % 5 == 1 else []
        changed = bylaws_file(
            len(self._machines),
            supporters=3 + number % 5,
            seconds=seconds,
            chosen=chosen,
            stating=stating,
            odd=number // 2,
        )
        return NewEffect(act="bylaws", content=changed)

    def _fill_body(self, machine: Machine) -> None:
        """Begin a council and elect its two members."""

        def kept(answer: Answer) -> None:
            if machine.up:
                council = NewFilling(body=answer["body"])
                election = partial(self.put, machine, method="scottish-stv", options=_OPTIONS, seats=2)
                election(everybody=True, fills=council)

        council = commands.KeepBody(
            federation=self._federation, body="Council", kind="council", places=2, term_days=30
        )
        self._tell(machine, council, kept)

    def _call_voters(self, proposal: str, *, everybody: bool) -> None:
        """Let some vote on a question while its voting is open, or all."""
        called: list[Machine | None] = [None] * self._rng.randint(*_VOTERS)
        with_device = self._machines[: with_device_among(len(self._machines))]
        for one in with_device if everybody else called:
            self._later(self._rng.randrange(self._voting_ms), partial(self._called, proposal, one))
        if everybody or self._rng.randrange(_ON_PAPER_ONE_IN) == 0:
            self._later(self._rng.randrange(self._voting_ms), lambda: self._called_on_paper(proposal))

    def _called(self, proposal: str, machine: Machine | None) -> None:
        running = [one for one in self._machines if one.up]
        chosen = machine or (self._rng.choice(running) if running else None)
        if chosen is not None and chosen.up:
            self.voters.vote(chosen, proposal, self._rng)

    def _called_on_paper(self, proposal: str) -> None:
        """Let those vote on paper whose delegate has no device: the last community's."""
        if self._machines[-1].up:
            self.voters.vote_on_paper(self._machines[-1], proposal, self._rng)

    def _withdraw(self, machine: Machine, proposal: str) -> None:
        if machine.up:
            self._tell(machine, commands.WithdrawProposal(proposal=proposal), lambda _answer: None)

    def _ask_review(self, looks: int, proposal: str = "") -> None:
        """Let somebody ask for a review as soon as a question is decided; some are too late."""
        running = [one for one in self._machines if one.up]
        if not running or not self._promises.proposals:
            return
        wanted = proposal or self._reviewing.choice(sorted(self._promises.proposals))
        asks = self._reviewing.choice(running)

        def seen(answer: Answer) -> None:
            if answer["state"] in ("certified", "under review"):
                asked = commands.AskReview(proposal=wanted, reason="We were not heard.")
                self._tell(asks, asked, self._reviewed)
            elif looks:
                self._later(_REVIEW_LOOK_MS, partial(self._ask_review, looks - 1, wanted))

        self._ask(asks, commands.ShowResult(proposal=wanted), seen)

    def _reviewed(self, _answer: Answer) -> None:
        self._surroundings.deeds["reviews"] += 1

    def _later(self, delay_ms: int, happening: Callable[[], None]) -> None:
        self._surroundings.timeline.plan(delay_ms, happening, timer=True)
