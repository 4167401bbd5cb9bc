"""What stewards and delegates do while the weather is bad, and what they may rely on afterwards."""

from collections.abc import Callable
from random import Random
from typing import Any

from node import ids, keys
from node.directory.board import BOARD_TYPE
from node.engine import commands
from node.engine.commands import Command
from node.errors import NodeError, StorageError, UserError
from node.feeds.entry import FeedKey, Head
from tests.sim.circling import Circling
from tests.sim.later import SayLater
from tests.sim.machine import Answer, Machine
from tests.sim.promises import Promises
from tests.sim.questions import PROPOSALS_MAX, Questions
from tests.sim.surroundings import Surroundings

# With one deed in so many a later version says something of its own.
_LATER_ONE_IN = 6
# Of so many mandates one lends the vote, until further notice, to another community's first seat.
_LENDS_ONE_IN = 6


class People:
    """Give commands to nodes.

    Args:
        machines: those of members; any that is up may be asked.
        newcomer: the machine of the community that asks to join.
        voting_s: how long voting lasts.
    """

    def __init__(
        self,
        machines: list[Machine],
        newcomer: Machine,
        outsider: Machine,
        federation: str,
        surroundings: Surroundings,
        *,
        voting_s: int,
    ) -> None:
        self._machines = machines
        self._newcomer = newcomer
        self._outsider = outsider
        self._federation = federation
        self._surroundings = surroundings
        self._rng = surroundings.stream("people")
        self._forgetting = surroundings.stream("forgetting")
        self._shortening = surroundings.stream("shortening")
        self._later = surroundings.stream("later")
        self._link = ""
        circles = surroundings.stream("circles")
        self.circling = Circling(machines, federation, circles, self.tell, surroundings)
        # Machines whose community's page is not to be forgotten.
        self.keeping: set[int] = set()
        self.promises = Promises()
        self.questions = Questions(
            machines, federation, self.promises, surroundings, voting_s, self.tell, self.ask
        )
        self._deeds: tuple[tuple[int, Callable[[Machine], None]], ...] = (
            (30, self._add_note),
            (6, self._remove_note),
            (14, self._edit_profile),
            (12, self._add_offer),
            (6, self._withdraw_offer),
            (6, self._attest),
            (8, self._grant_mandate),
            (8, self._open_proposal),
            (22, self._vote),
        )

    def act(self) -> None:
        """Let somebody do something."""
        running = [machine for machine in self._machines if machine.up]
        if not running:
            return
        if self._rng.randrange(20) == 0 and self._outsider.up:
            self._edit_profile(self._outsider)
            return
        self.act_on(self._rng.choice(running))
        if self._forgetting.randrange(6) == 0:
            self._forget(self._forgetting.choice(running))
        if self._surroundings.shortens:
            chosen = self._shortening.choice(running)
            deed = self._shorten if self._shortening.randrange(3) == 0 else self._edit_profile
            deed(chosen)
        self.circling.act([machine for machine in running if machine.up])
        later = [machine for machine in running if machine.later and machine.up]
        if later and self._later.randrange(_LATER_ONE_IN) == 0:
            self._say_later(self._later.choice(later))

    def act_on(self, machine: Machine) -> None:
        """Let somebody do something on this machine, which is up."""
        if machine not in self._machines:
            self._edit_profile(machine)
            return
        (deed,) = self._rng.choices([d for _, d in self._deeds], weights=[w for w, _ in self._deeds])
        deed(machine)

    def join(self) -> None:
        """Take the newcomer one step further: invited, then asking, then approved by one more member."""
        running = [machine for machine in self._machines if machine.up]
        if not running or not self._newcomer.up:
            return
        if not self._link:
            host = self._rng.choice(running)
            invite = commands.Invite(federation=self._federation, addresses=(host.address,))
            self.tell(host, invite, self._invited)
            return
        self.ask(self._newcomer, commands.ListFederations(), self._stand_of_joining)
        approve = commands.Approve(federation=self._federation, community=ids.show(self._newcomer.community))
        self.promises.approvals += 1
        self.tell(self._rng.choice(running), approve)

    def tell(
        self, machine: Machine, command: Command, then: Callable[[Answer], None] = lambda _answer: None
    ) -> None:
        """Give a command that changes something; `then` is called if it is carried out."""
        self._surroundings.commands += 1
        self.ask(machine, command, then)

    def ask(self, machine: Machine, command: Command, then: Callable[[Answer], None]) -> None:
        """Ask; `then` is called with the answer unless it is an error or the node crashes first."""

        def answered(result: Answer | NodeError | None) -> None:
            if isinstance(result, dict):
                then(result)
            elif result is not None:
                self._surroundings.faults["refused"] += 1
                assert isinstance(result, UserError), f"{command!r} failed: {result!r}"
                assert not isinstance(result, StorageError)

        machine.ask(command, answered)

    def _invited(self, answer: Answer) -> None:
        self._link = answer["link"]

    def _stand_of_joining(self, answer: Answer) -> None:
        """Ask to join unless the request is under way; what was lost with a crash is asked again."""
        if not answer["federations"] and not answer["requests"] and self._newcomer.up:
            self.tell(self._newcomer, commands.JoinFederation(link=self._link))

    def _add_note(self, machine: Machine) -> None:
        self.note(machine, self._rng)

    def note(self, machine: Machine, rng: Random) -> None:
        """Let somebody pin a note to the board, which may not be lost from then on."""
        text = f"note {rng.randrange(10**6)} of {machine.index}"

        def noted(answer: Answer) -> None:
            self.promises.notes[answer["note"]] = answer["text"]

        self.tell(machine, commands.AddNote(federation=self._federation, text=text), noted)

    def _remove_note(self, machine: Machine) -> None:
        if not self.promises.notes:
            return
        note = self._rng.choice(sorted(self.promises.notes))
        self.promises.removed.add(note)
        self.tell(machine, commands.RemoveNote(federation=self._federation, note=note))

    def _edit_profile(self, machine: Machine) -> None:
        text = f"We are {self._rng.randrange(1_000)} neighbours."
        tag = self._rng.choice(("bread", "tools", "rides", "childcare"))
        self.tell(machine, commands.EditProfile(description=text, language="en", tags=("garden", tag)))

    def _add_offer(self, machine: Machine) -> None:
        def offered(answer: Answer) -> None:
            self.promises.offers[answer["id"]] = machine.index

        title = f"{self._rng.choice(('Bread', 'Apples', 'A ladder'))} {self._rng.randrange(1_000)}"
        self.tell(machine, commands.AddOffer(title=title, tags=("free",)), offered)

    def _withdraw_offer(self, machine: Machine) -> None:
        own = sorted(i for i, of in self.promises.offers.items() if of == machine.index)
        if not own:
            self._add_offer(machine)
            return
        offer = self._rng.choice(own)
        self.promises.withdrawn.add(offer)
        self.tell(machine, commands.WithdrawOffer(id=offer))

    def _forget(self, machine: Machine) -> None:
        """Begin the board, an offer or the profile anew; who does not own it is refused."""
        boards = [ids.show(row.id) for row in machine.disk.documents.of_type(BOARD_TYPE)]
        offers = sorted(i for i, of in self.promises.offers.items() if of == machine.index)
        own_page = [] if machine.index in self.keeping else [""]
        known = [*boards * 4, *offers[:1], *own_page]
        if not known:
            return
        chosen = self._forgetting.choice(known)
        self.tell(machine, commands.ForgetHistory(ids=(chosen,) if chosen else ()))

    def _shorten(self, machine: Machine) -> None:
        """Let newcomers pass over what nobody needs of a public feed; refused where all is needed."""

        def shortened(_answer: Answer) -> None:
            self._surroundings.deeds["shortened"] += 1

        self.tell(machine, commands.ShortenFeed(), shortened)

    def _say_later(self, machine: Machine) -> None:
        """Say what only a later version understands."""
        feed = machine.keys.device.public

        def said(answer: Answer) -> None:
            self._surroundings.faults["later_version"] += 1
            self.promises.later.append((FeedKey(feed, answer["scope"]), Head(answer["seq"], answer["id"])))

        command: Any = SayLater(federation=self._federation, number=self._later.randrange(1_000))
        self.tell(machine, command, said)

    def _attest(self, machine: Machine) -> None:
        size = self._rng.randint(5, 400)
        self.tell(machine, commands.Attest(federation=self._federation, size=size))

    def _grant_mandate(self, machine: Machine) -> None:
        holder = keys.show(machine.keys.delegate.public)
        revoke = self._rng.randrange(4) == 0
        if revoke:
            self.promises.revoked.add(machine.community)
        others = [ids.show(one.community) for one in self._machines if one is not machine]
        lends = self._rng.choice(others) if others and self._rng.randrange(_LENDS_ONE_IN) == 0 else None
        command = commands.GrantMandate(
            federation=self._federation,
            holder=holder,
            revoke_ballots=revoke,
            lend_community=lends,
            lend_seat=1 if lends is not None else None,
        )
        self.tell(machine, command)

    def _open_proposal(self, machine: Machine) -> None:
        if len(self.promises.proposals) >= PROPOSALS_MAX:
            self._vote(machine)
            return
        self.questions.open(machine, self._rng)

    def _vote(self, machine: Machine) -> None:
        if self.promises.proposals:
            self.questions.vote(machine, self._rng)
        else:
            self._add_note(machine)
