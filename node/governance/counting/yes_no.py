"""Yes or no, with the levels of consent: support, refuse, abstain, stand aside, block.

A seat says exactly one of the five. What share of support is enough, over which denominator, how many must
take part and how many blocks stop a proposal are bylaws and come in as a `YesNoRule`; all comparisons are
integer cross-multiplications.

==============  ==========  =============  =======================
choice          quorum      denominators   meaning
==============  ==========  =============  =======================
``yes``         present     cast           I support it
``no``          present     cast           I am against it
``abstain``     present     not cast       I leave it to the others
``stand-aside`` present     not cast       I object and do not stand in the way
``block``       present     cast, as no    I object and ask to stop it
==============  ==========  =============  =======================
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Final

from node.errors import UserError
from node.governance.choices import Choice
from node.governance.counting.contest import Contest, Option, input_id
from node.governance.counting.result import (
    UNITS_PER_VOTE,
    Action,
    Method,
    Outcome,
    Placed,
    Stage,
    Verdict,
)

METHOD_ID: Final = "yes-no"
METHOD_VERSION: Final = 1


class Denominator(StrEnum):
    """What the support is a share of. The name is part of the method id: ``yes-no-cast`` and so on."""

    CAST = "cast"  # yes, no and block
    PRESENT = "present"  # whoever said anything, abstaining included
    ALL = "all"  # every seat on the roll


@dataclass(frozen=True, slots=True, kw_only=True)
class YesNoRule:
    """When a proposal passes.

    Attributes:
        denominator: what support is measured against.
        threshold: the share of it that is needed, above 0 and at most 1.
        more_than: whether support must exceed the threshold (a majority is more than 1/2) or only reach it.
        quorum: the share of all seats that must take part, from 0 to 1.
        blocks_max: the weight of blocks that does not yet stop the proposal; None: blocks only count as no.
        electorate: the weight of all seats on the roll.

    Raises:
        UserError: a share is out of its bounds.
    """

    denominator: Denominator
    threshold: Fraction
    more_than: bool
    quorum: Fraction
    blocks_max: int | None
    electorate: int

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise UserError(f"expected a threshold above 0 and at most 1, found {self.threshold}")
        if self.more_than and self.threshold == 1:
            raise UserError("expected a threshold that can be exceeded, found more than 1")
        if not 0 <= self.quorum <= 1:
            raise UserError(f"expected a quorum from 0 to 1, found {self.quorum}")
        if self.blocks_max is not None and self.blocks_max < 0:
            raise UserError(f"expected blocks_max to be 0 or more, found {self.blocks_max}")
        if self.electorate < 1:
            raise UserError(f"expected at least 1 seat on the roll, found {self.electorate}")


def contest(title: str, weights: Mapping[Choice, int]) -> Contest:
    """Make the contest of a proposal from the weight behind each choice; zero may be left out."""
    ballots = tuple(
        (weights[choice], (place,)) for place, choice in _numbered() if weights.get(choice, 0) != 0
    )
    return Contest(title=title, options=_OPTIONS, seats=1, ballots=ballots)


def count(question: Contest, rule: YesNoRule) -> Outcome:
    """Count a proposal made by `contest`.

    The order of the tests: quorum, blocks, threshold. Without any support a proposal never passes.

    Raises:
        UserError: the options are not the five choices in their order, a ballot says more than one thing,
            or more weight voted than the roll has.
    """
    weights = _weights(question)
    present = sum(weights.values())
    if present > rule.electorate:
        raise UserError(f"expected at most the {rule.electorate} votes on the roll, found {present}")
    verdict = _verdict(weights, rule)
    passed = verdict is Verdict.PASSED
    totals = tuple(weights[choice] * UNITS_PER_VOTE for choice in Choice)
    needed = _needed(_base(weights, rule), rule) * UNITS_PER_VOTE
    stage = Stage(
        number=1,
        action=Action.CHOICES,
        source=None,
        totals_1e5=totals,
        transfers_1e5=totals,
        exhausted_1e5=0,
        lost_1e5=0,
        quota_1e5=needed,
        elected=(1,) if passed else (),
        excluded=(),
    )
    return Outcome(
        method=method(rule),
        input_id=input_id(question),
        option_ids=tuple(option.id for option in question.options),
        seats=1,
        verdict=verdict,
        valid=present,
        blank=0,
        quota_1e5=needed,
        elected=(Placed(1, 1),) if passed else (),
        excluded=(),
        stages=(stage,),
        lots=(),
    )


def method(rule: YesNoRule) -> Method:
    """Name the rule: the denominator in the id, every number of it among the parameters."""
    blocks = () if rule.blocks_max is None else (("blocks_max", rule.blocks_max),)
    return Method(
        f"{METHOD_ID}-{rule.denominator.value}",
        METHOD_VERSION,
        (
            ("threshold_numerator", rule.threshold.numerator),
            ("threshold_denominator", rule.threshold.denominator),
            ("more_than", int(rule.more_than)),
            ("quorum_numerator", rule.quorum.numerator),
            ("quorum_denominator", rule.quorum.denominator),
            *blocks,
            ("electorate", rule.electorate),
        ),
    )


def _verdict(weights: Mapping[Choice, int], rule: YesNoRule) -> Verdict:
    """Apply quorum, blocks and threshold, in that order."""
    present = sum(weights.values())
    if present * rule.quorum.denominator < rule.quorum.numerator * rule.electorate:
        return Verdict.NO_QUORUM
    if rule.blocks_max is not None and weights[Choice.BLOCK] > rule.blocks_max:
        return Verdict.BLOCKED
    support = weights[Choice.YES]
    if support >= _needed(_base(weights, rule), rule):
        return Verdict.PASSED
    return Verdict.REJECTED


def _base(weights: Mapping[Choice, int], rule: YesNoRule) -> int:
    """Return the weight that support is a share of."""
    match rule.denominator:
        case Denominator.CAST:
            return weights[Choice.YES] + weights[Choice.NO] + weights[Choice.BLOCK]
        case Denominator.PRESENT:
            return sum(weights.values())
        case Denominator.ALL:
            return rule.electorate


def _needed(base: int, rule: YesNoRule) -> int:
    """Return the least whole support that passes; at least 1, so that silence adopts nothing."""
    product = base * rule.threshold.numerator
    if rule.more_than:
        return product // rule.threshold.denominator + 1
    return max(1, -(-product // rule.threshold.denominator))


def _weights(question: Contest) -> dict[Choice, int]:
    """Read back the weight behind each choice, zero where nobody chose it."""
    if question.options != _OPTIONS:
        raise UserError(f"expected the choices {', '.join(Choice)} as options, found others")
    if question.withdrawn:
        raise UserError("expected all choices to stand, found one withdrawn")
    choices = tuple(Choice)
    weights = dict.fromkeys(choices, 0)
    for weight, ranking in question.ballots:
        if len(ranking) != 1:
            raise UserError(f"expected one choice on each ballot, found {len(ranking)}")
        weights[choices[ranking[0] - 1]] += weight
    return weights


def _numbered() -> list[tuple[int, Choice]]:
    """Pair the choices with their option numbers."""
    return list(enumerate(Choice, start=1))


_OPTIONS: Final = tuple(Option(choice.value, choice.value) for choice in Choice)
