"""What a liar gets certified when it is its turn: attacks on node/engine/witnessing/joining.py."""

import itertools
from collections.abc import Callable, Sequence

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.engine.rolls.rolls import Rolls
from node.engine.setup import enrol_request
from node.engine.witnessing import joining
from node.engine.witnessing.joining import Begun
from node.federation.membership import Members
from node.governance import decisions
from node.governance.closing import subjects
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import ROLL, Place
from node.governance.decisions import Following
from node.governance.proposals import Roll
from node.governance.sizes import Size, SizeAttestation
from node.ids import CommunityId, FederationId, PayloadId
from node.keys import KeyPair
from node.records import record
from node.records.record import Record
from tests.engine.deciding.test_bylaws_hold import stated_by
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Network, Node, neighbours
from tests.engine.rolls.test_rolls import rolls, worked_out
from tests.engine.witnessing.test_last_moment import FOUR, ToEach
from tests.verifier.drawn import slip

SECOND = KeyPair(bytes([7]) * 32)


def called(node: Node, version: int) -> Roll:
    """Return a roll of a version that somebody asked for."""
    rows = node.store.records.of_kind(scope_of(node), Roll.kind)
    return next(one for one in Roll.among([record.stored(row.raw) for row in rows]) if one.version == version)


def with_old_sizes(first: Roll, good: Roll, liar: Node) -> Roll:
    """Return a roll with everybody's size as it was on the last one, and the liar's as it is."""
    old = {one.community: one for one in first.holders}
    named = [one if one.community == liar.community else old[one.community] for one in good.holders]
    return worked_out(good, named, good.witnesses)


def with_another_device(_first: Roll, good: Roll, liar: Node) -> Roll:
    """Return a roll that pins a device of another community's that does not run."""
    pinned = [
        one.model_copy(update={"device": SECOND.public}) if one.community == victim(liar).community else one
        for one in good.witnesses
    ]
    return good.model_copy(update={"witnesses": tuple(pinned)})


def victim(liar: Node) -> Node:
    """Return another node."""
    return next(one for _, one in sorted(liar.network._nodes.items()) if one is not liar)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("made", [with_another_device, pytest.param(with_old_sizes, marks=pytest.mark.long)])
def test_attack_the_one_whose_turn_it_is_asks_for_a_roll_of_its_own_making(
    made: Callable[[Roll, Roll, Node], Roll],
) -> None:
    """One liar of four parts the others until its turn comes: they make their own roll all the same."""
    nodes = sorted(federated(FOUR, house=12), key=lambda one: one.community)
    liar = nodes[2]  # Its turn is round 2, and what it asked for in round 1 would be joined.
    others = [one for one in nodes if one is not liar]
    request = enrol_request(SECOND, bytes([9]) * 32, victim(liar).community)
    victim(liar).ask(commands.AddDevice(request=request))
    put(others[0])
    pass_time(others[0], 2_000)
    (first,) = rolls(others[0])
    for node in others:
        node.ask(commands.Attest(size=60))
    told, numbers = ToEach(liar, others), itertools.count(1)

    def stated() -> Record:
        number = next(numbers)
        fields = {"federation": first.federation, "attester": liar.community, "subject": liar.community}
        return SizeAttestation.model_validate({**fields, "size": 20 + number, "serial": 10 + number}).sign(
            liar.steward
        )

    put(others[1], "Second?")
    told.let_out([stated() for _ in range(3)])
    wrong = made(first, called(others[0], 2), liar)
    value = subjects.roll_value(wrong.payload_id)
    for number in range(5):
        if len(rolls(others[0])) == 1:
            others[0].network.wait(15_000 << number)
            told.let_out([stated() for _ in range(3)])
            asked = CutVote(
                instance=Place(first.federation, ROLL, 2).instance,
                witness=liar.community,
                step="pre",
                round=number + 1,
                value=value,
                lock=None,
            )
            told.tell_all([wrong.sign(liar.device), asked.sign(liar.device)])
    assert {len(rolls(node)) for node in others} == {2}
    last = rolls(others[0])[-1]
    assert last.payload_id != wrong.payload_id
    assert {one.size for one in last.holders if one.community != liar.community} == {60}
    assert SECOND.public not in {one.device for one in last.witnesses}


def five(attesters: str, *, unnamed: Sequence[int] = (1,), unseen: bool = False) -> tuple[list[Node], Node]:
    """Return four nodes by their ids, and a fifth, of whom two must agree on a size: all state all.

    Args:
        attesters: as in the bylaws.
        unnamed: which of the four are not named, where the bylaws name whose word counts.
        unseen: whether the fifth is on no roll: it does not witness, and nobody states its size.
    """
    network = Network()
    nodes = [network.node(name) for name in (*FOUR, "eve")]
    neighbours(*nodes)
    first, eve = nodes[0], nodes[-1]
    four = sorted(nodes[:4], key=lambda one: one.community)
    stating = [one for one in nodes if attesters == "others" or one not in [four[at] for at in unnamed]]
    seated = four if unseen else nodes
    named = f"named = {[ids.show(one.community) for one in stating]}" if attesters == "named" else ""
    sizes = f'[sizes]\nattesters = "{attesters}"\nwitnesses = 2\n{named}\n'
    closing = f"{CLOSING}elected = {[ids.show(one.community) for one in four]}\n" if unseen else CLOSING
    first.ask(
        commands.FoundFederation(
            bylaws=f'name = "Valley"\n[seats]\nhouse = 20\n{closing}{sizes}'.encode(),
            file_name="b.toml",
            founders=tuple(ids.show(one.community) for one in nodes[1:]),
        )
    )
    for node in nodes[1:]:
        node.ask(commands.Approve())
    for node in stating:
        for subject in seated:
            if attesters == "named" or subject is not node:
                node.ask(commands.Attest(size=20, community=ids.show(subject.community)))
    for node in seated:
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public)))
    return four, eve


def put_out(four: list[Node], eve: Node, act: str) -> None:
    """Let four members put the fifth out, and wait until that is in force."""
    effect = NewEffect.model_validate({"act": act, "community": ids.show(eve.community)})
    opened = four[0].ask(commands.OpenProposal(title="Out?", effect=effect))
    proposal = str(opened["proposal"])
    pass_time(four[0], 1_000)
    for node in four:
        vote(node, proposal)
    pass_time(four[0], 30 * HOUR)
    pass_time(four[0], 30 * HOUR)
    assert result(four[0], proposal)["state"] == "in force"


def says(attester: Node, subject: Node, size: int, serial: int) -> SizeAttestation:
    """Return what one states about the size of another."""
    fields = {"attester": attester.community, "subject": subject.community, "size": size, "serial": serial}
    return SizeAttestation.model_validate({"federation": rolls(attester)[0].federation, **fields})


def resting(good: Roll, instead: dict[bytes, tuple[int, tuple[bytes, ...]]]) -> Roll:
    """Return a roll that adds up, with other sizes for some, each resting on other statements."""
    found = []
    for one in good.holders:
        size, on = instead.get(one.community, (one.size, one.attestations))
        found.append(Size(CommunityId(one.community), size, tuple(sorted(map(PayloadId, on)))))
    return decisions.make_roll(
        good.federation,
        found,
        follows=Following(good.version, good.previous, good.bylaws, good.sized),
        rule=good.rule,
        witnesses=good.witnesses,
    )


def call_for_a_roll(liar: Node, node: Node) -> None:
    """Publish some second roll while nothing on the first has changed."""
    put(node, "First?")
    pass_time(node, 3_000)
    (first,) = rolls(node)
    call = first.model_copy(update={"version": 2, "previous": first.payload_id})
    slip(liar, scope_of(node), [call.sign(liar.device)])
    pass_time(node, 3_000)


def ask_in_its_turn(
    liar: Node,
    told: ToEach,
    wrong: Roll,
    parting: Callable[[], list[Record]],
    shown: list[Record],
    others: Sequence[Node],
) -> None:
    """Part the others in each round, and ask for a roll of the liar's own making in all of them."""
    before = len(rolls(others[0]))
    for number in range(6):
        if len(rolls(others[0])) == before:
            liar.network.wait(15_000 << number)
            told.let_out(parting())
            asked = CutVote(
                instance=Place(wrong.federation, ROLL, before + 1).instance,
                witness=liar.community,
                step="pre",
                round=number + 1,
                value=subjects.roll_value(wrong.payload_id),
                lock=None,
            )
            told.tell_all([*(shown if number == 0 else []), asked.sign(liar.device)])


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("attesters", "act", "unseen"),
    [
        ("named", "remove", False),
        ("named", "suspend", True),
        pytest.param("others", "suspend", False, marks=pytest.mark.long),
        pytest.param("named", "suspend", False, marks=pytest.mark.long),
        pytest.param("others", "remove", False, marks=pytest.mark.long),
    ],
)
def test_attack_a_community_put_out_long_ago_vouches_for_a_size(
    attesters: str, act: str, *, unseen: bool
) -> None:
    """One liar of four carries the new word of who has no say any more: the others make their own roll.

    Nor does it help to call for a roll before: where it was on none, nothing on the last one changed since.
    """
    four, eve = five(attesters, unseen=unseen)
    liar = four[2]  # Its turn is round 2.
    others = one, two, three = [each for each in four if each is not liar]
    network = one.network
    if unseen:
        call_for_a_roll(liar, one)
    put_out(four, eve, act)
    put(one)
    pass_time(one, 3_000)
    assert eve.community not in {each.community for each in rolls(one)[-1].holders}
    before = len(rolls(one))
    pass_time(one, 100 * 24 * HOUR)
    network.lose(eve)
    network.settle()
    # What the liar says of the second lies between what two others do: with it the liar parts them.
    one.ask(commands.Attest(size=1, community=ids.show(two.community)))
    three.ask(commands.Attest(size=500, community=ids.show(two.community)))
    for node in (one, three):
        node.ask(commands.Attest(size=60, community=ids.show(liar.community)))
    told, said, numbers = ToEach(liar, others), list[SizeAttestation](), itertools.count(1)

    def parting() -> list[Record]:
        new = [says(liar, two, 20 + number, 100 + number) for number in itertools.islice(numbers, 3)]
        said.extend(new)
        return [each.sign(liar.steward) for each in new]

    put(three, "Second?")
    told.let_out(parting())
    lies = says(liar, one, 10**9, 900), says(eve, one, 10**9, 900)
    wrong = resting(
        computed(three),
        {
            one.community: (10**9, tuple(each.payload_id for each in lies)),
            two.community: (22, (said[1].payload_id, stated_by(three, two))),
        },
    )
    shown = [lies[0].sign(liar.steward), lies[1].sign(eve.steward), wrong.sign(liar.device)]
    ask_in_its_turn(liar, told, wrong, parting, shown, others)
    pass_time(one, 12_000)
    assert {len(rolls(node)) for node in others} == {before + 1}
    last = rolls(one)[-1]
    assert last.payload_id != wrong.payload_id
    assert max(each.size for each in last.holders) <= 500


def joins(node: Node, roll: Roll, mine: list[Roll], began: Begun) -> bool:
    """Tell whether a node would ask for a roll, as it holds the records now."""
    known, members = seen(node)
    panel = known.newest(members)
    return joining.may_ask_for(roll, mine, began, rolls=known, members=members, panel=panel)


def seen(node: Node) -> tuple[Rolls, Members]:
    """Return what a node knows of the chain of rolls and of the members."""
    members = node.engine._registry.members(FederationId(rolls(node)[0].federation))
    assert members is not None
    return node.engine._witnessing._questions.rolls, members


def computed(node: Node) -> Roll:
    """Return the roll that a node would ask for."""
    known, members = seen(node)
    roll, _ = known.present(members, node.network.now)
    assert roll is not None
    return roll


@pytest.mark.parametrize("attesters", ["named", pytest.param("others", marks=pytest.mark.long)])
def test_the_word_of_who_left_during_the_rounds_is_joined(attesters: str) -> None:
    """Some count it still, some do not: it is joined while it had a say when rounds began, and not after."""
    four, eve = five(attesters)
    one, two = four[0], four[1]
    put(one)
    pass_time(one, 3_000)
    put_out(four, eve, "suspend")
    slip(eve, scope_of(one), [says(eve, two, 60, 900).sign(eve.steward)])
    four[2].ask(commands.Attest(size=70, community=ids.show(two.community)))
    now, began = computed(one), joining.begun(*seen(one))
    their = stated_by(four[2], two)
    counted = resting(now, {two.community: (60, (says(eve, two, 60, 900).payload_id, their))})
    assert eve.community not in began.active
    assert not joins(one, counted, [now], began)
    earlier = Begun(began.serials, began.active | {CommunityId(eve.community)})
    assert joins(one, counted, [now], earlier)
    # A node that started again in their midst knows from what it asked for who had a say.
    (first,) = rolls(one)
    assert eve.community in {each.community for each in first.witnesses}
    asked = first.model_copy(update={"version": now.version, "previous": now.previous})
    assert joins(one, counted, [asked, now], began)


@pytest.mark.parametrize("size", [pytest.param(10, marks=pytest.mark.long), 60])
def test_sizes_by_the_word_of_those_named_are_joined_though_too_few_are_left_since(size: int) -> None:
    """One of two that are named leaves during the rounds: what both said of themselves is joined still."""
    four, eve = five("named", unnamed=(1, 2, 3))
    one = four[0]
    put(one)
    pass_time(one, 3_000)
    one.ask(commands.Attest(size=size, community=ids.show(one.community)))
    for node in four[1:]:  # This counts for nothing as long as enough of those named are members.
        slip(node, scope_of(one), [says(node, one, 20, 1).sign(node.steward)])
    began = joining.begun(*seen(one))
    put_out(four, eve, "suspend")
    for node in four:
        for subject in four:
            if subject is not node:
                node.ask(commands.Attest(size=20, community=ids.show(subject.community)))
    slip(eve, scope_of(one), [says(eve, one, size, 900).sign(eve.steward)])
    now = computed(one)
    assert {each.size for each in now.holders} == {20}
    on = (stated_by(one, one), says(eve, one, size, 900).payload_id)
    assert joins(one, resting(now, {one.community: (size, on)}), [now], began)
    assert not joins(one, resting(now, {one.community: (61, on)}), [now], began)
    assert not joins(one, resting(now, {one.community: (size, on)}), [now], joining.begun(*seen(one)))


def test_a_roll_without_the_word_of_who_came_back_during_the_rounds_is_joined() -> None:
    """Some do not hold yet that it is back, and its word alone made the size larger."""
    four, eve = five("others")
    one, two = four[0], four[1]
    put(one)
    pass_time(one, 3_000)
    for node, said in ((eve, 70), (four[2], 70), (one, 30)):
        node.ask(commands.Attest(size=said, community=ids.show(two.community)))
    now, began = computed(one), joining.begun(*seen(one))
    assert {each.size for each in now.holders if each.community == two.community} == {70}
    on = (stated_by(four[2], two), stated_by(one, two))
    without = resting(now, {two.community: (30, on)})
    assert not joins(one, without, [now], began)
    assert joins(one, without, [now], Begun(began.serials, began.active - {CommunityId(eve.community)}))
