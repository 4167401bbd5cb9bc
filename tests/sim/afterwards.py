"""When all questions are closed one more is put: about a decision, or about who belongs to the federation.

In good weather, so that everybody can be told what it came to: a decision is annulled or not, a member is
suspended or removed, the newcomer is admitted.
"""

from collections.abc import Callable, Collection, Sequence

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.engine.commands.effects import NewEffect
from node.errors import NodeError
from node.ids import CommunityId
from tests.sim.closings import CLOSED
from tests.sim.machine import Answer, Machine
from tests.sim.people import People
from tests.sim.surroundings import Surroundings

# Of so many runs it is done in one, for it takes a minute more of everybody's time.
_ONE_IN = 4
# For these a lot is drawn.
_WITH_A_LOT = (
    ("scottish-stv", 1),
    ("schulze", 2),
    ("phragmen", 2),
    ("equal-shares", 2),
    ("body", 3),
    ("budget-equal-shares", 4),
)


class Afterwards:
    """Put one more question.

    Args:
        members: honest ones.
        removable: members of whom nothing is expected.
        ask: asks a machine and waits for its answer.
    """

    def __init__(
        self,
        members: Sequence[Machine],
        newcomer: Machine,
        removable: Collection[CommunityId],
        people: People,
        surroundings: Surroundings,
        ask: Callable[[Machine, Command], Answer | NodeError],
    ) -> None:
        self._members = members
        self._newcomer = newcomer
        self._removable = sorted(removable)
        self._people = people
        self._surroundings = surroundings
        self._rng = surroundings.stream("afterwards")
        self._ask = ask

    def put(self) -> bool:
        """Put a question, if one is put in this run, and let all vote on it; tell whether it was."""
        if self._rng.randrange(_ONE_IN):
            return False
        asks = self._rng.choice(self._members)
        wanted = [self._annul, self._annul, self._suspend, self._remove, self._admit]
        self._rng.shuffle(wanted)
        effect = next((found for one in wanted if (found := one(asks)) is not None), None)
        if effect is None:
            return False
        self._people.questions.put(asks, effect=effect, everybody=True)
        # Beside it one for which a lot is drawn: in bad weather that is rarely done in time.
        self._people.questions.open(self._rng.choice(self._members), self._rng, _WITH_A_LOT)
        return True

    def _annul(self, asks: Machine) -> NewEffect | None:
        """Ask whether to annul a decision, rather one that somebody wants to have looked at again."""
        found = []
        for question in sorted(self._people.promises.proposals):
            shown = self._ask(asks, commands.ShowResult(proposal=question))
            if isinstance(shown, dict) and shown["state"] in CLOSED:
                found += [question] * (4 if shown["state"] == "under review" else 1)
        return NewEffect(act="annul", decision=self._rng.choice(found)) if found else None

    def _suspend(self, asks: Machine) -> NewEffect | None:
        others = [one for one in self._members if one is not asks]
        return NewEffect(act="suspend", community=ids.show(self._rng.choice(others).community))

    def _remove(self, _asks: Machine) -> NewEffect | None:
        if not self._removable:
            return None
        return NewEffect(act="remove", community=ids.show(self._rng.choice(self._removable)))

    def _admit(self, asks: Machine) -> NewEffect | None:
        """Ask whether to admit the newcomer, if it waits for that."""
        listed = self._ask(asks, commands.ListFederations())
        named = ids.show(self._newcomer.community)
        waiting = [
            one
            for federation in (listed["federations"] if isinstance(listed, dict) else ())
            for one in federation["pending"]
            if one["community"] == named
        ]
        if not waiting:
            return None
        self._people.promises.admitting = True
        return NewEffect(act="admit", community=named)
