"""What a federation follows and what follows it, as this node holds it: for people to read.

Whoever founds a federation that follows another one, and is a member of that one, tells its members too:
founding and approvals are carried in both scopes. There they are words and nothing else.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from node import ids
from node.engine.desk import Answer, Desk
from node.engine.drafts import Draft, carry
from node.engine.rolls import chains
from node.federation import bylaws_words, following
from node.federation.following import FOLLOWERS_SHOWN_MAX, Backing
from node.federation.founding import Founding, Predecessor
from node.federation.membership import Members
from node.feeds import scopes
from node.ids import CommunityId, FederationId, PayloadId
from node.records import record
from node.records.approvals import Approval, Signatures
from node.records.record import Record

# A steward founds few federations in the place of one. Of more that one key signed the lowest ids are read:
# whoever publishes thousands takes its own places and nobody else's.
_READ_OF_A_SIGNER_MAX: Final = 8
_ID_CHARS_SHOWN: Final = 10
_STARTS: Final[Mapping[str, str]] = {
    "last": "",
    "earlier": "Further rolls were certified there since the one that it starts from.",
    "unknown": "The roll that it starts from is none that is known here as certified.",
}


def predecessor(followed: Members, desk: Desk) -> Predecessor:
    """Return what a founding names that follows a federation: its last certified roll as it is held here."""
    panel = desk.questions.rolls.newest(followed)
    return Predecessor(federation=followed.founding.federation, roll=panel.id)


def told(
    founding: Founding, signed: Record | None, approvals: tuple[Draft, ...], desk: Desk
) -> tuple[tuple[str, tuple[Draft, ...]], ...]:
    """Return what is published among the members of the federation that a founding follows.

    Args:
        founding: nothing is published where it follows none to which this community belongs.
        signed: its record where it was just made, else None: one that is held is carried if none is there.
        approvals: of it, by stewards of this community.
        desk: whose registry says which.
    """
    if founding.follows is None:
        return ()
    followed = FederationId(founding.follows.federation)
    if not desk.registry.is_member(followed, desk.own):
        return ()
    scope = scopes.members(followed)
    known = desk.questions.with_payload(scope, Founding.kind, founding.payload_id)
    held = desk.registry.founding_record(founding.federation)
    first = signed or (record.stored(held) if held is not None else None)
    return ((scope, (*approvals, *([carry(first)] if first is not None and not known else ()))),)


def follows(founding: Founding, desk: Desk) -> Answer | None:
    """Return what a founding says it follows, None where it follows none."""
    named = founding.follows
    if named is None:
        return None
    federation = FederationId(named.federation)
    shown: Answer = {"federation": ids.show(federation), "roll": ids.show(named.roll)}
    members = desk.registry.members(federation)
    if members is None:
        nothing = dict.fromkeys(("name", "starts_from", "bylaws_changed", "behind", "entitled", "majority"))
        words = (
            f"It says that it follows the federation {_short(federation)}, which is not known here:"
            " how many of the communities there stand behind it cannot be told."
        )
        return {**shown, **nothing, "in_words": [words]}
    found, starts = _backing(founding, members, desk), _starts_from(named, members, desk)
    changed = [
        f"{name}: {new}, there {old}"
        for name, old, new in bylaws_words.changes(
            desk.questions.present_rules(members), founding.bylaws, desk.name_of
        )
    ]
    said = [
        f"It says that it follows {_called(members.founding)}: {found.in_words('there')}.",
        *filter(None, [_STARTS[starts]]),
        f"Its bylaws are those that hold there{', but for:' if changed else '.'}",
        *(f"  {one}" for one in changed),
    ]
    return {
        **shown,
        "name": members.founding.bylaws.name,
        "starts_from": starts,
        "bylaws_changed": changed,
        **_numbers(found),
        "in_words": said,
    }


def claims(members: Members, desk: Desk) -> list[tuple[Founding, Backing]]:
    """Return the foundings that say they follow a federation, the most widely backed first.

    Of those that this node takes no part in, the ones that nobody here stands behind are left out.
    """
    federation = members.founding.federation
    taken = filter(None, map(desk.registry.members, desk.registry.federations()))
    known = {one.founding.federation: one.founding for one in taken}
    held = known | {one.federation: one for one in _carried(members, desk)}
    found = [
        (one, _backing(one, members, desk))
        for _, one in sorted(held.items())
        if one.follows is not None and one.follows.federation == federation
    ]
    shown = [(one, by) for one, by in found if by.behind or one.federation in known]
    return sorted(shown, key=lambda pair: -len(pair[1].behind))


def followers(members: Members, desk: Desk) -> tuple[list[Answer], int]:
    """Return what says that it follows a federation, as far as it is shown, and how many more do."""
    found = claims(members, desk)
    rows = [_follower(one, by, desk) for one, by in found[:FOLLOWERS_SHOWN_MAX]]
    return rows, len(found) - len(rows)


def _follower(founding: Founding, found: Backing, desk: Desk) -> Answer:
    known = desk.registry.members(founding.federation)
    waits = " It is not founded yet." if known is not None and not known.founded else ""
    return {
        "federation": ids.show(founding.federation),
        "name": founding.bylaws.name,
        "founded": known.founded if known is not None else None,
        **_numbers(found),
        "in_words": f"{_called(founding)} says that it follows this one: {found.in_words('here')}.{waits}",
    }


def _carried(members: Members, desk: Desk) -> Iterator[Founding]:
    """Yield the foundings that members' stewards carried among the members of a federation."""
    held = desk.questions.stored(scopes.members(members.founding.federation), Founding.kind)
    others = [one for one in held if one.payload_id != members.founding.payload_id]
    stewards = {key for one in members.active if others for key in desk.registry.stewards_of(one)}
    read = Counter[bytes]()
    for one in others:
        if one.signer in stewards and read[one.signer] < _READ_OF_A_SIGNER_MAX:
            read[one.signer] += 1
            yield from Founding.among([one])


def _backing(founding: Founding, members: Members, desk: Desk) -> Backing:
    """Add up who of a federation's members approved a founding, wherever approvals of it are held."""
    panel = desk.questions.rolls.newest(members)
    on_it = (
        chains.named(panel.roll)
        if panel.roll is not None
        else set(map(CommunityId, members.founding.founders))
    )
    where = (members.founding.federation, founding.federation)
    signatures = Signatures(
        one
        for scope in map(scopes.members, where)
        for one in desk.questions.about(scope, Approval.kind, founding.payload_id)
    )
    approved = desk.registry.approvers(founding.payload_id, signatures)
    return following.backing(founding, approved, on_it.intersection(members.active), version=panel.version)


def _starts_from(named: Predecessor, members: Members, desk: Desk) -> str:
    """Tell where the roll that the founders start from stands in the chain there, as it is held here."""
    rolls = [PayloadId(members.founding.federation)]
    rolls += [one.payload_id for one in desk.questions.rolls.certified(members)]
    if named.roll not in rolls:
        return "unknown"
    return "last" if named.roll == rolls[-1] else "earlier"


def _numbers(found: Backing) -> Answer:
    return {"behind": len(found.behind), "entitled": len(found.entitled), "majority": found.majority}


def _called(founding: Founding) -> str:
    return f"“{founding.bylaws.name}” ({_short(founding.federation)})"


def _short(federation: FederationId) -> str:
    return f"{ids.show(federation)[:_ID_CHARS_SHOWN]}…"
