"""Which roll of the one whose turn it is a witness may ask for, where nothing else brings witnesses together.

Whoever took it as it is would let one liar have a roll of its own making: with sizes of long ago, under the
bylaws before these, with a device that is lost for each of the others. So each part of it must be what an
honest witness may have computed since these rounds began.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Begun:
    """What counted at this node when rounds about a roll began.

    A node that starts again in their midst takes what counts then: it may join less for a while, and others
    ask for what they compute by then.

    Attributes:
        serials: which statement of a size counted of each attester about each community, by its number.
        active: the members that had a say.
    """

    serials: Serials
    active: frozenset[CommunityId]


def begun(rolls: Rolls, members: Members) -> Begun:
    """Return what counts now, as rounds about the next roll begin."""
    stated = latest(rolls.attestations(members).values())
    return Begun({(one.subject, one.attester): one.serial for one in stated}, frozenset(members.active))


def may_ask_for(
    roll: Roll, mine: Sequence[Roll], began: Begun, *, rolls: Rolls, members: Members, panel: Panel
) -> bool:
    """Tell whether an honest witness may have computed a roll since these rounds began.

    It goes by bylaws and by a day that this node went by too, leaves nobody out whom this node wanted last,
    names nobody else who had no say since, pins the devices that this node would, and each size on it follows
    from what was stated, by whoever had a say since, and is no older than what counted when the rounds began.

    Args:
        roll: what the one whose turn it is asked for.
        mine: what this node would ask for now, and what it asked for, the last of these last; at least one.
        began: what counted here when the rounds began.
        rolls: of this node.
        members: of the federation.
        panel: who certifies the roll.
    """
    # Whom this node asked for had a say then: so it knows of them though it started again since.
    wanted, known = mine[-1], began.active.union(members.active, *map(chains.named, mine))
    seated, witnessing = ({one.community for one in each} for each in (roll.holders, roll.witnesses))
    return (
        roll.bylaws in {one.bylaws for one in mine}
        and roll.sized in {one.sized for one in mine}
        and seated.issuperset(one.community for one in wanted.holders)
        and witnessing.issuperset(one.community for one in wanted.witnesses)
        and chains.named(roll) <= known
        and _pins_as(roll, mine, rolls, panel)
        and _sizes_since(roll, mine, began, known, rolls=rolls, members=members)
    )


def _pins_as(roll: Roll, mine: Sequence[Roll], rolls: Rolls, panel: Panel) -> bool:
    """Tell whether a roll pins for each witness a device that this node pinned, or would pin now."""
    pinned = {(one.community, one.device) for each in mine for one in each.witnesses}
    return all(
        (one.community, one.device) in pinned
        or one.device == rolls.next_device(panel, CommunityId(one.community))
        for one in roll.witnesses
    )


def _sizes_since(
    roll: Roll,
    mine: Sequence[Roll],
    began: Begun,
    known: Collection[CommunityId],
    *,
    rolls: Rolls,
    members: Members,
) -> bool:
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
        # Bylaws may name who was put out long ago, and readers of a roll take that word: no witness would.
        since = one.serial >= began.serials.get((one.subject, one.attester), _NOTHING)
        if one.subject in about and one.attester in known and since:
            about[one.subject].append(one)
    active = frozenset(members.active)
    return all(
        low <= holder.size <= high
        for holder in new
        for low, high in [_range(about[holder.community], began, rules.sizes, active)]
    )


def _range(
    about: Sequence[SizeAttestation], began: Begun, rule: Sizes, active: frozenset[CommunityId]
) -> tuple[int, int]:
    """Return between which sizes that of a community lay, by what was stated since about it.

    Whichever of its statements of each attester somebody holds: the more each says, the larger it is, and the
    more there are whose word counts.
    """
    by: dict[bytes, list[SizeAttestation]] = {}
    # Whose word counts may have changed with the members, and some go by those before.
    entitled, always = rule.entitled(active), active & began.active
    entitled_then = rule.entitled(began.active)
    for one in about:
        if entitled(one.attester, one.subject) or entitled_then(one.attester, one.subject):
            by.setdefault(one.attester, []).append(one)
    # Who said nothing when the rounds began, or had no say all along, may not be heard everywhere.
    heard = {
        who: who in always
        and all(
            (one.subject, who) in began.serials
            and entitled(who, one.subject)
            and entitled_then(who, one.subject)
            for one in said
        )
        for who, said in by.items()
    }
    lows = [min(one.size for one in said) if heard[who] else _NOTHING for who, said in by.items()]
    highs = [max(one.size for one in said) for said in by.values()]
    return _ranked(lows, rule.witnesses), _ranked(highs, rule.witnesses)


def _ranked(found: Iterable[int], place: int) -> int:
    """Return the number at a place from the largest on, nothing where there are fewer."""
    ordered = sorted(found, reverse=True)
    return ordered[place - 1] if place <= len(ordered) else _NOTHING
