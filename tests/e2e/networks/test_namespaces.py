"""Real nodes on networks of their own, behind a switch that loses, delays, doubles and cuts."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from node.demo.processes import NodeProcess
from tests.e2e.conftest import alike, entries, federate, introduced, offers, until
from tests.e2e.networks.switch import Faults, Switch, joined, missing

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.long,
    pytest.mark.timeout(600),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

PORT = 7_700
# A long way over a bad radio link.
BAD = Faults(loss=0.08, delay_s=0.06, jitter_s=0.02, doubled=0.01)
WAIT_S = 150.0

StartOn = Callable[[Switch, int, str], NodeProcess]


class Housed(NodeProcess):
    """A node that runs in the network of one machine."""

    def __init__(self, switch: Switch, number: int, name: str, folder: Path) -> None:
        inside = ("ip", "netns", "exec", switch.namespace(number), sys.executable, "-m", "node")
        super().__init__(name=name, folder=folder, check=lambda: None, program=inside)
        self.place = f"ws://{switch.address(number)}:{PORT}/sync"
        self._listen = f"{switch.address(number)}:{PORT}"

    def begin_serve(self) -> None:
        """Start the node where the others of its network reach it."""
        self._start("serve", "--listen", self._listen)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[StartOn]:
    """Return a function that starts a node on a machine of a switch."""
    started: list[NodeProcess] = []

    def start(switch: Switch, number: int, name: str) -> NodeProcess:
        node = Housed(switch, number, name, tmp_path / name)
        started.append(node)
        node.begin_init()
        node.end_init()
        node.begin_serve()
        node.end_serve()
        node.ask("edit-profile", name=name)
        return node

    try:
        yield start
    finally:
        for node in started:
            node.begin_stop()
        for node in started:
            node.end_stop()


def befriend(host: NodeProcess, guest: NodeProcess) -> None:
    """Make two nodes neighbours, the guest dialling, and wait until both hold a session."""
    assert isinstance(host, Housed)
    host.ask("add-peer", target=guest.community)
    guest.ask("add-peer", target=host.place)
    until(partial(introduced, host, guest), WAIT_S)
    until(partial(introduced, guest, host), WAIT_S)


def test_two_nodes_on_a_bad_link_with_cuts_hold_the_same(house: StartOn) -> None:
    """Both write while the link loses 8 %, is slow, doubles frames and is cut three times: all arrives."""
    with joined("hga", 2, BAD) as switch:
        one, two = house(switch, 1, "Ash"), house(switch, 2, "Beech")
        befriend(one, two)
        federate(one, two)
        for turn in range(3):
            switch.cut((1, 2))
            for node in (one, two):
                for number in range(20):
                    node.ask("add-offer", title=f"{node.name} {turn} {number}")
            assert not alike(one, two), "the cut is real"
            switch.cut()
            for node in (one, two):
                node.ask("add-note", text=f"{node.name} after cut {turn}")
        until(partial(alike, one, two), WAIT_S)
        assert len(offers(one)) == len(offers(two)) == 120
        assert switch.counts["lost"] > 0
        assert switch.counts["cut"] > 0


def test_a_relay_joins_two_that_cannot_reach_each_other(house: StartOn) -> None:
    """The first and the last never pass each other a frame; what each writes arrives through the middle."""
    with joined("hgb", 3, Faults(loss=0.02, delay_s=0.02)) as switch:
        switch.cut((1, 3))
        one, middle, three = (house(switch, n, name) for n, name in ((1, "Ash"), (2, "Beech"), (3, "Cedar")))
        befriend(middle, one)
        befriend(middle, three)
        federate(middle, one, three)
        one.ask("add-offer", title="Bread from the first")
        three.ask("add-note", text="A note from the last")
        three.ask("add-offer", title="Apples from the last")
        until(partial(alike, one, middle, three), WAIT_S)
        assert offers(one) == offers(three) == {"Bread from the first", "Apples from the last"}
        assert not introduced(one, three)
        assert entries(one)
