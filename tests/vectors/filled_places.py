"""Vectors of bodies: elections and resignations, and who holds the places at a time."""

from collections.abc import Sequence
from typing import Any

from node.governance import bodies
from node.governance.bodies import Election, Resignation
from node.governance.fillings import Filling
from node.governance.proposals import Proposal
from node.records.record import Record
from tests import builders

BODY = builders.identifier("a council")
NAMES = ("Ana", "Ben", "Cem", "Dora", "Eli")
KEYS = tuple(builders.key(f"{name} who stands") for name in NAMES)
Decided = tuple[Proposal, Sequence[int]]


def bodies_filled() -> dict[str, Any]:
    """Return elections in force with resignations, and the places that follow."""
    first = _question("The council", [1, 2, 3], starts=1_000, ends=2_000, seats=5)
    between = _question("In between", [2], starts=1_500, ends=1_600, seats=1)
    order = [3, 1, 5, 2, 4]
    cases = {
        "as elected": ([(first, order)], [], 1_000),
        "before the term": ([(first, order)], [], 999),
        "after the term": ([(first, order)], [], 2_000),
        "a deputy follows": ([(first, order)], [_gone(first, 1, KEYS[0])], 1_000),
        "a deputy who stepped down is passed over": (
            [(first, order)],
            [_gone(first, 1, KEYS[0]), _gone(first, 2, KEYS[1])],
            1_000,
        ),
        "no deputy is left": ([(first, order)], [_gone(first, n, KEYS[n - 1]) for n in (1, 2, 4)], 1_000),
        "another's key steps nobody down": ([(first, order)], [_gone(first, 1, KEYS[1])], 1_000),
        "for another election": ([(first, order)], [_gone(between, 1, KEYS[0])], 1_000),
        "an election in between": ([(first, order), (between, [4])], [], 1_500),
        "its term over, the earlier one does not come back": ([(first, order), (between, [4])], [], 1_600),
        "nobody was elected, nobody goes": ([(first, order), (between, [])], [], 1_500),
        "fewer elected than places": ([(first, [2])], [], 1_000),
    }
    return {
        "about": (
            "Who holds the places of a body of three (data-model.md, Who holds the places of a body): decided"
            " elections in force, records of resignation, a time; for each place an option's number or null."
        ),
        "body": BODY.hex(),
        "cases": [_case(name, *given) for name, given in cases.items()],
    }


def _question(title: str, places: Sequence[int], *, starts: int, ends: int, seats: int) -> Proposal:
    filling = Filling(
        body=BODY, places=tuple(places), starts=starts, ends=ends, keys=tuple(key.public for key in KEYS)
    )
    plain = builders.election(builders.roll({builders.identifier("mill"): 3}), NAMES, seats=seats)
    return plain.model_copy(update={"fills": filling, "nonce": builders.nonce(title), "title": title})


def _gone(question: Proposal, option: int, signer: Any) -> Record:
    return Resignation(federation=question.federation, proposal=question.id, option=option).sign(signer)


def _case(name: str, decided: Sequence[Decided], gone: Sequence[Record], now: int) -> dict[str, Any]:
    elections = [
        Election(question, tuple(elected), bodies.resigned(question, gone)) for question, elected in decided
    ]
    return {
        "name": name,
        "elections": [
            {"proposal": question.encode().hex(), "id": question.id.hex(), "elected": list(elected)}
            for question, elected in decided
        ],
        "resignations": [one.raw.hex() for one in gone],
        "now": now,
        "places": [
            {"number": place.number, "option": place.holder.option if place.holder is not None else None}
            for place in bodies.standing(elections, places=3, now=now)
        ],
    }
