"""How the world of a run comes about: communities found a federation, join it and become neighbours.

Founding ten communities takes more steps than what happens to them later, so it is simulated once, really,
for every `SEEDS_PER_FOUNDING` seeds; each of them begins with copies of these disks, as after a restart of
all machines at once. What a disk remembers of neighbours is the topology.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from random import Random
from typing import Any

from node import ids, keys
from node.engine import commands
from node.engine.commands import Command
from node.errors import NodeError
from node.ids import CommunityId, FederationId
from tests.sim.machine import Answer, Machine, settle_down
from tests.sim.surroundings import Surroundings

SEEDS_PER_FOUNDING = 25
# Two found, so no fewer than two can be asked to approve.
APPROVALS = 2
NODES_MIN = 4
TOPOLOGIES = ("chain", "star", "ring", "tree", "mesh")
# In what manner a suspect is not to be trusted; the first of a run is always the plain liar.
MANNERS = ("liar", "two-voiced", "brancher", "cloned", "restored")
# A command that has to wait for news from elsewhere is tried again this often, this far apart.
_TRIES_MAX = 12
_PATIENCE_MS = 20_000


@dataclass(frozen=True, slots=True)
class Suspect:
    """One of whom nothing is expected once founding is over.

    Attributes:
        friends: members that made it their neighbour.
        turncoat: whether it is a member.
        manner: one of `MANNERS`.
    """

    index: int
    friends: tuple[int, ...]
    turncoat: bool
    manner: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Who is who among the machines of a run, by index.

    Attributes:
        members: honest, and belong to the federation from the start.
        newcomer: asks to join while the weather is bad.
        outsider: a neighbour of one member, honest and curious.
        suspects: those that go bad. One alone comes on top of the nodes; two or three are among them.
    """

    members: tuple[int, ...]
    newcomer: int
    outsider: int
    suspects: tuple[Suspect, ...]

    @property
    def turncoats(self) -> list[int]:
        """Return the members that are not to be trusted: never more than a certificate can bear."""
        return [suspect.index for suspect in self.suspects if suspect.turncoat]


@dataclass(frozen=True, slots=True)
class Founded:
    """What a founding left behind: what is common knowledge, and the pickled estates of all machines."""

    cast: Cast
    topology: str
    voting_s: int
    federation: FederationId
    estates: bytes
    trace: bytes


@lru_cache(maxsize=4)
def found(number: int, nodes: int) -> Founded:
    """Found a federation.

    Args:
        number: decides topology, keys and everything else.
        nodes: how many nodes there are, members, newcomer and outsider together.
    """
    assert nodes >= NODES_MIN
    surroundings = Surroundings(-1 - number, nodes + 1)
    rng = surroundings.stream("founding")
    cast = cast_of(number, nodes, rng)
    machines = [
        Machine(index, settle_down(surroundings.stream(f"keys {index}").randbytes), surroundings)
        for index in range(cast.suspects[-1].index + 1)
    ]
    elders = _Elders(machines, surroundings)
    topology = TOPOLOGIES[number % len(TOPOLOGIES)]
    voting_s = voting_seconds(number)
    chosen = [machines[index].community for index in elected(cast.members)] if number % 3 == 2 else []
    review_s = _REVIEW_SECONDS[number // 2 % len(_REVIEW_SECONDS)]
    stating = (
        [machines[index].community for index in (*cast.members, *cast.turncoats)] if number % 4 == 1 else []
    )
    bylaws = bylaws_file(
        len(cast.members), seconds=voting_s, review=review_s, chosen=chosen, stating=stating, odd=number
    )
    federation = elders.found(cast, edges(topology, len(cast.members), rng), bylaws, rng)
    for machine in machines:
        machine.crash()
    estates = pickle.dumps([machine.estate for machine in machines])
    return Founded(cast, topology, voting_s, federation, estates, surroundings.trace)


def cast_of(number: int, nodes: int, rng: Random) -> Cast:
    """Share out the parts: in two foundings of six one lies, in two two, in two three, if there are ten."""
    lying = 1 + number // 2 % max(1, (nodes - 1) // 3)
    honest = nodes if lying == 1 else nodes - lying
    members = range(honest - 2)
    suspects: list[Suspect] = []
    for place in range(lying):
        friends = tuple(rng.sample(members, 2))
        manner = rng.choice(MANNERS) if place else MANNERS[0]
        turncoats = 1 + sum(suspect.turncoat for suspect in suspects)
        # Of n witnesses (n - 1) // 3 may lie (docs/closing.md): more lying members prove nothing.
        turncoat = (number + place) % 2 == 1 and turncoats <= (len(members) + turncoats - 1) // 3
        suspects.append(Suspect(honest + place, friends, turncoat, manner))
    return Cast(tuple(members), honest - 2, honest - 1, tuple(suspects))


def edges(topology: str, count: int, rng: Random) -> list[tuple[int, int]]:
    """Return who is connected with whom: pairs of a lower and a higher index, a connected graph."""
    match topology:
        case "chain":
            found = set(pairwise(range(count)))
        case "star":
            found = {(0, other) for other in range(1, count)}
        case "ring":
            found = {*pairwise(range(count)), (0, count - 1)}
        case _:
            found = {(rng.randrange(other), other) for other in range(1, count)}
    # The founders have to reach each other before anybody else is there.
    found.add((0, 1))
    if topology == "mesh":
        found |= {tuple(sorted(rng.sample(range(count), 2))) for _ in range(count // 2)}  # type: ignore[misc]  # two of them
    return sorted(found)


# Short voting ends while the weather is bad, when the lot is rarely drawn in time; long voting soon after.
_VOTING_SECONDS = (20, 40)
# In every other founding a review lasts until after most decisions: then somebody has time to ask for one.
_REVIEW_SECONDS = (20, 90)
_BYLAWS = """
name = "Valley"
[admission]
approvals = {approvals}
[sizes]
attesters = "{attesters}"
named = {named}
[seats]
house = {house}
ties = "{ties}"
[casting]
lending = true
[effects]
bodies = {bodies}
[petitions]
supporters = {supporters}
[closing]
voting = "{seconds} seconds"
grace = "5 seconds"
patience = "20 seconds"
review = "{review} seconds"
stall = "30 days"
elected = {elected}
"""


_TIES = ("lot", "larger", "smaller")
# By some bylaws people fill bodies, elections do not.
_LEFT_ONE_IN = 5
# Of so many one may lie.
_ELECTED = 5


def with_device_among(members: int) -> int:
    """Return how many members' delegates vote on a device from the start; the last one's votes on paper."""
    return members // 2 + 1


def voting_seconds(number: int) -> int:
    """Return how long voting lasts in a founding: while the weather is bad, or in every other until after."""
    return _VOTING_SECONDS[number % len(_VOTING_SECONDS)]


def elected(members: Sequence[int]) -> Sequence[int]:
    """Return which members bylaws name as witnesses, of whom one stolen may lie; none where few are."""
    return members[:_ELECTED] if len(members) > _ELECTED else ()


def bylaws_file(
    members: int,
    *,
    seconds: int,
    supporters: int = 2,
    review: int = _REVIEW_SECONDS[0],
    chosen: Sequence[CommunityId] = (),
    stating: Sequence[CommunityId] = (),
    odd: int = 0,
) -> bytes:
    """Return bylaws for so many members.

    A decision may change whom petitions need, how long voting is, who is elected to witness, or whose word
    about sizes counts (`stating`; without any each one's own). By an odd number it also changes what few
    bylaws say, such as who goes first where a seat is tied.
    """
    house = members + 4
    filled = _BYLAWS.format(
        approvals=APPROVALS,
        house=house,
        supporters=supporters,
        seconds=seconds,
        review=review,
        elected=[*map(ids.show, chosen)],
        attesters="named" if stating else "itself",
        named=[*map(ids.show, stating)],
        ties=_TIES[odd % len(_TIES)],
        bodies="false" if odd % _LEFT_ONE_IN == _LEFT_ONE_IN - 1 else "true",
    )
    return filled.encode()


class _Elders:
    """Carry out the founding, one command after the other, in good weather."""

    def __init__(self, machines: list[Machine], surroundings: Surroundings) -> None:
        self._machines = machines
        self._surroundings = surroundings
        for machine in machines:
            surroundings.network.add(machine)
            machine.start()

    def found(self, cast: Cast, graph: list[tuple[int, int]], bylaws: bytes, rng: Random) -> FederationId:
        """Do everything that is over before the weather turns."""
        first, second = self._machines[0], self._machines[1]
        for machine in self._machines:
            name = f"Community {machine.index}"
            self._ask(machine, commands.EditProfile(name=name, country="CH", tags=("garden",)))
        self._befriend(second, first)
        founded = self._ask(
            first,
            commands.FoundFederation(
                bylaws=bylaws, file_name="bylaws.toml", founders=(ids.show(second.community),)
            ),
        )
        self._ask(second, commands.Approve(federation=founded["federation"]))
        joining = [*cast.members[2:], *cast.turncoats]
        for index in joining:
            inviters = [low for low, high in graph if high == index] or [rng.choice(cast.members)]
            self._join(index, inviters[0])
        for low, high in graph:
            self._ask(self._machines[high], commands.AddPeer(target=self._machines[low].address))
        self._befriend(self._machines[cast.outsider], self._machines[rng.choice(cast.members)])
        for suspect in cast.suspects:
            for friend in suspect.friends:
                self._befriend(self._machines[suspect.index], self._machines[friend])
        for index in [*cast.members, *cast.turncoats]:
            self._ask(self._machines[index], commands.Attest(size=rng.randint(5, 400)))
        with_device = with_device_among(len(cast.members))
        for index in cast.members[:with_device]:
            holder = keys.show(self._machines[index].keys.delegate.public)
            self._ask(self._machines[index], commands.GrantMandate(holder=holder))
        if with_device < len(cast.members):
            self._ask(self._machines[cast.members[-1]], commands.GrantMandate(paper=True))
        self._wait()
        return FederationId(ids.parse(founded["federation"]))

    def _befriend(self, dialler: Machine, other: Machine) -> None:
        """Make two communities neighbours; the first dials."""
        self._ask(other, commands.AddPeer(target=ids.show(dialler.community)))
        self._ask(dialler, commands.AddPeer(target=other.address))

    def _join(self, newcomer: int, inviter: int) -> None:
        """Invite a community and have another member approve it."""
        host, asks = self._machines[inviter], self._machines[newcomer]
        link = self._ask(host, commands.Invite(addresses=(host.address,)))["link"]
        self._ask(asks, commands.JoinFederation(link=link))
        approver = self._machines[0 if inviter != 0 else 1]
        self._ask(approver, commands.Approve(community=ids.show(asks.community)))
        for _ in range(_TRIES_MAX):
            if any(scope.startswith("members:") for scope in asks.disk.feeds.scopes()):
                return
            self._wait()
        raise AssertionError("a community that was approved never saw its federation")

    def _ask(self, machine: Machine, command: Command) -> Answer:
        """Ask until the answer is no error: what a command needs may still be on its way."""
        answers: list[Any] = []
        for _ in range(_TRIES_MAX):
            machine.ask(command, answers.append)
            self._surroundings.timeline.settle()
            if not isinstance(answers[-1], NodeError):
                assert isinstance(answers[-1], dict)
                return answers[-1]
            self._wait()
        raise AssertionError(f"{command!r} was never carried out: {answers[-1]}")

    def _wait(self) -> None:
        timeline = self._surroundings.timeline
        timeline.run_until(timeline.now_ms + _PATIENCE_MS)
