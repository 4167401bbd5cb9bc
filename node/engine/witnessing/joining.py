"""Which roll of the one whose turn it is a witness may ask for, where nothing else brings witnesses together.

Whoever took it as it is would let one liar have a roll of its own making: with sizes of long ago, under the
bylaws before these, with a device that is lost for each of the others. So each part of it must be what an
honest witness may have computed since these rounds began.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from node.engine.rolls import chains
from node.engine.rolls.chains import Panel
from node.engine.rolls.rolls import Rolls
from node.federation.bylaws_sizes import Sizes
from node.federation.membership import Members
from node.governance.proposals import Roll
from node.governance.sizes import SizeAttestation, latest
from node.ids import CommunityId

# By subject and attester.
Serials = Mapping[tuple[bytes, bytes], int]

_NOTHING: Final = 0


def serials(rolls: Rolls, members: Members) -> Serials:
    """Return which statement counts of each attester about each community, by its number."""
    return {(one.subject, one.attester): one.serial for one in latest(rolls.attestations(members).values())}


def may_ask_for(
    roll: Roll, mine: Sequence[Roll], began: Serials, *, rolls: Rolls, members: Members, panel: Panel
) -> bool:
    """Tell whether an honest witness may have computed a roll since these rounds began.

    It goes by bylaws and by a day that this node went by too, leaves nobody out whom this node wanted last,
    names nobody else who is no active member, pins the devices that this node would, and no size on it is
    older than what counted when the rounds began.

    Args:
        roll: what the one whose turn it is asked for.
        mine: what this node would ask for now, and what it asked for, the last of these last; at least one.
        began: the statements of sizes that counted here when the rounds began.
        rolls: of this node.
        members: of the federation.
        panel: who certifies the roll.
    """
    wanted, known = mine[-1], set(members.active).union(*map(chains.named, mine))
    seated, witnessing = ({one.community for one in each} for each in (roll.holders, roll.witnesses))
    return (
        roll.bylaws in {one.bylaws for one in mine}
        and roll.sized in {one.sized for one in mine}
        and seated.issuperset(one.community for one in wanted.holders)
        and witnessing.issuperset(one.community for one in wanted.witnesses)
        and chains.named(roll) <= known
        and _pins_as(roll, mine, rolls, panel)
        and _sizes_since(roll, mine, began, rolls=rolls, members=members)
    )


def _pins_as(roll: Roll, mine: Sequence[Roll], rolls: Rolls, panel: Panel) -> bool:
    """Tell whether a roll pins for each witness a device that this node pinned, or would pin now."""
    pinned = {(one.community, one.device) for each in mine for one in each.witnesses}
    return all(
        (one.community, one.device) in pinned
        or one.device == rolls.next_device(panel, CommunityId(one.community))
        for one in roll.witnesses
    )


def _sizes_since(roll: Roll, mine: Sequence[Roll], began: Serials, *, rolls: Rolls, members: Members) -> bool:
    """Tell whether each size is one that this node asked for, or follows from what was stated since."""
    rules = members.bylaws(roll.bylaws)
    if rules is None:
        return False  # They fell, with the decision that made them.
    asked = {(one.community, one.size) for each in mine for one in each.holders}
    new = [one for one in roll.holders if (one.community, one.size) not in asked]
    if not new:
        return True
    about: dict[bytes, list[SizeAttestation]] = {one.community: [] for one in new}
    for one in rolls.attestations(members).values():
        if one.subject in about and one.serial >= began.get((one.subject, one.attester), _NOTHING):
            about[one.subject].append(one)
    active = set(members.active)
    return all(
        low <= holder.size <= high
        for holder in new
        for low, high in [_range(about[holder.community], began, rules.sizes, active)]
    )


def _range(
    about: Sequence[SizeAttestation], began: Serials, rule: Sizes, active: set[CommunityId]
) -> tuple[int, int]:
    """Return between which sizes that of a community lay, by what was stated since about it.

    Whichever of its statements of each attester somebody holds: the more each says, the larger it is.
    """
    by: dict[bytes, list[SizeAttestation]] = {}
    entitled = rule.entitled(active)
    for one in about:
        if entitled(one.attester, one.subject):
            by.setdefault(one.attester, []).append(one)
    # Who said nothing when the rounds began, or has no say now, may not be heard everywhere.
    heard = {
        who: CommunityId(who) in active and any((one.subject, who) in began for one in said)
        for who, said in by.items()
    }
    lows = [min(one.size for one in said) if heard[who] else _NOTHING for who, said in by.items()]
    highs = [max(one.size for one in said) for said in by.values()]
    return _ranked(lows, rule.witnesses), _ranked(highs, rule.witnesses)


def _ranked(found: Iterable[int], place: int) -> int:
    """Return the number at a place from the largest on, nothing where there are fewer."""
    ordered = sorted(found, reverse=True)
    return ordered[place - 1] if place <= len(ordered) else _NOTHING
