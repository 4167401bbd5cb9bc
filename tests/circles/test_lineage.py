"""Who is in what follows versions that machines made apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from node.circles import lineage
from node.circles.statements import VERSIONS_MAX, Circle, LetIn, Made, circle_id

FEDERATION, OWNER, NONCE = b"F" * 32, b"O" * 32, b"N" * 16
BOB, CARL, DORA = (letter * 32 for letter in (b"b", b"c", b"d"))
# The owner's machines.
MANY = tuple(bytes([number]) * 32 for number in range(100, 164))
ONE, TWO, THREE = (letter * 32 for letter in (b"1", b"2", b"3"))


def version(
    maker: bytes, *before: Circle, parties: Sequence[bytes] = (), name: str = "Roof", number: int = 0
) -> Circle:
    """Return the version that a machine makes which holds others."""
    heads = lineage.heads(before)
    seen: dict[bytes, int] = {}
    for each in map(lineage.knew, heads):
        seen |= {one: max(at, seen.get(one, 0)) for one, at in each.items()}
    number = number or 1 + max(seen.values(), default=0)
    let_in = lineage.staying(heads)
    by: dict[lineage.Letting, list[bytes]] = {}
    for party in sorted(parties):
        for one in let_in.get(party, [(maker, number)]):
            by.setdefault(one, []).append(party)
    return Circle(
        circle=circle_id(FEDERATION, OWNER, NONCE),
        key=bytes(32),
        federation=FEDERATION,
        owner=OWNER,
        nonce=NONCE,
        maker=maker,
        number=number,
        seen=tuple(Made(maker=one, number=at) for one, at in sorted(seen.items())),
        name=name,
        lettings=tuple(
            LetIn(maker=one, number=at, parties=tuple(those)) for (one, at), those in sorted(by.items())
        ),
        ends=(),
    )


def staying(*made: Circle) -> set[bytes]:
    """Return who is in what follows all of these, but for the owner."""
    return {*lineage.staying(lineage.heads(made))}


def test_whom_one_let_in_and_the_other_never_knew_stays() -> None:
    """However many versions either made."""
    first = version(ONE, parties=[BOB])
    ours = version(ONE, first, parties=[BOB, CARL])
    theirs = version(TWO, first, parties=[BOB], name="Barn")
    later = version(TWO, theirs, parties=[BOB], name="Roofs")
    assert staying(first, ours, theirs, later) == {BOB, CARL}


def test_whom_one_removed_stays_out_though_the_other_left_it_in() -> None:
    """A removal of what both knew holds."""
    first = version(ONE, parties=[BOB, CARL])
    without = version(ONE, first, parties=[CARL])
    renamed = version(TWO, version(TWO, first, parties=[BOB, CARL]), parties=[BOB, CARL], name="Barn")
    assert staying(first, without, renamed) == {CARL}


def test_who_was_let_in_anew_is_removed_only_by_what_knew_of_that() -> None:
    """Bob was removed and let in again on one machine; the other removed him as he was before."""
    first = version(ONE, parties=[BOB])
    again = version(ONE, version(ONE, first), parties=[BOB], name="Again")
    without = version(TWO, first, parties=[CARL])
    assert staying(first, again, without) == {BOB, CARL}
    knowing = version(TWO, again, without, parties=[CARL], name="Both")
    assert staying(first, again, without, knowing) == {CARL}


def test_attack_a_carrier_holds_back_what_a_removal_followed() -> None:
    """What lies between two versions may be missing for good: neither says less for that.

    One removes Bob, having known a version of another's that nobody has; a third machine, which never saw
    that either, does not let him in again.
    """
    first = version(ONE, parties=[BOB])
    withheld = version(TWO, first, parties=[BOB], name="Withheld")
    theirs = version(THREE, withheld, parties=[BOB], name="Theirs")
    removed = version(THREE, theirs, name="Removed")
    ours = version(ONE, first, parties=[BOB], name="Ours")
    both = version(ONE, ours, theirs, parties=[BOB], name="Both")
    assert staying(first, theirs, removed, ours, both) == set()
    assert staying(first, withheld, theirs, removed, ours, both) == set()


def test_attack_a_carrier_holds_back_what_let_somebody_in() -> None:
    """Whoever follows it says that he is in; nobody threw him out, so he stays, also before it comes."""
    first = version(ONE, parties=[BOB])
    withheld = version(TWO, first, parties=[BOB, CARL])
    theirs = version(THREE, first, withheld, parties=[BOB, CARL], name="Barn")
    assert staying(first, theirs) == {BOB, CARL}
    ours = version(ONE, first, theirs, parties=sorted(staying(first, theirs)), name="Hut")
    assert staying(first, withheld, theirs, ours) == {BOB, CARL}


def test_of_a_machine_what_it_made_last_stands() -> None:
    """It knew what it had made; of two with one number the lower id counts, whoever reads them."""
    first = version(ONE, parties=[BOB])
    last, other = (version(ONE, first, parties=who) for who in ([BOB, CARL], [BOB, DORA]))
    lower = min(last, other, key=lambda one: one.payload_id)
    assert lineage.heads([first, last, other]) == lineage.heads([other, last, first]) == [lower]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"number": 3}, "the next after"),
        ({"seen": ()}, "the next after"),
        ({"seen": (Made(maker=TWO, number=1), Made(maker=ONE, number=1))}, "the devices sorted"),
        ({"seen": (Made(maker=ONE, number=1), Made(maker=ONE, number=1))}, "the devices sorted"),
        ({"lettings": (LetIn(maker=TWO, number=1, parties=(BOB,)),)}, "versions that are known"),
        ({"lettings": (LetIn(maker=ONE, number=3, parties=(BOB,)),)}, "versions that are known"),
        ({"lettings": (LetIn(maker=ONE, number=1, parties=(BOB,)),) * 2}, "what let parties in must be"),
        ({"lettings": (LetIn(maker=ONE, number=1, parties=(CARL, BOB)),)}, "parties must be"),
        ({"lettings": (LetIn(maker=ONE, number=1, parties=(OWNER,)),)}, "parties must be"),
        ({"lettings": (LetIn(maker=ONE, number=1, parties=MANY),)}, "at most 64"),
    ],
)
def test_what_contradicts_itself_is_no_version(changes: dict[str, object], says: str) -> None:
    """A number that skips some, a party that nothing let in or what nobody knew of."""
    first = version(ONE, parties=[BOB])
    second = version(ONE, first, parties=[BOB])
    assert Circle.decode(second.encode()) == second
    with pytest.raises(ValidationError, match=says):
        Circle.model_validate({**dict(second), **changes})


def test_attack_a_stolen_machine_says_that_it_knew_what_is_still_to_come() -> None:
    """It must take as high a number itself, so what others make from then on has higher ones, and stands."""
    first = version(ONE, parties=[BOB])
    known = tuple(Made(maker=one, number=500 if one == ONE else 1) for one in (ONE, TWO))
    lie = version(TWO, first).model_copy(update={"number": 501, "seen": known})
    assert Circle.decode(lie.encode()) == lie
    after = version(ONE, first, lie, parties=[BOB])
    assert after.number == 502
    assert staying(first, lie, after, version(TWO, lie, name="More lies")) == {BOB}
    assert after.number < VERSIONS_MAX


@dataclass
class Machine:
    """One of the owner's: what it holds, and by a set of additions who is in, as the paper has it."""

    name: bytes
    held: dict[bytes, Circle] = field(default_factory=dict)
    # What it holds of others' versions is less than what those knew: some never reach it.
    added: set[tuple[bytes, int]] = field(default_factory=set)
    dropped: set[tuple[bytes, int]] = field(default_factory=set)

    @property
    def parties(self) -> set[bytes]:
        """Return who is in."""
        return {party for party, _ in self.added - self.dropped}

    def takes(self, made: Iterable[Circle]) -> None:
        """Hold what comes."""
        self.held |= {one.payload_id: one for one in made}


PARTIES = [BOB, CARL, DORA]
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from("+-<~")), max_size=30)


@given(STEPS)
def test_versions_add_up_as_a_set_of_additions_and_removals_does(steps: list[tuple[int, int, str]]) -> None:
    """Three machines change the parties, and hear of one another: each step as the paper's set has it.

    Of what one hears it gets all (`<`), or only the versions that none knew (`~`): that comes to the same.
    """
    first = version(ONE)
    machines = [Machine(name) for name in (ONE, TWO, THREE)]
    for machine in machines:
        machine.takes([first])
    for number, (who, what, how) in enumerate(steps):
        machine, party = machines[who], PARTIES[what]
        held = [*machine.held.values()]
        if how in "<~":
            other = machines[what]
            theirs = [*other.held.values()]
            machine.takes(theirs if how == "<" else lineage.heads(theirs))
            machine.added |= other.added
            machine.dropped |= other.dropped
        else:
            now = staying(*held)
            assert now == machine.parties
            if how == "+" and party not in now:
                now.add(party)
                machine.added.add((party, number))
            elif how == "-":
                now.discard(party)
                machine.dropped |= {one for one in machine.added if one[0] == party}
            machine.takes([version(machine.name, *held, parties=[*now], name=f"{number}")])
    for machine in machines:
        assert staying(*machine.held.values()) == machine.parties
