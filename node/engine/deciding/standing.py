"""How far its papers have brought a question: what is certified, what was said about it since, what acts.

No clock is needed for any of it but for the phases before the certificate.
"""

from dataclasses import dataclass, replace

from node.clock import Timestamp
from node.engine.deciding.judging import kept_of
from node.engine.deciding.questions import Question, Questions, seconds
from node.engine.deciding.reviewing import Certified, read_review
from node.engine.registry import Registry
from node.errors import ConflictError, NotFoundError
from node.governance import closed
from node.governance.closed import Closed
from node.governance.closing.phases import Facts, Phase, acts, phase
from node.governance.closing.review import Review
from node.governance.counting.result import Verdict
from node.governance.papers import Cast, Papers

# Whoever asks what acts needs no time.
_NO_CLOCK = Timestamp(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """A question's papers, read.

    Attributes:
        review: None before a certified result was counted again here.
    """

    papers: Papers
    cast: Cast
    closed: Closed
    facts: Facts
    review: Review | None

    @property
    def phase(self) -> Phase:
        """Return where it stands."""
        return phase(self.facts)

    @property
    def acts(self) -> bool:
        """Tell whether it has its effect, if it has any: only what was counted again here may."""
        return self.closed.stands is not None and acts(self.facts)

    @property
    def passed(self) -> bool:
        """Tell whether a certified result says that it passed."""
        counted = self.closed.stands
        return counted is not None and counted.result.outcome.verdict is Verdict.PASSED


def read_standing(
    question: Question, questions: Questions, registry: Registry, now: Timestamp = _NO_CLOCK
) -> Standing:
    """Return how far a question has come."""
    alone = read_alone(question, questions, registry, now)
    if alone.closed.counted is None or question.proposal.is_appeal:
        return alone
    annulled, upheld = _appeals(question, questions, registry)
    return replace(alone, facts=replace(alone.facts, annulled=annulled, upheld=upheld))


def read_alone(
    question: Question, questions: Questions, registry: Registry, now: Timestamp = _NO_CLOCK
) -> Standing:
    """Return how far a question has come, leaving out what was decided about it since."""
    kept = kept_of(question, registry)
    papers, cast = kept.papers(question, questions), kept.cast(question, questions, registry)
    found = closed.read(papers, cast)
    facts = Facts(
        windows=question.proposal.windows,
        now=seconds(now),
        withdrawn=found.withdrawn,
        certified=found.certified,
        failed=found.failed,
        rivals=found.rivals,
    )
    if found.counted is None:
        return Standing(papers, cast, found, facts, None)
    review = read_review(Certified(question, found.counted, papers, cast), questions, registry)
    if question.proposal.is_appeal:
        # It holds as soon as it is certified: a review of reviews would never end.
        return Standing(papers, cast, found, replace(facts, stays=False), review)
    facts = replace(
        facts,
        review_asked=review.opened,
        review_over=review.over,
        stays=question.rules.review.stays,
    )
    return Standing(papers, cast, found, facts, review)


def _appeals(question: Question, questions: Questions, registry: Registry) -> tuple[bool, bool]:
    """Tell whether any certified decision annulled this one, and else whether any refused to."""
    passed = set()
    asked = questions.asked(question.members)
    for appeal in map(asked.get, asked.appeals.get(question.proposal.id, ())):
        if not appeal.annuls(question.proposal):
            continue
        try:
            found = questions.find(appeal.id)
        except (NotFoundError, ConflictError):
            continue  # Nobody entitled put it, or its roll is under way.
        standing = read_alone(found, questions, registry)
        if standing.closed.stands is not None:
            passed.add(standing.passed)
    return True in passed, passed == {False}
