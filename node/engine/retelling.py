"""Entries in words, for the log that stewards read."""

from node.crdt import genesis
from node.errors import NodeError
from node.feeds import bodies
from node.feeds.bodies import Body, Kind
from node.feeds.entry import Entry
from node.records import record

# Per kind of record; kinds of later versions are named as they are.
SENTENCES = {
    "adoption": "noted that somebody adopted minutes",
    "approval": "approved something",
    "attestation": "stated a community's size",
    "ballot": "carried a ballot",
    "ballot-entry": "carried what somebody read from a ballot on paper",
    "candidacy": "said who stands for a body",
    "cut-vote": "said what the witnesses shall certify",
    "declining": "said whether it founds a federation that names it",
    "founding": "founded a federation",
    "join": "carried a request to join",
    "lot-commit": "bound itself to a secret for the lot",
    "lot-reveal": "showed its secret for the lot",
    "mandate": "named who votes for a seat",
    "membership": "proposed a new member",
    "minutes": "kept the text of minutes",
    "petition": "handed in a petition",
    "petition-support": "stated how many people support a petition",
    "proposal": "put a question",
    "receipt": "confirmed which ballots it holds",
    "report": "reported something to the federation",
    "report-withdrawal": "took a report back",
    "resignation": "carried a resignation",
    "review-end": "said which requests for a review it holds",
    "review-request": "asked for a review of a decision",
    "roll": "stated who has how many seats",
    "seal": "listed the ballots it holds, and takes no more",
    "withdrawal": "took a question back",
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
            return SENTENCES.get(kind, f"stated something of kind {kind!r}")
        case Kind.GENESIS:
            return f"began a document: {genesis.decode(bodies.genesis_of(body)).type}"
        case Kind.CHANGES:
            count = len(bodies.changes(body.content).raw_changes)
            return "changed a document" if count == 1 else f"changed a document {count} times"
        case Kind.EPOCH:
            return "restarted a document"
        case Kind.CHECKPOINT:
            return "closed a chapter of its feed"
        case Kind.SEALED:
            return "carried something that only the parties of a circle can read"
