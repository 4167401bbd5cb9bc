"""The lot that orders ties, drawn by the witnesses before any ballot gets a receipt (closing protocol, R7).

Each witness binds itself to a secret; they agree, by the rounds and locks of R8, whose commitments count;
then these witnesses show their secrets, and the hash of these is the seed. Nobody who has not seen all other
secrets can steer it, and the last to show can only refuse: that is visible, costs one draw, and the next is
without them. Whoever asks the question has no part in it.

In the place where a second draw would be called, the witnesses certify instead that the first one stands. One
agreement has one outcome: so a call that somebody keeps back until the ballots are in changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from node import canonical
from node.governance.closing.agreement import Agreement
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, LotCommit, LotReveal
from node.ids import RecordId

# One alone has nobody to bind itself to: it would choose its secret as it may choose the question's nonce.
DRAWN_FROM_WITNESSES: Final = 2


@dataclass(frozen=True, slots=True)
class Lot:
    """How far the lot of one question has come.

    Attributes:
        draw: the number of the latest draw whose call is certified, or the first.
        called: by witness the commitments that are called; none before a call is certified.
        silent: called witnesses whose secret is not shown, sorted.
        withheld: who kept a secret back in an earlier draw, sorted.
        drawn: what this draw gives; None until every called witness has shown its secret.
        seed: the same, once it is certified that this draw stands: no further one can be called.
    """

    draw: int
    called: Mapping[bytes, LotCommit]
    silent: tuple[bytes, ...]
    withheld: tuple[bytes, ...]
    drawn: bytes | None
    seed: bytes | None = None


def is_needed(method: str, witnesses: int) -> bool:
    """Tell whether a question's ties are ordered by a drawn lot: where there are ties, and others to draw."""
    return method != "yes-no/1" and witnesses >= DRAWN_FROM_WITNESSES


def instance(question: bytes, draw: int) -> bytes:
    """Return what the votes about a call name, and those for letting the draw before it stand."""
    return canonical.digest("hedgerow/lot-call/1", question, draw)


def commitment(question: bytes, witness: bytes, draw: int, secret: bytes) -> bytes:
    """Return what binds a witness to a secret of 16 random bytes, in this draw of this question alone."""
    return canonical.digest("hedgerow/lot-commit/1", question, witness, draw, secret)


def call(question: bytes, draw: int, commits: Iterable[bytes]) -> CutValue:
    """Return what witnesses vote for that call these commitments, by record id."""
    named = tuple(sorted(commits))
    name = canonical.digest("hedgerow/lot-called/1", question, draw, list(named))
    return CutValue(proposal=question, seals=named, cut=name, result=name)


def standing(question: bytes, draw: int, drawn: bytes) -> CutValue:
    """Return what witnesses vote for, in place of a further call, that let a draw stand."""
    name = canonical.digest("hedgerow/lot-stands/1", question, draw, drawn)
    return CutValue(proposal=question, seals=(), cut=name, result=name)


def bound_twice(commits: Iterable[LotCommit], draw: int) -> set[bytes]:
    """Return the witnesses that bound themselves to two secrets in one draw: as good as silent.

    Nobody can know which of them they told to whom: who goes by either asks for another call than others do.
    """
    several = Counter(one.witness for one in commits if one.draw == draw)
    return {witness for witness, number in several.items() if number > 1}


def called(
    value: CutValue, draw: int, commits: Mapping[RecordId, LotCommit], quorum: Quorum
) -> dict[bytes, LotCommit] | None:
    """Return the commitments that a value calls, by witness; None for too few, or where one is not held.

    `commits` are those of the question held whose signer is the device that the roll pins for their witness.
    """
    named = [commits.get(RecordId(one)) for one in value.seals]
    found = {one.witness: one for one in named if one is not None and one.draw == draw}
    if value != call(value.proposal, draw, value.seals) or not quorum.needed <= len(found) == len(named):
        return None
    return found


def read(
    question: bytes,
    quorum: Quorum,
    commits: Mapping[RecordId, LotCommit],
    reveals: Iterable[LotReveal],
    votes: Callable[[int], Agreement],
) -> Lot:
    """Return how far a lot has come.

    Args:
        question: the proposal.
        quorum: of the roll's witnesses.
        commits: those held of the question, signed by the devices that the roll pins.
        reveals: likewise.
        votes: returns the agreement on the call of a draw, or on letting the one before it stand.
    """
    shown = {(one.witness, one.draw, one.secret): one for one in reveals}
    found = Lot(1, {}, (), (), None)
    # One place more than there are draws to call: there the last of them stands.
    for number in range(1, quorum.witnesses + 2):
        certificates = votes(number).certificates()
        value = certificates[0].value if len(certificates) == 1 else None
        if value is None or value.proposal != question:
            return found
        if found.drawn is not None and value == standing(question, found.draw, found.drawn):
            return replace(found, seed=found.drawn)
        chosen = called(value, number, commits, quorum)
        if chosen is None:
            return found
        secrets = {
            witness: secret
            for witness, draw, secret in sorted(shown)
            if draw == number
            and witness in chosen
            and commitment(question, witness, number, secret) == chosen[witness].commitment
        }
        silent = tuple(sorted(set(chosen) - set(secrets)))
        given = [[witness, secrets[witness]] for witness in sorted(secrets)]
        drawn = None if silent else canonical.digest("hedgerow/lot-seed/1", question, number, given)
        withheld = tuple(sorted({*found.withheld, *found.silent}))
        found = Lot(number, chosen, silent, withheld, drawn)
    return found
