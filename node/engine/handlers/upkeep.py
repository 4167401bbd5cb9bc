"""Commands about the store: the log, rebuilding, and looking for trouble."""

from typing import Any

from node import ids
from node.engine.commands import Doctor, Rebuild, ShowLog
from node.engine.desk import Desk, Done
from node.engine.registry import Standing
from node.engine.retelling import retell
from node.feeds.entry import Entry
from node.limits import STRETCH_ENTRIES_MAX


def show_log(command: ShowLog, desk: Desk) -> Done:
    """Show the newest entries in words."""
    problems = {verdict.entry: verdict.reason for verdict in desk.store.documents.verdicts()}
    shown: list[dict[str, Any]] = []
    for number, entry in desk.store.feeds.recent(limit=command.limit, before=command.before):
        owner = desk.registry.community_of(entry.feed.device)
        shown.append(
            {
                "number": number,
                "hours": entry.hours,
                "scope": entry.feed.scope,
                "community": ids.show(owner) if owner is not None else None,
                "name": desk.name_of(owner) if owner is not None else "unknown",
                "seq": entry.seq,
                "entry": ids.show(entry.id),
                "what": retell(entry),
                "counts": desk.registry.standing(entry) is not Standing.NOTHING,
                "problem": problems.get(entry.id),
            }
        )
    return Done({"entries": shown})


def rebuild(_: Rebuild, desk: Desk) -> Done:
    """Empty every cache and make it again from the feeds."""
    store = desk.store
    store.records.clear()
    store.documents.clear()
    store.directory.clear()
    desk.documents.close_all()
    for federation in desk.registry.federations():
        desk.registry.forget(federation)
    part: list[Entry] = []
    entries = 0
    for entry in store.feeds.walk():
        entries += 1
        part.append(entry)
        if len(part) == STRETCH_ENTRIES_MAX:
            desk.ingest.route_again(part)
            part = []
    desk.ingest.route_again(part)
    return Done(
        {"entries": entries, "listings": store.directory.count(), "problems": len(store.documents.verdicts())}
    )


def doctor(_: Doctor, desk: Desk) -> Done:
    """Look for trouble that a steward can do something about."""
    standing = desk.registry.community(desk.own)
    device = desk.keyring.device.public
    forked = sorted(
        {
            end.feed.scope
            for scope in desk.store.feeds.scopes()
            for end in desk.store.feeds.heads(scope)
            if end.feed.device == device and len(desk.store.feeds.heads_of(end.feed)) > 1
        }
    )
    verdicts = desk.store.documents.verdicts()
    problems = [known.problem for _, known in desk.neighbours.addresses() if known.problem]
    checks = [
        _check("charter", standing is not None, "the community's charter is held", "it has not arrived yet"),
        _check(
            "device",
            standing is not None and device in standing.devices and device not in standing.retirements,
            "this device may publish for the community",
            "this device does not stand in the charter, or was retired: ask a steward to add it",
        ),
        _check(
            "charter agreed",
            standing is not None and not standing.frozen,
            "nobody contradicts the charter",
            "two stewards changed the charter differently: it stands still until recovery",
        ),
        _check(
            "own feed",
            not forked,
            "this device has told one story only",
            f"this device was copied or restored ({', '.join(forked)}): both stories count; retire one copy",
        ),
        _check(
            "bodies",
            not verdicts,
            "everything that arrived counts",
            f"{len(verdicts)} entries count for nothing",
        ),
        _check(
            "neighbours",
            not problems,
            "every neighbour's address was reached",
            f"{len(problems)} addresses were not reached: {'; '.join(problems)[:200]}",
        ),
    ]
    return Done({"healthy": all(check["ok"] for check in checks), "checks": checks})


def _check(name: str, ok: bool, good: str, bad: str) -> dict[str, Any]:  # noqa: FBT001 - a row of a table
    return {"name": name, "ok": ok, "detail": good if ok else bad}
