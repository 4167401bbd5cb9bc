"""Two readers that share no line agree on every decision: tests of dossier.py against minimal.py."""

import ast
import base64
import random
from collections import Counter
from functools import lru_cache
from pathlib import Path

import pytest

from node import canonical, ids, keys
from node.engine import commands
from node.engine.deciding import dossier
from node.errors import NodeError
from node.federation.founding import Founding
from node.governance.counting.result import result_bytes
from node.records import record
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import HOUR, federated, pass_time, vote
from tests.verifier import minimal
from tests.verifier.drawn import Drawn, draw
from tests.verifier.proving import File
from tests.verifier.resigned import keys_of, resigned

EVERYDAY = 10


@lru_cache(maxsize=EVERYDAY)
def drawn_nodes(seed: int) -> Drawn:
    """Return a drawn decision with those who made it."""
    return draw(seed)


@lru_cache(maxsize=EVERYDAY)
def drawn_file(seed: int) -> tuple[bytes, str]:
    """Return the file of a drawn decision, and the result id that a node shows."""
    made = drawn_nodes(seed)
    return made.file(), made.shown()


def node_says(data: bytes) -> tuple[bool, str, bytes, bytes]:
    """Return what the node's own reader finds: valid, state, result id and the bytes of the count."""
    try:
        found = dossier.verify(data, MemoryStore())
    except NodeError:
        return (False, "no proof", b"", b"")
    if found.reading is None:
        return (False, "no proof", b"", b"")
    result = found.reading.result
    return (found.valid, found.reading.state, result.result_id, result_bytes(result.outcome))


def agree(data: bytes) -> minimal.Verdict:
    """Check that both readers say the same of a file, and return it."""
    other = minimal.verify(data)
    assert (other.valid, other.state, other.result_id, other.result) == node_says(data)
    return other


# What proves a file, and beside it which ballots count and what they come to.
PROVING = ("minimal", "proving", "shapes")
COUNTING = ("counting", "sharing")


def lines(module: str) -> int:
    """Return how many lines a module has, those of comments and blank ones included."""
    return len((Path(__file__).parent / f"{module}.py").read_text().splitlines())


def test_the_second_reader_is_small_enough_to_be_read() -> None:
    """585 lines prove a file; the choice of ballots, all counts and the seats of a roll take 435 more."""
    assert sum(map(lines, PROVING)) <= 585
    assert sum(map(lines, COUNTING)) <= 435


@pytest.mark.parametrize("module", PROVING + COUNTING)
def test_the_second_reader_shares_no_line_with_the_node(module: str) -> None:
    """It imports nothing of the node, so that a mistake there is not made here as well."""
    tree = ast.parse((Path(__file__).parent / f"{module}.py").read_text())
    froms = [one for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)]
    named = [one.module or "" for one in froms if one.module != "tests.verifier"]
    named += [f"{one.module}.{name.name}" for one in froms if one.module not in named for name in one.names]
    named += [name.name for one in ast.walk(tree) if isinstance(one, ast.Import) for name in one.names]
    ours = {one for one in named if one.split(".")[0] in ("node", "tests")}
    assert ours <= {f"tests.verifier.{one}" for one in PROVING + COUNTING}


@pytest.mark.parametrize("seed", range(EVERYDAY))
def test_r6_both_readers_find_the_same_bytes(seed: int) -> None:
    """Result id, state and every byte of the count are the same, and are what the node shows."""
    data, shown = drawn_file(seed)
    assert agree(data).result_id.hex() == shown


def test_the_drawn_decisions_are_of_all_kinds() -> None:
    """What is drawn is worth comparing: certified and not, elections and questions."""
    found = [minimal.verify(drawn_file(seed)[0]) for seed in range(EVERYDAY)]
    assert {one.state for one in found} >= {"certified", "provisional"}
    assert len({one.outcome[0] for one in found}) >= 3


@pytest.mark.parametrize("seed", range(EVERYDAY))
def test_both_readers_refuse_the_same_changed_files(seed: int) -> None:
    """Of files with a record left out, moved, doubled or changed, both accept the same ones."""
    changed_alike(seed, times=5)


def changed_alike(seed: int, *, times: int) -> None:
    """Change a drawn file in many ways, and compare what both readers make of each."""
    chance = random.Random(seed)
    data, _ = drawn_file(seed)
    for _ in range(times):
        agree(changed(data, chance))


@pytest.mark.parametrize("seed", range(2))
def test_both_readers_take_the_same_of_what_was_signed_again(seed: int) -> None:
    """Of files in which those who hold the keys signed something else, both accept the same ones."""
    signed_again_alike(seed, times=8)


def signed_again_alike(seed: int, *, times: int) -> None:
    """Let statements of a drawn file say something else, signed as before, and compare both readers."""
    made, chance = drawn_nodes(seed), random.Random(seed)
    data, keys = made.file(), keys_of(made.nodes)
    for _ in range(times):
        agree(resigned(data, keys, chance))


def changed(data: bytes, chance: random.Random) -> bytes:
    """Return a file with something left out, moved, doubled or changed."""
    form, proposal, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    match chance.randrange(6):
        case 0:
            records.pop(chance.randrange(len(records)))
        case 1:
            chance.shuffle(records)
            records += records[:3]
        case 2:
            charters.pop(chance.randrange(len(charters)))
        case 3:
            one = chance.randrange(len(records))
            place = chance.randrange(len(records[one]))
            records[one] = records[one][:place] + bytes([chance.randrange(256)]) + records[one][place + 1 :]
        case 4:
            kept = chance.sample(range(len(records)), chance.randint(1, len(records)))
            records = [records[place] for place in kept]
        case _:
            raw = bytearray(data)
            raw[chance.randrange(len(raw))] ^= chance.randrange(1, 256)
            return bytes(raw)
    return canonical.encode([form, proposal, founding, charters, records])


def test_both_readers_take_a_decision_of_a_federation_that_follows_another() -> None:
    """What it follows is in its id and proves nothing else: its members are its own founders."""
    nodes = federated(["ann", "bob", "carl"])
    ann, bob, carl = nodes
    done = ann.ask(commands.FoundFederation(follows="Valley", founders=(ids.show(bob.community),)))
    ann.network.wait(1_000)
    new = done["federation"]
    bob.ask(commands.Approve(federation=new))
    for node in (ann, bob):
        node.ask(commands.Attest(size=20, federation=new))
        node.ask(commands.GrantMandate(holder=keys.show(node.delegate.public), federation=new))
    proposal = ann.ask(commands.OpenProposal(title="Anew?", federation=new))["proposal"]
    for node in (ann, bob):
        vote(node, proposal)
    pass_time(ann, 25 * HOUR)
    data = base64.b64decode(ann.ask(commands.ExportDecision(proposal=proposal))["data"])
    found = agree(data)
    assert (found.valid, found.state) == (True, "certified")
    file = File(data)
    assert ids.show(file.federation) == new
    assert file.founding.follows.federation != file.federation
    assert file.ever == {ann.community, bob.community}
    assert carl.community not in file.ever
    # In a file that says it follows nothing the same papers are another federation's.
    form, named, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    payload = canonical.decode(record.stored(founding).payload)
    del payload["follows"]
    other = record.sign(Founding.kind, canonical.encode(payload), ann.steward).raw
    assert not agree(canonical.encode([form, named, other, charters, records])).valid


@pytest.mark.long
@pytest.mark.timeout(3_600)
def test_both_readers_agree_on_a_hundred_decisions() -> None:
    """A hundred further decisions, each changed in ten ways and signed again in twenty."""
    states: Counter[str] = Counter()
    for seed in range(1_000, 1_100):
        states[agree(drawn_file(seed)[0]).state] += 1
        changed_alike(seed, times=10)
        signed_again_alike(seed, times=20)
    assert states["certified"] > 30, states
