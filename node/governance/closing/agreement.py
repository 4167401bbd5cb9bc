"""Who signed what in one agreement: askings, commitments, locks and the certificate (R8).

Reads cut votes in any order, any number of times. A vote counts for its witness whatever else the witness
signed: a liar's two voices are both heard, which is safe because any quorum holds an honest one.

About rolls a community may speak by another device than the one that is pinned for it. Such a voice counts
only where every witness agrees: the old device and the new one may not know of each other, and two honest
voices of one community weigh on safety as a liar does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote, Lock
from node.ids import RecordId


@dataclass(frozen=True, slots=True)
class VoteHeld:
    """A cut vote with the id of its record.

    Attributes:
        stand_in: the device that signed it, where that is another one of the witness's charter than the roll
            pins; empty for the pinned one.
    """

    id: RecordId
    vote: CutVote
    stand_in: bytes = b""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Enough witnesses committed to one value in one round: nothing else can be certified any more.

    Attributes:
        votes: record ids of the commitments, one a witness, sorted: as many as are needed, or of all.
    """

    instance: bytes
    round: int
    value: CutValue
    votes: tuple[RecordId, ...]


# By round and value, the votes by witness. Of a witness that said the same thing twice the lower id, that of
# its pinned device first.
_Voices = dict[tuple[int, CutValue], dict[bytes, RecordId]]
# By witness and device, as in `VoteHeld.stand_in`.
_Voice = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The votes of one instance, sorted out.

    Build it with `of`.
    """

    instance: bytes
    quorum: Quorum
    _asking: _Voices = field(default_factory=dict)
    _committed: _Voices = field(default_factory=dict)
    _moved: dict[int, list[VoteHeld]] = field(default_factory=dict)
    _own: Mapping[_Voice, list[CutVote]] = field(default_factory=dict)
    _stand_ins: frozenset[RecordId] = frozenset()

    @classmethod
    def of(cls, instance: bytes, quorum: Quorum, votes: Iterable[VoteHeld]) -> "Agreement":
        """Sort votes out; those of other instances are passed over."""
        asking: _Voices = {}
        committed: _Voices = {}
        moved: dict[int, list[VoteHeld]] = {}
        own: dict[_Voice, list[CutVote]] = {}
        known = sorted({one.id: one for one in votes}.values(), key=lambda one: (one.stand_in != b"", one.id))
        for held in known:
            vote = held.vote
            if vote.instance != instance:
                continue
            own.setdefault((vote.witness, held.stand_in), []).append(vote)
            if vote.value is None:
                moved.setdefault(vote.round, []).append(held)
            else:
                voices = asking if vote.step == "pre" else committed
                voices.setdefault((vote.round, vote.value), {}).setdefault(vote.witness, held.id)
        stand_ins = frozenset(one.id for one in known if one.stand_in)
        return cls(instance, quorum, asking, committed, moved, own, stand_ins)

    def of_witness(self, witness: bytes, stand_in: bytes = b"") -> list[CutVote]:
        """Return what one witness signed with its pinned device, or with another one."""
        return list(self._own.get((witness, stand_in), ()))

    def asked_enough(self, round_number: int) -> CutValue | None:
        """Return the value that a quorum asks for in a round, if one does."""
        found = [
            value
            for (each, value), voices in self._asking.items()
            if each == round_number and self._enough(voices)
        ]
        # With too many liars there may be two, and the lower is taken.
        return min(found, key=_order, default=None)

    def asked_before(self, round_number: int) -> list[CutValue]:
        """Return the values that some honest witness asked for in an earlier round, in one order for all.

        More than may lie asked for them, each with its pinned device. None where no liar is tolerated: there
        one voice would be enough.
        """
        by: dict[CutValue, set[bytes]] = {}
        for (each, value), voices in self._asking.items():
            if each < round_number and self.quorum.liars:
                pinned = {one for one, vote in voices.items() if vote not in self._stand_ins}
                by.setdefault(value, set()).update(pinned)
        return sorted((one for one in by if len(by[one]) >= self.quorum.honest_among), key=_order)

    def asked_by(self, witness: bytes, round_number: int) -> CutValue | None:
        """Return what a witness asked for in a round by its pinned device, None without one value."""
        own = self.of_witness(witness)
        asked = {vote.value for vote in own if (vote.step, vote.round) == ("pre", round_number)}
        return asked.pop() if len(asked) == 1 else None

    def lock(self, round_number: int, value: CutValue) -> Lock | None:
        """Return the proof that a quorum asked for a value in a round; None where it is not held."""
        voices = self._asking.get((round_number, value), {})
        if not self._enough(voices):
            return None
        return Lock(round=round_number, value=value, votes=self._chosen(voices))

    def holds(self, lock: Lock) -> bool:
        """Tell whether a lock is proved by votes held here: those that it names, or others of its round."""
        return self._enough(self._asking.get((lock.round, lock.value), {}))

    def moved_to(self, round_number: int) -> list[CutVote]:
        """Return the votes that moved on to a round, those aside whose lock is not proved here.

        Nothing as long as no quorum did: what a quorum is locked on is what may be asked for.
        """
        moved = [
            one
            for one in self._moved.get(round_number, ())
            if one.vote.lock is None or self.holds(one.vote.lock)
        ]
        # Of a witness both of whose devices moved on the pinned one goes first: it was sorted so.
        enough = self._enough({one.vote.witness: one.id for one in reversed(moved)})
        return [one.vote for one in moved] if enough else []

    def ahead_of(self, round_number: int) -> int:
        """Return the latest round to which more witnesses moved on than may lie, at least `round_number`."""
        furthest: dict[bytes, int] = {}
        for reached, moved in self._moved.items():
            for one in moved:
                if not one.stand_in:  # Else who stole devices long retired makes others run on.
                    furthest[one.vote.witness] = max(furthest.get(one.vote.witness, 0), reached)
        ahead = sorted((reached for reached in furthest.values() if reached > round_number), reverse=True)
        if len(ahead) < self.quorum.honest_among:
            return round_number
        return ahead[self.quorum.honest_among - 1]

    def certificates(self) -> list[Certificate]:
        """Return every value that a quorum committed to in one round; two only if too many lie."""
        found: dict[CutValue, Certificate] = {}
        for (round_number, value), voices in sorted(self._committed.items(), key=lambda each: each[0][0]):
            if self._enough(voices) and value not in found:
                found[value] = Certificate(self.instance, round_number, value, self._chosen(voices))
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
        for (witness, _), votes in self._own.items():
            steps = [(vote.step, vote.round) for vote in {vote.payload_id: vote for vote in votes}.values()]
            if len(set(steps)) < len(steps):
                found.add(witness)
        return sorted(found)

    def _enough(self, voices: Mapping[bytes, RecordId]) -> bool:
        """Tell whether a quorum speaks by its pinned devices, or every witness by any device."""
        pinned = sum(one not in self._stand_ins for one in voices.values())
        return pinned >= self.quorum.needed or len(voices) >= self.quorum.witnesses

    def _chosen(self, voices: Mapping[bytes, RecordId]) -> tuple[RecordId, ...]:
        """Return which of enough voices are named as proof, sorted."""
        pinned = [voices[by] for by in sorted(voices) if voices[by] not in self._stand_ins]
        if len(pinned) >= self.quorum.needed:
            return tuple(sorted(pinned[: self.quorum.needed]))
        return tuple(sorted(voices.values()))


def _order(value: CutValue) -> tuple[bytes, bytes, tuple[bytes, ...]]:
    return (value.cut, value.result, value.seals)
