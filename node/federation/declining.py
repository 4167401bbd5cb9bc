"""Declining a founding: a community says that it will not be a founder of a federation that names it.

It takes nothing away and decides nothing: as long as a founder has not approved, there is no federation
anyway. But the others learn that they wait for nobody any more, and may found another one without it. Until
all have approved it can be taken back, and an approval is stronger than it.
"""

from collections.abc import Iterable
from typing import ClassVar

from node.ids import CommunityId
from node.records import serials
from node.records.statement import Id, Positive, Statement


class Declining(Statement):
    """The stewards of a community say that it does not found a federation, or take that back.

    Attributes:
        declines: false takes it back.
        serial: the highest of a community about one federation counts.
    """

    kind: ClassVar[str] = "declining"
    federation: Id
    community: Id
    declines: bool
    serial: Positive


def latest(stated: Iterable[Declining]) -> list[Declining]:
    """Return the one that counts of each community about each federation, sorted."""
    return serials.latest(stated, lambda one: (one.federation, one.community))


def declined(stated: Iterable[Declining], awaited: Iterable[CommunityId]) -> list[CommunityId]:
    """Return those of the founders still awaited that decline, sorted."""
    said = {one.community for one in latest(stated) if one.declines}
    return sorted(one for one in awaited if one in said)
