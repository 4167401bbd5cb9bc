"""Decisions made by whole engines, everything about them drawn from a seed: for two readers to agree on."""

import base64
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from node import ids, keys
from node.engine import commands
from node.engine.commands.deciding import NewBudget
from node.engine.desk import Done
from node.engine.drafts import carry
from node.errors import NodeError
from node.governance.apportionment import ApportionmentMethod, TieRule
from node.governance.ballots import Paper
from node.governance.budgets import asking
from node.governance.closing import merkle
from node.governance.closing.statements import Receipt, Seal
from node.governance.counting.methods import ELECTION_METHODS
from node.keys import KeyPair
from node.records.record import Record
from tests.engine.harness import Network, Node, neighbours
from tests.verifier import delegating

HOUR = 3_600_000
OPTIONS = ("Ash", "Birch", "Cedar", "Damson", "Élan")
# Every third election or so by the method that most use.
METHODS = (*["scottish-stv"] * 4, *sorted(set(ELECTION_METHODS) - {"scottish-stv"}))
BUDGETS = asking.METHODS


@dataclass
class Drawn:
    """One federation with one question.

    Attributes:
        holders: the key that votes for each community's seats, by the community's node.
    """

    chance: random.Random
    nodes: list[Node]
    proposal: str = ""
    options: tuple[str, ...] = ()
    holders: dict[str, KeyPair] = field(default_factory=dict)

    @property
    def scope(self) -> str:
        """Return the federation's scope."""
        return next(one for one in self.nodes[0].store.feeds.scopes() if one.startswith("members:"))

    def file(self) -> bytes:
        """Return the decision's file as the first node holds it."""
        shown = self.nodes[0].ask(commands.ExportDecision(proposal=self.proposal))
        return base64.b64decode(shown["data"])

    def shown(self) -> str:
        """Return the result id as the first node shows it."""
        return str(self.nodes[0].ask(commands.ShowResult(proposal=self.proposal))["result_id"])


def draw(seed: int) -> Drawn:
    """Make a federation, put a question, vote, close."""
    chance = random.Random(seed)
    made = Drawn(chance, _federated(chance))
    _question(made)
    for _ in range(chance.choice([0, 8, 8, 8])):  # Mostly until the lot is drawn.
        made.nodes[0].network.wait(300)
    for _ in range(chance.choice([1, 1, 2, 3])):
        for node in made.nodes:
            _cast(made, node)
    if chance.random() < 0.3:
        _lie(made, chance.choice(made.nodes))
    if len(made.nodes) > 3 and chance.random() < 0.3:
        _silence(made, made.nodes.pop())
    network = made.nodes[0].network
    # Some are looked at before the close, some between the seals and the end of patience, most after all.
    network.wait(chance.choice([HOUR, 25 * HOUR, 28 * HOUR, 28 * HOUR, 28 * HOUR]))
    for _ in range(chance.choice([3, 9, 9, 9])):
        network.wait(1_000)
    if chance.random() < 0.3:
        late = _ballots(made, chance.choice(made.nodes))
        slip(made.nodes[-1], made.scope, late)
        network.wait(1_000)
    return made


def slip(node: Node, scope: str, records: Iterable[Record]) -> None:
    """Let a node publish what no command of its would."""
    done = Done({}, publish=((scope, tuple(carry(one) for one in records)),))
    node.reactor._held += node.engine._do(done, node.network.now)
    for effect in node.reactor.commit():
        node._carry_out(effect)
    node.network.settle()


def _federated(chance: random.Random) -> list[Node]:
    count = chance.choice([1, 2, 3, 3, 4, 4, 5, 6])
    network = Network()
    nodes = [
        network.node(f"{chance.random()}-{number}", stewards=delegating.CLERKS) for number in range(count)
    ]
    neighbours(*nodes)
    joins = count > 2 and chance.random() < 0.4
    others = count > 2 and chance.random() < 0.4
    # Of those named some may be no members, and then others' word counts after all.
    strangers = [chance.randbytes(32) for _ in range(2)]
    named = chance.sample([*(one.community for one in nodes), *strangers], 3) if chance.random() < 0.3 else []
    bylaws = _bylaws(chance, nodes, joins=joins, others=others, named=named if others else ())
    first, *rest = nodes
    joining = [rest.pop()] if joins else []
    founders = tuple(ids.show(one.community) for one in rest)
    first.ask(commands.FoundFederation(bylaws=bylaws.encode(), file_name="b.toml", founders=founders))
    for other in rest:
        other.ask(commands.Approve())
    for newcomer in joining:
        link = first.ask(commands.Invite(addresses=(first.name,)))["link"]
        newcomer.ask(commands.JoinFederation(link=link))
    for node in nodes:
        for about in [one for one in nodes if (one is node) != others or (others and named)]:
            size = chance.choice([10, 10, chance.randint(1, 500)])
            stated = commands.Attest(size=size, community=ids.show(about.community))
            if others and named:
                _attempt(node, stated)
            else:
                node.ask(stated)
    return nodes


def _bylaws(
    chance: random.Random, nodes: list[Node], *, joins: bool, others: bool, named: Sequence[bytes]
) -> str:
    """Draw the bylaws of some communities, of which one joins or which state each other's sizes."""
    count, elected = len(nodes), [ids.show(one.community) for one in nodes[-4:]]
    part, whole = chance.choice([(1, 2), (2, 4), (2, 3), (3, 4)])
    return f"""
name = "Drawn"
[admission]
approvals = {1 if joins else chance.randint(1, count)}
[sizes]
attesters = "{"named" if named else "others" if others else "itself"}"
witnesses = {chance.randint(1, min(count - 1, len(named) or count)) if others else 1}
{f"named = {[*map(ids.show, named)]}" if named else ""}
[seats]
method = "{chance.choice([*ApportionmentMethod])}"
house = {chance.randint(count, 4 * count)}
floor = {chance.choice([0, 0, 1])}
{chance.choice(["", "cap = 4"])}
ties = "{chance.choice([*TieRule])}"
[effects]
bodies = {chance.choice(["true", "true", "false"])}
[passing]
of = "{chance.choice(["cast", "present", "all"])}"
strictly_above = {chance.choice(["true", "false"])}
blocks_stop = {chance.choice(["true", "false"])}
block_reasons = {chance.choice(["true", "false"])}
[casting]
lending = {chance.choice(["true", "true", "false"])}
parts = {chance.choice([1, 1, 5, 12])}
[electing]
methods = {[*ELECTION_METHODS, *BUDGETS]}
of = "{chance.choice(["seats", "communities"])}"
[electing.quorum]
numerator = {chance.choice([0, 0, 2, 3])}
denominator = 4
[passing.threshold]
numerator = {part}
denominator = {whole}
[passing.quorum]
numerator = {chance.choice([0, 1, 2])}
denominator = 4
[closing]
voting = "1 day"
grace = "{chance.choice(["0 hours", "1 hour"])}"
patience = "2 hours"
early = {chance.choice(["true", "false", "false"])}
{chance.choice(["", "", "agreeing = 4", "witnesses = 4", *([f"elected = {elected}"] if count > 3 else [])])}
"""


def _question(made: Drawn) -> None:
    chance = made.chance
    for node in made.nodes:
        made.holders[node.name] = node.delegate
        for terms in delegating.terms(chance, node, made.nodes):
            _attempt(node, commands.GrantMandate(holder=keys.show(node.delegate.public), **terms))
    put = commands.OpenProposal(title="A question")
    if chance.random() < 0.5:
        made.options = tuple(chance.sample(OPTIONS, chance.randint(1, len(OPTIONS))))
        put = choice_of(chance, made.options)
    made.proposal = str(chance.choice(made.nodes).ask(put)["proposal"])


def choice_of(chance: random.Random, options: tuple[str, ...]) -> commands.OpenProposal:
    """Return an election or, once in four times, a budget, with these options."""
    if chance.random() < 0.75:
        seats = chance.randint(1, 3)
        return commands.OpenProposal(
            title="An election", method=chance.choice(METHODS), options=options, seats=seats
        )
    method = chance.choice(BUDGETS)
    costs = [chance.choice([10, 20, chance.randint(1, 90)]) for _ in options]
    budget = NewBudget(
        money=max(costs) + chance.choice([0, 10, 100]),
        unit="hours",
        costs=tuple(costs),
        needed=chance.randint(1, 3) if method == "budget-greedy-threshold" else None,
    )
    return commands.OpenProposal(title="A budget", method=method, options=options, budget=budget)


def _attempt(node: Node, command: commands.Command) -> None:
    """Ask for something that may be refused: nobody has a seat, or voting has ended."""
    try:
        node.ask(command)
    except NodeError:
        return


def _cast(made: Drawn, node: Node) -> None:
    """Let a community's delegate vote, change its mind, be recalled, or sign two ballots in one place."""
    chance = made.chance
    what = chance.choice(["votes", "votes", "votes", "keeps silent", "is recalled", "lies"])
    if what == "keeps silent":
        return
    if what == "is recalled":
        made.holders[node.name] = KeyPair(chance.randbytes(32))
        holder = keys.show(made.holders[node.name].public)
        voids = chance.random() < 0.5
        if chance.random() < 0.3:
            _attempt(node, commands.RecallMandate(revoke_ballots=voids))
        else:
            _attempt(node, commands.GrantMandate(holder=holder, revoke_ballots=voids))
        node.network.wait(500)
        if chance.random() < 0.5:
            return
    for _ in range(2 if what == "lies" else 1):
        signed = _ballots(made, node)
        if signed and what == "lies":
            slip(node, made.scope, signed)
        elif signed:
            _attempt(
                chance.choice(made.nodes), commands.CastBallots(ballots=tuple(one.raw for one in signed))
            )
    node.network.wait(chance.choice([10, 500]))


def _ballots(made: Drawn, node: Node) -> list[Record]:
    """Return ballots for some of a community's seats, as if nothing had been cast since the first time."""
    chance, holder = made.chance, made.holders[node.name]
    if chance.random() < 0.2:
        holder = delegating.substitute_of(node)
    paper = node.ask(commands.ShowPaper(proposal=made.proposal, holder=keys.show(holder.public)))
    signed = []
    for seat in paper["seats"]:
        if chance.random() < 0.8:
            before = chance.random() < 0.2
            form = Paper(
                proposal=ids.parse(paper["proposal"]),
                roll=ids.parse(paper["roll"]),
                community=ids.parse(seat["community"]),
                seat=seat["seat"],
                mandate=tuple(base64.b64decode(raw) for raw in seat["mandate"]),
                next_seq=1 if before else seat["next_seq"],
                prev=ids.parse(seat["prev"]) if seat["prev"] and not before else None,
            )
            most = len(made.options)
            numbers = (
                chance.sample(range(1, most + 1), chance.randint(1, most))
                if most
                else [chance.choice([1, 1, 1, 1, 2, 3, 4, 5])]
            )
            signed.append(delegating.ballot(chance, form, numbers, holder, made.nodes))
    return signed


def _lie(made: Drawn, node: Node) -> None:
    """Let a witness give receipts for what nobody has, and seal, perhaps twice, before its own node does."""
    proposal, chance = ids.parse(made.proposal), made.chance
    invented = tuple(sorted(chance.randbytes(32) for _ in range(2)))
    given = Receipt(proposal=proposal, witness=node.community, listed=invented).sign(node.device)
    said = [given]
    for listed in [(), invented][: chance.randint(0, 2)]:
        seal = Seal(
            proposal=proposal,
            witness=node.community,
            root=merkle.root(listed),
            listed=listed,
            receipts=(given.id,) if chance.random() < 0.5 else (),
        )
        said.append(seal.sign(node.device))
    slip(node, made.scope, said)


def _silence(made: Drawn, node: Node) -> None:
    """Take a node off the network."""
    del node.network._nodes[node.name]
    for link in list(node.engine._links.open_links()):
        node.network.cut(link.number)
    made.nodes[0].network.settle()
