"""How a question stands: what was certified, or what the ballots held here give for now."""

from dataclasses import dataclass

from node.clock import Timestamp
from node.engine.deciding.judging import kept_of
from node.engine.deciding.questions import Question, Questions, quorum_of
from node.engine.deciding.standing import read_standing
from node.engine.registry import Registry
from node.engine.rolls.rolls import WHY_NOT, RollStanding
from node.governance import decisions
from node.governance.closing.cut import equivocating
from node.governance.closing.lottery import Lot
from node.governance.closing.phases import Phase, Windows
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import Review
from node.governance.decisions import WHY_PROVISIONAL, Result
from node.governance.papers import Cast, Papers

_LOT_AWAITED = (
    "The witnesses are still drawing the lot that orders ties: no ballot gets a receipt before that. It takes"
    " some seconds once enough of them are there; if it is not drawn before voting ends, put it again."
)
_PAPERS_UNDER_WAY = "It is certified, but not all of its papers have arrived here yet."


@dataclass(frozen=True, slots=True)
class Reading:
    """A question as this node's papers tell it.

    Attributes:
        state: `provisional` until a certified result was counted again here, then the phase.
        why_provisional: in a sentence; empty when it is not.
        sealed, not_sealed: witnesses, by whether their seal is held.
        lying: witnesses that signed two different things in one place.
        contested: ids listed by too few witnesses to count.
        contested_matters: counting them would change what was decided.
        review: who asked for one, and how far it is; None before a certified result was counted again here.
        acts: it has its effect, if it has any.
        taken_back: its proposer withdrew it, whether the witnesses certified that or not.
        lot: how far the draw of the lot that orders ties has come; None where none is drawn.
    """

    result: Result
    phase: Phase
    state: str
    why_provisional: str
    windows: Windows
    quorum: Quorum
    sealed: tuple[bytes, ...]
    not_sealed: tuple[bytes, ...]
    lying: tuple[bytes, ...]
    contested: tuple[bytes, ...]
    contested_matters: bool
    review: Review | None
    acts: bool
    taken_back: bool
    lot: Lot | None


def read_outcome(question: Question, questions: Questions, registry: Registry, now: Timestamp) -> Reading:
    """Return how a question stands here and now."""
    standing = read_standing(question, questions, registry, now)
    papers, cast, found, reached = standing.papers, standing.cast, standing.closed, standing.phase
    counted = found.counted
    if counted is not None:
        result, state, why = counted.result, reached.value, ""
    else:
        result = decisions.count_valid(
            question.proposal,
            question.roll,
            [cast.valid[one] for one in sorted(cast.valid)],
            sorted(cast.rejected.items()),
            cast.mandates.values(),
            lot_seed=papers.lot_seed,
        )
        state, why = "provisional", _PAPERS_UNDER_WAY if found.certified else _why(question, questions)
        if found.failed or found.withdrawn or found.rivals:
            state, why = reached.value, ""
    sealed = sorted({one.seal.witness for one in papers.seals})
    return Reading(
        result=result,
        phase=reached,
        state=state,
        why_provisional=why,
        windows=question.proposal.windows,
        quorum=quorum_of(question),
        sealed=tuple(sealed),
        not_sealed=tuple(one.community for one in question.roll.witnesses if one.community not in sealed),
        lying=lying(papers),
        contested=counted.cut.contested if counted is not None else (),
        contested_matters=counted is not None and papers.contested(counted, cast),
        review=standing.review,
        acts=standing.acts,
        taken_back=questions.taken_back(question),
        lot=questions.lot(question),
    )


def _why(question: Question, questions: Questions) -> str:
    """Say why nothing is certified yet."""
    standing = questions.roll_standing(question)
    if questions.seed(question) is None:
        return _LOT_AWAITED
    if standing is RollStanding.PASSED_OVER:
        return WHY_NOT[standing]
    return f"{WHY_PROVISIONAL} {WHY_NOT[standing]}".strip()


def read_cast(question: Question, questions: Questions, registry: Registry) -> Cast:
    """Return the ballots and mandates held for a question, each judged by itself."""
    return kept_of(question, registry).cast(question, questions, registry)


def lying(papers: Papers) -> tuple[bytes, ...]:
    """Return the witnesses that signed two different things in one place, sorted."""
    sealed_twice = {one.seal.witness for pair in equivocating(papers.seals) for one in pair}
    return tuple(sorted(sealed_twice | set(papers.agreement.equivocating())))
