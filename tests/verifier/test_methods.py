"""The second reader's further methods against the node's, byte for byte with all stages and lots."""

import random
from fractions import Fraction
from typing import Any

import pytest

from node.canonical import encode
from node.governance.choices import Choice
from node.governance.counting import yes_no
from node.governance.counting.contest import Contest, Option
from node.governance.counting.methods import ELECTION_METHODS, count_contest
from node.governance.counting.result import result_bytes
from node.governance.counting.yes_no import Denominator, YesNoRule
from tests.conftest import BATCHES
from tests.verifier.counting import CHOICES, count
from tests.verifier.shapes import ROWS, Fields

SEED = bytes(32)
NAMES = ("Ash", "Birch", "Cedar", "Damson", "Élan")
# As docs/data-model.md lists them, from which the second reader takes them.
METHODS = sorted(
    name.removesuffix("/1")
    for name in ROWS["proposal"]["method"].split("|")
    if name != "yes-no/1" and not name.startswith("budget-")
)
every_method = pytest.mark.parametrize("method", METHODS)


def asking(**said: Any) -> Fields:
    """Return a question on which no vote can be split."""
    return Fields(said, casting=Fields(parts=1), budget=None, lot_seed=SEED)


def agree(method: str, chance: random.Random) -> None:
    """Draw a small election, in which ties are frequent, and count it twice."""
    names = chance.sample(NAMES, chance.randint(1, len(NAMES)))
    voters = chance.choice([0, 1, 4, 9, 20])
    rankings = [chance.sample(names, chance.randint(1, len(names))) for _ in range(voters)]
    seats = chance.randint(1, 4)
    cast = tuple((1, tuple(names.index(name) + 1 for name in each)) for each in rankings)
    contest = Contest("An election", tuple(Option(name, name) for name in names), seats, cast)
    asked = asking(title=contest.title, seats=seats, options=names, method=f"{method}/1", rule=None)
    ballots = [Fields(choice=[names.index(name) + 1 for name in each], split=[]) for each in rankings]
    told = count(asked, ballots, 0, voters)
    assert encode(told) == result_bytes(count_contest(contest, method, SEED)), (method, contest)


def agree_on_a_question(chance: random.Random) -> None:
    """Draw a yes/no question with a rule, and decide it twice."""
    cast = {choice: chance.choice([0, 0, 1, 2, 5]) for choice in Choice}
    electorate = sum(cast.values()) + chance.choice([1, 2, 9])
    whole = chance.randint(1, 4)
    part, strict, quorum = chance.randint(1, whole), chance.random() < 0.5, chance.randint(0, 3)
    of, stop = chance.choice(list(Denominator)), chance.random() < 0.5
    rule = YesNoRule(
        denominator=of,
        threshold=Fraction(part, whole),
        more_than=strict and part < whole,
        quorum=Fraction(quorum, 3),
        blocks_max=0 if stop else None,
        electorate=electorate,
    )
    contest = yes_no.contest("A question", cast)
    said = Fields(
        threshold=[part, whole],
        strictly_above=rule.more_than,
        of=of.value,
        quorum=[quorum, 3],
        blocks_stop=stop,
    )
    asked = asking(title="A question", seats=1, options=[], method="yes-no/1", rule=said)
    answers = [number for number, choice in enumerate(CHOICES, 1) for _ in range(cast[Choice(choice)])]
    ballots = [Fields(choice=[number], split=[]) for number in answers]
    told = count(asked, ballots, 0, electorate)
    assert encode(told) == result_bytes(yes_no.count(contest, rule)), (cast, rule)


def test_every_method_has_a_second_count() -> None:
    """None is left out."""
    assert set(METHODS) == set(ELECTION_METHODS)


@every_method
def test_both_counts_are_the_same_bytes(method: str) -> None:
    """Forty random elections a method."""
    chance = random.Random(method)
    for _ in range(40):
        agree(method, chance)


def test_both_decide_questions_alike() -> None:
    """Every byte of some hundred random yes/no questions."""
    chance = random.Random(0)
    for _ in range(300):
        agree_on_a_question(chance)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@every_method
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_are_the_same_bytes(method: str, batch: int, elections_per_batch: int) -> None:
    """A hundred thousand random elections a method (`make elections`): no byte differs."""
    chance = random.Random(f"{method}/{batch}")
    for _ in range(elections_per_batch):
        agree(method, chance)


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_elections_of_yes_or_no_are_alike(batch: int, elections_per_batch: int) -> None:
    """A hundred thousand random questions (`make elections`): no difference."""
    chance = random.Random(f"yes-no/{batch}")
    for _ in range(elections_per_batch):
        agree_on_a_question(chance)
