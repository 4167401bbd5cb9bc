"""The lot that orders ties, drawn by the witnesses before voting opens (closing protocol, R7).

Each witness binds itself to a secret; who asks the question calls at least a quorum of these commitments;
then the secrets are shown, and their hash is the seed. Nobody who has not seen all other secrets can steer
it, and the last to show can only refuse: that is visible, costs one draw, and the next is without them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from node import canonical
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import LotCall, LotCommit, LotReveal
from node.ids import RecordId


@dataclass(frozen=True, slots=True)
class Drawn:
    """What came of one draw.

    Attributes:
        seed: the lot's seed; None until every called witness has shown its secret.
        silent: called witnesses whose secret is not shown, sorted.
    """

    seed: bytes | None
    silent: tuple[bytes, ...]


def commitment(question: bytes, witness: bytes, draw: int, secret: bytes) -> bytes:
    """Return what binds a witness to a secret of 16 random bytes, in this draw of this question alone."""
    return canonical.digest("hedgerow/lot-commit/1", question, witness, draw, secret)


def call_stands(call: LotCall, commits: Mapping[RecordId, LotCommit], quorum: Quorum) -> bool:
    """Tell whether a call is one to answer: enough commitments, one a witness, all for this draw.

    `commits` are those held whose signer is the device that the roll pins for their witness. A later draw
    leaves out one witness more than the one before, so there are never more draws than witnesses.
    """
    named = [commits.get(RecordId(one)) for one in call.commits]
    if len(named) < quorum.needed or len(call.withheld) < call.draw - 1:
        return False
    witnesses = set()
    for one in named:
        if one is None or (one.question, one.draw) != (call.question, call.draw):
            return False
        witnesses.add(one.witness)
    return len(witnesses) == len(named) and witnesses.isdisjoint(call.withheld)


def draw(call: LotCall, commits: Mapping[RecordId, LotCommit], reveals: Mapping[bytes, LotReveal]) -> Drawn:
    """Return what the secrets shown so far give; `reveals` by witness, `call` one that stands."""
    shown: list[tuple[bytes, bytes]] = []
    silent: list[bytes] = []
    for one in sorted((commits[RecordId(each)] for each in call.commits), key=lambda each: each.witness):
        reveal = reveals.get(one.witness)
        if reveal is not None and _opens(one, reveal):
            shown.append((one.witness, reveal.secret))
        else:
            silent.append(one.witness)
    if silent:
        return Drawn(None, tuple(silent))
    return Drawn(
        canonical.digest("hedgerow/lot-seed/1", call.question, call.draw, [list(each) for each in shown]), ()
    )


def _opens(commit: LotCommit, reveal: LotReveal) -> bool:
    """Tell whether a secret is the one that was committed to."""
    return (reveal.question, reveal.draw, reveal.witness) == (
        commit.question,
        commit.draw,
        commit.witness,
    ) and commitment(commit.question, commit.witness, commit.draw, reveal.secret) == commit.commitment
