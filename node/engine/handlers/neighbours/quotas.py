"""Commands about what each community may use of this node."""

from typing import Any

from node import ids
from node.engine.commands import SetQuota
from node.engine.desk import Desk, Done
from node.engine.sessions.quotas import Quota, Usage
from node.errors import UserError
from node.ids import CommunityId


def set_quota(command: SetQuota, desk: Desk) -> Done:
    """Let a community use so many times the usual; what was paused is fetched at once."""
    community = desk.community(command.community)
    if community == desk.own:
        raise UserError("expected another community: your own may use all there is")
    desk.quotas.allow(community, command.times)
    return Done(
        {
            "community": ids.show(community),
            "name": desk.name_of(community),
            "times": command.times,
            "paused": list(desk.quotas.quota(community).reached(desk.quotas.usage(community))),
        },
        sharing_changed=True,
    )


def shown(desk: Desk) -> list[dict[str, Any]]:
    """Say what each community uses here, those first that are nearest to their quota."""
    rows = [
        (community, desk.quotas.usage(community), desk.quotas.quota(community))
        for community in desk.registry.communities()
    ]
    used = [row for row in rows if row[1].entries]
    used.sort(key=lambda row: (-_per_mille(row[1], row[2]), row[0]))
    return [_row(community, usage, quota, desk) for community, usage, quota in used]


def _row(community: CommunityId, usage: Usage, quota: Quota, desk: Desk) -> dict[str, Any]:
    own = community == desk.own
    return {
        "community": ids.show(community),
        "name": desk.name_of(community),
        "entries": usage.entries,
        "bytes": usage.bytes,
        "operations": usage.operations,
        "work_ms": usage.work_us // 1_000,
        "disk": usage.disk_bytes,
        "times": desk.quotas.times(community),
        # In thousandths of the part that is used most; the own community has no quota.
        "share": None if own else _per_mille(usage, quota),
        "paused": [] if own else list(quota.reached(usage)),
    }


def _per_mille(usage: Usage, quota: Quota) -> int:
    parts = (
        (usage.entries, quota.entries),
        (usage.bytes, quota.bytes),
        (usage.operations, quota.operations),
        (usage.work_us, quota.work_us),
        (usage.disk_bytes, quota.disk_bytes),
    )
    return max(used * 1_000 // most for used, most in parts)
