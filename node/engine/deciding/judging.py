"""What was read of a question's papers: each ballot is judged once and each paper sorted out once.

A verdict never changes: a ballot is its bytes, and a question is read only once the charters of all on its
roll are held. So whoever publishes thousands of ballots or votes makes others read them once, not with every
look. In memory only, and made again at will.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from node.engine.deciding.questions import Question, Questions, quorum_of
from node.engine.ports import RecordRow
from node.engine.registry import Registry
from node.errors import PeerError, UserError
from node.governance import ballots
from node.governance.ballots import ValidBallot
from node.governance.papers import Cast, Papers
from node.ids import PayloadId, RecordId
from node.records import record

# Three thousand ballots take some ten megabytes; people look at one question, and then at the next.
_QUESTIONS_MAX = 4


@dataclass(slots=True)
class Kept:
    """What was read of one question so far.

    Attributes:
        verdicts: of each ballot held: itself where it holds, else why it does not.
        sorted_out: ids of the records that went into the papers.
    """

    verdicts: dict[RecordId, ValidBallot | str] = field(default_factory=dict)
    sorted_out: set[RecordId] = field(default_factory=set)
    _papers: Papers | None = None

    def cast(self, question: Question, questions: Questions, registry: Registry) -> Cast:
        """Return the ballots and mandates held for a question, each judged by itself."""
        before = self.verdicts
        self.verdicts = {}
        for row in questions.ballot_rows(question):
            verdict = before.get(row.id)
            self.verdicts[row.id] = _judge(question, row, registry) if verdict is None else verdict
        found = self.verdicts.items()
        return Cast(
            valid={one: verdict for one, verdict in found if isinstance(verdict, ValidBallot)},
            rejected={one: verdict for one, verdict in found if isinstance(verdict, str)},
            mandates=questions.granted(question.members),
        )

    def papers(self, question: Question, questions: Questions) -> Papers:
        """Return what witnesses signed about a question."""
        rows = questions.paper_rows(question)
        if self._papers is None or not self.sorted_out <= {row.id for row in rows}:
            # At first, and when something went away: with the feed of a stolen device.
            self._papers = Papers.of(question.proposal, question.roll, quorum_of(question), ())
            self.sorted_out = set()
        new = [row for row in rows if row.id not in self.sorted_out]
        if new:
            self._papers = self._papers.plus(_read(new))
            self.sorted_out.update(row.id for row in new)
        self._papers = self._papers.with_seed(questions.seed(question))
        return self._papers


_KEPT: WeakKeyDictionary[Registry, OrderedDict[PayloadId, Kept]] = WeakKeyDictionary()


def kept_of(question: Question, registry: Registry) -> Kept:
    """Return what this node read of a question before, for the questions looked at last."""
    questions = _KEPT.setdefault(registry, OrderedDict())
    kept = questions.pop(question.proposal.id, None) or Kept()
    questions[question.proposal.id] = kept
    while len(questions) > _QUESTIONS_MAX:
        questions.popitem(last=False)
    return kept


def _judge(question: Question, row: RecordRow, registry: Registry) -> ValidBallot | str:
    try:
        return ballots.check(
            row.record, question.proposal, question.roll, registry.approves, registry.stewards_of
        )
    except (UserError, PeerError) as error:
        return str(error)


def _read(rows: Sequence[RecordRow]) -> list[record.Record]:
    return [row.record for row in rows]
