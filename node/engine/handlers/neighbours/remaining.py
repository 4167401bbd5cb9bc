"""What remains to be done: bodies that are wanted, and places of late edits that somebody else wrote over."""

from collections import defaultdict
from typing import Any

from node import canonical, ids
from node.clock import MS_PER_HOUR
from node.engine.desk import Desk
from node.engine.replicas import gaps as lacking
from node.engine.replicas.gaps import Gap
from node.engine.replicas.reissuing import CARRIED
from node.feeds.entry import FeedKey
from node.ids import DocumentId

# Places named one by one of a document; more than a steward reads are a number.
_PLACES_MAX = 20


def wanted(desk: Desk) -> list[dict[str, Any]]:
    """Say of which feeds and documents bodies are wanted, those with most first."""
    groups: dict[tuple[FeedKey, DocumentId | None], list[Gap]] = defaultdict(list)
    for gap in lacking.kept(desk.store):
        groups[gap.feed, gap.document].append(gap)
    rows = [_wanted(feed, document, gaps, desk) for (feed, document), gaps in groups.items()]
    return sorted(rows, key=lambda row: (-row["bodies"], row["scope"], row["name"], row["first"]))


def left_over(desk: Desk) -> list[dict[str, Any]]:
    """Say in which documents late edits were not made again where others had written since, newest first."""
    places: dict[DocumentId, set[str]] = defaultdict(set)
    since: dict[DocumentId, int] = {}
    for _, value in desk.store.local.all(CARRIED):
        match canonical.decode(value):
            case [int(hours), [*left], bytes(raw)] if left:
                document = DocumentId(raw)
                places[document].update(map(str, left))
                since[document] = max(hours, since.get(document, 0))
            case _:
                continue  # All of it was made again.
    found = [
        {
            **_named(document, desk),
            "places": len(left),
            "named": sorted(left)[:_PLACES_MAX],
            "since": since[document] * MS_PER_HOUR,
        }
        for document, left in places.items()
    ]
    return sorted(found, key=lambda row: (-row["since"], row["document"]))


def _wanted(feed: FeedKey, document: DocumentId | None, gaps: list[Gap], desk: Desk) -> dict[str, Any]:
    community = desk.registry.community_of(feed.device)
    return {
        "community": ids.show(community) if community is not None else None,
        "name": desk.name_of(community) if community is not None else "",
        "scope": feed.scope,
        **_named(document, desk),
        "bodies": len(gaps),
        "first": min(gap.place.seq for gap in gaps),
    }


def _named(document: DocumentId | None, desk: Desk) -> dict[str, str | None]:
    """Name a document, and its type where it is known here."""
    row = desk.store.documents.get(document) if document is not None else None
    return {
        "document": ids.show(document) if document is not None else None,
        "type": row.type if row is not None else None,
    }
