"""Who signed what in one agreement: askings, commitments, locks and the certificate (R8).

Reads cut votes in any order, any number of times. A vote counts for its witness whatever else the witness
signed: a liar's two voices are both heard, which is safe because any quorum holds an honest one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote, Lock
from node.ids import RecordId


@dataclass(frozen=True, slots=True)
class VoteHeld:
    """A cut vote signed by the device that the roll pins for its witness, with the id of its record."""

    id: RecordId
    vote: CutVote


@dataclass(frozen=True, slots=True)
class Certificate:
    """Enough witnesses committed to one value in one round: nothing else can be certified any more.

    Attributes:
        votes: record ids of the commitments, one a witness, sorted: exactly as many as are needed.
    """

    instance: bytes
    round: int
    value: CutValue
    votes: tuple[RecordId, ...]


# By round and value, the votes by witness. Of a witness that said the same thing twice the lower id.
_Voices = dict[tuple[int, CutValue], dict[bytes, RecordId]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The votes of one instance, sorted out.

    Build it with `of`.
    """

    instance: bytes
    quorum: Quorum
    _asking: _Voices = field(default_factory=dict)
    _committed: _Voices = field(default_factory=dict)
    _moved: dict[int, dict[bytes, list[CutVote]]] = field(default_factory=dict)
    _own: Mapping[bytes, list[CutVote]] = field(default_factory=dict)

    @classmethod
    def of(cls, instance: bytes, quorum: Quorum, votes: Iterable[VoteHeld]) -> "Agreement":
        """Sort votes out; those of other instances are passed over."""
        asking: _Voices = {}
        committed: _Voices = {}
        moved: dict[int, dict[bytes, list[CutVote]]] = {}
        own: dict[bytes, list[CutVote]] = {}
        for held in sorted({one.id: one for one in votes}.values(), key=lambda one: one.id):
            vote = held.vote
            if vote.instance != instance:
                continue
            own.setdefault(vote.witness, []).append(vote)
            if vote.value is None:
                moved.setdefault(vote.round, {}).setdefault(vote.witness, []).append(vote)
            else:
                voices = asking if vote.step == "pre" else committed
                voices.setdefault((vote.round, vote.value), {}).setdefault(vote.witness, held.id)
        return cls(instance, quorum, asking, committed, moved, own)

    def of_witness(self, witness: bytes) -> list[CutVote]:
        """Return what one witness signed."""
        return list(self._own.get(witness, ()))

    def asked_enough(self, round_number: int) -> CutValue | None:
        """Return the value that a quorum asks for in a round, if one does."""
        return _agreed(self._asking, round_number, self.quorum)

    def lock(self, round_number: int, value: CutValue) -> Lock | None:
        """Return the proof that a quorum asked for a value in a round; None where it is not held."""
        voices = self._asking.get((round_number, value), {})
        if len(voices) < self.quorum.needed:
            return None
        chosen = [voices[witness] for witness in sorted(voices)[: self.quorum.needed]]
        return Lock(round=round_number, value=value, votes=tuple(sorted(chosen)))

    def holds(self, lock: Lock) -> bool:
        """Tell whether a lock is proved by votes held here."""
        voices = self._asking.get((lock.round, lock.value), {})
        voted = set(voices.values())
        return len(lock.votes) >= self.quorum.needed and all(RecordId(one) in voted for one in lock.votes)

    def moved_to(self, round_number: int) -> list[CutVote]:
        """Return the votes that moved on to a round and whose lock, if they carry one, is proved here."""
        return [
            vote
            for each in self._moved.get(round_number, {}).values()
            for vote in each
            if vote.lock is None or self.holds(vote.lock)
        ]

    def ahead_of(self, round_number: int) -> int:
        """Return the latest round to which more witnesses moved on than may lie, at least `round_number`."""
        furthest: dict[bytes, int] = {}
        for reached, voices in self._moved.items():
            for witness in voices:
                furthest[witness] = max(furthest.get(witness, 0), reached)
        ahead = sorted((reached for reached in furthest.values() if reached > round_number), reverse=True)
        if len(ahead) < self.quorum.honest_among:
            return round_number
        return ahead[self.quorum.honest_among - 1]

    def certificates(self) -> list[Certificate]:
        """Return every value that a quorum committed to in one round; two only if too many lie."""
        found: dict[CutValue, Certificate] = {}
        for (round_number, value), voices in sorted(self._committed.items(), key=lambda each: each[0][0]):
            if len(voices) >= self.quorum.needed and value not in found:
                chosen = sorted(voices[witness] for witness in sorted(voices)[: self.quorum.needed])
                found[value] = Certificate(self.instance, round_number, value, tuple(chosen))
        return [found[value] for value in sorted(found, key=_order)]

    def diverging(self) -> list[tuple[CutValue, CutValue]]:
        """Return pairs of values that name one cut and two results: an implementation counts wrongly (R9).

        Only values that more witnesses stand behind than may lie: else one liar could unsettle any decision.
        """
        backed: dict[CutValue, set[bytes]] = {}
        for (_, value), voices in [*self._asking.items(), *self._committed.items()]:
            backed.setdefault(value, set()).update(voices)
        by_cut: dict[bytes, set[CutValue]] = {}
        for value, witnesses in backed.items():
            if len(witnesses) >= self.quorum.honest_among:
                by_cut.setdefault(value.cut, set()).add(value)
        pairs = []
        for cut in sorted(by_cut):
            values = sorted(by_cut[cut], key=_order)
            pairs += [(values[0], other) for other in values[1:]]
        return pairs

    def equivocating(self) -> list[bytes]:
        """Return the witnesses that signed two different votes for one step of one round."""
        found = set()
        for witness, votes in self._own.items():
            steps = [(vote.step, vote.round) for vote in {vote.payload_id: vote for vote in votes}.values()]
            if len(set(steps)) < len(steps):
                found.add(witness)
        return sorted(found)


def _agreed(voices: _Voices, round_number: int, quorum: Quorum) -> CutValue | None:
    """Return the value that a quorum named; with too many liars there may be two, and the lower is taken."""
    found = [
        value for (each, value), by in voices.items() if each == round_number and len(by) >= quorum.needed
    ]
    return min(found, key=_order, default=None)


def _order(value: CutValue) -> tuple[bytes, bytes, tuple[bytes, ...]]:
    return (value.cut, value.result, value.seals)
