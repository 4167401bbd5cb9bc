"""Suspects that mean no harm: a device whose key was copied, and one that was restored from an old copy.

Both run the real node and tell two stories of one feed. Nothing is expected of them; all others have to end
equal whatever these say, and keep all that counts of it.
"""

import pickle
from dataclasses import replace

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.feeds.entry import FeedKey
from node.identity import community
from node.identity.charter import Cut
from node.ids import FederationId
from node.records import record
from tests.sim.founding import Suspect
from tests.sim.machine import Estate, Machine
from tests.sim.network import Host
from tests.sim.surroundings import Surroundings

# Machines that share a key with another are numbered from here.
_COPIES = 100


class Twins:
    """Run one device on two machines, or on one that goes back to what it was.

    Args:
        suspect: `cloned` or `restored`.
        estate: keys and disk of the community that it was during the founding.
    """

    def __init__(
        self, suspect: Suspect, estate: Estate, federation: FederationId, surroundings: Surroundings
    ) -> None:
        self.community = estate.community
        self.device = estate.keys.device.public
        self.checks = 0
        self._federation = ids.show(federation)
        self._turncoat = suspect.turncoat
        self._restores = suspect.manner == "restored"
        self._surroundings = surroundings
        self._rng = surroundings.stream(f"twins {suspect.index}")
        self._shortening = surroundings.stream(f"shortening {suspect.index}")
        self._retired = False
        self._machines = [Machine(suspect.index, estate, surroundings)]
        if not self._restores:
            disk = pickle.loads(pickle.dumps(estate.disk))
            copied = replace(estate, disk=disk)
            self._machines.append(Machine(_COPIES + suspect.index, copied, surroundings))
        self._backup = b""

    @property
    def hosts(self) -> list[Host]:
        """Return what of it can be dialled."""
        return [*self._machines]

    def begin(self) -> None:
        """Start as every node does."""
        for machine in self._machines:
            machine.start()

    def fall_silent(self) -> None:
        """Stop for good."""
        for machine in self._machines:
            if machine.up:
                machine.crash()

    def attack(self) -> None:
        """Write something, or be copied and put back."""
        machine = self._rng.choice(self._machines)
        if self._restores and self._rng.randrange(3) == 0:
            self._restore(machine)
        # What a member's device wrote others have built on: what falls with it is no question of checkpoints.
        may_fall = self._surroundings.shortens and not self._turncoat and not self._retired
        if may_fall and self._shortening.randrange(10) == 0:
            self._retire(machine)
        if not machine.up:
            machine.start()
        machine.ask(self._command(machine), lambda _answer: None)

    def _command(self, machine: Machine) -> Command:
        number = self._rng.randrange(1_000)
        if self._surroundings.shortens and self._shortening.randrange(4) == 0:
            return commands.ShortenFeed()
        if self._turncoat and self._rng.randrange(2):
            return commands.AddNote(federation=self._federation, text=f"again {number} of {machine.index}")
        if self._rng.randrange(2):
            return commands.AddOffer(title=f"Bread twice {number}", tags=("free",))
        return commands.EditProfile(
            description=f"We were {number} neighbours.", language="en", tags=("garden",)
        )

    def _retire(self, machine: Machine) -> None:
        """Let the community find out that the device was stolen: what counts of it ends before now."""
        self._retired = True
        self._surroundings.faults["stolen"] += 1
        disk = machine.disk
        standing = community.evaluate(self.community, map(record.stored, disk.charters.of(self.community)))
        assert standing is not None
        cuts: list[Cut] = []
        for scope in disk.feeds.scopes():
            feed = FeedKey(self.device, scope)
            if ends := disk.feeds.heads_of(feed):
                last = self._shortening.choice(ends)
                path = disk.feeds.path(feed, last.id, after_seq=0, entries_max=10**6, bytes_max=10**9)
                chosen = self._shortening.choice(path) if path else None
                if chosen is not None:
                    cuts.append(Cut(scope=scope, seq=chosen.seq, entry=chosen.id))
        link = community.next_retirement(standing, self.device, stolen=True, cuts=cuts)
        signed = link.sign(machine.keys.steward)
        for one in self._machines:
            if one.up:
                one.crash()
            one.disk.charters.add(self.community, signed.id, signed.raw)
            one.disk.commit()

    def _restore(self, machine: Machine) -> None:
        """Take a copy of the disk when there is none, else go back to it."""
        if machine.up:
            machine.crash()
        if not self._backup:
            self._backup = pickle.dumps(machine.disk)
            return
        self._surroundings.faults["restored"] += 1
        machine.disk = pickle.loads(self._backup)
        machine.acknowledged.clear()  # What came after the copy is gone, and known to be.
