"""Who is in what follows the versions of a circle, among them such as were made apart.

Two machines of the owner's that do not hear of each other make versions of which neither knew the other. Who
is in what follows both is an observed-remove set that keeps nothing of whom it lost (Bieniusa and others, "An
optimized conflict-free replicated set", INRIA RR-8083, 2012): a version says of each device which version
it knew last, and by which versions each party was let in. So it leaves out only those whose letting in it
knew of, and what lies between two versions need not be read to put them together.
"""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from node.circles.statements import Circle

# A version that let a party in: its maker and number.
Letting: TypeAlias = tuple[bytes, int]


def heads(versions: Iterable[Circle]) -> list[Circle]:
    """Return the versions that none of the others knew, of each maker at most one.

    What holds comes first: the highest number, and of two with one number the lowest payload id.
    """
    last: dict[bytes, Circle] = {}
    for one in sorted(versions, key=lambda it: (-it.number, it.payload_id)):
        last.setdefault(one.maker, one)
    known: dict[bytes, int] = {}
    for one in last.values():
        for before in one.seen:
            known[before.maker] = max(before.number, known.get(before.maker, 0))
    return [one for one in last.values() if known.get(one.maker, 0) < one.number]


def knew(version: Circle) -> dict[bytes, int]:
    """Return by maker the last version that one knew, itself among them."""
    return {one.maker: one.number for one in version.seen} | {version.maker: version.number}


def lettings(version: Circle) -> dict[bytes, frozenset[Letting]]:
    """Return by party, but for the owner, which versions let it in."""
    found: dict[bytes, set[Letting]] = {}
    for one in version.lettings:
        for party in one.parties:
            found.setdefault(party, set()).add((one.maker, one.number))
    return {party: frozenset(by) for party, by in found.items()}


def staying(versions: Sequence[Circle]) -> Mapping[bytes, frozenset[Letting]]:
    """Return who is in what follows all of these versions, but for the owner, and what let each in.

    Whom one of them leaves out is in if another let it in by what the first did not know.
    """
    numbers: defaultdict[bytes, list[int]] = defaultdict(list)
    naming: defaultdict[bytes, Counter[Letting]] = defaultdict(Counter)
    for version in versions:
        for maker, number in knew(version).items():
            insort(numbers[maker], number)
        for one in version.lettings:
            for party in one.parties:
                naming[party][one.maker, one.number] += 1

    def knowing(maker: bytes, number: int) -> int:
        return len(numbers[maker]) - bisect_left(numbers[maker], number)

    # Whoever names a letting in knows it: if more know it than name it, one let it fall.
    found = {
        party: frozenset(one for one, times in by.items() if knowing(*one) == times)
        for party, by in sorted(naming.items())
    }
    return {party: by for party, by in found.items() if by}
