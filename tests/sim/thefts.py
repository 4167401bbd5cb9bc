"""Thefts: somebody uses a member's device, others build on what it writes, and its community finds out.

The robbed community has a second machine, with a device of its own, which is honest. From there it retires
the stolen device, naming up to where its edits count: what came later falls, also what honest members had
built on it, and their edits must be there all the same.
"""

from collections.abc import Callable, Collection
from typing import Protocol

from node import ids, keys
from node.directory.board import BOARD_TYPE
from node.engine import commands
from node.engine.commands import Command
from node.feeds import bodies, scopes
from node.feeds.bodies import Kind
from node.identity import community
from node.ids import CommunityId, FederationId
from node.keys import PublicKey
from node.records import record
from tests.sim.broken import BrokenError
from tests.sim.disk import Disk
from tests.sim.founding import Suspect
from tests.sim.machine import Answer, Estate, Machine, further_device
from tests.sim.network import Host
from tests.sim.people import People
from tests.sim.surroundings import Surroundings
from tests.sim.voting import Manner, fill_in

# Of so many members that are not to be trusted one is a device that was stolen.
_STOLEN_ONE_IN = 3
# The second machine of a robbed community is numbered from here.
HOMES = 200
# At which of its deeds the theft is found out at the latest, if not after all questions are closed.
_DEEDS_MAX = 9


class Crook(Protocol):
    """Whatever uses the stolen device: a plain thief, or any suspect."""

    community: CommunityId
    device: PublicKey

    @property
    def checks(self) -> int:
        """Return how many claims it looked at."""
        ...

    @property
    def hosts(self) -> list[Host]:
        """Return what of it can be dialled."""
        ...

    def begin(self) -> None:
        """Start."""
        ...

    def attack(self) -> None:
        """Do what the owner of the device would not."""
        ...

    def fall_silent(self) -> None:
        """Stop."""
        ...


def theft(suspect: Suspect, surroundings: Surroundings) -> str:
    """Tell whether a suspect is a member's device in the wrong hands in this run, and in what manner.

    Returns:
        Nothing; or "thief", who uses the machine as it stands; or the suspect's own manner.
    """
    rng = surroundings.stream(f"theft {suspect.index}")
    stolen = suspect.turncoat and rng.randrange(_STOLEN_ONE_IN) == 0
    return rng.choice(("thief", suspect.manner)) if stolen else ""


class Thief:
    """Use the machine of a member as it stands: write, state sizes, name a holder of the seat and vote.

    Attributes:
        notes: what it pinned to the board, each with the number of the entry behind which it stands.

    Args:
        people: who know what can be taken off the board, and voted on.
    """

    def __init__(
        self,
        suspect: Suspect,
        estate: Estate,
        federation: FederationId,
        people: People,
        surroundings: Surroundings,
    ) -> None:
        self.community = estate.community
        self.device = estate.keys.device.public
        self.checks = 0
        self._machine = Machine(suspect.index, estate, surroundings)
        self.notes: dict[str, int] = {}
        self._federation = ids.show(federation)
        self._scope = scopes.members(federation)
        self._promises = people.promises
        self._rng = surroundings.stream(f"thief {suspect.index}")
        self._holder = estate.keys.delegate
        self._deeds: tuple[Callable[[], None], ...] = (
            self._add_note,
            self._add_note,
            self._remove_note,
            self._edit_profile,
            self._offer,
            self._state_size,
            self._vote,
        )

    @property
    def hosts(self) -> list[Host]:
        """Return what of it can be dialled."""
        return [self._machine]

    def begin(self) -> None:
        """Go on with the machine as it was found."""
        self._machine.start()
        self._ask(commands.GrantMandate(federation=self._federation, holder=keys.show(self._holder.public)))

    def fall_silent(self) -> None:
        """Stop for good."""
        if self._machine.up:
            self._machine.crash()

    def attack(self) -> None:
        """Do something in the community's name; now and then the machine is switched off in between."""
        if self._machine.up and self._rng.randrange(6) == 0:
            self._machine.crash()
        if not self._machine.up:
            self._machine.start()
        for deed in self._rng.choices(self._deeds, k=self._rng.randint(1, 3)):
            deed()

    def _ask(self, command: Command, then: Callable[[Answer], None] = lambda _answer: None) -> None:
        """Ask; a refusal is all one."""

        def answered(result: object) -> None:
            if isinstance(result, dict):
                then(result)

        self._machine.ask(command, answered)

    def _add_note(self) -> None:
        text = f"stolen note {self._rng.randrange(10**6)}"
        ends = self._machine.disk.own_ends(self.device)
        behind = ends[self._scope].seq if self._scope in ends else 0
        self.notes.setdefault(text, behind)
        self._ask(commands.AddNote(federation=self._federation, text=text))

    def _remove_note(self) -> None:
        if self._promises.notes:
            note = self._rng.choice(sorted(self._promises.notes))
            self._promises.removed.add(note)
            self._ask(commands.RemoveNote(federation=self._federation, note=note))

    def _edit_profile(self) -> None:
        text = f"We were {self._rng.randrange(1_000)} robbers."
        self._ask(commands.EditProfile(description=text, language="en", tags=("garden",)))

    def _offer(self) -> None:
        self._ask(commands.AddOffer(title=f"Stolen goods {self._rng.randrange(1_000)}", tags=("free",)))

    def _state_size(self) -> None:
        self._ask(commands.Attest(federation=self._federation, size=self._rng.randint(5, 400)))

    def _vote(self) -> None:
        if not self._promises.proposals:
            return
        proposal = self._rng.choice(sorted(self._promises.proposals))

        def papers(answer: Answer) -> None:
            manner = Manner(self._promises.proposals[proposal])
            signed = fill_in(answer, manner, self._holder, self._rng)
            if signed and self._machine.up:
                self._ask(commands.CastBallots(ballots=tuple(raw for raw, _ in signed)))

        self._ask(commands.ShowPaper(proposal=proposal, holder=keys.show(self._holder.public)), papers)


class Robbed:
    """Act with the stolen device, and for its community, whose second machine finds out one day.

    Attributes:
        home: the second machine, which is honest.
    """

    def __init__(
        self,
        crook: Crook,
        suspect: Suspect,
        estate: Estate,
        federation: FederationId,
        people: People,
        surroundings: Surroundings,
    ) -> None:
        self.community, self.device = crook.community, crook.device
        self._crook = crook
        self._people = people
        self._scope = scopes.members(federation)
        self._surroundings = surroundings
        self._rng = surroundings.stream(f"robbed {suspect.index}")
        self._deeds = 0
        # Beyond what the weather leaves time for: once all questions are closed.
        self._finds_out_at = self._rng.randrange(2, 2 * _DEEDS_MAX)
        self.retired = False
        self.home = Machine(HOMES + suspect.index, further_device(estate, self._rng.randbytes), surroundings)

    @property
    def checks(self) -> int:
        """Return how many claims the one that uses the stolen device looked at."""
        return self._crook.checks

    @property
    def hosts(self) -> list[Host]:
        """Return what of it can be dialled."""
        return [*self._crook.hosts, self.home]

    def begin(self) -> None:
        """Start both machines."""
        self._crook.begin()
        self.home.start()

    def fall_silent(self) -> None:
        """Let the thief stop; the community goes on."""
        self._crook.fall_silent()

    def see(self, disk: Disk, shown: Collection[str]) -> int:
        """See that no note shows that a plain thief wrote behind the cut; return how many were looked at.

        Left out is a board that was begun anew, for an epoch may say what showed then in its owner's name.

        Raises:
            BrokenError: one shows.
        """
        wrote = self._crook.notes if isinstance(self._crook, Thief) else {}
        board = next(iter(disk.documents.of_type(BOARD_TYPE)), None)
        said = disk.feeds.of_document(board.id) if board is not None else []
        if not wrote or any(one.body is None or bodies.kind_of(one.body) is Kind.EPOCH for one in said):
            return 0
        standing = community.evaluate(self.community, map(record.stored, disk.charters.of(self.community)))
        cut = standing.cut(self.device, self._scope) if standing is not None else None
        fallen = {text for text, behind in wrote.items() if cut is not None and behind >= cut.seq}
        if fallen & set(shown):
            raise BrokenError("theft", f"behind the cut the thief wrote {min(fallen & set(shown))}")
        return len(wrote)

    def wake(self) -> None:
        """Switch the second machine on, if it is off."""
        if not self.home.up:
            self.home.start()

    def attack(self) -> None:
        """Let the thief do something, and the community too, or find out."""
        self._deeds += 1
        self._crook.attack()
        if self._deeds == self._finds_out_at:
            self.find_out()
        elif self.home.up and self._rng.randrange(4) == 0:
            self.home.crash()  # What it does not hold when it finds out falls.
        elif self.home.up and self._rng.randrange(2):
            self._people.note(self.home, self._rng)

    def find_out(self) -> None:
        """Retire the stolen device, if it was not yet: by what is held here, or up to somewhere before."""
        if self.retired:
            return
        self.retired = True
        self._surroundings.faults["theft"] += 1
        self.wake()
        self._people.tell(self.home, commands.RetireDevice(device=keys.show(self.device), stolen=True))
