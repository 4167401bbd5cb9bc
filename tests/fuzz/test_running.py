"""What is found: too much time of the processor, too much memory; and long inputs are tried for real."""

import random
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import process_time

import cbor2
import pytest

from node.errors import PeerError
from node.ids import CommunityId
from node.replication import messages
from node.replication.channel import CHUNK_BYTES_MAX
from node.runtime import executor
from tests.fuzz import running, wire
from tests.fuzz.everything import PLACES
from tests.fuzz.longer import grown_tree, lengthened, parts_lengthened
from tests.fuzz.target import Choices, Target, parts, prefixed
from tests.fuzz.totals import CHECKOUT

LONG = [target for name, place in PLACES.items() if (target := place.targets()[name]).long_max]


def _busily(data: bytes) -> None:
    """Take the time that a reader takes that compares each with each."""
    sum(1 for one in data for other in data if one == other)


def test_time_on_the_processor_is_what_counts() -> None:
    """A slow input is a finding where it is slow by itself, not where following it makes it so."""
    feed = running.measured(_busily, lambda _data: 0.05, seconds_max=0.01)
    feed(b"short")
    with pytest.raises(AssertionError, match=r"one input of 2000 bytes took 0\.1 s of processor time"):
        feed(bytes(2_000))
    running.measured(_busily, lambda _data: 0.005, seconds_max=0.01)(bytes(2_000))


def test_an_input_that_multiplies_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader that takes 256 MiB more for one input than for all before is found, though it lets go."""
    peak = [100_000]
    monkeypatch.setattr(running, "_peak_kib", lambda: peak[0])
    feed = running.measured(lambda data: peak.insert(0, peak[0] + len(data) * 1_024), lambda _data: 0.0)
    feed(bytes(200))
    feed(bytes(256))
    with pytest.raises(AssertionError, match="one input of 300 bytes took 300 MiB"):
        feed(bytes(300))


@pytest.mark.long
@pytest.mark.skipif(
    find_spec("atheris") is None, reason="expected atheris, which this machine has no wheel of"
)
def test_long_inputs_are_made_longer(tmp_path: Path) -> None:
    """Our mutator is taken: without it, libFuzzer would go on with its own and say nothing."""
    command = [sys.executable, "-m", "tests.fuzz.running", "frames", "long", "5", str(tmp_path)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True, errors="replace")
    assert re.search(r"MS: \d+ \S*Custom-", done.stderr)  # What libFuzzer says it did, which is drawn by lot.
    assert list((tmp_path / "corpus-long" / "frames").iterdir())


def test_garbage_is_looked_for_as_rarely_as_in_a_node() -> None:
    """What an input costs is what it costs a node."""
    assert executor._GARBAGE_THRESHOLDS == running.GARBAGE_THRESHOLDS


def test_the_time_of_one_input_is_told(tmp_path: Path) -> None:
    """Whoever looks into a finding reads what it takes where nothing is followed."""
    path = tmp_path / "input"
    path.write_bytes(b"\x01")
    command = [sys.executable, "-m", "tests.fuzz.running", "changes", "plain", str(path)]
    told = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert 0 <= float(told) < 1


@pytest.mark.parametrize(
    "target",
    [pytest.param(one, marks=[pytest.mark.long] if one.name == "changes" else []) for one in LONG],
    ids=lambda target: target.name,
)
def test_long_seeds_come_near_what_is_taken(target: Target) -> None:
    """Some long input is read to its end, none is refused for its length, and none takes long."""
    seeds = [*target.long_seeds()]
    assert target.bytes_max < max(map(len, seeds)) <= target.long_max
    accepted = 0
    for seed in seeds:
        begun = process_time()
        try:
            target.feed(seed)
            accepted += len(seed) > target.bytes_max
        except target.refusals:
            pass
        assert process_time() - begun < running.INPUT_SECONDS_MAX
    assert accepted > 0


@pytest.mark.parametrize("target", LONG, ids=lambda target: target.name)
def test_inputs_grow_to_what_is_taken(target: Target) -> None:
    """Short seeds become long, none longer than is taken, the same for the same dice; all are withstood."""
    seeds = [seed for seed in target.seeds() if len(seed) > 40][:40]
    dice, again = random.Random(target.name), random.Random(target.name)
    bytes_max = 60_000
    grown = [target.grow(seed, dice, bytes_max) for seed in seeds]
    assert grown == [target.grow(seed, again, bytes_max) for seed in seeds]
    assert all(len(one) <= bytes_max for one in grown)
    assert sum(len(one) > 10_000 for one in grown) > 1
    for one in grown[:10]:
        target.attempt(one)


def test_a_list_grows_by_numbered_elements() -> None:
    """CBOR stays CBOR, and a list of it becomes one of many different elements."""
    asked = messages.WantCharters(tuple(CommunityId(bytes([number]) * 32) for number in range(3)))
    seed = bytes([200]) + messages.encode(asked)
    found = 0
    for number in range(40):
        grown = lengthened(seed, random.Random(number), 16_000)
        try:
            wire.read_frames(grown)
        except PeerError:
            continue
        found += len(grown) > 10 * len(seed)
    assert found > 0


def test_what_stands_for_gigabytes_is_not_written_out() -> None:
    """A few bytes whose values are shared forty times over come back as they are."""
    shared = b"".join(b"\xd8\x1c\x82" + 2 * (b"\xd8\x1d" + cbor2.dumps(one)) for one in range(40))
    data = b"\x98\x29\xd8\x1c\x81\x00" + shared
    assert grown_tree(data, random.Random(1), 1_000) == data


def test_parts_grow_as_parts() -> None:
    """What is read as parts stays so, with more of them or longer ones."""
    data = b"\x00" + b"".join(prefixed([1], [parts(b"some words of one part")]))
    for number in range(20):
        grown = parts_lengthened(1)(data, random.Random(number), 10_000)
        choices = Choices(grown[1:])
        held = []
        while choices.left:
            held.append((choices.byte(), choices.take()))
        assert all(first == 1 for first, _ in held)
        assert len(held) > 1 or len(held[0][1]) > len(b"some words of one part") or grown == data


def test_frames_are_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several frames of one message, each as full as it must be, come together from a short input."""
    collected: list[int] = []
    monkeypatch.setattr(messages, "decode", lambda message: collected.append(len(message)))
    wire.read_frames(bytes([9]) + parts(b"\x01words", b"\x01more words", b"\x00end"))
    assert collected == [2 * CHUNK_BYTES_MAX + 3]
    wire.read_frames(bytes([252]) + bytes(range(256)) * 1_000)
    assert collected[1:] == [256_000]
