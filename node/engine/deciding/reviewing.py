"""After the certificate: who asked for a review, whether it is over, and what this node signs about it.

When a witness's time for asking is over it signs once what had come in. It holds that to be in time which is
on its disk by then, as with ballots: nobody's own date counts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.deciding.judging import kept_of
from node.engine.deciding.questions import Question, Questions, quorum_of
from node.engine.registry import Registry
from node.engine.rolls import chains
from node.engine.setup import Keyring
from node.errors import ConflictError, NotFoundError
from node.governance import closed
from node.governance.closing import review
from node.governance.closing.review import ReviewEnd, ReviewRequest
from node.governance.papers import Cast, Counted, Papers
from node.ids import CommunityId, PayloadId
from node.keys import PublicKey
from node.records.record import Record

_NEVER = Timestamp(2**62)
# What a decision rests on may be away for a while, with the feed that carried it: it is looked at again.
_WAIT = Timestamp(60 * MS_PER_SECOND)
_WAIT_MAX = Timestamp(6 * 3_600 * MS_PER_SECOND)


@dataclass(frozen=True, slots=True)
class Certified:
    """A certified result as it was counted again here, with what it rests on."""

    question: Question
    counted: Counted
    papers: Papers
    cast: Cast

    @property
    def result(self) -> bytes:
        """Return the decision's id."""
        return self.counted.result.result_id

    @property
    def contested(self) -> bool:
        """Tell whether contested ballots could change the outcome."""
        return self.papers.contested(self.counted, self.cast)


def may_ask(question: Question, community: bytes) -> bool:
    """Tell whether a community may ask for a review of a question, as the bylaws say.

    Where members may, that is whom the question's own roll names, or who put it: who left before is on no
    such roll, and nothing that is decided later changes who may ask about this.
    """
    if question.rules.review.asked_by == "seated":
        return question.roll.seats_of(community) > 0
    return community == question.proposal.proposer or CommunityId(community) in chains.named(question.roll)


def read_review(found: Certified, questions: Questions, registry: Registry) -> review.Review:
    """Return how far the review of a certified decision has come."""
    question = found.question
    panel = {one.community: PublicKey(one.device) for one in question.roll.witnesses}
    ends = [
        end
        for signed in questions.about(question.scope, ReviewEnd.kind, question.proposal.id)
        for end in ReviewEnd.among([signed])
        if panel.get(end.witness) == signed.signer
    ]
    return review.read(
        found.result,
        quorum_of(question),
        ends,
        _requests(found, questions, registry),
        needed=question.rules.review.communities,
        contested=found.contested,
    )


def _requests(found: Certified, questions: Questions, registry: Registry) -> list[ReviewRequest]:
    """Return the requests held that their communities' stewards signed and that may ask."""
    question = found.question
    held = questions.about(question.scope, ReviewRequest.kind, question.proposal.id)
    return [
        request
        for signed in {one.payload_id: one for one in held}.values()
        for request in ReviewRequest.among([signed])
        if may_ask(question, request.community)
        and registry.approves(
            CommunityId(request.community),
            request.payload_id,
            questions.signatures(question.scope, signed),
        )
    ]


@dataclass(slots=True)
class _Watched:
    """A decision whose review this node ends.

    Attributes:
        due: when to look at it, at first when its review ends; what it rests on is read again then.
        pause: how long to wait when it cannot be read.
    """

    scope: str
    due: Timestamp
    pause: Timestamp = _WAIT


class Reviewing:
    """Sign the end of each review that this node's community witnesses.

    Args:
        sure: tells whether this node knows what it signed before in a scope (recalling.py).
        resting: returns what to carry on of what a decision and its review rest on (spreading.py).
    """

    def __init__(
        self,
        questions: Questions,
        registry: Registry,
        keyring: Keyring,
        sure: Callable[[str], bool],
        resting: Callable[[Question], list[Record]],
    ) -> None:
        self._questions = questions
        self._registry = registry
        self._keyring = keyring
        self._sure = sure
        self._resting = resting
        self._watched: dict[PayloadId, _Watched] = {}

    def begin(self, question: Question) -> None:
        """Watch over a decision whose certificate was counted again here."""
        ends = question.proposal.windows.in_force_from
        self._watched[question.proposal.id] = _Watched(question.scope, Timestamp(ends * MS_PER_SECOND))

    def said(self, question: Question) -> bool:
        """Tell whether this node said what had come in: it says so once, whatever came since."""
        held = self._questions.about(question.scope, ReviewEnd.kind, question.proposal.id)
        return any(one.signer == self._keyring.device.public for one in held)

    def next_due(self) -> Timestamp:
        """Return when the next review ends."""
        return min((one.due for one in self._watched.values() if self._sure(one.scope)), default=_NEVER)

    def act(self, now: Timestamp) -> Iterator[tuple[str, list[Record]]]:
        """Yield, with their scopes, what to sign now."""
        for proposal in sorted(one for one, each in self._watched.items() if each.due <= now):
            each = self._watched[proposal]
            if not self._sure(each.scope):
                continue
            found = self._read(proposal)
            if found is None:
                each.due = Timestamp(now + each.pause)
                each.pause = min(Timestamp(each.pause * 2), _WAIT_MAX)
                continue
            del self._watched[proposal]
            if not self.said(found.question):
                # Who names requests, or ballots that are contested, sees to it that all hold them.
                yield each.scope, [self._end(found), *self._resting(found.question)]

    def _read(self, proposal: PayloadId) -> Certified | None:
        """Return a decision as it is counted now; None while something that it rests on is not here."""
        try:
            question = self._questions.find(proposal)
        except (NotFoundError, ConflictError):
            return None
        kept = kept_of(question, self._registry)
        papers = kept.papers(question, self._questions)
        cast = kept.cast(question, self._questions, self._registry)
        counted = closed.read(papers, cast).stands
        return Certified(question, counted, papers, cast) if counted is not None else None

    def _end(self, found: Certified) -> Record:
        """Say what had come in."""
        read = read_review(found, self._questions, self._registry)
        requests = [one.payload_id for one in read.requests][: review.REQUESTS_MAX] if read.opened else []
        return ReviewEnd(
            proposal=found.question.proposal.id,
            witness=self._keyring.community,
            result=found.result,
            requests=tuple(sorted(requests)),
            contested=found.contested,
        ).sign(self._keyring.device)
