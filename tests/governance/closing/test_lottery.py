"""Tests of node/governance/closing/lottery.py."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from node.governance.closing import lottery
from node.governance.closing.agreement import Agreement, VoteHeld
from node.governance.closing.lottery import Lot
from node.governance.closing.quorum import Quorum
from node.governance.closing.statements import CutValue, CutVote, LotCommit, LotReveal
from node.ids import RecordId
from node.records import record
from tests.builders import identifier, nonce

QUESTION = identifier("question")
NAMES = ("alder", "birch", "cedar", "dogwood")
FOUR = Quorum.of(4)


def commit(name: str, *, draw: int = 1) -> tuple[RecordId, LotCommit]:
    """Return a witness's commitment and its record id."""
    witness = identifier(name)
    made = LotCommit(
        question=QUESTION,
        witness=witness,
        draw=draw,
        commitment=lottery.commitment(QUESTION, witness, draw, nonce(f"{name} {draw}")),
    )
    return RecordId(record.payload_id(LotCommit.kind, made.encode())), made


def reveal(name: str, *, draw: int = 1, secret: bytes | None = None) -> LotReveal:
    """Return what a witness shows."""
    shown = nonce(f"{name} {draw}") if secret is None else secret
    return LotReveal(question=QUESTION, witness=identifier(name), draw=draw, secret=shown)


LAST = 0


def read(
    calls: Sequence[Sequence[str]],
    reveals: Sequence[LotReveal],
    *,
    voters: int = 3,
    quorum: Quorum = FOUR,
    standing: int | None = LAST,
    further: Mapping[int, tuple[CutValue, Sequence[str]]] = MappingProxyType({}),
) -> Lot:
    """Return the lot of draws whose certified calls name these witnesses, the first draw first.

    Args:
        calls: by draw who is called.
        reveals: the secrets shown.
        voters: how many witnesses certify each of these calls.
        quorum: of the witnesses, who are four unless said.
        standing: the draw that witnesses let stand, the last by default; None for none.
        further: by draw another value, with the witnesses that committed to it.
    """
    commits = dict(commit(name, draw=draw) for draw in range(1, len(calls) + 2) for name in NAMES)
    values = {
        number: lottery.call(QUESTION, number, [commit(name, draw=number)[0] for name in named])
        for number, named in enumerate(calls, start=1)
    }

    def votes(draw: int) -> Agreement:
        about = lottery.instance(QUESTION, draw)
        said: list[tuple[CutValue, Sequence[str]]] = []
        said += [(values[draw], NAMES[:voters])] if draw in values else []
        said += [further[draw]] if draw in further else []
        held = [
            CutVote(instance=about, witness=identifier(name), step="com", round=place, value=value, lock=None)
            for place, (value, names) in enumerate(said)
            for name in names
        ]
        return Agreement.of(about, quorum, [VoteHeld(RecordId(one.payload_id), one) for one in held])

    found = lottery.read(QUESTION, quorum, commits, reveals, votes)
    if standing is not None and found.drawn is not None:
        values[len(calls) + 1] = lottery.standing(QUESTION, standing or len(calls), found.drawn)
    return lottery.read(QUESTION, quorum, commits, reveals, votes)


def test_the_seed_follows_from_all_secrets_called() -> None:
    """All called secrets give one seed, whatever their order; another call gives another."""
    shown = [reveal(name) for name in NAMES]
    drawn = read([NAMES], shown)
    assert drawn.seed is not None
    assert not drawn.silent
    assert drawn == read([NAMES], [*reversed(shown), *shown])
    assert read([NAMES[:3]], shown).seed != drawn.seed


def test_attack_lot_grinding_a_secret_other_than_the_committed_counts_as_withheld() -> None:
    """Who has seen the others' secrets cannot choose its own any more: it can only refuse, visibly."""
    shown = [reveal(name) for name in NAMES[:3]]
    for reveals in (shown, [*shown, reveal("dogwood", secret=bytes(16))]):
        found = read([NAMES], reveals)
        assert (found.seed, found.silent) == (None, (identifier("dogwood"),))
    honest = read([NAMES], [*shown, reveal("dogwood", secret=bytes(16)), reveal("dogwood")])
    assert honest == read([NAMES], [*shown, reveal("dogwood")])


def test_attack_lot_grinding_by_a_call_that_too_few_certified() -> None:
    """Whose secrets count is for a quorum to say: two of four witnesses call nobody."""
    found = read([NAMES[:3]], [reveal(name) for name in NAMES], voters=2)
    assert (found.draw, found.seed, dict(found.called)) == (1, None, {})
    few = read([NAMES[:2]], [reveal(name) for name in NAMES])
    assert (few.seed, dict(few.called)) == (None, {})


def test_attack_withheld_nonce_is_worth_one_draw_and_is_seen() -> None:
    """The next draw is without who kept its secret back; showing it later brings the first draw not back."""
    first = [reveal(name) for name in NAMES[:3]]
    second = [reveal(name, draw=2) for name in NAMES[:3]]
    found = read([NAMES, NAMES[:3]], [*first, *second])
    assert (found.draw, found.withheld) == (2, (identifier("dogwood"),))
    assert found.seed is not None
    late = read([NAMES, NAMES[:3]], [*first, reveal("dogwood"), *second])
    assert late.seed == found.seed


def test_no_lot_is_drawn_where_there_are_no_ties_or_nobody_to_draw_with() -> None:
    """A yes/no question has no ties; one witness alone has nobody to bind itself to."""
    assert not lottery.is_needed("yes-no/1", 31)
    assert not lottery.is_needed("scottish-stv/1", 1)
    assert all(lottery.is_needed("scottish-stv/1", witnesses) for witnesses in (2, 3, 4, 31))


def test_attack_lot_grinding_by_two_calls_of_three_witnesses_leaves_no_lot() -> None:
    """Of three none may lie: one that votes for two calls unmakes the lot and chooses none."""
    first = [reveal(name) for name in NAMES[:3]]
    three = Quorum.of(3)
    drawn = read([NAMES[:2]], first, voters=2, quorum=three)
    assert drawn.seed is not None
    other = lottery.call(QUESTION, 1, [commit(name)[0] for name in NAMES[1:3]])
    found = read([NAMES[:2]], first, voters=2, quorum=three, further={1: (other, NAMES[1:3])})
    assert (found.seed, dict(found.called)) == (None, {})


def test_attack_withheld_nonce_among_two_or_three_gives_no_seed_to_choose_from() -> None:
    """Of three the other two draw again; of two there is no lot without both, so nobody has a choice."""
    three, two = Quorum.of(3), Quorum.of(2)
    without = read([NAMES[:3], NAMES[:2]], [reveal("alder"), reveal("birch"),
        reveal("alder", draw=2), reveal("birch", draw=2)], voters=2, quorum=three)  # fmt: skip
    assert (without.draw, without.seed is not None) == (2, True)
    assert without.withheld == (identifier("cedar"),)
    alone = read([NAMES[:2], NAMES[:1]], [reveal("alder"), reveal("alder", draw=2)], voters=2, quorum=two)
    assert (alone.draw, alone.seed, alone.silent) == (1, None, (identifier("birch"),))


def test_attack_a_second_draw_kept_back_until_the_votes_are_in() -> None:
    """As long as another draw could still be certified there is no lot; one that stands, stands for good."""
    first, second = [reveal(name) for name in NAMES], [reveal(name, draw=2) for name in NAMES]
    again = lottery.call(QUESTION, 2, [commit(name, draw=2)[0] for name in NAMES[:3]])
    called_once = read([NAMES], first, standing=None)
    assert called_once.drawn is not None
    assert called_once.seed is None
    held_back = read([NAMES], first, standing=None, further={2: (again, NAMES[:2])})
    assert held_back.seed is None
    published = read([NAMES, NAMES[:3]], [*first, *second])
    assert (published.draw, published.seed is not None) == (2, True)
    third = lottery.call(QUESTION, 3, [commit(name, draw=3)[0] for name in NAMES])
    stands = read([NAMES], first, standing=1)
    assert stands.seed == called_once.drawn
    late = {2: (again, NAMES[:2]), 3: (third, NAMES)}
    assert read([NAMES], [*first, *second], standing=1, further=late) == stands
