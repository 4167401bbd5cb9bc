"""Whoever is not to be trusted in a run, as its manner is."""

from collections.abc import Sequence

from node.ids import FederationId
from tests.sim.founding import Suspect
from tests.sim.liar import Liar
from tests.sim.machine import Estate, Machine
from tests.sim.people import People
from tests.sim.surroundings import Surroundings
from tests.sim.thefts import Crook, Robbed, Thief, theft
from tests.sim.twins import Twins


def crook(
    suspect: Suspect,
    estate: Estate,
    machines: Sequence[Machine],
    federation: FederationId,
    people: People,
    surroundings: Surroundings,
) -> Crook:
    """Return one of whom nothing is expected; in some runs it is a member's device that was stolen."""
    stolen = theft(suspect, surroundings)
    if stolen == "thief":
        used: Crook = Thief(suspect, estate, federation, people, surroundings)
    elif suspect.manner in ("cloned", "restored"):
        used = Twins(suspect, estate, federation, surroundings)
    else:
        used = Liar(
            estate,
            address=f"n{suspect.index}.example:80",
            manner=suspect.manner,
            machines=list(machines),
            friends=[machines[index] for index in suspect.friends],
            federation=federation,
            turncoat=suspect.turncoat,
            surroundings=surroundings,
        )
    return Robbed(used, suspect, estate, federation, people, surroundings) if stolen else used
