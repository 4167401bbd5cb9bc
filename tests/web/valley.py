"""A valley of two communities with a federation: something to read on every listener."""

import base64
from dataclasses import dataclass

from node import ids, keys
from node.engine import commands
from node.governance import ballots
from node.governance.ballots import Paper
from tests.engine.harness import Network, Node, federate, neighbours

# Words that stand in records of members only: none may ever reach a stranger.
SECRETS = ("Hushed council", "whispered note", "Valley")


@dataclass(frozen=True)
class Valley:
    """Two nodes, and the ids of what they hold."""

    node: Node
    other: Node
    federation: str
    proposal: str
    note: str
    offer: str

    def signed_ballots(self) -> list[str]:
        """Return ballots of the node's delegate for all its seats, in base64."""
        holder = keys.show(self.node.delegate.public)
        paper = self.node.ask(commands.ShowPaper(proposal=self.proposal, holder=holder))
        signed = [
            ballots.make(
                Paper(
                    proposal=ids.parse(paper["proposal"]),
                    roll=ids.parse(paper["roll"]),
                    community=ids.parse(seat["community"]),
                    seat=seat["seat"],
                    mandate=tuple(base64.b64decode(raw) for raw in seat["mandate"]),
                    next_seq=seat["next_seq"],
                    prev=ids.parse(seat["prev"]) if seat["prev"] else None,
                ),
                [2, 1],
                self.node.delegate,
            )
            for seat in paper["seats"]
        ]
        return [base64.b64encode(one.raw).decode() for one in signed]


def make() -> Valley:
    """Found the valley."""
    network = Network(boxed=True)
    node, other = network.node("alder"), network.node("birch")
    neighbours(node, other)
    for one in (node, other):
        place = {"country": "CH", "latitude": "47.1", "longitude": "8.5"}
        one.ask(commands.EditProfile(name=f"Community {one.name}", tags=("garden",), **place))
        one.ask(commands.AddOffer(kind="need", title=f"Helping hands for {one.name}"))
    offer = node.ask(
        commands.AddOffer(title="Apples", text="Old sorts", expires="2027-01-31", tags=("food",))
    )
    founded = federate(node, other)
    for one in (node, other):
        one.ask(commands.Attest(size=10))
    for one in (node, other):
        one.ask(commands.GrantMandate(holder=keys.show(one.delegate.public)))
    options = ("Ana", "Ben", "Cem")
    opened = node.ask(
        commands.OpenProposal(title=SECRETS[0], method="scottish-stv", options=options, seats=2)
    )
    note = node.ask(commands.AddNote(text=f"A {SECRETS[1]}"))
    return Valley(node, other, founded["federation"], opened["proposal"], note["note"], offer["id"])


def fill(node: Node, rows: int) -> None:
    """Bring in that many listings."""
    lines = [f"Field {row:04},{46 + row % 90 / 100},{8 + row % 70 / 100},CH" for row in range(rows)]
    data = "\n".join(["name,lat,lon,country", *lines]).encode()
    node.ask(commands.ImportFile(data=data, file_name="fields.csv", source="s", licence="CC0-1.0"))
