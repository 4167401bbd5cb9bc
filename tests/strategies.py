"""Hypothesis strategies for every value type: well formed, and as odd as their bounds allow."""

from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from node import ids
from node.canonical import Value
from node.clock import Timestamp
from node.federation.founding import Founding
from node.federation.invitation import Invitation
from node.federation.membership import JoinRequest, Membership
from node.feeds import bodies, scopes, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Item, Stretch
from node.governance.answers import Portion
from node.governance.ballots import Ballot
from node.governance.closing.phases import Windows
from node.governance.fillings import Filling
from node.governance.lending import Borrower
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll, Rule, SeatHolder, Turnout, Witness
from node.governance.sizes import SizeAttestation
from node.identity.charter import Charter, Cut, Device, DeviceAdded, KeySet, Retired
from node.ids import CommunityId, DocumentId, EntryId, FederationId
from node.keys import KeyPair, PublicKey
from node.records.approvals import Approval
from node.records.record import Record, sign
from node.records.statement import Statement
from tests import builders
from tests.strategies_of_bylaws import bylaws

T = TypeVar("T")

NATURAL_MAX = 2**53 - 1

naturals: SearchStrategy[int] = st.one_of(st.integers(0, 300), st.integers(0, NATURAL_MAX))
positives: SearchStrategy[int] = st.one_of(st.integers(1, 300), st.integers(1, NATURAL_MAX))
hashes: SearchStrategy[bytes] = st.binary(min_size=32, max_size=32)
nonces: SearchStrategy[bytes] = st.binary(min_size=16, max_size=16)
signatures: SearchStrategy[bytes] = st.binary(min_size=64, max_size=64)

# A few keys are enough, and making one costs.
key_pairs: SearchStrategy[KeyPair] = st.sampled_from([builders.key(f"key {n}") for n in range(6)])
public_keys: SearchStrategy[PublicKey] = key_pairs.map(lambda pair: pair.public)

community_ids: SearchStrategy[CommunityId] = hashes.map(CommunityId)
federation_ids: SearchStrategy[FederationId] = hashes.map(FederationId)
entry_ids: SearchStrategy[EntryId] = hashes.map(EntryId)
document_ids: SearchStrategy[DocumentId] = hashes.map(DocumentId)

# --- canonical values --------------------------------------------------------------------------------
integers: SearchStrategy[int] = st.one_of(
    st.integers(-300, 300),
    st.integers(-(2**64), 2**64 - 1),
    st.sampled_from([23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32, 2**64 - 1, -(2**64), -24, -25]),
)
map_keys: SearchStrategy[Value] = st.one_of(integers, st.text(max_size=6))
atoms: SearchStrategy[Value] = st.one_of(
    integers, st.binary(max_size=40), st.text(max_size=20), st.booleans(), st.none()
)
values: SearchStrategy[Value] = st.recursive(
    atoms,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(map_keys, inner, max_size=4),
    max_leaves=12,
)

# --- feeds -------------------------------------------------------------------------------------------
scope_names: SearchStrategy[str] = st.one_of(
    st.sampled_from([scopes.PUBLIC, scopes.LOCAL]),
    federation_ids.map(scopes.members),
    hashes.map(lambda circle: "circle:" + ids.show(circle)),
)
feed_keys: SearchStrategy[FeedKey] = st.builds(FeedKey, device=public_keys, scope=scope_names)
heads: SearchStrategy[Head] = st.builds(Head, seq=positives, id=entry_ids)
encoded_bodies: SearchStrategy[bytes] = st.builds(
    lambda kind, content, salt, document: bodies.encode(kind, content, salt=salt, document=document),
    st.sampled_from(Kind),
    atoms,
    nonces,
    st.none() | document_ids,
)


@st.composite
def written_feeds(draw: Callable[[SearchStrategy[Any]], Any], *, entries_max: int = 6) -> list[Entry]:
    """Return the first entries of a feed as their author wrote them, in one to three commits."""
    signer: KeyPair = draw(key_pairs)
    feed = FeedKey(signer.public, draw(scope_names))
    written: list[Entry] = []
    for _ in range(draw(st.integers(1, 3))):
        commit = draw(st.lists(encoded_bodies, min_size=1, max_size=entries_max // 3))
        end = Head(written[-1].seq, written[-1].id) if written else None
        hours = draw(st.integers(0, 10**6))
        written += stretch.make(feed, end, commit, hours=hours, signer=signer)
    return written


@st.composite
def shaped_stretches(draw: Callable[[SearchStrategy[Any]], Any]) -> Stretch:
    """Return a stretch of the right shape whose signature is anything."""
    first = draw(st.integers(1, 1_000))
    whole = st.tuples(naturals, st.binary(max_size=60)).map(lambda parts: Item(*parts))
    erased = st.builds(
        Item,
        hours=naturals,
        body=st.none(),
        body_hash=hashes,
        body_bytes=st.integers(0, 100_000),
        document=st.none() | hashes,
    )
    return Stretch(
        feed=draw(feed_keys),
        first_seq=first,
        prev=None if first == 1 else draw(entry_ids),
        items=tuple(draw(st.lists(whole | erased, min_size=1, max_size=5))),
        signature=draw(signatures),
    )


# --- statements --------------------------------------------------------------------------------------
def _sorted(items: SearchStrategy[T], *, most: int, least: int = 1) -> SearchStrategy[tuple[T, ...]]:
    """Return different items in order."""
    return st.lists(items, min_size=least, max_size=most, unique=True).map(
        lambda found: tuple(sorted(found))  # type: ignore[type-var]  # only bytes and text are asked for
    )


@st.composite
def key_sets(draw: Callable[[SearchStrategy[Any]], Any], keys: SearchStrategy[bytes] = hashes) -> KeySet:
    """Return some keys and a threshold they can reach."""
    drawn = draw(_sorted(keys, most=4))
    return KeySet(keys=drawn, threshold=draw(st.integers(1, len(drawn))))


devices: SearchStrategy[Device] = st.builds(Device, sign=hashes, box=hashes, consent=signatures)
cuts: SearchStrategy[Cut] = st.builds(Cut, scope=scope_names, seq=naturals, entry=hashes)
approvals: SearchStrategy[Approval] = st.builds(Approval, of=hashes)
charters: SearchStrategy[Charter] = st.builds(
    Charter,
    stewards=key_sets(st.binary(min_size=31, max_size=31).map(lambda rest: b"\x01" + rest)),
    recovery=key_sets(st.binary(min_size=31, max_size=31).map(lambda rest: b"\x02" + rest)),
    next=hashes,
    devices=st.lists(devices, min_size=1, max_size=3).map(tuple),
    nonce=nonces,
)
devices_added: SearchStrategy[DeviceAdded] = st.builds(DeviceAdded, community=hashes, device=devices)
retirements: SearchStrategy[Retired] = st.builds(
    Retired,
    community=hashes,
    position=positives,
    after=hashes,
    device=hashes,
    reason=st.sampled_from(["rotated", "stolen"]),
    cuts=st.lists(cuts, max_size=3).map(tuple),
)

foundings: SearchStrategy[Founding] = st.builds(
    Founding, founders=_sorted(hashes, most=4), bylaws=bylaws, nonce=nonces
)
join_requests: SearchStrategy[JoinRequest] = st.builds(
    JoinRequest, federation=hashes, community=hashes, name=st.text(max_size=30), nonce=nonces
)
memberships: SearchStrategy[Membership] = st.builds(
    Membership, federation=hashes, community=hashes, request=hashes
)
invitations: SearchStrategy[Invitation] = st.builds(
    Invitation,
    federation=federation_ids,
    inviter=public_keys,
    addresses=st.lists(st.text(min_size=1, max_size=30), max_size=4).map(tuple),
    secret=hashes,
    expires=st.integers(0, 10**12 - 1).map(lambda seconds: Timestamp(seconds * 1_000)),
)

attestations: SearchStrategy[SizeAttestation] = st.builds(
    SizeAttestation,
    federation=hashes,
    attester=hashes,
    subject=hashes,
    size=st.integers(1, 10**9),
    serial=positives,
)


@st.composite
def rolls(draw: Callable[[SearchStrategy[Any]], Any]) -> Roll:
    """Return a roll of the right shape; its seats need not follow from its sizes."""
    holders = tuple(
        SeatHolder(
            community=one,
            size=draw(positives),
            attestations=draw(_sorted(hashes, most=2, least=0)),
            seats=draw(st.integers(0, 20)),
        )
        for one in draw(_sorted(hashes, most=4))
    )
    return Roll(
        federation=draw(hashes),
        version=draw(positives),
        previous=draw(hashes),
        bylaws=draw(hashes),
        method=draw(st.sampled_from(["sainte-lague", "hamilton"])),
        house=draw(positives),
        floor=draw(naturals),
        cap=draw(st.none() | positives),
        ties=draw(st.sampled_from(["lot", "larger", "smaller"])),
        holders=holders,
        witnesses=tuple(
            Witness(community=one, device=draw(public_keys), position=draw(naturals))
            for one in draw(_sorted(hashes, most=4))
        ),
    )


places: SearchStrategy[tuple[int, bytes | None]] = st.one_of(
    st.just((1, None)), st.tuples(st.integers(2, NATURAL_MAX), hashes)
)
mandates: SearchStrategy[Mandate] = st.builds(
    lambda place, **fields: Mandate(seq=place[0], prev=place[1], **fields),
    places,
    federation=hashes,
    community=hashes,
    seat=st.integers(1, 100_000),
    holder=public_keys,
    revokes_ballots=st.booleans(),
    paper=st.booleans(),
    kinds=st.sampled_from([(), ("election",), ("yes-no",), ("election", "yes-no")]),
    question=st.none() | hashes,
    # Never its own.
    lends=st.none() | st.builds(Borrower, community=hashes, seat=st.integers(100_001, NATURAL_MAX)),
)
rules: SearchStrategy[Rule] = st.builds(
    Rule,
    threshold=st.just((1, 2)),
    strictly_above=st.booleans(),
    of=st.sampled_from(["cast", "present", "all"]),
    quorum=st.just((1, 2)),
    blocks_stop=st.booleans(),
)

turnouts: SearchStrategy[Turnout] = st.builds(
    Turnout, quorum=st.just((1, 2)), of=st.sampled_from(["seats", "communities"])
)

windows: SearchStrategy[Windows] = st.builds(
    Windows,
    opens=st.integers(0, 1_000),
    closes=st.integers(1_001, 2_000),
    grace=st.integers(0, 1_000),
    patience=st.integers(0, 1_000),
    review=st.integers(0, 1_000),
    stall=st.integers(0, 1_000),
    early=st.booleans(),
)


def fillings(options: int, seats: int) -> SearchStrategy[Filling]:
    """Return what an election of so many options and seats may fill."""
    return st.builds(
        Filling,
        body=hashes,
        places=_sorted(st.integers(1, 1_000), most=seats),
        starts=st.integers(0, 1_000),
        ends=st.integers(1_001, 2_000),
        keys=st.lists(hashes, min_size=options, max_size=options, unique=True).map(tuple)
        | st.just((None,) * options),
    )


@st.composite
def proposals(draw: Callable[[SearchStrategy[Any]], Any]) -> Proposal:
    """Return a question or an election, which may fill places of a body."""
    election = draw(st.booleans())
    names = st.text(min_size=1, max_size=12)
    options = draw(_sorted(names, most=5)) if election else ()
    seats = draw(st.integers(1, 5)) if election else 1
    return Proposal(
        federation=draw(hashes),
        proposer=draw(hashes),
        roll=draw(hashes),
        title=draw(st.text(min_size=1, max_size=30)),
        text=draw(st.text(max_size=60)),
        method="scottish-stv/1" if election else "yes-no/1",
        options=options,
        seats=seats,
        rule=None if election else draw(rules),
        windows=draw(windows),
        lot_seed=draw(hashes),
        nonce=draw(nonces),
        supersedes=draw(st.none() | hashes),
        petition=draw(st.none() | hashes),
        fills=draw(st.none() | fillings(len(options), seats)) if election else None,
        turnout=draw(st.none() | turnouts) if election else None,
    )


# `prev` is null at the first place of a chain and nowhere else.
splits: SearchStrategy[tuple[Portion, ...]] = st.dictionaries(
    st.lists(positives, min_size=1, max_size=4).map(tuple), st.integers(1, 99), min_size=2, max_size=4
).map(lambda said: tuple(Portion(parts=said[choice], choice=choice) for choice in sorted(said)))
ballots: SearchStrategy[Ballot] = st.builds(
    lambda place, split, **fields: Ballot(
        seq=place[0], prev=place[1], split=split, **{**fields, **({"choice": ()} if split else {})}
    ),
    places,
    st.just(()) | splits,
    proposal=hashes,
    roll=hashes,
    community=hashes,
    seat=positives,
    mandate=st.lists(st.binary(max_size=40), min_size=1, max_size=3).map(tuple),
    choice=st.lists(positives, min_size=1, max_size=5).map(tuple),
    reason=st.text(max_size=20),
    entered=st.none() | st.binary(max_size=40),
)
statements: SearchStrategy[Statement] = st.one_of(
    approvals, charters, devices_added, retirements, foundings, join_requests, memberships, attestations,
    rolls(), mandates, proposals(), ballots,
)  # fmt: skip
kinds: SearchStrategy[str] = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8}){0,2}", fullmatch=True)
records: SearchStrategy[Record] = st.builds(sign, kinds, st.binary(max_size=200), key_pairs)
