"""One agreement that this node takes part in by the rounds and locks of R8: what it signs, and when.

What it signed before is read from the votes held. Only how long a round has lasted is kept here, and may be
forgotten: a witness that starts again waits a little longer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from node.clock import MS_PER_SECOND, Timestamp
from node.engine.setup import Keyring
from node.governance.closing import witness
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.statements import CutValue
from node.governance.closing.witness import View
from node.records.record import Record

# How long a round lasts before the next is tried: each twice as long as the last, up to a limit. Whoever
# is alone for a month then signs some hundred votes, and whoever comes back is told of the round at once.
_ROUND_SECONDS = 15
_ROUND_SECONDS_MAX = 6 * 3_600


def round_milliseconds(number: int) -> int:
    """Return how long a round of any agreement lasts before a witness moves on."""
    return MS_PER_SECOND * min(_ROUND_SECONDS << min(number, 16), _ROUND_SECONDS_MAX)


@dataclass(frozen=True, slots=True)
class Voting:
    """What is voted on, and what this node thinks of it.

    Attributes:
        agreement: on it, by the votes held.
        proposed, confirms, stand_in, joining, includes: as in `witness.View`.
    """

    agreement: Agreement
    proposed: Callable[[], CutValue | None]
    confirms: Callable[[CutValue], bool]
    stand_in: bytes = b""
    joining: Sequence[bytes] = ()
    includes: Callable[[CutValue], bool] = lambda _: True


@dataclass(slots=True)
class Rounds:
    """The clock of one agreement.

    Attributes:
        instance: what it is about; another one begins anew.
        began: when time began to pass in its round (`witness.lasts`).
    """

    instance: bytes = b""
    number: int = 0
    began: Timestamp | None = None

    def speak(self, voting: Voting, keyring: Keyring, now: Timestamp) -> list[Record]:
        """Return the votes to sign now; several may follow one another."""
        agreement, signed = voting.agreement, list[Record]()
        if agreement.instance != self.instance:
            self.instance, self.number, self.began = agreement.instance, 0, None
        while not agreement.certificates():
            self._time(agreement, (keyring.community, voting.stand_in), now)
            ends = self.ends()
            overdue = ends is not None and now >= ends
            view = View(
                agreement,
                keyring.community,
                voting.proposed,
                voting.confirms,
                overdue,
                voting.stand_in,
                voting.joining,
                voting.includes,
            )
            vote = witness.next_vote(view)
            if vote is None:
                return signed
            said = vote.sign(keyring.device)
            signed.append(said)
            agreement = agreement.plus([VoteHeld(said.id, vote, voting.stand_in)])
        self.began = None
        return signed

    def ends(self) -> Timestamp | None:
        """Return when this round has lasted long enough, None while no time passes and when all is agreed."""
        return Timestamp(self.began + round_milliseconds(self.number)) if self.began is not None else None

    def _time(self, agreement: Agreement, me: tuple[bytes, bytes], now: Timestamp) -> None:
        number = witness.round_of(agreement, *me)
        if number != self.number:
            self.number, self.began = number, None
        if self.began is None and witness.lasts(agreement, *me):
            self.began = now
