"""Which questions wait, and when they are looked at: tests of node/engine/witnessing/awaiting.py."""

from node.clock import Timestamp
from node.engine.witnessing.awaiting import AT_ONCE_MAX
from node.governance.proposals import Proposal
from node.records.approvals import Approval
from tests.engine.deciding.test_closing import federated, pass_time, put, result, vote
from tests.engine.deciding.test_closing_attacks import scope_of, stated
from tests.engine.deciding.test_work import empty_questions
from tests.verifier.drawn import slip


def test_a_question_that_waits_is_looked_at_less_and_less_often() -> None:
    """After a minute, two, four: whoever puts what does not hold is not looked at for ever."""
    node = federated(["ann", "bob"])[0]
    put(node)
    pass_time(node, 500)  # It is taken up, and waits no more.
    now = node.network.now
    awaiting = node.engine._witnessing._awaiting
    slip(node, scope_of(node), [empty_questions(node, 0)])
    (wait,) = awaiting.something_came(now, lambda _: True)
    looks = []
    for _ in range(4):
        assert awaiting.take_due(now) == [wait]
        awaiting.put_off(wait, now)
        looks.append(wait.due - now)
        now = wait.due
    assert looks == [60_000, 120_000, 240_000, 480_000]
    awaiting.clock_set_back(now)
    assert awaiting.take_due(now) == [wait]


def test_of_many_that_wait_a_few_have_their_turn() -> None:
    """Something that came lets a bounded number be looked at again, each in its turn."""
    node = federated(["ann", "bob"])[0]
    put(node)
    pass_time(node, 500)  # It is taken up, and waits no more.
    now = node.network.now
    awaiting = node.engine._witnessing._awaiting
    slip(node, scope_of(node), [empty_questions(node, number) for number in range(AT_ONCE_MAX + 8)])
    for wait in awaiting.take_due(Timestamp(now + 1_000)):
        awaiting.put_off(wait, now)
    first = [one.proposal for one in awaiting.something_came(now, lambda _: True)]
    second = [one.proposal for one in awaiting.something_came(now, lambda _: True)]
    assert len(first) == len(second) == AT_ONCE_MAX
    assert len({*first, *second}) == AT_ONCE_MAX + 8


def test_attack_questions_without_end_hold_up_no_other_one() -> None:
    """A question put after forty that nobody entitled put is witnessed as if they were not there."""
    nodes = federated(["ann", "bob", "carl"])
    put(nodes[0])
    slip(nodes[1], scope_of(nodes[1]), [empty_questions(nodes[1], number) for number in range(40)])
    good = put(nodes[2], "A well?")
    assert isinstance(stated(nodes[0], Proposal), Proposal)
    for node in nodes:
        vote(node, good)
    pass_time(nodes[0], 25 * 3_600_000)
    assert {result(node, good)["state"] for node in nodes} == {"certified"}


def test_attack_a_flood_of_questions_beside_one_that_waits_for_its_second_steward() -> None:
    """An approval lets the question that it is of be looked at, however many others wait for their turn."""
    node = federated(["ann", "bob"])[0]
    put(node)
    pass_time(node, 500)  # It is taken up, and waits no more.
    now = node.network.now
    awaiting = node.engine._witnessing._awaiting
    flood = [empty_questions(node, number) for number in range(2 * AT_ONCE_MAX + 8)]
    slip(node, scope_of(node), flood)
    for wait in awaiting.take_due(Timestamp(now + 1_000)):
        awaiting.put_off(wait, now)
    whose_turn = [wait.proposal for wait in awaiting.something_came(now, lambda _: True)]
    waiting = next(one.payload_id for one in flood if one.payload_id not in [*awaiting._turns][:-40])
    assert waiting in whose_turn, "it was looked at just now, and is the last to be so again"
    for wait in awaiting.take_due(now):
        awaiting.put_off(wait, now)
    slip(node, scope_of(node), [Approval(of=waiting, community=node.community).sign(node.device)])
    assert waiting in [wait.proposal for wait in awaiting.take_due(Timestamp(now + 1_000))]
