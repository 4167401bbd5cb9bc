"""How a circle's versions follow one another, and who is in what follows those that were made apart.

Two machines of the owner's that do not hear of each other make versions that none of them names as one that
it follows. Who is in what puts them together is an observed-remove set (Shapiro and others, "A comprehensive
study of Convergent and Commutative Replicated Data Types", INRIA RR-7506, 2011, 3.3.5): a version leaves out
only those whose letting in it knew of.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, reduce
from operator import and_, or_

from node.circles.statements import Circle
from node.ids import PayloadId


class Lineage:
    """Follow versions back.

    Sets of versions are whole numbers with a bit for each, so that putting two together costs next to
    nothing however often a circle was changed.

    Args:
        made: versions by payload id.
    """

    def __init__(self, made: Mapping[PayloadId, Circle]) -> None:
        self._made = made

    @cached_property
    def heads(self) -> list[PayloadId]:
        """Return the versions that none follows, the lowest number and id first."""
        followed = {before for one in self._made for before in self._before(one)}
        return [one for one in self._in_order() if one not in followed]

    def let_in(self, version: PayloadId) -> Mapping[bytes, int]:
        """Return by party of a version those that let it in: it has been one since them, without a break."""
        return self._let_in[version]

    def staying(self, versions: Sequence[PayloadId]) -> Mapping[bytes, int]:
        """Return who is in what follows all of these versions, and by what let in as in `let_in`.

        Whom one of them leaves out was let in by another that it did not know. Where one follows what cannot
        be read here nobody can tell what it knew: only whom all of them name stays.
        """
        return self._put_together([(self._knew[one], self._let_in[one]) for one in versions])

    def _in_order(self) -> list[PayloadId]:
        return sorted(self._made, key=lambda one: (self._made[one].number, one))

    def _before(self, version: PayloadId) -> list[PayloadId]:
        """Return the versions that one follows and that can be read here: their numbers are lower."""
        said = self._made[version]
        named = (PayloadId(one) for one in said.after if one in self._made)
        return [one for one in named if self._made[one].number < said.number]

    @cached_property
    def _bits(self) -> dict[PayloadId, int]:
        return {one: 1 << place for place, one in enumerate(self._in_order())}

    @cached_property
    def _knew(self) -> dict[PayloadId, int]:
        """Return by version itself and all that it follows; in order, as what follows it needs them."""
        knew: dict[PayloadId, int] = {}
        for one, bit in self._bits.items():
            knew[one] = reduce(or_, (knew[other] for other in self._before(one)), bit)
        return knew

    @cached_property
    def _torn(self) -> int:
        """Return the versions that follow some that cannot be read here."""
        return sum(
            bit for one, bit in self._bits.items() if len(self._before(one)) < len(self._made[one].after)
        )

    @cached_property
    def _let_in(self) -> dict[PayloadId, Mapping[bytes, int]]:
        found: dict[PayloadId, Mapping[bytes, int]] = {}
        for one, bit in self._bits.items():
            stayed = self._put_together([(self._knew[other], found[other]) for other in self._before(one)])
            parties = self._made[one].parties
            # Nearly always one version follows another with the same parties: then there is nothing to copy.
            same = stayed.keys() == frozenset(parties)
            found[one] = stayed if same else {party: stayed.get(party) or bit for party in parties}
        return found

    def _put_together(self, versions: Collection[tuple[int, Mapping[bytes, int]]]) -> Mapping[bytes, int]:
        """Return who stays of versions, each given by what it knew and by what its parties were let in."""
        if len(versions) == 1:
            ((_, parties),) = versions
            return parties
        some, every = (
            reduce(how, (knew for knew, _ in versions), none) for how, none in ((or_, 0), (and_, -1))
        )
        # Where it is torn before they went apart, it is so for all of them, and no matter.
        whole = not some & ~every & self._torn
        found: dict[bytes, int] = {}
        for party in {party for _, parties in versions for party in parties}:
            letting = reduce(or_, (parties.get(party, 0) for _, parties in versions))
            for knew, parties in versions:
                # What it knew of, and let fall.
                letting &= ~(knew & ~parties.get(party, 0))
            if letting and (whole or all(party in parties for _, parties in versions)):
                found[party] = letting
        return found
