"""How a question stands: what was certified, or what the ballots held here give for now."""

from dataclasses import dataclass

from node.clock import Timestamp
from node.engine.judging import kept_of
from node.engine.questions import Question, Questions, quorum_of, seconds
from node.engine.registry import Registry
from node.governance import decisions
from node.governance.closing.cut import equivocating
from node.governance.closing.phases import Facts, Phase, Windows, phase
from node.governance.closing.quorum import Quorum
from node.governance.decisions import WHY_PROVISIONAL, Result
from node.governance.papers import Cast, Counted, Papers

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


def read_outcome(question: Question, questions: Questions, registry: Registry, now: Timestamp) -> Reading:
    """Return how a question stands here and now."""
    papers = kept_of(question, registry).papers(question, questions)
    cast = read_cast(question, questions, registry)
    counted, certified, failed, rivals = _certified(papers, cast)
    reached = phase(
        Facts(
            windows=question.proposal.windows,
            now=seconds(now),
            certified=certified,
            failed=failed,
            rivals=rivals,
        )
    )
    if counted is not None:
        result, state, why = counted.result, reached.value, ""
    else:
        result = decisions.count_valid(
            question.proposal,
            question.roll,
            [cast.valid[one] for one in sorted(cast.valid)],
            sorted(cast.rejected.items()),
            cast.mandates.values(),
        )
        state, why = "provisional", _PAPERS_UNDER_WAY if certified else WHY_PROVISIONAL
        if failed or rivals:
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
    )


def read_cast(question: Question, questions: Questions, registry: Registry) -> Cast:
    """Return the ballots and mandates held for a question, each judged by itself."""
    return kept_of(question, registry).cast(question, questions, registry)


def lying(papers: Papers) -> tuple[bytes, ...]:
    """Return the witnesses that signed two different things in one place, sorted."""
    sealed_twice = {one.seal.witness for pair in equivocating(papers.seals) for one in pair}
    return tuple(sorted(sealed_twice | set(papers.agreement.equivocating())))


def _certified(papers: Papers, cast: Cast) -> tuple[Counted | None, bool, bool, bool]:
    """Return the certified result as counted here, and whether one is certified, failed, or in dispute."""
    certificates = papers.agreement.certificates()
    if not certificates:
        return None, False, False, bool(papers.agreement.diverging())
    # What is certified and counts to the same here stands, whatever anybody signs afterwards (I2).
    rivals = len(certificates) > 1
    value = certificates[0].value
    if value.failed:
        return None, False, True, rivals
    counted = papers.count(value.seals, cast)
    if counted is not None and counted.value != value:
        return None, True, False, True  # Counted here, the same cut gives something else (R9).
    return counted, True, False, rivals
