"""Entries in words, for the log that stewards read."""

from node.crdt import genesis
from node.errors import NodeError
from node.feeds import bodies
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry
from node.records import record

_SENTENCES = {
    "approval": "approved something",
    "attestation": "stated a community's size",
    "ballot": "carried a ballot",
    "founding": "founded a federation",
    "join": "carried a request to join",
    "mandate": "named who votes for a seat",
    "membership": "proposed a new member",
    "proposal": "put a question",
    "report": "reported something to the federation",
    "report-withdrawal": "took a report back",
    "roll": "stated who has how many seats",
}


def retell(entry: Entry) -> str:
    """Say in a few words what an entry holds."""
    if entry.body is None:
        return "something that was since replaced or erased"
    try:
        return _retell(bodies.decode(entry.body))
    except NodeError:
        return "something that cannot be read"


def _retell(body: Body) -> str:
    match body.kind:
        case Kind.RECORD:
            kind = record.stored(body.content).kind if isinstance(body.content, bytes) else ""
            return _SENTENCES.get(kind, f"stated something of kind {kind!r}")
        case Kind.GENESIS if isinstance(body.content, bytes):
            return f"began a document: {genesis.decode(body.content).type}"
        case Kind.CHANGES:
            count = len(bodies.changes(body.content).raw_changes)
            return "changed a document" if count == 1 else f"changed a document {count} times"
        case Kind.EPOCH:
            return "restarted a document"
        case Kind.CHECKPOINT:
            return "closed a chapter of its feed"
        case Kind.GENESIS:
            return "something that cannot be read"
