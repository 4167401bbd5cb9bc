"""Commands about the store: the log, rebuilding, and looking for trouble."""

from typing import Any

from node import ids, keys
from node.engine.commands import Doctor, ReadAgain, Rebuild, ShowLog
from node.engine.desk import Desk, Done
from node.engine.ends import Standing
from node.engine.handlers.home import forks
from node.engine.replicas import second_reading
from node.engine.retelling import retell
from node.engine.sessions.quotas import Usage
from node.feeds import scopes
from node.feeds.entry import Entry
from node.ids import DocumentId
from node.keys import PublicKey
from node.limits import STRETCH_ENTRIES_MAX


def show_log(command: ShowLog, desk: Desk) -> Done:
    """Show the newest entries in words."""
    problems = {verdict.entry: verdict.reason for verdict in desk.store.documents.verdicts()}
    feeds = desk.store.feeds
    shown: list[dict[str, Any]] = []
    for number, entry in feeds.recent(limit=command.limit, before=command.before):
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
                "counts": desk.registry.standing(entry)
                >= (Standing.RECORDS if entry.document is None else Standing.COUNTS),
                "problem": problems.get(entry.id),
                "beside": len(feeds.heads_of(entry.feed)) > 1 and len(feeds.at(entry.feed, entry.seq)) > 1,
            }
        )
    return Done({"entries": shown})


def rebuild(_: Rebuild, desk: Desk) -> Done:
    """Empty every cache and make it again from the feeds, and judge everything anew.

    Verdicts follow from the entries alone, so the earlier ones are not copied.
    """
    store = desk.store
    used: dict[PublicKey, Usage] = {}
    store.records.clear()
    store.documents.clear()
    store.directory.clear()
    desk.documents.close_all()
    desk.circles.forget()
    for federation in desk.registry.federations():
        desk.registry.forget(federation)
    part: list[Entry] = []
    entries = 0
    for entry in store.feeds.walk():
        entries += 1
        part.append(entry)
        device = entry.feed.device
        used[device] = used.get(device, Usage()).plus(Usage(1, entry.body_bytes))
        if len(part) == STRETCH_ENTRIES_MAX:
            desk.ingest.route_again(part)
            part = []
    desk.ingest.route_again(part)
    # Edits can be read before the records that let them count.
    for federation in desk.registry.federations():
        desk.documents.writers_changed(scopes.members(federation))
    desk.circles.read_on(most=None)
    desk.documents.settle()
    desk.documents.take_worked()  # It was counted when it came.
    desk.quotas.recount(used)
    return Done(
        {
            "entries": entries,
            "listings": store.directory.count(),
            "problems": len({verdict.entry for verdict in store.documents.verdicts()}),
        }
    )


def read_again(command: ReadAgain, desk: Desk) -> Done:
    """Compare the next documents with what automerge reads of the same changes."""
    kind, _, named = (command.after or "").partition("/")
    place = (kind, DocumentId(ids.parse(named)) if named else None)
    found = second_reading.after(desk.store, place, command.limit)
    differing = []
    for kind, document in found:
        problems = second_reading.differences(document, desk.store, desk.registry)
        if problems:
            differing.append({"id": ids.show(document), "type": kind, "found": list(problems)})
    last = f"{found[-1][0]}/{ids.show(found[-1][1])}" if len(found) == command.limit else None
    return Done({"compared": len(found), "differing": differing, "next": last})


def doctor(_: Doctor, desk: Desk) -> Done:
    """Look for trouble that a steward can do something about."""
    standing = desk.registry.community(desk.own)
    device = desk.keyring.device.public
    open_forks = [fork for fork in forks.shown(desk) if not fork["retired"]]
    forked = sorted({fork["scope"] for fork in open_forks if fork["device"] == keys.show(device)})
    others = [fork for fork in open_forks if fork["device"] != keys.show(device)]
    paused = sorted(desk.name_of(community) for community in desk.quotas.paused)
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
            "forks",
            not others,
            "no other device told two stories",
            "; ".join(f"{fork['device']} of {fork['name']} told two stories" for fork in others)[:400]
            + ": everything it published counts; its stewards retire it with `charter device retire`",
        ),
        _check(
            "quotas",
            not paused,
            "everybody is within what this node takes",
            f"nothing more is taken of {', '.join(paused)[:200]}: `hedgerow peer quota` allows more",
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
