"""Lies by too much, too little or twice, in bytes that are valid by themselves.

Floods, branches, withheld bodies, a feed that goes back, one actor used twice: honest nodes must stay equal
all the same.
"""

from node.crdt import runs
from node.crdt.document import Document
from node.crdt.edits import Put
from node.directory.board import BOARD_TYPE
from node.feeds import scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.replication.messages import ClaimedHead, Entries, Heads, Message
from tests.sim.lies import HOURS, Lie, Scheme, present
from tests.sim.machine import START_MS, Machine

_FLOOD = 60
_BRANCHES = 5
# Salts that are tried so that the second of two changes stands in the lower entry.
_TRIES = 64


def flood(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Publish much at once that nobody can read."""
    del victim
    return [*scheme.publish(scheme.own_scope(), [scheme.rng.randbytes(40) for _ in range(_FLOOD)])]


def branches(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Begin several branches behind one entry of its own feed that the victim holds."""
    feed = FeedKey(scheme.device.public, scheme.own_scope())
    ends = victim.disk.feeds.heads_of(feed)
    told: list[Message | bytes] = []
    for _ in range(_BRANCHES if ends and scheme.may_branch(_BRANCHES) else 0):
        written = [scheme.rng.randbytes(40)]
        beside = stretch.make(feed, ends[0], written, hours=HOURS, signer=scheme.device)
        told += [Entries(part) for part in stretch.split(beside)]
    return told


def endless_branches(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Begin branches behind an entry of its own feed for as long as anybody listens."""
    feed = FeedKey(scheme.device.public, scheme.own_scope())
    ends = victim.disk.feeds.heads_of(feed)
    told: list[Message | bytes] = []
    for _ in range(2 * _BRANCHES if ends else 0):
        written = [scheme.rng.randbytes(40)]
        beside = stretch.make(feed, ends[0], written, hours=HOURS, signer=scheme.device)
        told += [Entries(part) for part in stretch.split(beside)]
    return told


def withheld_bodies(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Send a stretch of its own feed without what it says; that follows, or never comes."""
    del victim
    told: list[Message | bytes] = []
    scope = scheme.own_scope()
    for message in scheme.publish(scope, [scheme.rng.randbytes(40)]):
        assert isinstance(message, Entries)
        told.append(Entries(_bare(message.stretch)))
        # Whose feed stands still tells members nothing more: not too often.
        if scheme.rng.randrange(2 if scope == scopes.PUBLIC else 4):
            told.append(message)
    return told


def kept_back_for_good(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Keep one body back, and write behind it on the members' board: somebody honest builds on that."""
    scope = scopes.members(scheme.federation)
    row = next(iter(victim.disk.documents.of_type(BOARD_TYPE)), None)
    if not scheme.turncoat or row is None or not scheme.may_branch(1):
        return []
    feed = FeedKey(scheme.device.public, scope)
    gap = stretch.make(feed, scheme.end(scope), [scheme.rng.randbytes(40)], hours=HOURS, signer=scheme.device)
    note = Put((scheme.rng.randbytes(8).hex(),), "said behind it")
    written = scheme.changes(row.id, present(victim, row.id), [note], scheme.device)
    behind = stretch.make(feed, Head(gap[-1].seq, gap[-1].id), [written], hours=HOURS, signer=scheme.device)
    return [
        *(Entries(_bare(part)) for part in stretch.split(gap)),
        *(Entries(part) for part in stretch.split(behind)),
    ]


def _bare(sent: Stretch) -> Stretch:
    items = tuple(
        Item(one.hours, None, item.body_hash, item.body_bytes)
        for one, item in zip(sent.items, stretch.prove(sent), strict=True)
    )
    return Stretch(sent.feed, sent.first_seq, sent.prev, items, sent.signature)


def gone_back(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Claim an end of its own feed that lies before what the victim has of it."""
    feed = FeedKey(scheme.device.public, scopes.PUBLIC)
    places = victim.disk.feeds.at(feed, 1)
    claims = tuple(ClaimedHead(scheme.estate.community, feed.device, Head(1, place)) for place in places)
    return [Heads(scopes.PUBLIC, claims, ())]


def one_actor_twice(scheme: Scheme, victim: Machine) -> list[Message | bytes]:
    """Write twice as one actor with one number on the members' board: now one, later the other.

    The second stands in the lower entry, so that what honest members built on the first falls with it.
    """
    if not scheme.turncoat:
        return []
    scope = scopes.members(scheme.federation)
    if scheme.second is not None:
        told, scheme.second = scheme.second, None
        return [*told]
    row = next(iter(victim.disk.documents.of_type(BOARD_TYPE)), None)
    if row is None:
        return []
    shown = present(victim, row.id)
    nonce = scheme.rng.randbytes(runs.RUN_NONCE_BYTES)
    actor = runs.actor(device_key=scheme.device.public, document=row.id, epoch=0, nonce=nonce)

    def written(shown: Document, text: str) -> bytes:
        key = scheme.rng.randbytes(8).hex()
        raw = shown.change(actor=actor, edits=[Put((key,), text)], time_s=START_MS // 1_000)
        assert raw is not None
        return scheme.body(Kind.CHANGES, [nonce, [raw]], row.id)

    before = scheme.end(scope)
    first = scheme.publish(scope, [written(shown, "said once")], beside=False)
    after = scheme.end(scope)
    assert after is not None
    feed = FeedKey(scheme.device.public, scope)
    for _ in range(_TRIES):
        other = stretch.make(feed, before, [written(shown, "said twice")], hours=HOURS, signer=scheme.device)
        if other[-1].id < after.id and scheme.may_branch(1):
            scheme.second = [Entries(part) for part in stretch.split(other)]
            break
    return [*first]


EXCESSES: tuple[Lie, ...] = (
    flood,
    branches,
    withheld_bodies,
    kept_back_for_good,
    gone_back,
    one_actor_twice,
    one_actor_twice,
)
