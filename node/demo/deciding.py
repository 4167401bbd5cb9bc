"""The demo's second half: sizes, seats, delegates, ballots, and every node's own count.

Ballots are signed here, where the delegates' keys are; nothing is counted here.
"""

import base64
import secrets
from collections.abc import Sequence
from functools import partial
from typing import Any

from node import keys
from node.demo import agreement, cast
from node.demo.agreement import Holding, wait
from node.demo.processes import NodeProcess
from node.demo.valley import Valley
from node.errors import StoreUnavailableError
from node.governance import ballots
from node.governance.choices import Choice
from node.keys import KeyPair
from node.storage.files import keyfile


def share_seats(valley: Valley) -> None:
    """State every community's size and wait until all nodes share out the same seats."""
    valley.teller.begin("Each community states its size, and every node shares out the seats")
    for character, node in valley.members():
        node.ask("attest", size=character.size)
    roll = wait(partial(_same_roll, valley), what="every node knowing every size")
    valley.teller.done("all nodes share them out alike")
    valley.teller.roll(roll)


def name_delegates(valley: Valley) -> None:
    """Make a key for each delegate, and let each community name its delegate."""
    valley.teller.begin("Each community names a delegate, whose key no node holds")
    for character, node in valley.members():
        key = KeyPair(secrets.token_bytes(keyfile.SEED_BYTES))
        path = valley.keys_folder / f"{character.delegate.lower()}.pem"
        keyfile.write(path, key.seed, None)
        valley.delegates.append(path)
        node.ask("grant-mandate", holder=keys.show(key.public))
    valley.teller.done(", ".join(f"{c.delegate} for {c.name}" for c, _ in valley.members()))


def ask_questions(valley: Valley) -> None:
    """Put an election and a proposal to the members."""
    first = valley.nodes[0]
    valley.teller.begin(f"{first.name} puts two questions")
    election = first.ask(
        "open-proposal",
        title=cast.ELECTION_TITLE,
        text=cast.ELECTION_TEXT,
        method="scottish-stv",
        options=cast.ELECTION_OPTIONS,
        seats=cast.ELECTION_SEATS,
    )
    proposal = first.ask("open-proposal", title=cast.PROPOSAL_TITLE, text=cast.PROPOSAL_TEXT)
    valley.proposals += [election["proposal"], proposal["proposal"]]
    valley.teller.done(
        f"an election: {cast.ELECTION_TITLE}, {cast.ELECTION_SEATS} of {len(cast.ELECTION_OPTIONS)}",
        f"a proposal: {cast.PROPOSAL_TITLE}",
    )


def vote(valley: Valley) -> None:
    """Let every delegate sign ballots, here and not at a node, and hand them to the own node."""
    valley.teller.begin("The delegates vote, each for all seats of their community")
    choices = [choice.value for choice in Choice]
    cast_here = 0
    for (character, node), path in zip(valley.members(), valley.delegates, strict=True):
        signer = keyfile.read(path)
        answers = (character.ranking, (choices.index(character.answer) + 1,))
        for proposal, choice in zip(valley.proposals, answers, strict=True):
            paper = wait(
                partial(_paper, node, proposal, keys.show(signer.public)),
                what=f"the ballot papers of {character.name}",
            )
            signed = [ballots.make(ballots.paper_of(paper, seat), choice, signer) for seat in paper["seats"]]
            carried = [base64.urlsafe_b64encode(one.raw).decode() for one in signed]
            cast_here += len(node.ask("cast-ballots", ballots=carried)["ballots"])
    valley.teller.done(f"{cast_here} ballots, each signed by a delegate's own key")


def agree(valley: Valley) -> list[Holding]:
    """Wait until all nodes hold the same and count the same.

    Raises:
        StoreUnavailableError: they did not in time.
    """
    valley.teller.begin("Every seat has voted: the witnesses close, and every node counts for itself")
    held = wait(partial(agreement.all_alike, valley.nodes, valley.proposals), what="agreement of all nodes")
    valley.teller.done(
        f"all {len(held)} nodes hold the same {len(held[0].entries):,} entries and come to the same results"
    )
    for result in held[0].results:
        valley.teller.result(result)
    return held


def survive_a_kill(valley: Valley, before: Sequence[Holding]) -> list[Holding]:
    """Kill one node as a power cut would, start it again, and wait until it answers as before.

    The last node is the one: it dialled its neighbour itself, so that a new port is no matter.

    Raises:
        StoreUnavailableError: it did not come back, or answers something else.
    """
    victim = valley.nodes[-1]
    valley.teller.begin(f"{victim.name} loses power and comes back")
    victim.kill()
    victim.begin_serve()
    victim.end_serve()
    # Asked at once: it must hold by itself what it held, not be told again by its neighbours.
    alone = agreement.holding(victim, valley.proposals)
    if alone != before[-1]:
        raise StoreUnavailableError(f"the node of {victim.name}: after the kill it holds something else")
    wait(partial(_sessions, victim), what=f"{victim.name} reaching a neighbour")
    held = wait(partial(agreement.all_alike, valley.nodes, valley.proposals), what="agreement of all nodes")
    valley.teller.done("it lost nothing, found its neighbour again and answers the same")
    return held


def _same_roll(valley: Valley) -> dict[str, Any] | None:
    """Return the roll when all nodes show the same, with everybody on it by name."""
    rolls = [node.ask("show-roll") for node in valley.nodes]
    named = {node.name for node in valley.nodes} == {each["name"] for each in rolls[0]["seats"]}
    return rolls[0] if named and all(roll == rolls[0] for roll in rolls) else None


def _sessions(node: NodeProcess) -> list[dict[str, Any]] | None:
    return node.ask("peer-status")["sessions"] or None


def _paper(node: NodeProcess, proposal: str, holder: str) -> dict[str, Any] | None:
    paper = node.ask("show-paper", proposal=proposal, holder=holder)
    return paper if paper["seats"] else None
