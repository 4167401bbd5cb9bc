"""One run: a seed, a founded federation, bad weather, healing, and what must hold then."""

import pickle
from dataclasses import dataclass, field

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.errors import NodeError
from tests.sim import agreement
from tests.sim.afterwards import Afterwards
from tests.sim.agreement import Inquiry
from tests.sim.broken import BrokenError
from tests.sim.checkers import Watch, disks_hold
from tests.sim.closings import CLOSED, CLOSING_MS_MAX, Closings
from tests.sim.founding import APPROVALS, SEEDS_PER_FOUNDING, found
from tests.sim.households import TIDIED_MS_MAX, Household
from tests.sim.machine import Answer, Estate, Machine
from tests.sim.operators import Operators, small_quota
from tests.sim.people import People
from tests.sim.results import tally
from tests.sim.surroundings import Surroundings
from tests.sim.suspects import crook
from tests.sim.thefts import Robbed
from tests.sim.weather import CLOSING_FALLS_MS, RAGING_MS, Weather

# Until then everybody has dialled everybody they know.
_MORNING_MS = 1_500
# After healing all have to agree within this; looked at every so often.
CONVERGENCE_MS_MAX = 4 * 60_000
_LOOK_EVERY_MS = 1_000


@dataclass(slots=True)
class Report:
    """What one run did."""

    seed: int
    steps: int = 0
    virtual_ms: int = 0
    commands: int = 0
    checks: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    deeds: dict[str, int] = field(default_factory=dict)
    trace: bytes = b""
    check: str = ""
    found: str = ""
    lines: list[str] | None = None


class World:
    """Everything of one run.

    Args:
        seed: decides all; `seed // SEEDS_PER_FOUNDING` decides the founding.
        nodes: members, newcomer and outsider together.
        traced: whether to keep a readable trace.
    """

    def __init__(self, seed: int, nodes: int, *, traced: bool = False) -> None:
        self.founded = found(seed // SEEDS_PER_FOUNDING, nodes)
        cast = self.founded.cast
        self.surroundings = Surroundings(seed, nodes)
        self.surroundings.lines = [] if traced else None
        estates = pickle.loads(self.founded.estates)
        honest = [*cast.members, cast.newcomer, cast.outsider]
        self.machines = [Machine(index, estates[index], self.surroundings) for index in honest]
        self.members = [self.machines[index] for index in cast.members]
        self.newcomer = self.machines[cast.newcomer]
        self.outsider = self.machines[cast.outsider]
        self.people = People(
            self.members,
            self.newcomer,
            self.outsider,
            ids.show(self.founded.federation),
            self.surroundings,
            voting_s=self.founded.voting_s,
        )
        around = (self.machines, self.founded.federation, self.people, self.surroundings)
        self.suspects = [crook(one, estates[one.index], *around) for one in cast.suspects]
        self.turncoats = [
            found.community for found, one in zip(self.suspects, cast.suspects, strict=True) if one.turncoat
        ]
        self.owners = {one.keys.device.public: one.community for one in self.machines}
        self.owners |= {one.device: one.community for one in self.suspects}
        self.robbed = [one for one in self.suspects if isinstance(one, Robbed)]
        self.household = self._household(estates) if self.surroundings.grows else None
        self.owners |= {home.keys.device.public: home.community for home in self.homes()}
        if self.surroundings.pauses:
            disks = [estate.disk for estate in estates]
            self.surroundings.quota = small_quota(disks, self.surroundings)
        self.operators = Operators(
            [*self.machines, *self.homes()],
            self.founded.federation,
            self.owners,
            [suspect.community for suspect in self.suspects],
            self.surroundings,
            self.ask,
        )
        founders = [machine.community for machine in self.members]
        self.watch = Watch(
            federation=self.founded.federation,
            owners=self.owners,
            dishonest={one.device for one in self.suspects},
            founders=[*founders, *self.turncoats],
            newcomer=self.newcomer.community,
            promises=self.people.promises,
            approvals_needed=APPROVALS,
        )
        self.surroundings.after_commit = self.watch.committed
        self.surroundings.after_crash = self.watch.crashed
        self.weather = Weather(self.machines, self.people, self.suspects, self.surroundings)
        self.checks = 0
        self.healed_ms = 0

    def begin(self) -> None:
        """Start all machines and let them find each other."""
        for host in [host for suspect in self.suspects for host in suspect.hosts]:
            self.surroundings.network.add(host)
        for machine in self.machines:
            self.surroundings.network.add(machine)
        for machine in self.machines:
            machine.start()
        for suspect in self.suspects:
            suspect.begin()
        if self.household is not None:
            self.surroundings.network.add(self.household.second)
            self.household.begin(RAGING_MS)
        if self.surroundings.pauses:
            self.operators.begin(RAGING_MS)
        self.surroundings.timeline.run_until(_MORNING_MS)

    def run(self) -> None:
        """Live through bad weather and see that all is well afterwards.

        Raises:
            BrokenError: it is not.
        """
        self.begin()
        self.weather.rage()
        self.weather.heal()
        for one in self.robbed:
            one.wake()
        if self.household is not None:
            self.household.wake()
        if self.surroundings.pauses:
            self.operators.rest()
            self.operators.raise_all(set(self.owners.values()))
        self.converge()
        for suspect in self.suspects:
            suspect.fall_silent()
        self.close()
        self.find_out()
        if self.household is not None:
            # What came too late for an epoch is made again in a quiet moment: one round is a minute.
            self.surroundings.timeline.run_until(self.surroundings.timeline.now_ms + TIDIED_MS_MAX)
        self.converge()
        self.inquire()

    def converge(self) -> None:
        """Wait until all members hold the same, four virtual minutes at most."""
        timeline = self.surroundings.timeline
        self.healed_ms = timeline.now_ms
        while not self._settled():
            self.checks += 1
            self.operators.raise_rest(self.group())
            if timeline.now_ms >= self.healed_ms + CONVERGENCE_MS_MAX:
                raise BrokenError("convergence", "members still differ four minutes after healing")
            timeline.run_until(timeline.now_ms + _LOOK_EVERY_MS)

    def _settled(self) -> bool:
        """Tell whether all members hold the same, also when what was under way has arrived."""
        if not self._equal():
            return False
        # A witness may have spoken while they were looked at, and a connection broken before all heard it.
        self.surroundings.timeline.settle()
        return self._equal()

    def close(self) -> None:
        """Let machines fall while questions close, and wait until every one that can be is certified.

        Raises:
            BrokenError: one is not, though its time is over.
        """
        questions = self.people.promises.proposals
        if self.surroundings.clocks_wild or not questions:
            return
        self.people.questions.review(CLOSING_FALLS_MS)
        self.weather.fall_again()
        closings = Closings(self.ask, self.surroundings.timeline, len(self.turncoats))
        closings.wait(self.witnesses(), questions)
        if self.afterwards().put():
            self.converge()
            closings.wait(self.witnesses(), questions)
        if any(not closings.asked(one) for one in self.witnesses()):
            # The newcomer was admitted meanwhile, and learns now what there is.
            self.converge()
        closings.settle(self.witnesses, questions)
        self.checks += closings.checks

    def find_out(self) -> None:
        """Let communities whose device was stolen find out by now; what was certified before stays so.

        Raises:
            BrokenError: it does not.
        """
        if all(one.retired for one in self.robbed):
            return
        before = self._certified()
        for one in self.robbed:
            one.find_out()
        self.converge()
        after = self._certified()
        self.checks += len(before)
        for (index, question), result in before.items():
            if after.get((index, question)) != result:
                raise BrokenError("theft", f"n{index} held a result certified before a theft was found out")

    def _certified(self) -> dict[tuple[int, str], str]:
        """Return by machine and question the results that are certified."""
        found = {}
        for machine in self.group():
            for question in sorted(self.people.promises.proposals):
                shown = self.ask(machine, commands.ShowResult(proposal=question))
                if isinstance(shown, dict) and shown["state"] in CLOSED:
                    found[machine.index, question] = str(shown["result_id"])
        return found

    def inquire(self) -> None:
        """Check what must hold now that all is healed, before and after one node made its caches again."""
        members = self.group()
        self.checks += disks_hold(self.watch, self.machines, members, self.people.promises.later)
        agree, promises = not self.surroundings.clocks_wild, self.people.promises
        inquiry = Inquiry(members, self.founded.federation, promises, self.ask, clocks_agree=agree)
        held = self._held()
        try:
            self._agree(inquiry, members)
        except BrokenError as broken:
            # A term may begin between two clocks. A witness may speak meanwhile; who holds the same agrees.
            speaks = broken.check in ("results", "roll", "effects") and held != self._held()
            if not speaks and broken.check != "bodies":
                raise
            self.surroundings.timeline.run_until(self.surroundings.timeline.now_ms + CLOSING_MS_MAX)
            self._agree(inquiry, members)
        self.checks += inquiry.checks
        board = self.ask(self.members[0], commands.ShowBoard(federation=ids.show(self.founded.federation)))
        shown = {note["text"] for note in board["notes"]} if isinstance(board, dict) else set()
        self.checks += sum(one.see(self.members[0].disk, shown) for one in self.robbed)
        if self.household is not None:
            self.checks += self.household.kept(members, self.ask)
        self.people.circling.check(members, self.ask)
        self.checks += self.people.circling.checks

    def _agree(self, inquiry: Inquiry, members: list[Machine]) -> None:
        """See that all members answer the same, and one of them also after it made its caches again."""
        expected = inquiry.agree()
        self.surroundings.deeds.update(tally(expected))
        rebuilt = self.surroundings.stream("rebuild").choice(members)
        self.ask(rebuilt, commands.Rebuild())
        inquiry.compare(expected, inquiry.answers(rebuilt), f"n{rebuilt.index} before and after rebuild")

    def ask(self, machine: Machine, command: Command) -> Answer | NodeError:
        """Ask a machine and let time go on until it answers."""
        answers: list[Answer | NodeError | None] = []
        machine.ask(command, answers.append)
        while not answers:
            self.surroundings.timeline.run_until(self.surroundings.timeline.now_ms + 1)
        (answer,) = answers
        assert answer is not None, "nothing crashes after healing"
        return answer

    def group(self) -> list[Machine]:
        """Return the honest machines of all members, the newcomer's too once it is one."""
        known = self.members[0].members(self.founded.federation)
        newcomer = [self.newcomer] if self.newcomer.community in known else []
        return [*self.members, *newcomer, *self.homes()]

    def witnesses(self) -> list[Machine]:
        """Return those of the group that may be witnesses."""
        homes = self.homes()
        return [one for one in self.group() if one not in homes]

    def homes(self) -> list[Machine]:
        """Return the second machines of members: honest, and no witnesses."""
        second = [self.household.second] if self.household is not None else []
        return [*(one.home for one in self.robbed), *second]

    def afterwards(self) -> Afterwards:
        """Return what puts one more question in the end."""
        stolen = {one.community for one in self.robbed}
        removable = [one for one in self.turncoats if one not in stolen]
        return Afterwards(self.members, self.newcomer, removable, self.people, self.surroundings, self.ask)

    def report(self, seed: int) -> Report:
        """Return what happened so far."""
        faults = self.surroundings.faults
        faults["duplicate"] = sum(machine.disk.feeds.duplicates for machine in self.machines)
        deeds = self.surroundings.deeds
        deeds["restarted"] = self.watch.restarted if self.surroundings.grows else 0
        deeds.update(self.people.questions.voters.cast)
        return Report(
            seed=seed,
            steps=self.surroundings.steps,
            virtual_ms=self.surroundings.timeline.now_ms,
            commands=self.surroundings.commands,
            checks=self.checks + self.watch.checks + sum(one.checks for one in self.suspects),
            faults=dict(faults),
            deeds=dict(deeds),
            trace=self.founded.trace + self.surroundings.trace,
            lines=self.surroundings.lines,
        )

    def _household(self, estates: list[Estate]) -> Household:
        """Return a member that has two machines; the first member dials nobody, so it is another."""
        chosen = self.surroundings.stream("whose household").choice(self.members[1:])
        first, others = estates[chosen.index], [one for one in self.machines if one is not chosen]
        self.people.keeping.add(chosen.index)
        return Household(chosen, first, others, self.people, self.surroundings)

    def _equal(self) -> bool:
        """Tell whether all members hold the same entries and see the same members."""
        first, *others = self._held()
        return all(other == first for other in others)

    def _held(self) -> list[tuple[object, object]]:
        """Return which entries each member holds and which members it sees."""
        group, federation = self.group(), self.founded.federation
        belong = self.members[0].members(federation)
        communities = {machine.community for machine in group} | set(self.turncoats)
        owners = {device: owner for device, owner in self.owners.items() if owner in communities}
        removed = {device for device, owner in owners.items() if owner not in belong}
        return [(agreement.state(one, federation, owners, removed), one.members(federation)) for one in group]


def simulate(seed: int, nodes: int, *, traced: bool = False) -> Report:
    """Run one seed and report, also a claim that did not hold or an error that a node let out."""
    try:
        world = World(seed, nodes, traced=traced)
    except Exception as error:  # noqa: BLE001 (the nodes could not even found a federation in good weather)
        return Report(seed, check="founding", found=f"founding: {type(error).__name__}: {error}")
    problem: tuple[str, str] = ("", "")
    try:
        world.run()
    except BrokenError as broken:
        problem = (broken.check, str(broken))
    except Exception as error:  # noqa: BLE001 (whatever a node lets out is a failure of this seed, not of the run)
        problem = ("exception", f"exception: {type(error).__name__}: {error}")
    report = world.report(seed)
    report.check, report.found = problem
    return report
