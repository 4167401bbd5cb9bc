"""The chain of a federation's rolls, as the stored records tell it: which are certified, and what comes next.

The witnesses that a roll names certify the next one; the founders certify the first (closing protocol, R11).
A roll is a pure function of bylaws, members and stated sizes, so no ballots are cast on it: each witness
computes it and votes for what it computed. What was read of a chain is kept (chains.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache

from node.clock import Timestamp
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.rolls import attesting, chains, pacing, sizing, spoken
from node.engine.rolls.chains import Panel
from node.engine.stored import Stored
from node.errors import PeerError
from node.federation.bylaws import Bylaws
from node.federation.membership import Members
from node.feeds import scopes
from node.governance import decisions
from node.governance.closing import subjects
from node.governance.closing.agreement import Agreement, Certificate
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.decisions import Following
from node.governance.proposals import Roll, SeatRule, Witness
from node.governance.sizes import SizeAttestation, latest, sizes
from node.ids import CommunityId, PayloadId
from node.keys import PublicKey
from node.records.record import Record


class RollStanding(StrEnum):
    """Where a roll stands in the chain."""

    CERTIFIED = "certified"
    AWAITED = "awaited"
    PASSED_OVER = "passed over"


# What people are told about a question whose roll does not stand in the chain.
WHY_NOT: Mapping[RollStanding, str] = {
    RollStanding.CERTIFIED: "",
    RollStanding.AWAITED: (
        "The witnesses of the last roll have not certified the roll that it is decided on yet; without that"
        " nothing about it is certified."
    ),
    RollStanding.PASSED_OVER: (
        "The witnesses certified another roll in the place of the one that it is decided on: sizes or members"
        " had changed. It cannot be certified any more; put the question again."
    ),
}


class Rolls:
    """Read the chain of rolls, and make the next roll."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._stored = Stored(store)
        self._registry = registry

    def newest(self, members: Members) -> Panel:
        """Return the panel that the last certified roll names, the founders before the first."""
        chain = self._chain(members)
        return self._panel(members, chain[-1] if chain else None)

    def certified(self, members: Members) -> Sequence[Roll]:
        """Return the certified rolls, the first first."""
        return tuple(self._chain(members))

    def standing(self, members: Members, roll: Roll) -> RollStanding:
        """Tell where a roll stands in the chain."""
        chain = self._chain(members)
        if roll.version > len(chain):
            return RollStanding.AWAITED
        same = chain[roll.version - 1].payload_id == roll.payload_id
        return RollStanding.CERTIFIED if same else RollStanding.PASSED_OVER

    def called(self, members: Members, panel: Panel) -> bool:
        """Tell whether somebody asks for the next roll to be certified: with any roll that follows the last.

        None of them is read, whatever their number: a roll takes a tenth of a second.
        """
        scope = scopes.members(members.founding.federation)
        return self._stored.anything_about(scope, Roll.kind, panel.id)

    def find(self, members: Members, named: bytes) -> Roll | None:
        """Return a roll by its payload id, None while it is not held."""
        scope = scopes.members(members.founding.federation)
        found = _read(self._stored.with_payload(scope, Roll.kind, PayloadId(named))[:1])
        return found[0] if found else None

    def agreement(self, members: Members, panel: Panel) -> Agreement:
        """Return the votes of a panel about the next roll, sorted out; whose count, spoken.py says."""
        about = place(members, panel).instance
        rows = self._store.records.about(scopes.members(members.founding.federation), CutVote.kind, about)
        return spoken.agreement(self._registry, panel, about, rows)

    def proof(self, members: Members, roll: Roll) -> list[Record]:
        """Return the records that prove the chain from the founding up to a roll: rolls and certificates."""
        scope = scopes.members(members.founding.federation)
        chain = [*self._chain(members)[: roll.version]]
        found: list[Record] = []
        for last, following in zip([None, *chain], chain, strict=False):
            panel = self._panel(members, last)
            found += self._stored.with_payload(scope, Roll.kind, following.payload_id)[:1]
            settled = subjects.settled(self.agreement(members, panel))
            if settled is None:
                return found  # A rival was certified since by too many liars: the file tells so.
            said = self._stored.about(scope, CutVote.kind, place(members, panel).instance)
            found += [one for one in said if one.id in settled.votes]
        return found

    def settling(self, members: Members, panel: Panel) -> tuple[Panel, Certificate | None]:
        """Return by whom a panel's own roll was settled, and by what; the founders settle the first."""
        before = self.find(members, panel.roll.previous) if panel.roll is not None else None
        last = self._panel(members, before)
        return last, subjects.settled(self.agreement(members, last))

    def speaks(self, panel: Panel, community: CommunityId) -> PublicKey | None:
        """Return the device that speaks for a witness now; None for who is not on the panel."""
        if community not in panel.pinned:
            return None
        return self._standing_device(community, panel.pinned[community])

    def next_device(self, panel: Panel, community: CommunityId) -> PublicKey | None:
        """Return the device that the next roll pins for a community, None where its charter is not held."""
        return self._standing_device(community, panel.pinned.get(community))

    def displaced(self, panel: Panel) -> bool:
        """Tell whether a pinned device of a panel was retired: the next roll should name another soon."""
        pinned = [(one, device) for one, device in panel.pinned.items() if device is not None]
        return any(self.speaks(panel, CommunityId(one)) not in (None, device) for one, device in pinned)

    def present(self, members: Members, now: Timestamp) -> tuple[Roll | None, list[CommunityId]]:
        """Return the roll that today's records give, and who is not attested; None before anybody is.

        It is the last certified one as long as nothing on it changed, the next has to wait, or nobody has a
        size any more: of those whose word counts too few may be left, and it takes a question to change that.

        Raises:
            UserError: floors and caps of the bylaws cannot be met.
        """
        panel = self.newest(members)
        rests = pacing.rests(self._registry, members.founding.federation, panel.version, now)
        named = members.following(panel.bylaws)
        rules = members.bylaws(named) or members.founding.bylaws
        attested, entitled = self.attestations(members), rules.sizes.entitled(members.active)
        stated = latest(attested.values())
        known, unattested = sizes(members.active, stated, entitled=entitled, witnesses=rules.sizes.witnesses)
        last, then = panel.roll, members.bylaws(panel.bylaws)
        same = named == panel.bylaws
        known = sizing.counting(known, attested, (last, then), rules, now, entitled=entitled, same=same)
        known = sizing.with_room(known, last)
        if not known:
            return last, unattested
        roll = decisions.make_roll(
            members.founding.federation,
            known,
            follows=Following(panel.version + 1, panel.id, named, sizing.day(rules, now)),
            rule=SeatRule(**rules.seats.model_dump()),
            witnesses=self._witnesses(members, panel, rules, _turn(members, panel.version + 1, last)),
        )
        if last is not None:
            # Made again in the place of the last one: that it is others' turn is no change.
            turn = _turn(members, last.version, self.find(members, last.previous))
            again = self._witnesses(members, panel, rules, turn)
            if rests or _same(roll.model_copy(update={"witnesses": again}), last):
                return last, unattested
        return roll, unattested

    def stands(self, members: Members, roll: Roll) -> bool:
        """Tell whether a roll is that of members, by their stated sizes and its bylaws, and adds up.

        Whether it leaves anybody out, or sizes stated since, is for the witnesses to say who certify it.
        """
        stood = chains.of(self._registry, members.founding.federation).stood
        if stood.get(roll.payload_id) is not members:
            self._registry.devices_named.update(one.device for one in roll.witnesses)
            if not self._stands(members, roll):
                return False
            stood[roll.payload_id] = members
        return True

    def _stands(self, members: Members, roll: Roll) -> bool:
        rules = members.bylaws(roll.bylaws)
        if rules is None:
            return False
        before = self.find(members, roll.previous)
        turn = _turn(members, roll.version, before)
        named, holding = ([one.community for one in each] for each in (roll.witnesses, roll.holders))
        return (
            roll.federation == members.founding.federation
            and roll.rule == SeatRule(**rules.seats.model_dump())
            and all(CommunityId(holder.community) in members.ever for holder in roll.holders)
            and all(self._may_witness(members, one) for one in roll.witnesses)
            and named == _in_turn(turn, {*named, *holding}, rules)
            and decisions.roll_rests_on(
                roll,
                attesting.of_roll(self._stored, self._registry, members, roll),
                entitled=rules.sizes.may_count({*named, *holding}, sizing.settled(roll, before)),
                witnesses=rules.sizes.witnesses,
            )
            and decisions.roll_holds(roll)
            and sizing.fits(roll, rules, before)
        )

    def attestations(self, members: Members) -> dict[bytes, SizeAttestation]:
        """Return all attestations of members that their stewards signed, by payload id, outdated ones too."""
        return attesting.of_members(self._stored, self._registry, members)

    def _chain(self, members: Members) -> list[Roll]:
        """Return the certified rolls, reading on from where the last reader stopped."""
        chain = chains.of(self._registry, members.founding.federation)
        for version in sorted(chain.doubted):
            last = chain.rolls[version - 2] if 1 < version <= len(chain.rolls) else None
            if version > len(chain.rolls) or self._following(members, last) != chain.rolls[version - 1]:
                chain.end_before(version)
                break
        chain.doubted.clear()
        if (under := chain.under(members.bylaws)) is not chain.rolls:
            return under
        while len(chain.rolls) < subjects.VERSIONS_MAX:
            roll = self._following(members, chain.rolls[-1] if chain.rolls else None)
            if roll is None:
                break
            chain.append(roll)
        return chain.rolls

    def _following(self, members: Members, last: Roll | None) -> Roll | None:
        """Return the roll that is certified to follow another one, None as long as none is."""
        panel = self._panel(members, last)
        if members.bylaws(panel.bylaws) is None:
            return None  # Nor have the papers of the decision that it goes by.
        certificate = subjects.settled(self.agreement(members, panel))
        if certificate is None or not subjects.is_roll_value(certificate.value):
            return None
        roll = self.find(members, certificate.value.proposal)
        if roll is None or (roll.version, roll.previous) != (panel.version + 1, panel.id):
            return None  # It has not arrived here yet.
        return roll

    def _panel(self, members: Members, roll: Roll | None) -> Panel:
        federation = members.founding.federation
        if roll is None:
            pinned: dict[bytes, bytes | None] = {}
            turn = _turn(members, 0, None)
            for founder in _in_turn(turn, members.founding.founders, members.founding.bylaws):
                known = self._registry.community(founder)
                pinned[founder] = known.first_device if known is not None else None
            named, bylaws = bytes(federation), bytes(federation)
        else:
            pinned = {one.community: one.device for one in roll.witnesses}
            named, bylaws = bytes(roll.payload_id), roll.bylaws
        rules = members.bylaws(bylaws) or members.founding.bylaws
        return Panel(roll, named, pinned, bylaws, quorum_for(len(pinned), rules.closing.agreeing))

    def _witnesses(self, members: Members, panel: Panel, rules: Bylaws, turn: bytes) -> tuple[Witness, ...]:
        """Pin for each witness whose turn it is a device: the one before, as long as it stands."""
        found = []
        before = panel.roll.witnesses if panel.roll is not None else ()
        positions = {one.community: one.position for one in before}
        for community in _in_turn(turn, members.active, rules):
            known = self._registry.community(community)
            if known is not None:
                device = self.next_device(panel, community)
                assert device is not None
                # A charter may grow at any moment, and witnesses would compute different rolls.
                position = positions.get(community, known.position)
                found.append(Witness(community=community, device=device, position=position))
        return tuple(found)

    def _standing_device(self, community: CommunityId, pinned: bytes | None) -> PublicKey | None:
        known = self._registry.community(community)
        if known is None:
            return None
        # Who retired all its devices still has its place, or nobody could put a question.
        standing = set(known.devices) - set(known.retirements) or set(known.devices)
        return PublicKey(pinned) if pinned in standing else min(standing)

    def _may_witness(self, members: Members, witness: Witness) -> bool:
        community = CommunityId(witness.community)
        known = self._registry.community(community)
        return community in members.ever and known is not None and witness.device in known.devices


def _turn(members: Members, version: int, before: Roll | None) -> bytes:
    """Return whose turn it is to witness by a roll of a version, after the one before it."""
    named = [one.community for one in before.witnesses] if before is not None else []
    return subjects.turn(members.founding.federation, version, named)


def _in_turn(turn: bytes, members: Iterable[bytes], rules: Bylaws) -> list[CommunityId]:
    """Return who of the members witnesses, as bylaws say."""
    closing = rules.closing
    return [*map(CommunityId, subjects.witnesses(turn, closing.may_witness(members), closing.witnesses))]


def _same(roll: Roll, last: Roll) -> bool:
    """Tell whether nothing that counts changed since the last roll.

    A size that was stated again is no change: else a member uses up the chain of rolls by stating its own.
    """
    before = {one.community: one.attestations for one in last.holders}
    again = tuple(
        one.model_copy(update={"attestations": before.get(one.community, one.attestations)})
        for one in roll.holders
    )
    return last == roll.model_copy(
        update={"version": last.version, "previous": last.previous, "holders": again}
    )


# A roll of a thousand communities takes a tenth of a second to read, and is asked for with every vote.
@lru_cache(maxsize=64)
def _decoded(payload: bytes) -> Roll | None:
    try:
        return Roll.decode(payload)
    except PeerError:
        return None


def _read(records: Iterable[Record]) -> list[Roll]:
    """Return the rolls among records, those that nobody can read left out."""
    return [roll for one in records if (roll := _decoded(one.payload)) is not None]


def place(members: Members, panel: Panel) -> Place:
    """Return what a panel votes on."""
    return Place(members.founding.federation, ROLL, panel.version + 1)


def quorum_for(witnesses: int, agreeing: int | None) -> Quorum:
    """Return how many witnesses must agree; what bylaws ask for beyond what can be is taken as far as it can.

    A federation that grew or shrank has another number of witnesses than its bylaws were written for.
    """
    safe = Quorum.of(witnesses)
    raised = max(safe.needed, min(agreeing or safe.needed, safe.witnesses - safe.liars))
    return Quorum.of(safe.witnesses, raised=raised)
