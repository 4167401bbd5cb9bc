"""What who belongs to a federation rests on: which records say it, and which changes of charters bear on it.

Most approvals are of something else, a question or a mandate: they are neither read for it nor do they make
it be worked out anew, however many there are. Nor does a device that comes or goes and that no roll names.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from node.engine.ports import RecordStore
from node.federation.founding import Founding
from node.federation.membership import Amendment, Change, JoinRequest, Membership
from node.feeds import scopes
from node.identity.community import Community
from node.ids import CommunityId, FederationId, PayloadId
from node.records.approvals import Approval
from node.records.record import Record

# What approvals of are counted, beside the founding itself.
_CLAIMS: Final = (JoinRequest.kind, Membership.kind)


@dataclass(frozen=True, slots=True)
class Decided:
    """What certified decisions say about who belongs to a federation, and by which bylaws.

    Attributes:
        named: the communities that certified rolls name, where somebody was suspended or removed.
        waiting: kinds of record of which one more may change that.
    """

    changes: tuple[Change, ...] = ()
    amendments: tuple[Amendment, ...] = ()
    named: frozenset[CommunityId] = frozenset()
    waiting: frozenset[str] = frozenset()

    @property
    def said(self) -> tuple[object, ...]:
        """Return all of it that members rest on."""
        return (self.changes, self.amendments, self.named)


def held(records: RecordStore, federation: FederationId) -> list[Record]:
    """Return the records held that bear on who belongs to a federation."""
    scope = scopes.members(federation)
    found = [row for kind in (Founding.kind, *_CLAIMS) for row in records.of_kind(scope, kind)]
    named = dict.fromkeys([PayloadId(federation), *(row.payload_id for row in found)])
    found += [row for one in named for row in records.about(scope, Approval.kind, one)]
    return [row.record for row in found]


def bears(records: RecordStore, federation: FederationId, kind: str, about: bytes | None) -> bool:
    """Tell whether a record that arrived bears on who belongs there; `about` is what it is about."""
    if kind != Approval.kind:
        return kind in (Founding.kind, *_CLAIMS)
    if about is None or about == federation:
        return about is not None
    scope = scopes.members(federation)
    return any(one.scope == scope and one.kind in _CLAIMS for one in records.with_payload(PayloadId(about)))


def same_say(before: Community | None, now: Community | None, named: Collection[bytes]) -> bool:
    """Tell whether a charter changed by nothing but devices, and by none on which a decision rests.

    Args:
        before: the community as it stood, None where it was not known.
        now: as it stands.
        named: the devices that stand on rolls, or spoke about them.
    """
    if before is None or now is None:
        return False
    if (before.stewards, before.retirements) != (now.stewards, now.retirements):
        return False
    return not any(one in named for one in before.devices.keys() ^ now.devices.keys())
