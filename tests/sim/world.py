"""One run: a seed, a founded federation, bad weather, healing, and what must hold then."""

import pickle
from dataclasses import dataclass, field

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.errors import NodeError
from node.keys import PublicKey
from tests.sim import agreement
from tests.sim.agreement import Inquiry
from tests.sim.broken import BrokenError
from tests.sim.checkers import Proofs, Watch, quotas_hold
from tests.sim.closings import CLOSING_MS_MAX, Closings
from tests.sim.founding import APPROVALS, SEEDS_PER_FOUNDING, Suspect, found
from tests.sim.later import carried
from tests.sim.liar import Liar
from tests.sim.machine import Answer, Estate, Machine
from tests.sim.people import People
from tests.sim.surroundings import Surroundings
from tests.sim.thefts import Crook, Robbed, Thief, theft
from tests.sim.twins import Twins
from tests.sim.weather import Weather

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
        )
        self.suspects = [self._suspect(one, estates[one.index]) for one in cast.suspects]
        self.turncoats = [
            found.community for found, one in zip(self.suspects, cast.suspects, strict=True) if one.turncoat
        ]
        self.owners = {one.keys.device.public: one.community for one in self.machines}
        self.owners |= {one.device: one.community for one in self.suspects}
        self.robbed = [one for one in self.suspects if isinstance(one, Robbed)]
        self.owners |= {one.home.keys.device.public: one.community for one in self.robbed}
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
        self.converge()
        for suspect in self.suspects:
            suspect.fall_silent()
        self.close()
        self.find_out()
        self.converge()
        self.inquire()

    def converge(self) -> None:
        """Wait until all members hold the same, four virtual minutes at most."""
        timeline = self.surroundings.timeline
        self.healed_ms = timeline.now_ms
        while not self._settled():
            self.checks += 1
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
        self.weather.fall_again()
        closings = Closings(self.ask, self.surroundings.timeline, len(self.turncoats))
        closings.wait([one for one in self.group() if one not in self.homes()], questions)
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
                if isinstance(shown, dict) and shown["state"] in ("certified", "in force"):
                    found[machine.index, question] = str(shown["result_id"])
        return found

    def inquire(self) -> None:
        """Check what must hold now that all is healed, before and after one node made its caches again."""
        for machine in self.machines:
            self.watch.kept(machine, machine.disk)
        members = self.group()
        for machine in members:
            for other in members:
                self.watch.kept(machine, other.disk)
            for feed, head in self.people.promises.later:
                self.checks += 1
                if not carried(machine.disk, feed, head):
                    raise BrokenError("later", f"n{machine.index} lacks what a later version said")
        for machine in self.machines:
            self.checks += quotas_hold(machine)
        proofs = Proofs()
        for machine in self.machines:
            self.checks += proofs.verify(machine.index, machine.disk)
        inquiry = Inquiry(members, self.founded.federation, self.people.promises, self.ask)
        try:
            self._agree(inquiry, members)
        except BrokenError as broken:
            # Where clocks are a day apart a question or a roll may be certified while it is asked about.
            if broken.check not in ("results", "roll") or not self.surroundings.clocks_wild:
                raise
            self.surroundings.timeline.run_until(self.surroundings.timeline.now_ms + CLOSING_MS_MAX)
            self._agree(inquiry, members)
        self.checks += inquiry.checks
        board = self.ask(self.members[0], commands.ShowBoard(federation=ids.show(self.founded.federation)))
        shown = {note["text"] for note in board["notes"]} if isinstance(board, dict) else set()
        self.checks += sum(one.see(self.members[0].disk, shown) for one in self.robbed)

    def _agree(self, inquiry: Inquiry, members: list[Machine]) -> None:
        """See that all members answer the same, and one of them also after it made its caches again."""
        expected = inquiry.agree()
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

    def homes(self) -> list[Machine]:
        """Return the second machines of members whose device was stolen: honest, and no witnesses."""
        return [one.home for one in self.robbed]

    def report(self, seed: int) -> Report:
        """Return what happened so far."""
        faults = self.surroundings.faults
        faults["duplicate"] = sum(machine.disk.feeds.duplicates for machine in self.machines)
        return Report(
            seed=seed,
            steps=self.surroundings.steps,
            virtual_ms=self.surroundings.timeline.now_ms,
            commands=self.surroundings.commands,
            checks=self.checks + self.watch.checks + sum(one.checks for one in self.suspects),
            faults=dict(faults),
            trace=self.founded.trace + self.surroundings.trace,
            lines=self.surroundings.lines,
        )

    def _suspect(self, suspect: Suspect, estate: Estate) -> Crook:
        """Return one of whom nothing is expected; in some runs it is a member's device that was stolen."""
        stolen = theft(suspect, self.surroundings)
        if not stolen:
            return self._liar(suspect, estate)
        federation, people = self.founded.federation, self.people
        plain = stolen == "thief"
        used = Thief(suspect, estate, federation, people, self.surroundings) if plain else None
        crook: Crook = used or self._liar(suspect, estate)
        return Robbed(crook, suspect, estate, federation, people, self.surroundings)

    def _liar(self, suspect: Suspect, estate: Estate) -> Liar | Twins:
        """Return one of whom nothing is expected, as its manner is."""
        friends = [self.machines[index] for index in suspect.friends]
        if suspect.manner in ("cloned", "restored"):
            return Twins(suspect, estate, self.founded.federation, self.surroundings)
        return Liar(
            estate,
            address=f"n{suspect.index}.example:80",
            manner=suspect.manner,
            machines=self.machines,
            friends=friends,
            federation=self.founded.federation,
            turncoat=suspect.turncoat,
            surroundings=self.surroundings,
        )

    def _equal(self) -> bool:
        """Tell whether all members hold the same entries and see the same members."""
        group = self.group()
        communities = {machine.community for machine in group}
        communities.update(self.turncoats)
        owners: dict[PublicKey, bytes] = {
            device: owner for device, owner in self.owners.items() if owner in communities
        }
        first, *others = [
            (agreement.state(m, self.founded.federation, owners), m.members(self.founded.federation))  # type: ignore[arg-type]
            for m in group
        ]
        return all(other == first for other in others)


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
