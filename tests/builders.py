"""The smallest valid thing of each kind, the same for the same name; override by keyword."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from node.canonical import Value
from node.feeds import bodies, stretch
from node.feeds.bodies import Kind
from node.feeds.entry import Entry, FeedKey, Head
from node.feeds.stretch import Stretch
from node.governance.ballots import Paper
from node.governance.closing.phases import Windows
from node.governance.mandates import Mandate
from node.governance.proposals import Proposal, Roll, Rule, SeatHolder, Witness
from node.identity import charter
from node.identity.charter import Charter, Cut, DeviceAdded, KeySet, Retired
from node.identity.community import Community, evaluate, next_retirement
from node.ids import CommunityId, DocumentId
from node.keys import KeyPair
from node.records.approvals import Approval, Signatures
from node.records.record import Record

PUBLIC = "public"


def identifier(name: str) -> bytes:
    """Return 32 bytes that stand for an id."""
    return sha256(name.encode()).digest()


def nonce(name: str) -> bytes:
    """Return 16 bytes that stand for a drawn nonce."""
    return identifier(name)[:16]


def key(name: str) -> KeyPair:
    """Return the key pair of a name."""
    return KeyPair(identifier(f"key of {name}"))


@dataclass(frozen=True, slots=True)
class FoundedCommunity:
    """A community with all its private keys."""

    id: CommunityId
    charter: Charter
    founding: Record
    stewards: tuple[KeyPair, ...]
    recovery: KeyPair
    device: KeyPair

    @property
    def steward(self) -> KeyPair:
        """Return the first steward's key."""
        return self.stewards[0]


def community(
    name: str,
    *,
    stewards: int = 1,
    threshold: int = 1,
    device: KeyPair | None = None,
    steward: KeyPair | None = None,
) -> FoundedCommunity:
    """Found a community: `stewards` keys of which `threshold` must sign, one recovery key, one device.

    `steward` is its one steward's key where it is given.
    """
    drawn = [steward] if steward is not None else [key(f"{name} steward {i}") for i in range(stewards)]
    keys = tuple(sorted(drawn, key=lambda pair: bytes(pair.public)))
    recovery = key(f"{name} recovery")
    device = device or key(f"{name} device")
    stewards_set = KeySet(keys=tuple(pair.public for pair in keys), threshold=threshold)
    recovery_set = KeySet(keys=(recovery.public,), threshold=1)
    following = KeySet(keys=(key(f"{name} next").public,), threshold=1).commitment
    anchor = charter.founding_anchor(stewards_set, recovery_set, following, nonce(name))
    made = Charter(
        stewards=stewards_set,
        recovery=recovery_set,
        next=following,
        devices=(charter.enrol(anchor, device, bytes(32)),),
        nonce=nonce(name),
    )
    return FoundedCommunity(charter.community_of(made), made, made.sign(keys[0]), keys, recovery, device)


def charter_records(founded: FoundedCommunity) -> list[Record]:
    """Return the founding record with the approvals of all further stewards."""
    return [
        founded.founding,
        *(
            Approval(of=founded.id, community=founded.id).sign(steward)
            for steward in founded.stewards
            if steward != founded.steward
        ),
    ]


class Known:
    """Communities whose charters are held: says who stands behind a payload, as a node's registry does."""

    def __init__(self, *founded: FoundedCommunity) -> None:
        self._standing: dict[CommunityId, Community] = {}
        for one in founded:
            standing = evaluate(one.id, charter_records(one))
            assert standing is not None
            self._standing[one.id] = standing

    def approves(self, community_id: CommunityId, payload_id: bytes, signatures: Signatures) -> bool:
        """Tell whether a community's stewards stand behind a payload."""
        standing = self._standing.get(community_id)
        return standing is not None and standing.approves(payload_id, signatures)

    def approvers(self, payload_id: bytes, signatures: Signatures) -> set[CommunityId]:
        """Return all communities whose stewards stand behind a payload."""
        return {
            one for one in signatures.communities(payload_id) if self.approves(one, payload_id, signatures)
        }


def added(to: bytes, device: KeyPair) -> DeviceAdded:
    """Return the statement that adds a device that consents to a community, for its stewards to sign."""
    return DeviceAdded(community=to, device=charter.enrol(to, device, bytes(32)))


def retirement(
    standing: Community, device: KeyPair, *, stolen: bool = True, cuts: Sequence[Cut] = ()
) -> Retired:
    """Return the next link of a charter, which retires a device, for the stewards to sign."""
    return next_retirement(standing, device.public, stolen=stolen, cuts=cuts)


def approvals(signer: KeyPair, count: int, *, about: str = "something") -> list[Record]:
    """Return different approvals by one key, of nothing in particular."""
    return [
        Approval(of=identifier(f"{about} {number}"), community=bytes(32)).sign(signer)
        for number in range(count)
    ]


Draft = tuple[Kind, Value, DocumentId | None]


def carried(records: Sequence[Record]) -> list[Draft]:
    """Return the drafts that carry records."""
    return [(Kind.RECORD, record.raw, None) for record in records]


def written(
    signer: KeyPair, drafts: Sequence[Draft], *, scope: str = PUBLIC, after: Head | None = None
) -> list[Entry]:
    """Write drafts behind a head as the feed's author."""
    encoded = [
        bodies.encode(kind, content, salt=bytes(16), document=document) for kind, content, document in drafts
    ]
    return stretch.make(FeedKey(signer.public, scope), after, encoded, hours=500_000, signer=signer)


def head(entries: Sequence[Entry]) -> Head:
    """Return the head that the last entry is."""
    return Head(entries[-1].seq, entries[-1].id)


def stretches(
    signer: KeyPair, drafts: Sequence[Draft], *, scope: str = PUBLIC, after: Head | None = None
) -> list[Stretch]:
    """Write drafts behind a head and cut them as they travel."""
    return stretch.split(written(signer, drafts, scope=scope, after=after))


def roll(seats: dict[bytes, int], *, federation: bytes = bytes(32)) -> Roll:
    """Return a roll on which each community has as many seats as people, in a house of that size."""
    return Roll(
        federation=federation,
        version=1,
        previous=federation,
        bylaws=federation,
        method="hamilton",
        house=sum(seats.values()),
        floor=0,
        cap=None,
        holders=tuple(
            SeatHolder(community=one, size=seats[one], attestations=(), seats=seats[one])
            for one in sorted(seats)
        ),
        witnesses=tuple(
            Witness(community=one, device=identifier(f"device of {one.hex()}"), position=0)
            for one in sorted(seats)
        ),
    )


WINDOWS = Windows(opens=1_000, closes=2_000, grace=100, patience=100, review=1_000, stall=10_000, early=False)
MAJORITY = Rule(threshold=(1, 2), strictly_above=True, of="cast", quorum=(1, 2), blocks_stop=False)


def yes_no(
    decided_on: Roll, *, rule: Rule = MAJORITY, proposer: bytes = bytes(32), title: str = "Well?"
) -> Proposal:
    """Return a yes/no question on a roll."""
    return Proposal(
        federation=decided_on.federation,
        proposer=proposer,
        roll=decided_on.payload_id,
        title=title,
        text="",
        method="yes-no/1",
        options=(),
        seats=1,
        rule=rule,
        windows=WINDOWS,
        lot_seed=bytes(32),
        nonce=nonce(title),
    )


def election(decided_on: Roll, options: Sequence[str], *, seats: int = 1) -> Proposal:
    """Return an election on a roll."""
    return Proposal(
        federation=decided_on.federation,
        proposer=bytes(32),
        roll=decided_on.payload_id,
        title="Council",
        text="",
        method="scottish-stv/1",
        options=tuple(options),
        seats=seats,
        rule=None,
        windows=WINDOWS,
        lot_seed=bytes(32),
        nonce=nonce("Council"),
    )


def mandate(
    granting: FoundedCommunity,
    holder: KeyPair,
    *,
    seat: int = 1,
    seq: int = 1,
    federation: bytes = bytes(32),
    revokes_ballots: bool = False,
) -> Mandate:
    """Return a mandate for a seat, for the stewards to sign."""
    return Mandate(
        federation=federation,
        community=granting.id,
        seat=seat,
        seq=seq,
        prev=None if seq == 1 else identifier("the mandate before"),
        holder=holder.public,
        revokes_ballots=revokes_ballots,
    )


def paper(
    proposal: Proposal, granted: Mandate, signed: Sequence[Record], *, seq: int = 1, prev: bytes | None = None
) -> Paper:
    """Return what a mandate's holder needs to fill in a ballot."""
    return Paper(
        proposal=proposal.id,
        roll=proposal.roll,
        community=granted.community,
        seat=granted.seat,
        mandate=tuple(one.raw for one in signed),
        next_seq=seq,
        prev=prev,
    )
