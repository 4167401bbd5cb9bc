"""Decisions that rest on decisions, drawn from a seed: admissions, new bylaws, reviews, annulments, lots."""

import base64
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from node import ids, keys
from node.engine import commands
from node.engine.commands.effects import NewEffect
from node.errors import NodeError
from node.governance import ballots
from node.governance.apportionment import ApportionmentMethod
from tests.engine.deciding.test_closing import CLOSING, federated
from tests.engine.harness import Node, neighbours
from tests.verifier.drawn import HOUR, OPTIONS, choice_of

# What may come next; elections of four draw their lot.
STEPS = ("admit", "bylaws", "book", "book", "election", "suspend")


@dataclass
class Sequel:
    """One federation in which one decision follows another.

    Attributes:
        asked: the questions put, in this order.
        files: of each question once it was closed, and of all of them at the end.
    """

    chance: random.Random
    nodes: list[Node]
    rules: dict[str, str]
    asked: list[str] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)

    def decide(self, put: commands.OpenProposal, most: int = 5) -> str:
        """Put a question, let most vote, mostly in favour, close it, and keep its file."""
        chance = self.chance
        proposal = str(chance.choice(self.nodes[:2]).ask(put)["proposal"])
        for _ in range(6):
            self.nodes[0].network.wait(1_000)
        for node in self.nodes:
            if chance.random() < 0.9:
                try:
                    self._vote(node, proposal, most)
                except NodeError:
                    continue  # It was not admitted, or has no seat any more.
        self.nodes[0].network.wait(49 * HOUR)
        for _ in range(6):
            self.nodes[0].network.wait(1_000)
        self.asked.append(proposal)
        self.keep(proposal)
        return proposal

    def keep(self, proposal: str) -> None:
        """Keep a question's file as some node holds it now."""
        node = self.chance.choice(self.nodes[:2])
        self.files.append(base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"]))

    def bylaws(self) -> str:
        """Return the rules in force as a file has them."""
        return (
            f'name = "Drawn"\n[seats]\nhouse = {self.rules["house"]}\nmethod = "{self.rules["method"]}"\n'
            f'{CLOSING}[admission]\napprovals = 2\nway = "{self.rules["way"]}"\n'
            f'[review]\nstays = {self.rules["stays"]}\nasked_by = "{self.rules["asked_by"]}"\n'
            f'[proposing]\nby = "{self.rules["by"]}"\n'
        )

    def _vote(self, node: Node, proposal: str, most: int) -> None:
        paper = node.ask(commands.ShowPaper(proposal=proposal, holder=keys.show(node.delegate.public)))
        chance = self.chance
        for seat in paper["seats"]:
            ranked = chance.sample(range(1, most + 1), chance.randint(1, most))
            numbers = ranked if most < len("block") else [chance.choice([1, 1, 1, 1, 1, 2, 3])]
            signed = ballots.make(ballots.paper_of(paper, seat), numbers, node.delegate)
            node.ask(commands.CastBallots(ballots=(signed.raw,)))
        node.network.wait(500)


def sequel(seed: int, steps: Sequence[str] = ()) -> Sequel:
    """Found a federation and let it decide these things in turn, three drawn ones if none are given."""
    chance = random.Random(seed)
    rules = {
        "house": "5",
        "method": chance.choice([*ApportionmentMethod]),
        "way": chance.choice(["either", "decision"]),
        "stays": chance.choice(["true", "false"]),
        "asked_by": chance.choice(["seated", "members"]),
        "by": chance.choice(["seated", "members"]),
    }
    made = Sequel(chance, [], rules)
    names = [f"{chance.random()}" for _ in range(chance.choice([3, 3, 4]))]
    # All but the name, the table's head and the house, which `federated` writes itself.
    made.nodes = federated(names, closing=made.bylaws().split("\n", 3)[3], house=5)
    for step in steps or chance.sample(STEPS, 3):
        _take(made, step)
    for proposal in made.asked:
        made.keep(proposal)
    return made


def _take(made: Sequel, step: str) -> None:
    chance, first = made.chance, made.nodes[0]
    match step:
        case "admit":
            new = first.network.node(f"{chance.random()}")
            neighbours(*made.nodes, new)
            link = first.ask(commands.Invite(addresses=(first.name,)))["link"]
            new.ask(commands.JoinFederation(link=link))
            made.decide(_asks("admit", community=ids.show(new.community)))
            first.network.wait(30 * HOUR)
            for command in (
                commands.Attest(size=chance.randint(1, 60)),
                commands.GrantMandate(holder=keys.show(new.delegate.public)),
            ):
                _attempt(new, command)
            made.nodes.append(new)
        case "bylaws":
            made.rules["house"] = str(chance.randint(5, 9))
            made.rules["asked_by"] = "members"
            made.decide(_asks("bylaws", content=made.bylaws().encode(), file_name="b.toml"))
            first.network.wait(30 * HOUR)
        case "book":
            book = made.decide(_asks("budget", name="Books", amount=chance.randint(0, 9), unit="hours"))
            if chance.random() < 0.7:
                _attempt(chance.choice(made.nodes), commands.AskReview(proposal=book, reason="Too dear."))
            first.network.wait(chance.choice([0, 30 * HOUR]))
            made.keep(book)
            if chance.random() < 0.7:
                made.decide(_asks("annul", decision=book))
        case "suspend":
            out = made.nodes[-1]
            made.decide(_asks("suspend", community=ids.show(out.community)))
            first.network.wait(30 * HOUR)
        case _:
            options = tuple(chance.sample(OPTIONS, 3))
            made.decide(choice_of(chance, options), most=3)


def _asks(act: str, **says: object) -> commands.OpenProposal:
    return commands.OpenProposal(title="Shall we?", effect=NewEffect.model_validate({"act": act, **says}))


def _attempt(node: Node, command: commands.Command) -> None:
    """Ask for something that may be refused: it came too late, or there is nothing to review."""
    try:
        node.ask(command)
    except NodeError:
        return
