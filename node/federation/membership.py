"""Membership: who belongs to a federation, as a function of the records in its members' scope.

A community asks by a `JoinRequest` that its stewards sign; any member states a `Membership` for it; it holds
once as many members as the bylaws say approved. The number is absolute and at most the number of founders, so
more records never take a member away and the order in which they come makes no difference. Certified
decisions admit, suspend, restore and remove, in the order in which their voting ended.

No approval carries a time that anybody could trust. So those of a community that has no say any more count
only for whom a certified roll names: that shows that they were members before.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.federation.bylaws import Bylaws
from node.federation.founding import Founding, Stewards, missing_founders
from node.ids import CommunityId, EntryId
from node.keys import PublicKey
from node.limits import NAME_CHARS_MAX
from node.records.approvals import Signatures
from node.records.record import Record
from node.records.statement import Id, Nonce, Statement


class JoinRequest(Statement):
    """A community's stewards ask to join.

    Attributes:
        name: what the community calls itself, for the members who have not met it; empty before its page is.
    """

    kind: ClassVar[str] = "join"
    federation: Id
    community: Id
    name: Annotated[str, Field(max_length=NAME_CHARS_MAX)]
    nonce: Nonce


class Membership(Statement):
    """A community that asked by `request` shall be a member; other members approve this payload."""

    kind: ClassVar[str] = "membership"
    federation: Id
    community: Id
    request: Id


ChangeAct = Literal["admit", "suspend", "restore", "remove"]
# A device, and the number and id of the last entry of its feed that counts.
Last = tuple[PublicKey, int, EntryId]
MEMBERSHIP_KINDS = ("founding", "join", "membership", "approval")


@dataclass(frozen=True, slots=True)
class Pending:
    """A community that asked and is not yet a member."""

    membership: Membership
    name: str
    approved_by: tuple[CommunityId, ...]
    approvals_needed: int


@dataclass(frozen=True, slots=True)
class Change:
    """A certified decision about who belongs to a federation.

    Attributes:
        order: when its voting ended, and its id: in this order such decisions take effect.
        since: from when it may have been in force, in seconds since 1970.
        acts: it is in force; before that it says only that the community may be one soon.
        lasts: where the edits of a community that is removed end, for each branch of its devices' feeds.
    """

    act: ChangeAct
    community: CommunityId
    order: tuple[int, bytes]
    since: int
    acts: bool
    lasts: tuple[Last, ...] = ()


@dataclass(frozen=True, slots=True)
class Amendment:
    """A certified decision that puts bylaws in the place of others.

    Attributes:
        id: of the decision, which is the name of these bylaws.
        since: from when it may have been in force, in seconds since 1970.
        replaces: the bylaws they take the place of, by id; the federation's for those it was founded on.
        acts: it is in force.
        annulled: a later decision took it back.
    """

    id: bytes
    replaces: bytes
    bylaws: Bylaws
    since: int
    acts: bool
    annulled: bool = False


@dataclass(frozen=True, slots=True)
class Members:
    """A federation as its records stand.

    Attributes:
        founded: whether all founders approved; before that there are no members.
        communities: sorted.
        pending: sorted by community.
        awaited: founders whose approval is missing.
        claimed: every community that some record would make a member, held or not: their charters are needed
            to judge it.
        ever: all that were members at some time, sorted: what was decided with them stands.
        suspended: members that read and have no say, sorted.
        amendments: decisions that changed the bylaws, or will when they are in force.
        changes: decisions about who belongs, in the order in which they take effect.
    """

    founding: Founding
    founded: bool
    communities: tuple[CommunityId, ...]
    pending: tuple[Pending, ...]
    awaited: tuple[CommunityId, ...]
    claimed: tuple[CommunityId, ...]
    ever: tuple[CommunityId, ...]
    suspended: tuple[CommunityId, ...]
    amendments: tuple[Amendment, ...]
    changes: tuple[Change, ...]

    def outlived(self, community: CommunityId, named: bytes, *, opens: int) -> bool:
        """Tell whether whoever opened a question then had no say, or went by bylaws that were replaced."""
        about = [one for one in self.changes if one.acts and one.community == community]
        # Whom no decision is about and who is none is let in by those alone who had no say any more.
        gone = community not in self.active and (not about or any(one.since <= opens for one in about))
        return gone or any(
            one.acts and one.replaces == named and one.since <= opens for one in self.amendments
        )

    def bylaws(self, named: bytes) -> Bylaws | None:
        """Return the bylaws of an id, the federation's for the first ones; None where none are certified."""
        if named == self.founding.federation:
            return self.founding.bylaws
        return next((one.bylaws for one in self.amendments if one.id == named), None)

    def following(self, named: bytes) -> bytes:
        """Return which bylaws are to take the place of some, by id; the same while no decision in force does.

        Of several that replace the same ones the lowest id is put forward; the chain of rolls settles which
        one follows, and the others then replace what is no more (R11). Annulled ones give way to what they
        had replaced.
        """
        forward = [one.id for one in self.amendments if one.acts and one.replaces == named]
        back = [one.replaces for one in self.amendments if one.id == named and one.annulled]
        return min(forward, default=self.following(back[0]) if back else named)

    def lasts(self, community: CommunityId) -> tuple[Last, ...] | None:
        """Return where the edits of a community that was removed end; None for one that was not.

        Of one that had written nothing when it was removed there are none, and nothing of it counts.
        """
        if community in self.communities:
            return None
        about = [one for one in self.changes if one.acts and one.community == community]
        return next((one.lasts for one in reversed(about) if one.act == "remove"), None)

    @property
    def active(self) -> tuple[CommunityId, ...]:
        """Return the members that take part: those that are not suspended, sorted."""
        return tuple(one for one in self.communities if one not in self.suspended)


def evaluate(
    founding: Founding,
    records: Iterable[Record],
    stewards: Stewards,
    *,
    changes: Sequence[Change] = (),
    amendments: Sequence[Amendment] = (),
    named: Collection[CommunityId] = (),
) -> Members:
    """Add up the membership records of a federation, and what certified decisions changed.

    `named` are the communities that certified rolls name.
    """
    known = sorted({record.id: record for record in records}.values(), key=lambda record: record.id)
    signatures = Signatures(known)
    awaited = missing_founders(founding, signatures, stewards)
    federation = founding.payload_id
    requests = {bytes(r.payload_id): r for r in JoinRequest.among(known) if r.federation == federation}
    claims = [
        _Claim(claim, requests[claim.request].name, stewards.approvers(claim.payload_id, signatures))
        for claim in sorted(Membership.among(known), key=lambda claim: claim.payload_id)
        if claim.federation == federation and _asked(claim, requests, signatures, stewards)
    ]
    asked = {one.membership.community for one in claims}
    # Nobody is made a member against its will, by no majority.
    decided = [one for one in changes if one.act != "admit" or one.community in asked]
    admission = founding.bylaws.admission
    needed = admission.approvals
    founders = {CommunityId(c) for c in founding.founders} if not awaited else set()
    heard, ever = list[_Claim](), set(founders)
    if founders and admission.way != "approvals":
        ever |= {one.community for one in decided if one.act == "admit"}
    if founders and admission.way != "decision":
        heard = claims
    before = frozenset(ever)
    ever |= _approved(heard, before, needed)
    still, muted = _present(ever, decided, ever)
    silenced = (ever - still) | muted
    approved = founders | _approved(heard, before, needed, silenced=silenced, named=named)
    members, suspended = _present(approved, decided, ever)
    pending: dict[bytes, Pending] = {}
    for one in claims:
        if CommunityId(one.membership.community) not in members:
            approvers = tuple(sorted(one.approvers & members - suspended))
            pending.setdefault(one.membership.community, Pending(one.membership, one.name, approvers, needed))
    return Members(
        founding=founding,
        founded=not awaited,
        communities=tuple(sorted(members)),
        pending=tuple(pending[community] for community in sorted(pending)),
        awaited=tuple(awaited),
        claimed=tuple(
            sorted({CommunityId(m.community) for m in Membership.among(known) if m.federation == federation})
        ),
        ever=tuple(sorted(ever)),
        suspended=tuple(sorted(suspended)),
        amendments=tuple(sorted(amendments, key=lambda one: one.id)),
        changes=tuple(sorted(decided, key=lambda one: one.order)),
    )


def _approved(
    claims: Iterable["_Claim"],
    entitled: Collection[CommunityId],
    needed: int,
    *,
    silenced: Collection[CommunityId] = (),
    named: Collection[CommunityId] = (),
) -> set[CommunityId]:
    """Return whom approvals admit: of those entitled, and of whom these admitted.

    Those of the silenced count only for the named.
    """
    found, may = set[CommunityId](), set(entitled)
    while True:  # A new member's approval may complete the next one's.
        admitted = {
            community
            for one in claims
            for community in [CommunityId(one.membership.community)]
            if len((one.approvers & may) - (set() if community in named else set(silenced))) >= needed
        }
        if admitted <= found:
            return found
        found |= admitted
        may |= admitted


def _present(
    approved: set[CommunityId], changes: Iterable[Change], ever: set[CommunityId]
) -> tuple[set[CommunityId], set[CommunityId]]:
    """Return who is a member now and who of them is suspended, after all decisions in force."""
    members, suspended = set(approved), set[CommunityId]()
    for one in sorted(changes, key=lambda change: change.order):
        if not one.acts or one.community not in ever:
            continue
        match one.act:
            case "admit":
                members.add(one.community)
            case "remove":
                members.discard(one.community)
                suspended.discard(one.community)
            case "suspend":
                suspended.add(one.community)
            case "restore":
                suspended.discard(one.community)
    return members, suspended & members


@dataclass(frozen=True, slots=True)
class _Claim:
    """A membership that its community asked for, and who stands behind it."""

    membership: Membership
    name: str
    approvers: set[CommunityId]


def _asked(
    membership: Membership,
    requests: Mapping[bytes, JoinRequest],
    signatures: Signatures,
    stewards: Stewards,
) -> bool:
    """Tell whether the community itself asked: nobody is made a member against its will."""
    request = requests.get(membership.request)
    return (
        request is not None
        and request.community == membership.community
        and stewards.approves(CommunityId(request.community), membership.request, signatures)
    )
