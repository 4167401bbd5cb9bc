"""Budgets as questions, over whole nodes: put, voted on, certified with the same bytes everywhere."""

import base64
from typing import Any

import pytest

from node import ids, keys
from node.engine import commands
from node.engine.commands.deciding import NewBudget
from node.engine.deciding import dossier
from node.errors import ConflictError, NodeError, UserError
from node.governance import ballots
from node.governance.budgets import methods
from node.governance.proposals import Proposal
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, result
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.verifier import minimal
from tests.verifier.drawn import slip

# The example of docs/governance.md: five votes, 1,000 to spend.
COSTS = {"A": 600, "B": 390, "C": 400}
APPROVED = [(1, 2), (2, 1), (1,), (3,), (3,)]
METHODS = {
    "budget": ["A", "C"],
    "budget-greedy": ["A", "B"],
    "budget-greedy-no-skip": ["A", "B"],
    "budget-greedy-threshold": ["A"],
}


def asked(costs: dict[str, int] = COSTS, *, method: str = "budget", **budget: Any) -> commands.OpenProposal:
    """Return the command to put the example, or another budget."""
    said = {"money": 1_000, "unit": "euro", "costs": tuple(costs.values()), **budget}
    return commands.OpenProposal(
        title="Our street", method=method, options=tuple(costs), budget=NewBudget(**said)
    )


def needed_by(method: str) -> int | None:
    """Return how many votes a project needs in the example by a method."""
    return 3 if method == "budget-greedy-threshold" else None


def vote(nodes: list[Node], proposal: str, said: list[tuple[int, ...]]) -> None:
    """Let the delegates of all nodes say one thing a seat."""
    left = [*said]
    for node in nodes:
        paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
        signed = [
            ballots.make(ballots.paper_of(paper, seat), left.pop(0), node.delegate)
            for seat in paper["seats"]
            if left
        ]
        if signed:
            node.ask(commands.CastBallots(ballots=tuple(one.raw for one in signed)))
    nodes[0].network.wait(500)  # Witnesses give receipts for what gathered in a moment.


def test_a_budget_is_put_voted_on_and_certified_on_every_node() -> None:
    """By each method all nodes certify what the count by hand funds, with one result id; so does the file."""
    nodes = federated(["ann", "bob", "carl"], house=5)
    put = [
        str(nodes[0].ask(asked(method=method, needed=needed_by(method)))["proposal"]) for method in METHODS
    ]
    pass_time(nodes[0], 1_000)
    for proposal in put:
        vote(nodes, proposal, APPROVED)
    shown = result(nodes[1], put[0])
    assert (shown["state"], shown["budget"]["spent"]) == ("provisional", 1_000)
    assert not shown["budget"]["released"]
    pass_time(nodes[0], 25 * HOUR)
    for proposal, (method, funded) in zip(put, METHODS.items(), strict=True):
        found = [result(node, proposal) for node in nodes]
        assert {one["state"] for one in found} == {"certified"}
        assert len({one["result_id"] for one in found}) == 1
        assert found[0]["outcome"] == {"verdict": "elected", "elected": funded}, method
        spent = sum(COSTS[name] for name in funded)
        assert (found[0]["budget"]["spent"], found[0]["budget"]["left"]) == (spent, 1_000 - spent)
        assert found[0]["budget"]["added"] == (0 if funded == ["A", "C"] else None)
        data = base64.b64decode(nodes[2].ask(commands.ExportDecision(proposal=proposal))["data"])
        proved = dossier.verify(data, MemoryStore())
        assert proved.valid
        assert proved.reading is not None
        assert proved.reading.result.result_id.hex() == found[0]["result_id"]
        assert minimal.verify(data).result_id.hex() == found[0]["result_id"]
    _released_once_in_force(nodes, put[0])


def _released_once_in_force(nodes: list[Node], proposal: str) -> None:
    """Check that each funded project's line is listed, and acts on every node once the review is over."""
    lines = [{"name": "A", "amount": 600}, {"name": "C", "amount": 400}]
    listed: list[dict[str, Any]] = []
    for waited, acts in ((0, False), (26 * HOUR, True)):
        pass_time(nodes[0], waited)
        for node in nodes:
            listed = [
                one for one in node.ask(commands.ListEffects())["effects"] if one["proposal"] == proposal
            ]
            assert [{name: one["effect"][name] for name in ("name", "amount")} for one in listed] == lines
            assert {(one["acts"], one["passed"]) for one in listed} == {(acts, True)}
            assert result(node, proposal)["budget"]["released"] is acts
    assert listed[0]["effect"]["in_words"] == "The budget line “A” is released: 600 euro."


def test_ballots_exported_as_pb_count_to_the_same() -> None:
    """`hedgerow budget` as the file says comes to the decision's count id, a tie and its lot included."""
    nodes = federated(["ann", "bob"], house=4)
    costs = {"A": 500, "B": 500, "C": 500, "D, E": 100}
    for method, names in (
        ("budget-equal-shares", "ABC"),
        ("budget-greedy", "ABC"),
        ("budget-greedy", "D, E"),
    ):
        chosen = {name: costs[name] for name in (names if names == "ABC" else ("A", "D, E"))}
        proposal = str(nodes[0].ask(asked(chosen, method=method))["proposal"])
        pass_time(nodes[0], 1_000)
        vote(nodes, proposal, [(1, 2)] * 2 if len(chosen) == 2 else [(1,), (2,), (3,), (1, 2, 3)])
        shown = result(nodes[1], proposal)
        file = nodes[1].ask(commands.ExportCount(proposal=proposal, format="pb"))
        assert file["file_name"] == "ballots.pb"
        assert f'withstands;"{file["quorum"]["in_words"]}"\n' in file["text"]
        line = next(one for one in file["text"].splitlines() if one.startswith("count;"))
        *_, named, _, seed, _ = line.split()
        again = methods.count_file(
            file["text"].encode(),
            file="f",
            method=named,
            stages=True,
            lot_seed=bytes.fromhex(seed),
            as_question=True,
        )
        if len(chosen) == 3:
            assert again["result_id"] == shown["count_id"]
            assert shown["lots"][0]["tied"] != [1]
            words = nodes[1].ask(commands.ExportCount(proposal=proposal, format="words"))["text"]
            assert "The lot says which project comes first" in words
        assert len(again["selected"]) == len(shown["elected"])  # type: ignore[arg-type]  # a list of ids
        with pytest.raises(UserError, match="take its ballots as pb"):
            nodes[0].ask(commands.ExportCount(proposal=proposal, format="blt"))
    yes_no = str(nodes[0].ask(commands.OpenProposal(title="A bike?"))["proposal"])
    with pytest.raises(UserError, match="expected a budget"):
        nodes[0].ask(commands.ExportCount(proposal=yes_no, format="pb"))


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (asked({"A": 1_001}), "no project to cost more than the 1,000 euro"),
        (asked(method="budget-by-guess"), "expected one of the methods budget-equal-shares"),
        (asked(method="meek"), "expected a method for budgets, found meek"),
        (asked(method="budget-greedy-threshold"), "how many votes a project needs"),
        (asked(method="budget-greedy", needed=2), "how many votes a project needs"),
        (asked().model_copy(update={"budget": None}), "expected the money"),
        (asked().model_copy(update={"options": ("A", "B")}), "a cost for each of 2 projects, found 3"),
        (asked().model_copy(update={"options": ("A", "B", "A")}), "different"),
        (asked().model_copy(update={"seats": 2}), "elects nobody"),
    ],
)
def test_a_budget_that_cannot_be_is_refused_with_a_sentence(
    command: commands.OpenProposal, expected: str, lone: Node
) -> None:
    """Dearer than the money, an unknown method, a threshold too many or too few, projects without a cost."""
    with pytest.raises(NodeError, match=expected):
        lone.ask(command)


@pytest.fixture(scope="module")
def lone() -> Node:
    """Return a node alone in its federation, whose bylaws name methods and let no budget act."""
    methods_let = '["meek", "budget-equal-shares", "budget-greedy-threshold"]'
    rules = f"[electing]\nmethods = {methods_let}\n[effects]\nbudget = false\n"
    (node,) = federated(["ann"], closing=CLOSING + rules, house=501)
    return node


def test_bylaws_say_how_budgets_are_counted_and_what_acts(lone: Node) -> None:
    """Their first method for budgets is the usual one, another is refused; elections go by the others."""
    assert lone.ask(asked())["method"] == "budget-equal-shares"
    with pytest.raises(
        UserError, match="count budgets by budget-equal-shares or budget-greedy-threshold, found"
    ):
        lone.ask(asked(method="budget-greedy"))
    election = commands.OpenProposal(title="Who?", method="election", options=("Ana", "Ben"))
    assert lone.ask(election)["method"] == "meek"
    with pytest.raises(UserError, match="at most 19 projects for 501 seats"):
        lone.ask(asked({str(number): 1 for number in range(100)}))


def test_attack_a_budget_that_no_bylaws_let_or_no_node_could_count_is_put_nowhere() -> None:
    """Signed by a changed program: costs beyond the money, too many projects, a method that is not named."""
    rules = '[electing]\nmethods = ["budget-greedy", "meek"]\n'
    ann, bob = federated(["ann", "bob"], closing=CLOSING + rules, house=501)
    proposal = str(ann.ask(asked())["proposal"])
    (said,) = Proposal.among([one.record for one in ann.store.records.of_kind(scope_of(ann), Proposal.kind)])
    assert said.budget is not None
    many = tuple(str(number) for number in range(100))
    dear, plain = said.budget.model_copy(update={"costs": (600, 1_001, 400)}), said.budget
    for change in (
        {"budget": dear},
        {"options": many, "budget": plain.model_copy(update={"costs": (1,) * 100})},
        {"method": "budget-equal-shares/1"},
        {"method": "budget-greedy-no-skip/1"},
    ):
        forged = Proposal.model_validate({**dict(said), **change, "title": "Forged"})
        slip(ann, scope_of(ann), [forged.sign(ann.steward)])
    pass_time(ann, 1_000, steps=1)
    assert [one["id"] for one in bob.ask(commands.ListProposals())["proposals"]] == [proposal]


def test_attack_costs_swapped_after_votes() -> None:
    """The same question with other costs is another one: no ballot on the first counts for it anywhere."""
    nodes = federated(["ann", "bob"], house=2)
    ann = nodes[0]
    proposal = str(ann.ask(asked())["proposal"])
    pass_time(ann, 1_000)
    vote(nodes, proposal, [(1,), (1,)])
    (said,) = Proposal.among([one.record for one in ann.store.records.of_kind(scope_of(ann), Proposal.kind)])
    assert said.budget is not None
    swapped = said.budget.model_copy(update={"costs": (390, 600, 400)})
    forged = said.model_copy(update={"budget": swapped})
    slip(ann, scope_of(ann), [forged.sign(ann.steward)])
    pass_time(ann, 1_000)
    for node in nodes:
        assert result(node, proposal)["budget"]["spent"] == 600
        assert result(node, ids.show(forged.id))["valid"] == 0


def test_attack_a_ballot_that_names_what_is_no_project() -> None:
    """A number beyond the projects, or one twice: refused where it is handed in, rejected where it came."""
    nodes = federated(["ann", "bob"], house=2)
    ann, bob = nodes
    proposal = str(ann.ask(asked(method="budget-greedy"))["proposal"])
    pass_time(ann, 1_000)
    paper = ann.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(ann.delegate.public)))
    (seat,) = paper["seats"]
    form = ballots.paper_of(paper, seat)
    assert [one["cost"] for one in paper["budget"]["projects"]] == [600, 390, 400]
    for choice, why in (((4,), "options from 1 to 3, found 4"), ((1, 1), "each option at most once")):
        bad = ballots.make(form, choice, ann.delegate)
        with pytest.raises(UserError, match=why):
            ann.ask(commands.CastBallots(ballots=(bad.raw,)))
    slip(ann, scope_of(ann), [ballots.make(form, (1, 2, 3, 4), ann.delegate)])
    vote([bob], proposal, [(2,)])
    assert [len(result(node, proposal)["rejected"]) for node in nodes] == [1, 1]
    pass_time(ann, 25 * HOUR)
    found = [result(node, proposal) for node in nodes]
    assert len({one["result_id"] for one in found}) == 1
    assert (found[1]["state"], found[1]["outcome"]["elected"]) == ("certified", ["B"])


def test_a_budget_is_revised_with_what_it_costs() -> None:
    """Title and text change, money and costs stay; other projects are another question."""
    (ann,) = federated(["ann"])
    proposal = str(ann.ask(asked())["proposal"])
    again = str(ann.ask(commands.ReviseProposal(proposal=proposal, text="More about it."))["proposal"])
    assert result(ann, again)["budget"]["projects"] == result(ann, proposal)["budget"]["projects"]
    with pytest.raises(ConflictError, match="says what each project costs"):
        ann.ask(commands.ReviseProposal(proposal=again, options=("A", "B")))


def test_too_few_who_come_fund_nothing() -> None:
    """The turnout of the bylaws holds for budgets too: below it nothing is counted."""
    quorum = "[electing.quorum]\nnumerator = 3\ndenominator = 4\n"
    nodes = federated(["ann", "bob"], closing=CLOSING + quorum, house=4)
    proposal = str(nodes[0].ask(asked())["proposal"])
    pass_time(nodes[0], 1_000)
    vote(nodes, proposal, [(1, 2), (3,)])
    found = result(nodes[1], proposal)
    assert (found["verdict"], found["budget"]["spent"], found["turnout"]["needed"]) == ("no-quorum", 0, 3)
