"""Who signed what in one agreement: askings, commitments, locks and the certificate (R8).

Reads cut votes in any order, any number of times. A vote counts for its witness whatever else the witness
signed: a liar's two voices are both heard, which is safe because any quorum holds an honest one.

About rolls a community may speak by another device than the one that is pinned for it. Such a voice counts
only where every witness agrees: the old device and the new one may not know of each other, and two honest
voices of one community weigh on safety as a liar does.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

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
# By round, and by round and value of the lock that was named, or None: who moved on so, of each voice once.
_Moved = dict[tuple[int, tuple[int, CutValue] | None], dict[_Voice, VoteHeld]]
# By value, who stands behind it, with the first round in which its pinned device asked for it, if it did.
_Backers = dict[CutValue, dict[bytes, int | None]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The votes of one instance, sorted out.

    Build it with `of`; another vote that comes costs no more with many held than with few. One witness can
    sign thousands. So what several stand behind is known beside the rest, and only there is looked for what a
    quorum says.
    """

    instance: bytes
    quorum: Quorum
    _asking: _Voices = field(default_factory=dict)
    _committed: _Voices = field(default_factory=dict)
    _moved: _Moved = field(default_factory=dict)
    _own: Mapping[_Voice, list[VoteHeld]] = field(default_factory=dict)
    _stand_ins: frozenset[RecordId] = frozenset()
    _backers: _Backers = field(default_factory=dict)
    # The latest round to which each witness moved on by its pinned device.
    _furthest: Mapping[bytes, int] = field(default_factory=dict)
    # The same by any device.
    _furthest_by_any: Mapping[bytes, int] = field(default_factory=dict)
    # Where enough spoke that a quorum may be among them, and values that an honest witness stands behind.
    _asking_together: frozenset[tuple[int, CutValue]] = frozenset()
    _committed_together: frozenset[tuple[int, CutValue]] = frozenset()
    _backed: frozenset[CutValue] = frozenset()

    @classmethod
    def of(cls, instance: bytes, quorum: Quorum, votes: Iterable[VoteHeld]) -> "Agreement":
        """Sort votes out; those of other instances are passed over."""
        return cls(instance, quorum).plus(votes)

    def plus(self, votes: Iterable[VoteHeld]) -> "Agreement":
        """Return these votes and more of them, in any order."""
        found = _Sorting(
            self.quorum,
            asking=dict(self._asking),
            committed=dict(self._committed),
            moved=dict(self._moved),
            own=dict(self._own),
            backers=dict(self._backers),
            furthest=dict(self._furthest),
            furthest_by_any=dict(self._furthest_by_any),
            known_stand_ins=self._stand_ins,
        )
        for held in votes:
            if held.vote.instance == self.instance:
                found.take(held)
        return replace(
            self,
            _asking=found.asking,
            _committed=found.committed,
            _moved=found.moved,
            _own=found.own,
            _stand_ins=self._stand_ins | found.stand_ins,
            _backers=found.backers,
            _furthest=found.furthest,
            _furthest_by_any=found.furthest_by_any,
            _asking_together=self._asking_together | found.asking_together,
            _committed_together=self._committed_together | found.committed_together,
            _backed=self._backed | found.backed,
        )

    @property
    def begun(self) -> bool:
        """Tell whether anybody voted."""
        return bool(self._own)

    def of_witness(self, witness: bytes, stand_in: bytes = b"") -> list[CutVote]:
        """Return what one witness signed with its pinned device, or with another one."""
        return [held.vote for held in self._own.get((witness, stand_in), ())]

    def asked_enough(self, round_number: int) -> CutValue | None:
        """Return the value that a quorum asks for in a round, if one does."""
        found = [
            value
            for each, value in self._asking_together
            if each == round_number and self._enough(self._asking[each, value])
        ]
        # With too many liars there may be two, and the lower is taken.
        return min(found, key=_order, default=None)

    def asked_before(self, round_number: int) -> list[CutValue]:
        """Return the values that some honest witness asked for in an earlier round, in one order for all.

        More than may lie asked for them, each with its pinned device. None where no liar is tolerated: there
        one voice would be enough.
        """
        if not self.quorum.liars:
            return []
        found = [one for one in self._backed if self._asking_before(one, round_number)]
        return sorted(found, key=_order)

    def asked_by(self, witness: bytes, round_number: int) -> CutValue | None:
        """Return what a witness asked for in a round by its pinned device, None without one value."""
        own = [held.vote for held in self._own.get((witness, b""), ()) if held.vote.round == round_number]
        asked = {vote.value for vote in own if vote.step == "pre"}
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
        proved = [one for one in self._asking_together if self._enough(self._asking[one])]
        groups = [self._moved.get((round_number, lock), {}) for lock in (None, *proved)]
        moved = sorted((one for each in groups for one in each.values()), key=_place)
        # Of a witness both of whose devices moved on the pinned one goes first: it was sorted so.
        enough = self._enough({one.vote.witness: one.id for one in reversed(moved)})
        return [one.vote for one in moved] if enough else []

    def ahead_of(self, round_number: int) -> int:
        """Return the latest round to which more witnesses moved on than may lie, at least `round_number`."""
        ahead = sorted((one for one in self._furthest.values() if one > round_number), reverse=True)
        if len(ahead) < self.quorum.honest_among:
            return round_number
        return ahead[self.quorum.honest_among - 1]

    def leads(self, round_number: int) -> bool:
        """Tell whether all who come go to a round at once, for more moved there than may lie, or are there.

        Who is ahead with fewer is not followed, by other devices than the pinned ones nobody is.
        """
        there = sum(one >= round_number for one in self._furthest.values())
        by_any = sum(one >= round_number for one in self._furthest_by_any.values())
        return there >= self.quorum.honest_among or by_any >= self.quorum.witnesses

    def certificates(self) -> list[Certificate]:
        """Return every value that a quorum committed to in one round; two only if too many lie."""
        found: dict[CutValue, Certificate] = {}
        for round_number, value in sorted(self._committed_together, key=lambda each: each[0]):
            voices = self._committed[round_number, value]
            if self._enough(voices) and value not in found:
                found[value] = Certificate(self.instance, round_number, value, self._chosen(voices))
        return [found[value] for value in sorted(found, key=_order)]

    def diverging(self) -> list[tuple[CutValue, CutValue]]:
        """Return pairs of values that name one cut and two results: an implementation counts wrongly (R9).

        Only values that more witnesses stand behind than may lie: else one liar could unsettle any decision.
        """
        by_cut: dict[bytes, set[CutValue]] = {}
        for value in self._backed:
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
            said = {held.vote.payload_id: held.vote for held in votes}.values()
            steps = [(vote.step, vote.round) for vote in said]
            if len(set(steps)) < len(steps):
                found.add(witness)
        return sorted(found)

    def _asking_before(self, value: CutValue, round_number: int) -> bool:
        """Tell whether more than may lie asked for a value before a round, each with its pinned device."""
        first = [one for one in self._backers[value].values() if one is not None and one < round_number]
        return len(first) >= self.quorum.honest_among

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


@dataclass(slots=True)
class _Sorting:
    """Votes while they are sorted out, in copies of what was sorted out before: its inner parts stay."""

    quorum: Quorum
    asking: _Voices
    committed: _Voices
    moved: _Moved
    own: dict[_Voice, list[VoteHeld]]
    backers: _Backers
    furthest: dict[bytes, int]
    furthest_by_any: dict[bytes, int]
    known_stand_ins: frozenset[RecordId]
    stand_ins: set[RecordId] = field(default_factory=set)
    asking_together: set[tuple[int, CutValue]] = field(default_factory=set)
    committed_together: set[tuple[int, CutValue]] = field(default_factory=set)
    backed: set[CutValue] = field(default_factory=set)
    copied: set[_Voice] = field(default_factory=set)

    @property
    def _together(self) -> int:
        """Return how many must say the same for a quorum to be among them: more than a liar, or one alone."""
        return min(max(2, self.quorum.honest_among), self.quorum.needed)

    def take(self, held: VoteHeld) -> None:
        """Sort one vote in; nothing happens when it was before."""
        vote, voice = held.vote, (held.vote.witness, held.stand_in)
        if voice not in self.copied:
            self.copied.add(voice)
            self.own[voice] = list(self.own.get(voice, ()))
        own = self.own[voice]
        place = bisect_left(own, held.id, key=_id)
        if place < len(own) and own[place].id == held.id:
            return
        own.insert(place, held)
        if held.stand_in:
            self.stand_ins.add(held.id)
        if vote.value is None:
            self._move_on(held)
            return
        asks = vote.step == "pre"
        voices, together = (
            (self.asking, self.asking_together) if asks else (self.committed, self.committed_together)
        )
        named = (vote.round, vote.value)
        heard = voices.get(named, {})
        before = heard.get(vote.witness)
        if before is None or _place(held) < (self._is_stand_in(before), before):
            voices[named] = heard = {**heard, vote.witness: held.id}
        if len(heard) >= self._together:
            together.add(named)
        self._back(vote.value, vote.witness, vote.round if asks and not held.stand_in else None)

    def _is_stand_in(self, known: RecordId) -> bool:
        return known in self.stand_ins or known in self.known_stand_ins

    def _move_on(self, held: VoteHeld) -> None:
        vote = held.vote
        lock = (vote.lock.round, vote.lock.value) if vote.lock is not None else None
        moved = self.moved.get((vote.round, lock), {})
        voice = (vote.witness, held.stand_in)
        if voice not in moved or held.id < moved[voice].id:
            self.moved[vote.round, lock] = {**moved, voice: held}
        self.furthest_by_any[vote.witness] = max(self.furthest_by_any.get(vote.witness, 0), vote.round)
        if not held.stand_in:  # Else who stole devices long retired makes others run on.
            self.furthest[vote.witness] = max(self.furthest.get(vote.witness, 0), vote.round)

    def _back(self, value: CutValue, witness: bytes, asked: int | None) -> None:
        backers = self.backers.get(value, {})
        before = backers.get(witness)
        first = asked if before is None else before if asked is None else min(before, asked)
        if witness not in backers or first != before:
            self.backers[value] = backers = {**backers, witness: first}
        if len(backers) >= self.quorum.honest_among:
            self.backed.add(value)


def _id(held: VoteHeld) -> RecordId:
    return held.id


def _place(held: VoteHeld) -> tuple[bool, RecordId]:
    """Return where a vote stands among others: pinned devices' first."""
    return held.stand_in != b"", held.id


def _order(value: CutValue) -> tuple[bytes, bytes, tuple[bytes, ...], bytes]:
    return (value.cut, value.result, value.seals, value.proposal)
