"""Who is in what follows versions that machines made apart."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from node.circles.lineage import Lineage
from node.circles.statements import Circle, circle_id
from node.ids import PayloadId

FEDERATION, OWNER, NONCE = b"F" * 32, b"O" * 32, b"N" * 16
ANN, BOB, CARL, DORA = (letter * 32 for letter in (b"a", b"b", b"c", b"d"))


def version(*after: Circle, parties: Sequence[bytes] = (), name: str = "Roof", number: int = 0) -> Circle:
    """Return a version that follows others."""
    return Circle(
        circle=circle_id(FEDERATION, OWNER, NONCE),
        key=bytes(32),
        federation=FEDERATION,
        owner=OWNER,
        nonce=NONCE,
        number=number or max((one.number for one in after), default=0) + 1,
        after=tuple(sorted({one.payload_id for one in after})),
        name=name,
        parties=tuple(sorted({OWNER, *parties})),
        ends=(),
    )


def lineage(*made: Circle) -> Lineage:
    """Return how versions follow one another."""
    return Lineage({one.payload_id: one for one in made})


def staying(*made: Circle) -> set[bytes]:
    """Return who is in what follows all versions that none of these follows, but for the owner."""
    found = lineage(*made)
    return {*found.staying(found.heads)} - {OWNER}


def test_whom_one_let_in_and_the_other_never_knew_stays() -> None:
    """However many versions either made."""
    first = version(parties=[BOB])
    ours = version(first, parties=[BOB, CARL])
    theirs = version(first, parties=[BOB], name="Barn")
    later = version(theirs, parties=[BOB], name="Roofs")
    assert staying(first, ours, theirs, later) == {BOB, CARL}


def test_whom_one_removed_stays_out_though_the_other_left_it_in() -> None:
    """A removal of what both knew holds."""
    first = version(parties=[BOB, CARL])
    without = version(first, parties=[CARL])
    renamed = version(version(first, parties=[BOB, CARL]), parties=[BOB, CARL], name="Barn")
    assert staying(first, without, renamed, version(first, parties=[BOB, CARL])) == {CARL}


def test_who_was_let_in_anew_is_removed_only_by_what_knew_of_that() -> None:
    """Bob was removed and let in again on one machine; the other removed him as he was before."""
    first = version(parties=[BOB])
    again = version(version(first), parties=[BOB], name="Again")
    without = version(first, parties=[CARL])
    assert staying(first, version(first), again, without) == {BOB, CARL}
    knowing = version(again, without, parties=[CARL], name="Both")
    assert staying(first, version(first), again, without, knowing) == {CARL}


def test_whom_a_version_that_put_others_together_lets_in_was_let_in_anew() -> None:
    """What was removed before it counts no more against Bob."""
    first = version(parties=[BOB])
    without, with_bob = version(first), version(first, parties=[BOB], name="Barn")
    let_in = version(without, with_bob, parties=[BOB])
    still_without = version(without, name="Without")
    assert staying(first, without, with_bob, let_in, still_without) == {BOB}


def test_where_what_one_follows_cannot_be_read_only_whom_all_name_stays() -> None:
    """What it knew nobody can tell: whom it left out it may have removed."""
    first, unread = version(parties=[BOB]), version(name="Unread")
    ours = version(first, parties=[BOB, CARL])
    theirs = version(unread, parties=[BOB])
    assert staying(first, ours, theirs) == {BOB}


def test_what_cannot_be_read_from_before_they_went_apart_is_no_matter() -> None:
    """It is so for both of them: who was let in since stays."""
    first = version(version(name="Unread"), parties=[BOB])
    ours, theirs = version(first, parties=[BOB, CARL]), version(first, parties=[BOB], name="Barn")
    assert staying(first, ours, theirs) == {BOB, CARL}


def test_attack_a_version_that_says_it_follows_a_later_one() -> None:
    """A number must be above those of all that it follows: else what goes on could be called over."""
    first = version(parties=[BOB])
    last = version(version(first), parties=[BOB], name="Last")
    claim = version(last, parties=[], number=2, name="Claim")
    found = lineage(first, version(first), last, claim)
    assert found.heads == [claim.payload_id, last.payload_id]


@dataclass
class Machine:
    """One of the owner's: what it holds, and by a set of additions who is in, as the paper has it."""

    held: set[PayloadId] = field(default_factory=set)
    added: set[tuple[bytes, int]] = field(default_factory=set)
    dropped: set[tuple[bytes, int]] = field(default_factory=set)

    @property
    def parties(self) -> set[bytes]:
        """Return who is in."""
        return {party for party, _ in self.added - self.dropped}


PARTIES = [BOB, CARL, DORA]
STEPS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.sampled_from("+-<")), max_size=30)


@given(STEPS)
def test_versions_add_up_as_a_set_of_additions_and_removals_does(steps: list[tuple[int, int, str]]) -> None:
    """Three machines change the parties, and hear of one another: each step as the paper's set has it."""
    first = version()
    made = {first.payload_id: first}
    machines = [Machine({first.payload_id}) for _ in range(3)]
    for number, (who, what, how) in enumerate(steps):
        machine, party = machines[who], PARTIES[what]
        if how == "<":
            other = machines[what]
            machine.held |= other.held
            machine.added |= other.added
            machine.dropped |= other.dropped
        else:
            found = Lineage({one: made[one] for one in machine.held})
            now = {*found.staying(found.heads)} - {OWNER}
            assert now == machine.parties
            if how == "+" and party not in now:
                now.add(party)
                machine.added.add((party, number))
            elif how == "-":
                now.discard(party)
                machine.dropped |= {one for one in machine.added if one[0] == party}
            said = version(*(made[one] for one in found.heads), parties=[*now], name=f"{number}")
            made[said.payload_id] = said
            machine.held.add(said.payload_id)
    for machine in machines:
        found = Lineage({one: made[one] for one in machine.held})
        assert {*found.staying(found.heads)} - {OWNER} == machine.parties
