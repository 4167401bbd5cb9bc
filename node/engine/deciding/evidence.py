"""Which records prove a decision, and no more.

Whoever may publish in a federation can publish without end: requests to join, sizes, ballots that do not
hold, votes by nobody's device. None of it makes a file longer: what is in it follows from who its members
are, its rolls, its witnesses and what these certified, each of which has an end.
"""

from collections.abc import Iterable, Iterator, Sequence

from node.engine.deciding import enacting
from node.engine.deciding.acting import Acting
from node.engine.deciding.questions import Question, Questions, quorum_of
from node.engine.deciding.standing import Standing, read_standing
from node.engine.ports import Store
from node.engine.registry import Registry
from node.errors import ConflictError, NotFoundError
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Members, Membership
from node.feeds import scopes
from node.governance.ballots import ValidBallot
from node.governance.choosing import IN_ITS_PLACE, choose, words
from node.governance.closing import lottery
from node.governance.closing.agreement import VoteHeld
from node.governance.closing.review import ReviewEnd, ReviewRequest, Withdraw
from node.governance.closing.statements import CutVote, LotCommit, LotReveal, Receipt, Seal
from node.governance.mandates import Mandate, outside
from node.governance.papers import Papers, instance
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId, PayloadId, RecordId
from node.records.approvals import Approval, Signatures
from node.records.record import Record

# A witness that sealed twice is shown by two of its seals, however many it signed.
_SEALS_PER_WITNESS = 2


class Evidence:
    """Choose from a store the records that prove a decision."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._questions = Questions(store, registry)

    def of(self, question: Question) -> list[Record]:
        """Return the records of a decision's file, some of them perhaps more than once."""
        members, found = question.members, list(self._members(question.members))
        acting = enacting.read(self._store, self._registry, members)
        by_id = {bytes(one.proposal.id): one for one in acting}
        waiting, done = [question, *self._rested_on(question, acting)], set[bytes]()
        while waiting:
            one = waiting.pop()
            if one.proposal.id in done:
                continue
            done.add(one.proposal.id)
            found += self._about(one)
            proof = self._questions.rolls.proof(members, one.roll)
            found += proof
            # Bylaws that a roll names are those of a decision, unless the federation was founded on them.
            for roll in [one.roll, *Roll.among(proof)]:
                if roll.bylaws in by_id:
                    waiting += self._find(by_id[roll.bylaws].proposal.id)
        return found

    def behind(self, question: Question) -> Iterator[Record]:
        """Yield what a decision rests on itself, and what the one does that it would annul."""
        yield from self._about(question)
        effect = question.proposal.effect
        if effect is not None and effect.act == "annul" and effect.target is not None:
            for annulled in self._find(PayloadId(effect.target)):
                yield from self._about(annulled)

    def _rested_on(self, question: Question, acting: Sequence[Acting]) -> Iterator[Question]:
        """Yield the decisions that admitted members, and the one that annulled or upheld the question."""
        admitted: dict[bytes | None, Acting] = {}
        appeals = []
        for one in acting:
            if one.effect.act == "admit" and one.passed:
                admitted.setdefault(one.effect.target, one)
            elif one.proposal.annuls(question.proposal):
                appeals.append(one.proposal)
        for each in admitted.values():
            yield from self._find(each.proposal.id)
        read = [(each, read_standing(each, self._questions, self._registry))
                for appeal in appeals for each in self._find(appeal.id)]  # fmt: skip
        certified = [(each, standing) for each, standing in read if standing.closed.stands is not None]
        yield from [each for each, _ in sorted(certified, key=lambda one: not one[1].passed)][:1]

    def _find(self, proposal: PayloadId) -> Iterator[Question]:
        try:
            yield self._questions.find(proposal)
        except (NotFoundError, ConflictError):
            return

    def _members(self, members: Members) -> Iterator[Record]:
        """Yield who founded the federation, and for each further member one request and one membership."""
        founding, scope = members.founding, scopes.members(members.founding.federation)
        yield from self._stated(scope, Founding.kind, PayloadId(founding.federation), founding.founders)
        joins, claims = (self._questions.stored(scope, kind) for kind in (JoinRequest.kind, Membership.kind))
        signatures = Signatures([*joins, *claims, *self._questions.stored(scope, Approval.kind)])
        requests = {bytes(one.payload_id): one for one in JoinRequest.among(joins)}
        asked: dict[CommunityId, dict[PayloadId, Membership]] = {}
        for claim in sorted(Membership.among(claims), key=lambda one: one.payload_id):
            request, community = requests.get(claim.request), CommunityId(claim.community)
            named = request is not None and request.community == community and community in members.ever
            if named and self._registry.approves(community, PayloadId(claim.request), signatures):
                asked.setdefault(community, {})[claim.payload_id] = claim
        inside = {CommunityId(one) for one in founding.founders}
        chosen: dict[CommunityId, Membership] = {}
        decided = [one.community for one in members.changes if one.act == "admit"]
        # In the order in which they came in, so that no two members rest on one another's approval alone.
        for admitted in [None, *decided]:
            if admitted is not None and admitted in asked and admitted not in inside:
                chosen[admitted] = next(iter(asked[admitted].values()))
                inside.add(admitted)
            while found := {
                one: claim
                for one, each in asked.items()
                if one not in inside and founding.bylaws.admission.way != "decision"
                for payload, claim in reversed(each.items())
                if len(self._registry.approvers(payload, signatures) & inside)
                >= founding.bylaws.admission.approvals
            }:
                chosen |= found
                inside |= found.keys()
        for community, claim in sorted(chosen.items()):
            yield from self._stated(scope, JoinRequest.kind, PayloadId(claim.request), [community])
            yield from self._stated(scope, Membership.kind, claim.payload_id, sorted(inside))

    def _about(self, question: Question) -> Iterator[Record]:
        """Yield a question, its roll with the sizes on it, its ballots, and what was signed about it."""
        scope, proposal, questions = question.scope, question.proposal, self._questions
        yield from questions.with_payload(scope, Roll.kind, PayloadId(proposal.roll))[:1]
        yield from self._stated(scope, Proposal.kind, proposal.id, [proposal.proposer])
        attested = questions.attestations(question.members)
        for named in sorted({one for holder in question.roll.holders for one in holder.attestations}):
            if named in attested:
                yield from self._stated(
                    scope, SizeAttestation.kind, PayloadId(named), [attested[named].attester]
                )
        standing = read_standing(question, questions, self._registry)
        yield from self._cast(question, standing)
        yield from self._closing(question, standing)
        yield from self._lot(question)
        if questions.taken_back(question):
            for payload in {one.payload_id for one in questions.about(scope, Withdraw.kind, proposal.id)}:
                yield from self._stated(scope, Withdraw.kind, payload, [proposal.proposer])
        yield from self._review(question, standing)

    def _cast(self, question: Question, standing: Standing) -> Iterator[Record]:
        """Yield the ballots and mandates of the cut; as long as there is none, those that would count."""
        cast, counted = standing.cast, standing.closed.counted
        if counted is not None:
            # Of contested ones only what would count, were it in: it may open a review.
            named = {*counted.cut.counted, *({*counted.cut.contested} & {*cast.valid, *cast.mandates})}
        else:
            named = {*_counting(question, standing), *_weighing(question, cast.mandates.values())}
        yield from (one for one in self._questions.ballots(question) if one.id in named)
        for payload, mandate in cast.mandates.items():
            if payload in named:
                yield from self._stated(question.scope, Mandate.kind, payload, [mandate.community])

    def _closing(self, question: Question, standing: Standing) -> Iterator[Record]:
        """Yield the votes that certify or contradict each other, and the seals and receipts they go by."""
        papers, certificates = standing.papers, standing.papers.agreement.certificates()
        named = {one for each in certificates for one in each.votes}
        seals = {one for each in certificates for one in each.value.seals}
        if not certificates:
            for value in {one for pair in papers.agreement.diverging()[:1] for one in pair}:
                said = {held.vote.witness: held.id for held in papers.votes if held.vote.value == value}
                named |= set(said.values())
        named |= set(_contradicting(papers))
        resting = seals or {one.id for one in papers.usable_seals()}
        receipts = {one for held in papers.seals if held.id in resting for one in held.seal.receipts}
        by_witness: dict[bytes, list[bytes]] = {}
        for held in sorted(papers.seals, key=lambda one: (one.id not in seals, one.id)):
            by_witness.setdefault(held.seal.witness, []).append(held.id)
        seals |= {one for each in by_witness.values() for one in each[:_SEALS_PER_WITNESS]}
        kinds = ((CutVote.kind, named), (Seal.kind, seals), (Receipt.kind, receipts))
        for subject in (instance(question.proposal.id), bytes(question.proposal.id)):
            for kind, chosen in kinds:
                held_here = self._questions.about(question.scope, kind, subject)
                yield from (one for one in held_here if one.id in chosen)

    def _lot(self, question: Question) -> Iterator[Record]:
        """Yield of each draw the votes that settled it, the commitments called, and their secrets."""
        lot, lots = self._questions.lot(question), self._questions.lots
        if lot is None:
            return
        scope, proposal, roll = question.scope, question.proposal, question.roll
        commits = lots.commits(scope, proposal, roll)
        called = set()
        for draw in range(1, lot.draw + 2):
            agreement = lots.agreement(scope, proposal, roll, quorum_of(question), draw)
            for certificate in agreement.certificates():
                called |= set(certificate.value.seals)
                about = self._questions.about(scope, CutVote.kind, lottery.instance(proposal.id, draw))
                yield from (one for one in about if one.id in certificate.votes)
        bound = {one.commitment for named, one in commits.items() if named in called}
        yield from (
            one for one in self._questions.about(scope, LotCommit.kind, proposal.id) if one.id in called
        )
        shown: dict[bytes, Record] = {}
        for signed in self._questions.about(scope, LotReveal.kind, proposal.id):
            for said in LotReveal.among([signed]):
                shown[lottery.commitment(proposal.id, said.witness, said.draw, said.secret)] = signed
        yield from (one for commitment, one in shown.items() if commitment in bound)

    def _review(self, question: Question, standing: Standing) -> Iterator[Record]:
        """Yield the requests that hold, one a community, and of each witness what it said of them."""
        counted, scope = standing.closed.counted, question.scope
        if standing.review is None or counted is None:
            return
        for request in standing.review.requests:
            yield from self._stated(scope, ReviewRequest.kind, request.payload_id, [request.community])
        pinned = {one.community: one.device for one in question.roll.witnesses}
        ends: dict[tuple[bytes, bool], Record] = {}
        for signed in self._questions.about(scope, ReviewEnd.kind, question.proposal.id):
            for end in ReviewEnd.among([signed]):
                if pinned.get(end.witness) == signed.signer and end.result == counted.result.result_id:
                    ends.setdefault((end.witness, end.clear), signed)
        yield from ends.values()

    def _stated(
        self, scope: str, kind: str, payload: PayloadId, communities: Iterable[bytes]
    ) -> Iterator[Record]:
        """Yield the records by which communities stand behind a payload; strangers may sign the same."""
        speaking = set(communities)
        keys = {key for one in speaking for key in self._registry.stewards_of(CommunityId(one))}
        own = self._questions.with_payload(scope, kind, payload)
        yield from [one for one in own if one.signer in keys] or own[:1]
        approvals = self._questions.about(scope, Approval.kind, payload)
        for one in approvals:
            if one.signer in keys and any(each.community in speaking for each in Approval.among([one])):
                yield one


def _contradicting(papers: Papers) -> Iterator[RecordId]:
    """Yield two votes of each witness that signed two things in one place: they are the proof of it."""
    for witness in papers.agreement.equivocating():
        places: dict[tuple[str, int], VoteHeld] = {}
        for held in papers.votes:
            if held.vote.witness == witness:
                first = places.setdefault((held.vote.step, held.vote.round), held)
                if first.vote != held.vote:
                    yield from (first.id, held.id)
                    break


def _counting(question: Question, standing: Standing) -> Iterator[bytes]:
    """Yield the ballots that count for now, and of each void seat two that contradict each other."""
    valid, published = standing.cast.valid, standing.cast.mandates.values()
    chosen = choose(valid.values(), published, question.proposal, question.roll)
    yield from (one.id for one in chosen.counted)
    aside = dict(chosen.set_aside)
    for seat in chosen.void:
        heard = sorted(
            (one for one in valid.values() if one.seat == seat and aside.get(one.id) == IN_ITS_PLACE),
            key=lambda one: one.id,
        )
        places: dict[object, ValidBallot] = {}
        for one in {(each.mandate_id, *words(each)): each for each in reversed(heard)}.values():
            own = [one.ballot.seq, *([one.ballot.prev] if one.ballot.prev is not None else [])]
            rivals = [places[place] for place in own if place in places]
            rivals += [heard[0]] if heard[0].mandate_id != one.mandate_id else []
            if rivals:
                yield from (rivals[0].id, one.id)
                break
            places.update(dict.fromkeys(own, one))


def _weighing(question: Question, published: Iterable[Mandate]) -> Iterator[bytes]:
    """Yield of each seat the newest mandate that voids ballots, and the two newest of all: rivals are two."""
    covering: dict[tuple[bytes, int], list[Mandate]] = {}
    seats = {holder.community: holder.seats for holder in question.roll.holders}
    for one in published:
        if one.seat <= seats.get(one.community, 0) and not outside(one, question.proposal):
            covering.setdefault((one.community, one.seat), []).append(one)
    for each in covering.values():
        each.sort(key=lambda one: (-one.seq, one.payload_id))
        yield from (one.payload_id for one in each[:2])
        yield from [one.payload_id for one in each if one.revokes_ballots][:1]
