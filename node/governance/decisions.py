"""From a proposal, its roll and the ballots held to a result, the same on every node that holds the same.

Until the closing protocol every result is provisional: ballots count whenever they came, so two nodes agree
as soon as they hold the same ballots, and may differ before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from node import canonical
from node.errors import UserError
from node.governance import answers, ballots, turnout
from node.governance.apportionment import (
    Apportionment,
    ApportionmentMethod,
    Claim,
    SeatTie,
    TieRule,
    apportion,
)
from node.governance.ballots import ValidBallot
from node.governance.budgets import asking
from node.governance.budgets.question import BudgetQuestion
from node.governance.choices import Choice
from node.governance.choosing import Chosen, choose
from node.governance.counting import methods, yes_no
from node.governance.counting.contest import Contest, Option
from node.governance.counting.result import Outcome, result_id
from node.governance.lending import Loan
from node.governance.mandates import Approves, Mandate
from node.governance.proposals import Proposal, Roll, SeatHolder, SeatRule, Witness
from node.governance.sizes import Size, SizeAttestation
from node.ids import CommunityId, PayloadId, RecordId
from node.records.record import Record

WHY_PROVISIONAL = (
    "Neighbours have not yet confirmed that all of them hold the same ballots; "
    "a ballot that arrives later still counts."
)


@dataclass(frozen=True, slots=True)
class Result:
    """A counted proposal.

    Attributes:
        counted: one ballot a seat, sorted by seat.
        loans: seats whose vote is lent, with the ballot whose choice counts for them, sorted by seat.
        void: seats whose holder signed two different ballots in one place: present, and counted for nothing.
        rejected: ballots that do not hold by themselves, with the reason.
        set_aside: ballots that hold and do not count, with the reason.
        result_id: names proposal, roll, counted ballots and the outcome with all its stages.
        lot_seed: what ordered ties.
        contest: what was counted: the same question with these ballots, as any counting program takes it.
            Where votes may be split each ballot weighs as many parts as there are in a vote. Of a budget its
            ballots as sets of approved projects, ascending.
        budget: the same with money and costs, for a question about a budget.
    """

    outcome: Outcome
    counted: tuple[ValidBallot, ...]
    loans: tuple[Loan, ...]
    void: tuple[tuple[bytes, int], ...]
    rejected: tuple[tuple[RecordId, str], ...]
    set_aside: tuple[tuple[RecordId, str], ...]
    result_id: bytes
    contest: Contest
    lot_seed: bytes
    budget: BudgetQuestion | None = None


@dataclass(frozen=True, slots=True)
class Following:
    """A roll's place in the chain: its number, the id of what it follows, and the id of its bylaws.

    Attributes:
        sized: the day up to which sizes count on it, None where its bylaws name none.
    """

    version: int
    previous: bytes
    bylaws: bytes
    sized: int | None = None


def make_roll(
    federation: bytes,
    sizes: Iterable[Size],
    *,
    follows: Following,
    rule: SeatRule,
    witnesses: Sequence[Witness],
) -> Roll:
    """Share out the seats of a house over attested sizes.

    Raises:
        UserError: no size is attested, or the floors and caps cannot be met.
    """
    known = sorted(sizes, key=lambda one: one.community)
    shared = _shared(federation, [(one.community, one.size) for one in known], rule)
    return Roll.model_validate(
        {
            "federation": federation,
            "version": follows.version,
            "previous": follows.previous,
            "bylaws": follows.bylaws,
            "sized": follows.sized,
            **rule._asdict(),
            "holders": tuple(
                SeatHolder(community=one.community, size=one.size, attestations=one.attestations, seats=seats)
                for one, (_, seats) in zip(known, shared.seats, strict=True)
            ),
            "witnesses": tuple(witnesses),
        }
    )


def seat_ties(roll: Roll) -> tuple[SeatTie, ...]:
    """Return which communities (in hex) of a roll that stands had an equal claim to its last seats."""
    sizes = [(holder.community, holder.size) for holder in roll.holders]
    return _shared(roll.federation, sizes, roll.rule).ties


def _shared(federation: bytes, sizes: Sequence[tuple[bytes, int]], rule: SeatRule) -> Apportionment:
    """Share out a house over sizes that are sorted by community.

    Raises:
        UserError: no size is attested, or the floors and caps cannot be met.
    """
    most = rule.house if rule.cap is None else rule.cap
    claims = [Claim(name=community.hex(), size=size, floor=rule.floor, cap=most) for community, size in sizes]
    seed = canonical.digest("hedgerow/roll-lot/1", federation, [community for community, _ in sizes])
    return apportion(
        claims,
        method=ApportionmentMethod(rule.method),
        house=rule.house,
        lot_seed=seed,
        ties=TieRule(rule.ties),
    )


def roll_holds(roll: Roll) -> bool:
    """Tell whether a roll's seats follow from its own inputs: anybody computes them again."""
    sizes = [
        Size(CommunityId(holder.community), holder.size, tuple(map(PayloadId, holder.attestations)))
        for holder in roll.holders
    ]
    try:
        again = make_roll(
            roll.federation,
            sizes,
            follows=Following(roll.version, roll.previous, roll.bylaws, roll.sized),
            rule=roll.rule,
            witnesses=roll.witnesses,
        )
    except UserError:
        return False  # A rule that nobody could meet gave no roll.
    return again == roll


def roll_rests_on(
    roll: Roll,
    attestations: Mapping[bytes, SizeAttestation],
    *,
    entitled: Callable[[bytes, bytes], bool],
    witnesses: int,
) -> bool:
    """Tell whether every size on a roll is what the attestations it names give, by entitled attesters.

    `attestations` are those held that their attester's stewards signed, by payload id.
    """
    for holder in roll.holders:
        named = [attestations[one] for one in holder.attestations if one in attestations]
        distinct = {one.attester for one in named}
        if len(named) != len(holder.attestations) or len(distinct) != witnesses or len(named) != witnesses:
            return False
        if any(
            one.subject != holder.community
            or one.federation != roll.federation
            or not entitled(one.attester, one.subject)
            for one in named
        ):
            return False
        if holder.size != min(one.size for one in named):
            return False
    return True


def decide(
    proposal: Proposal, roll: Roll, held: Sequence[Record], mandates: Iterable[Mandate], approves: Approves
) -> Result:
    """Count a proposal over the ballots held.

    `mandates` are those published in the federation; ballots bring their own as well.
    """
    valid, rejected = ballots.sort_out(held, proposal, roll, approves)
    return count_valid(proposal, roll, valid, rejected, mandates)


def count_valid(
    proposal: Proposal,
    roll: Roll,
    valid: Iterable[ValidBallot],
    rejected: Iterable[tuple[RecordId, str]],
    mandates: Iterable[Mandate],
    *,
    lot_seed: bytes | None = None,
) -> Result:
    """Count ballots that were found to hold by themselves; `rejected` are only reported.

    `lot_seed` orders ties; without one what follows from the proposal does, and the result is provisional.
    """
    seed = proposal.lot_seed if lot_seed is None else lot_seed
    chosen = choose(valid, mandates, proposal, roll)
    contest = _contest(proposal, chosen)
    budget = _budget(proposal, contest)
    method = proposal.method.removesuffix("/1")
    if budget is not None:
        counted = asking.count(budget, method, seed)
    else:
        counted = methods.count_contest(contest, method, seed, rule=_rule(proposal, roll))
    came = turnout.present(chosen.counted, chosen.void, chosen.loans)
    outcome = turnout.unless_too_few(counted, proposal, roll, came)
    return Result(
        outcome=outcome,
        counted=chosen.counted,
        loans=chosen.loans,
        void=chosen.void,
        rejected=tuple(rejected),
        set_aside=chosen.set_aside,
        result_id=canonical.digest(
            "hedgerow/decision/1",
            proposal.id,
            roll.payload_id,
            [one.id for one in chosen.counted],
            [[*loan.seat, loan.takes] for loan in chosen.loans],
            [list(seat) for seat in chosen.void],
            result_id(outcome),
        ),
        contest=contest,
        lot_seed=seed,
        budget=budget,
    )


def _contest(proposal: Proposal, chosen: Chosen) -> Contest:
    parts = proposal.casting.parts
    said = {one.id: one for one in chosen.counted if one.ballot.follows is None}
    heard = [*said.values(), *(said[loan.takes] for loan in chosen.loans if loan.takes is not None)]
    # In parts of a vote: who follows a seat that splits its vote is split in the same way.
    cast = [
        (portion.parts, portion.choice)
        for one in heard
        for portion in answers.portions(one.ballot.choice, one.ballot.split, proposal)
    ]
    if proposal.method == "yes-no/1":
        weights = dict.fromkeys(Choice, 0)
        # Present for the quorum, and counted for nothing (R4): who spoke twice, or followed nobody's choice.
        idle = sum(loan.takes is None and not loan.by_mandate for loan in chosen.loans)
        weights[Choice.ABSTAIN] = (len(chosen.void) + idle) * parts
        for weight, choice in cast:
            weights[list(Choice)[choice[0] - 1]] += weight
        return yes_no.contest(proposal.title, weights)
    options = tuple(Option(id=name, name=name) for name in proposal.options)
    if proposal.budget is not None:
        cast = [(weight, tuple(sorted(approved))) for weight, approved in cast]
    return Contest(proposal.title, options, proposal.seats, tuple(cast))


def _budget(proposal: Proposal, contest: Contest) -> BudgetQuestion | None:
    """Return what is counted of a question about a budget, None of any other."""
    if proposal.budget is None:
        return None
    parts = proposal.casting.parts
    return asking.question(proposal.title, proposal.budget, proposal.options, contest.ballots, parts=parts)


def _rule(proposal: Proposal, roll: Roll) -> yes_no.YesNoRule | None:
    rule = proposal.rule
    if rule is None:
        return None
    return yes_no.YesNoRule(
        denominator=yes_no.Denominator(rule.of),
        threshold=Fraction(*rule.threshold),
        more_than=rule.strictly_above,
        quorum=Fraction(*rule.quorum),
        blocks_max=0 if rule.blocks_stop else None,
        electorate=roll.seats * proposal.casting.parts,
    )
