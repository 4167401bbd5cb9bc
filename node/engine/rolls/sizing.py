"""Which sizes count for the next roll, where the bylaws name days of the year up to which they do.

The day that counts is part of the roll, and witnesses certify a roll by their own clocks: what is attested
after the first roll of a day was certified waits for the next one. No date in anybody's statement decides.
"""

from collections.abc import Mapping, Sequence

from node.clock import MS_PER_SECOND, Timestamp
from node.federation.bylaws import Bylaws
from node.federation.bylaws_sizes import Entitled
from node.governance import sizes
from node.governance.proposals import Roll
from node.governance.sizes import Size, SizeAttestation
from node.ids import CommunityId, PayloadId
from node.limits import MEMBERS_PER_FEDERATION_MAX


def day(rules: Bylaws, now: Timestamp) -> int | None:
    """Return the day up to which sizes count now, in seconds since 1970; None where the bylaws name none."""
    return sizes.last_day(now // MS_PER_SECOND, rules.sizes.days)


def counting(
    found: Sequence[Size],
    attested: Mapping[bytes, SizeAttestation],
    last: tuple[Roll | None, Bylaws | None],
    rules: Bylaws,
    now: Timestamp,
    *,
    entitled: Entitled,
    same: bool,
) -> list[Size]:
    """Return the sizes that count: those of the last roll as long as no further day of the bylaws has come.

    A community that was on no roll yet comes in with the size that is attested now. Who states its size again
    and again makes no other roll by that: as long as the size is the same, and who may attest it, it rests on
    what the last roll named.

    Args:
        found: the sizes as they are attested now.
        attested: all attestations held, by payload id.
        last: the last certified roll, None before the first, and the bylaws that it was made under.
        rules: those that the next roll is made under.
        now: this node's clock.
        entitled: whose word counts now; it may have changed under the same bylaws, with the members.
        same: whether the last roll was made under the very same bylaws, and what was settled has to stay
            (`fits`), whoever attested it.
    """
    roll, then = last
    if roll is None or then is None:
        return list(found)
    settles = stay(roll, then, rules, now)
    before = {
        holder.community: Size(
            CommunityId(holder.community), holder.size, tuple(map(PayloadId, holder.attestations))
        )
        for holder in roll.holders
        if all(one in attested for one in holder.attestations)
        and (
            (settles and same)
            or (
                len(holder.attestations) == rules.sizes.witnesses
                and all(entitled(attested[one].attester, holder.community) for one in holder.attestations)
            )
        )
    }
    if settles:
        return [before.get(one.community, one) for one in found]
    again = [before.get(one.community, one) for one in found]
    return [last if last.size == one.size else one for last, one in zip(again, found, strict=True)]


def with_room(found: Sequence[Size], last: Roll | None) -> list[Size]:
    """Return the sizes of as many communities as a roll names, sorted: those first that the last one named.

    Nothing limits how many come in. Whoever admits more than a roll has room for stops nobody's node by that,
    and takes nobody's seats.
    """
    before = {holder.community for holder in last.holders} if last is not None else set()
    ranked = sorted(found, key=lambda one: (one.community not in before, one.community))
    return sorted(ranked[:MEMBERS_PER_FEDERATION_MAX], key=lambda one: one.community)


def stay(last: Roll, then: Bylaws, rules: Bylaws, now: Timestamp) -> bool:
    """Tell whether the sizes of the last roll stay: the bylaws' rule is the same, and no new day has come."""
    sized = day(rules, now)
    return sized is not None and sized == last.sized and then.sizes == rules.sizes


def is_due(last: Roll | None, rules: Bylaws, now: Timestamp) -> bool:
    """Tell whether a day of the bylaws has come since the last roll: witnesses make one by themselves."""
    return last is not None and bool(rules.sizes.days) and last.sized != day(rules, now)


def next_look(last: Roll | None, rules: Bylaws, now: Timestamp) -> Timestamp | None:
    """Return when the next day of the bylaws comes; None where there is none, or no roll yet."""
    if last is None or not rules.sizes.days:
        return None
    return Timestamp(sizes.next_day(now // MS_PER_SECOND, rules.sizes.days) * MS_PER_SECOND)


def settled(roll: Roll, before: Roll | None) -> dict[bytes, int]:
    """Return by community the sizes that a roll has to keep: of one before it of the same day and bylaws."""
    if before is None or roll.sized is None or (before.sized, before.bylaws) != (roll.sized, roll.bylaws):
        return {}
    return {holder.community: holder.size for holder in before.holders}


def fits(roll: Roll, rules: Bylaws, before: Roll | None) -> bool:
    """Tell whether a roll names a day of its bylaws, and keeps the sizes of one before it of the same day.

    Whether that day has come, and no later one, is for the witnesses to say who certify it. Sizes are
    compared with a roll made under the same bylaws; under others they may be taken anew.
    """
    days = rules.sizes.days
    if roll.sized is None or not days:
        return roll.sized is None and not days
    if sizes.last_day(roll.sized, days) != roll.sized:
        return False
    then = settled(roll, before)
    return all(then.get(holder.community, holder.size) == holder.size for holder in roll.holders)
