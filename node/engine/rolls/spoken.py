"""What was said about each roll to come, sorted out once: a further vote costs what it alone does.

A witness can sign thousands of votes on the next roll, and every node looks at them after each batch of
input, several times over. So they are kept sorted out as long as charters say the same of who signed them.
In memory only, and made again at will.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary

from node.engine.ports import RecordRow
from node.engine.registry import Registry
from node.engine.rolls.chains import Panel
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote
from node.identity.community import Community
from node.ids import CommunityId, RecordId
from node.keys import PublicKey

# What is kept at most, those about rolls asked for longest ago go first: a vote takes about a kilobyte.
_VOTES_MAX: Final = 50_000


@dataclass(slots=True)
class _Said:
    """The votes of one panel.

    Attributes:
        rows: the records they were read from.
        signers: by witness the devices that signed for it, whether its charter names them or not.
        communities: the charters that were gone by.
    """

    pinned: Mapping[bytes, bytes | None]
    quorum: Quorum
    rows: Sequence[RecordRow]
    sorted_out: set[RecordId]
    signers: dict[bytes, set[PublicKey]]
    communities: dict[bytes, Community | None]
    agreement: Agreement


_KEPT: Final[WeakKeyDictionary[Registry, OrderedDict[bytes, _Said]]] = WeakKeyDictionary()


def agreement(
    registry: Registry,
    panel: Panel,
    instance: bytes,
    rows: Sequence[RecordRow],
    *,
    votes_max: int = _VOTES_MAX,
) -> Agreement:
    """Return the votes of a panel about the next roll, sorted out.

    A community speaks by its pinned device. Any other one of its charter stands in for that: it counts
    where all witnesses agree, so that the chain goes on where too many have lost their machines.

    Args:
        registry: of this node.
        panel: who votes.
        instance: what they vote on.
        rows: all votes held about that.
        votes_max: how many are kept, of all rolls together.
    """
    kept = _KEPT.setdefault(registry, OrderedDict())
    said = kept.pop(instance, None)
    if said is None or not _holds(said, registry, panel):
        said = _begun(registry, panel, instance)
    new = [row for row in rows if row.id not in said.sorted_out] if rows != said.rows else []
    if len(said.sorted_out) + len(new) != len(rows):  # Some went away, with the feed that carried them.
        said, new = _begun(registry, panel, instance), list(rows)
    if new:
        said.agreement = said.agreement.plus(_votes(said, panel, new))
        registry.devices_named.update(*said.signers.values())
        said.sorted_out.update(row.id for row in new)
        said.rows = rows
    kept[instance] = said
    if new:
        _make_room(kept, votes_max)
    return said.agreement


def _begun(registry: Registry, panel: Panel, instance: bytes) -> _Said:
    communities = {one: registry.community(CommunityId(one)) for one in panel.pinned}
    nothing = Agreement.of(instance, panel.quorum, ())
    return _Said(panel.pinned, panel.quorum, (), set(), {}, communities, nothing)


def _holds(said: _Said, registry: Registry, panel: Panel) -> bool:
    """Tell whether what was sorted out is so still; a charter's growth may make somebody's vote count."""
    if (said.pinned, said.quorum) != (panel.pinned, panel.quorum):
        return False
    for one, before in said.communities.items():
        now = registry.community(CommunityId(one))
        if now is before:
            continue
        moved = _devices(before) ^ _devices(now)
        if not moved.isdisjoint(said.signers.get(one, ())):
            return False
        said.communities[one] = now
    return True


def _make_room(kept: OrderedDict[bytes, _Said], votes_max: int) -> None:
    number = sum(len(one.sorted_out) for one in kept.values())
    while number > votes_max and len(kept) > 1:
        _, oldest = kept.popitem(last=False)
        number -= len(oldest.sorted_out)


def _devices(known: Community | None) -> set[PublicKey]:
    return set(known.devices) if known is not None else set()


def _votes(said: _Said, panel: Panel, rows: Sequence[RecordRow]) -> list[VoteHeld]:
    found = []
    for signed in [row.record for row in rows]:
        for vote in CutVote.among([signed]):
            if vote.witness in panel.pinned:
                said.signers.setdefault(vote.witness, set()).add(signed.signer)
                known = said.communities[vote.witness]
                if known is not None and signed.signer in known.devices:
                    stand_in = panel.stand_in(vote.witness, signed.signer)
                    found.append(VoteHeld(signed.id, vote, stand_in))
    return found
