"""The elections of a federation that fill places of bodies, and how far each has come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from node.clock import Timestamp
from node.engine.deciding.outcomes import read_outcome
from node.engine.deciding.questions import Question, Questions
from node.engine.registry import Registry
from node.errors import UserError
from node.federation.membership import Members
from node.governance import bodies
from node.governance.bodies import Election, Resignation
from node.governance.closing.phases import Phase
from node.governance.fillings import Filling

# Certified, and not annulled; whether it acts already depends on time and on reviews.
_DECIDED = frozenset({Phase.CERTIFIED, Phase.UNDER_REVIEW, Phase.IN_FORCE, Phase.UPHELD})
_UNDER_WAY = frozenset({Phase.DRAFT, Phase.OPEN, Phase.SEALING, Phase.STALLED})


@dataclass(frozen=True, slots=True)
class Fills:
    """An election that fills places, as this node's papers tell of it.

    Attributes:
        elected: as certified; while it is under way, nobody.
        acts: whether its result is in force, and fills the places.
        let: whether the bylaws it was put under let it; else whom it elects is for people to act on.
    """

    question: Question
    filling: Filling
    phase: Phase
    elected: Election | None
    acts: bool
    let: bool

    @property
    def is_coming(self) -> bool:
        """Tell whether it is decided and not in force yet."""
        return self.elected is not None and self.let and not self.acts

    @property
    def is_left(self) -> bool:
        """Tell whether it is decided, and left to people because the bylaws do not let it fill places.

        How long it is, `left` says.
        """
        return self.elected is not None and not self.let

    @property
    def is_under_way(self) -> bool:
        """Tell whether it is still to be decided."""
        return self.phase in _UNDER_WAY and self.elected is None


def of_bodies(
    members: Members, questions: Questions, registry: Registry, now: Timestamp
) -> dict[bytes, list[Fills]]:
    """Return the elections put in a federation by the body that they fill, in the order of their ids."""
    found: dict[bytes, list[Fills]] = {}
    for one in _each(members, questions, registry, now):
        found.setdefault(one.filling.body, []).append(one)
    return found


def left(fills: Sequence[Fills], now: int) -> list[tuple[Fills, frozenset[int]]]:
    """Return the elections to a body that are left to people still, each with the places that wait for that.

    After its term, and where a newer election fills the place, nobody is to be put in office by it any more.

    Args:
        fills: the elections to the body.
        now: the reader's time, in seconds since 1970.
    """
    newest: dict[int, tuple[int, int, bytes]] = {}
    for one in fills:
        if one.acts and one.elected is not None and one.elected.elected and one.filling.starts <= now:
            for place in one.filling.places:
                newest[place] = max(one.elected.precedence, newest.get(place, one.elected.precedence))
    found = []
    for one in fills:
        if one.is_left and one.elected is not None and now < one.filling.ends:
            than = one.elected.precedence
            places = frozenset(n for n in one.filling.places if n not in newest or newest[n] < than)
            found += [(one, places)] if places else []
    return found


def _each(members: Members, questions: Questions, registry: Registry, now: Timestamp) -> Iterator[Fills]:
    for proposal in sorted(questions.put(members), key=lambda one: one.id):
        if proposal.fills is None:
            continue
        try:
            question = questions.find(proposal.id)
        except UserError:
            continue  # Its roll is not held here yet, or does not stand: nobody can be elected on it.
        reading = read_outcome(question, questions, registry, now)
        elected = None
        # `state` is the phase only once the certified result was counted again here.
        if reading.state == reading.phase.value and reading.phase in _DECIDED:
            elected = Election(
                proposal,
                tuple(placed.option for placed in reading.result.outcome.elected),
                bodies.resigned(proposal, questions.about(question.scope, Resignation.kind, proposal.id)),
            )
        let = question.rules.effects.bodies
        acts = elected is not None and let and reading.acts
        yield Fills(question, proposal.fills, reading.phase, elected, acts, let)
