"""A member with two machines, of which one is away for long and goes on with what the other began anew.

The documents that one community writes begin anew by themselves once they have grown. Whoever was cut off
then edits the old epoch; of what either machine acknowledged nothing may be lost. Each edit writes in a
place of its own, so that nobody writes over another's.
"""

from collections.abc import Callable, Sequence
from functools import partial

from node import canonical, ids
from node.engine import commands
from node.engine.commands import Command
from node.engine.own_pages import profile_id
from node.engine.replicas.reissuing import CARRIED
from node.errors import NodeError
from tests.sim.broken import BrokenError
from tests.sim.machine import Answer, Estate, Machine, further_device
from tests.sim.people import People
from tests.sim.surroundings import Surroundings

# The second machine of a member is numbered from here.
SECONDS = 300
# Until what one of them wrote too late is made again.
TIDIED_MS_MAX = 62_000
# How often each machine writes on their page, and how often the one that is away does so before it is back.
_EDITS = (5, 8)
_EDITS_AWAY = (2, 4)
# From when on one of them is away, and for how long.
_LEAVES_MS = (3_000, 15_000)
_AWAY_MS = (12_000, 28_000)


class Household:
    """Write on one community's page from two machines, of which one is away for a while.

    Attributes:
        second: the machine that came later, as honest as the first.
    """

    def __init__(
        self,
        first: Machine,
        estate: Estate,
        others: Sequence[Machine],
        people: People,
        surroundings: Surroundings,
    ) -> None:
        self._rng = surroundings.stream("household")
        self._surroundings = surroundings
        self._people = people
        self._first = first
        self._others = others
        self.second = Machine(
            SECONDS + first.index, further_device(estate, self._rng.randbytes), surroundings
        )
        first.devices = self.second.devices = first.devices | self.second.devices
        # By the language in which it is written what is promised to be on the page.
        self._wrote: dict[str, str] = {}
        self._asked = 0

    def begin(self, raging_ms: int) -> None:
        """Start the second machine, and plan who writes when and who is away."""
        self.second.start()
        for machine in (self._first, self.second):
            for _ in range(self._rng.randint(*_EDITS)):
                self._later(self._rng.randrange(raging_ms), partial(self._write, machine))
        away = self._rng.choice((self._first, self.second))
        leaves, lasts = self._rng.randint(*_LEAVES_MS), self._rng.randint(*_AWAY_MS)
        pairs = [
            frozenset((away.address, host.address))
            for host in (*self._others, self._first, self.second)
            if host is not away
        ]
        self._later(leaves, lambda: self._surroundings.network.block(pairs))
        self._later(leaves + lasts, lambda: self._surroundings.network.unblock(pairs))
        for _ in range(self._rng.randint(*_EDITS_AWAY)):
            self._later(leaves + self._rng.randrange(lasts), lambda: self._write(away))
        if away is self.second and self._rng.randrange(2):
            self._later(leaves + lasts // 3, self._fall)
            self._later(leaves + lasts // 2, self.wake)

    def wake(self) -> None:
        """Switch the second machine on, if it is off."""
        if not self.second.up:
            self.second.start()

    def kept(self, members: Sequence[Machine], ask: Callable[[Machine, Command], Answer | NodeError]) -> int:
        """See that all members show what either machine wrote; return how much that is.

        Raises:
            BrokenError: one of them does not.
        """
        community = ids.show(self._first.community)
        for machine in members:
            shown = ask(machine, commands.ShowProfile(community=community))
            page = shown["profile"]["description"] if isinstance(shown, dict) else {}
            for language, text in sorted(self._wrote.items()):
                if page.get(language) != text:
                    raise BrokenError("carried over", f"n{machine.index} lost what was written: {text}")
        page = profile_id(self._first.community)
        for machine in (self._first, self.second):
            made_again = [canonical.decode(value) for _, value in machine.disk.local.all(CARRIED)]
            self._surroundings.deeds["carried over"] += sum(page in one for one in made_again)
        return len(self._wrote) * len(members)

    def _write(self, machine: Machine) -> None:
        """Write on the page, in a language of its own."""
        if not machine.up:
            return
        self._asked += 1
        language = f"x{chr(ord('a') + self._asked // 26)}{chr(ord('a') + self._asked % 26)}"
        text = f"said {self._asked} of {machine.index}"

        def written(_answer: Answer) -> None:
            self._wrote[language] = text

        self._people.tell(machine, commands.EditProfile(description=text, language=language), written)

    def _fall(self) -> None:
        if self.second.up:
            self.second.crash()

    def _later(self, delay_ms: int, happening: Callable[[], None]) -> None:
        self._surroundings.timeline.plan(delay_ms, happening, timer=True)
