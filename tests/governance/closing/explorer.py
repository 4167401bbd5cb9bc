"""Every way in which four witnesses, one of them a liar, can agree: run over the node's own code.

The liar signs anything at any time. The network shows each honest witness any part of what was signed, in any
order, and keeps the rest from it as long as it likes; a witness's patience ends whenever the network wishes;
and what a witness would propose by itself changes as it wishes, between two values (by symmetry two are the
worst case: a third could only divide voices further). All that an honest witness signs is what
`witness.next_vote` returns. The states are explored to a stated round, each once, up to renaming the honest
witnesses and the two values.

With a second device, one of the honest communities has another that speaks about rolls as well. It asks for
all values in every round, which can only help them, and moves on as it likes. That is more than a new device
does that never heard of the old one's words, or an old one that does not know that it was retired, and all
that a thief of one can do.

What is left out: seals and cuts (a value stands for one), and votes of other rounds than the witness's own,
save moves to later ones, which its code has no use for.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import chain, combinations, permutations, product

from node.governance.closing import witness
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote, Lock
from node.governance.closing.witness import View
from node.ids import RecordId
from node.records import record

INSTANCE = sha256(b"instance").digest()
HONEST = ("one", "two", "three")
LIAR = "liar"
# Another device of the third.
AGAIN = "three again"
VALUES = ("A", "B")

# A vote in few letters: step, round, value (of a move: what it is locked on, or None), round of that lock.
Short = tuple[str, int, str | None, int]
# What one honest witness signed.
History = frozenset[Short]
Step = Callable[[View], CutVote | None]


@dataclass(frozen=True, slots=True)
class Split:
    """Two values were certified: what the honest witnesses signed until then."""

    histories: tuple[History, ...]


@dataclass(slots=True)
class Explorer:
    """Explore to a last round.

    Attributes:
        rounds_last: no witness moves beyond it.
        step: what an honest witness signs next; the node's own unless a test plants a mistake.
        quorum: of the four.
        second_device: the third witness has another device that speaks.
        starts: what the honest witnesses may have signed already.
    """

    rounds_last: int
    step: Step = witness.next_vote
    quorum: Quorum = field(default_factory=lambda: Quorum.of(4))
    second_device: bool = False
    starts: Sequence[tuple[History, ...]] = ((frozenset(), frozenset(), frozenset()),)
    states: int = 0
    asked: int = 0
    _known: dict[tuple[bool, History, tuple[History, ...], frozenset[tuple[int, str]]], frozenset[Short]] = (
        field(default_factory=dict)
    )

    def run(self, *, states_max: int | None = None) -> Split | None:
        """Return the first split found, None when every state was visited and none has one."""
        seen = set(self.starts)
        waiting = list(self.starts)
        while waiting:
            state = waiting.pop()
            self.states += 1
            if self._splits(state):
                return Split(state)
            if states_max is not None and self.states >= states_max:
                raise RuntimeError(f"more than {states_max} states")
            for index, history in enumerate(state):
                for vote in self.next(state, index):
                    after = list(state)
                    after[index] = history | {vote}
                    found = self.canonical(tuple(after))
                    if found not in seen:
                        seen.add(found)
                        waiting.append(found)
        return None

    def _splits(self, state: tuple[History, ...]) -> bool:
        """Tell whether both values can gather a quorum of commitments, the liar's voice helping each."""
        certified = set()
        for value in VALUES:
            for round_number in range(self.rounds_last + 1):
                if self._enough(state, ("com", round_number, value, -1)):
                    certified.add(value)
        return len(certified) > 1

    def _enough(self, state: tuple[History, ...], vote: Short) -> bool:
        """Tell whether a vote can be a quorum's, the liar's voice helping, and a second device's."""
        said = [vote in history for history in state]
        everybody = self.second_device and said[0] and said[1]
        return sum(said) + 1 >= self.quorum.needed or everybody

    def next(self, state: tuple[History, ...], index: int) -> frozenset[Short]:
        """Return every vote that one witness may sign next."""
        now_in = max((vote[1] for vote in state[index] if vote[0] == "rc"), default=0)
        others = tuple(
            frozenset(
                vote
                for vote in state[other]
                if (vote[0] == "pre" and vote[1] == now_in) or (vote[0] == "rc" and vote[1] >= now_in)
            )
            for other in range(len(state))
            if other != index
        )
        provable = frozenset(
            (round_number, value)
            for round_number in range(now_in)
            for value in VALUES
            if self._enough(state, ("pre", round_number, value, -1))
        )
        # Without a second device all are alike, and the first may stand for any.
        third = self.second_device and index == 2
        key = (third, state[index], others, provable)
        if key not in self._known:
            me = HONEST[2 if third else 0]
            self._known[key] = frozenset(self._ask(me, state[index], others, provable, now_in))
        return self._known[key]

    def canonical(self, state: tuple[History, ...]) -> tuple[History, ...]:
        """Return the same state for all that differ in names alone, of values and of those alike."""
        alike = 2 if self.second_device else 3
        swapped = tuple(frozenset(_swap(vote) for vote in history) for history in state)
        return min(
            ((*order, *each[alike:]) for each in (state, swapped) for order in permutations(each[:alike])),
            key=lambda order: [sorted(map(str, history)) for history in order],
        )

    def _ask(
        self,
        me: str,
        own: History,
        others: tuple[History, ...],
        provable: frozenset[tuple[int, str]],
        now_in: int,
    ) -> Iterator[Short]:
        """Ask the code under every view that the network and the liar can give one witness."""
        names = [name for name in HONEST if name != me]
        again = [AGAIN] if self.second_device else []
        # Proofs of locks are held wherever the lock is believed, and its own by whoever committed.
        provable = provable | {(vote[1], str(vote[2])) for vote in own if vote[0] == "com"}
        proofs = [
            held_as(name, ("pre", round_number, value, -1))
            for round_number, value in provable
            for name in (*HONEST, *again, LIAR)
            if name != me or ("pre", round_number, value, -1) in own
        ]
        present = [(name, vote) for name, history in zip(names, others, strict=True) for vote in history]
        asked = subsets([("pre", now_in, value, -1) for value in VALUES])
        moves: list[tuple[Short, ...]] = [()]
        moves += [
            (("rc", round_number, None, -1),) for round_number in range(max(now_in, 1), self.rounds_last + 1)
        ]
        moves += [(("rc", now_in, value, locked),) for locked, value in provable if locked < now_in]
        mine = [held_as(me, vote) for vote in own]
        for shown in subsets(present):
            honest = [held_as(name, vote) for name, vote in shown]
            for lies in product(asked, moves, *[asked[-1:], moves] * len(again)):
                false = [held_as(LIAR, vote) for vote in chain(*lies[:2])]
                false += [held_as(AGAIN, vote) for vote in chain(*lies[2:])]
                agreement = Agreement.of(INSTANCE, self.quorum, [*mine, *proofs, *honest, *false])
                yield from self._answers(agreement, me)

    def _answers(self, agreement: Agreement, me: str) -> Iterator[Short]:
        for overdue in (False, True):
            for proposed in VALUES:
                self.asked += 1
                proposal = _Proposal(proposed)
                view = View(
                    agreement=agreement,
                    me=identity(me),
                    proposed=proposal,
                    confirms=lambda _: True,
                    overdue=overdue,
                )
                vote = self.step(view)
                if vote is not None and vote.round <= self.rounds_last:
                    yield short(vote)
                if not proposal.wanted:
                    break  # Another one would make no difference.


@dataclass(slots=True)
class _Proposal:
    """What a witness would ask for by itself, and whether anybody wanted to know."""

    value: str
    wanted: bool = False

    def __call__(self) -> CutValue:
        self.wanted = True
        return value_of(self.value)


def _swap(vote: Short) -> Short:
    step, round_number, value, locked = vote
    return (step, round_number, {"A": "B", "B": "A", None: None}[value], locked)


def subsets(items: list) -> list[tuple]:  # type: ignore[type-arg]
    """Return all parts of a list, the smallest first."""
    return list(chain.from_iterable(combinations(items, size) for size in range(len(items) + 1)))


def _witness(name: str) -> str:
    return "three" if name == AGAIN else name


def _stand_in(name: str) -> bytes:
    return identity(name) if name == AGAIN else b""


@cache
def identity(name: str) -> bytes:
    """Return the id of a witness."""
    return sha256(name.encode()).digest()


@cache
def value_of(name: str) -> CutValue:
    """Return a value."""
    return CutValue(
        proposal=identity("proposal"),
        seals=(identity(name),),
        cut=identity(f"cut {name}"),
        result=identity(name),
    )


@cache
def held_as(name: str, vote: Short) -> VoteHeld:
    """Return a vote by a witness, or by the second device of one."""
    step, round_number, value, locked = vote
    lock = None
    if step == "rc" and value is not None:
        signers = (*HONEST, LIAR)
        # Which votes it names is all one here.
        ids = sorted(held_as(signer, ("pre", locked, value, -1)).id for signer in signers[1:])
        lock = Lock(round=locked, value=value_of(value), votes=tuple(ids))
    made = CutVote.model_validate(
        {
            "instance": INSTANCE,
            "witness": identity(_witness(name)),
            "step": step,
            "round": round_number,
            "value": None if step == "rc" else value_of(value or ""),
            "lock": lock,
        }
    )
    named = record.payload_id(CutVote.kind, made.encode())
    return VoteHeld(RecordId(sha256(_stand_in(name) + named).digest()), made, _stand_in(name))


def short(vote: CutVote) -> Short:
    """Return a vote in few letters."""
    names = {value_of(name): name for name in VALUES}
    if vote.value is not None:
        return (vote.step, vote.round, names[vote.value], -1)
    if vote.lock is not None:
        return ("rc", vote.round, names[vote.lock.value], vote.lock.round)
    return ("rc", vote.round, None, -1)
