"""What passes between two nodes, seen from the wire: nothing to read, no bit to change, and cuts heal."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from node import ids
from node.demo.processes import NodeProcess
from tests.e2e.conftest import (
    alike,
    befriend,
    federate,
    introduced,
    log_of,
    offers,
    starting,
    starting_proxies,
    until,
)
from tests.e2e.proxy import Proxy

pytestmark = pytest.mark.e2e
PIECE_BYTES = 8


@dataclass(frozen=True, slots=True)
class Wire:
    """Two members of a federation, the second of which reaches the first through a proxy only."""

    near: NodeProcess
    far: NodeProcess
    proxy: Proxy


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    """Return two nodes in one federation with a proxy between them."""
    for start in starting(tmp_path_factory.mktemp("wire")):
        for start_proxy in starting_proxies():
            far, near = start("Far", "Near")
            proxy = start_proxy(far)
            befriend(far, near, address=proxy.url)
            federate(far, near)
            yield Wire(near, far, proxy)


def heard(node: NodeProcess, title: str) -> bool:
    """Tell whether an offer has arrived."""
    return title in offers(node)


def notes(node: NodeProcess) -> set[str]:
    """Return the notes on the board as a node shows it."""
    return {one["text"] for one in node.ask("show-board")["notes"]}


def test_a_proxy_never_sees_a_listings_title(wire: Wire) -> None:
    """What arrives in the clear at both nodes passes the wire without any eight bytes of it readable."""
    titles = ["Walnut cradle with carved herons", "Forty metres of hand-split ash hurdle"]
    wire.near.ask("add-offer", title=titles[0], text="Made by Zephyrine in the winter of the long snow.")
    wire.far.ask("add-offer", title=titles[1], tags=["underwood-and-coppice"])
    until(partial(heard, wire.far, titles[0]))
    until(partial(heard, wire.near, titles[1]))
    said = wire.proxy.payloads()
    # What was captured is all of it: the frames of both directions add up to more than the texts.
    assert len(said) >= 2
    assert all(len(each) > 1_000 for each in said[:2])
    wanted = [
        *titles,
        "Made by Zephyrine in the winter of the long snow.",
        "underwood-and-coppice",
        "Near",
        "Far",
    ]
    for text in (one.encode() for one in wanted if len(one) >= PIECE_BYTES):
        for start in range(len(text) - PIECE_BYTES + 1):
            piece = text[start : start + PIECE_BYTES]
            assert not any(piece in each for each in (*said, wire.proxy.raw()))
    # Nor who they are: the handshake hides both communities' ids from whoever only listens.
    for node in (wire.near, wire.far):
        assert not any(ids.parse(node.community) in each for each in said)


def test_one_flipped_bit_ends_the_session_and_they_meet_again(wire: Wire) -> None:
    """A changed bit costs the connection, both nodes say so, and everything arrives over the next one."""
    before = log_of(wire.near).count("event=disconnected"), log_of(wire.far).count("event=disconnected")
    wire.proxy.flip_a_bit()
    wire.near.ask("add-offer", title="A bent nail")
    assert wire.proxy.flipped.wait(30)
    until(lambda: log_of(wire.near).count("event=disconnected") > before[0])
    until(lambda: log_of(wire.far).count("event=disconnected") > before[1])
    both = log_of(wire.near) + log_of(wire.far)
    assert both.count("event=link_closed") >= 1
    assert "expected the next ciphertext of this channel, found another" in both
    until(partial(heard, wire.far, "A bent nail"))
    until(partial(alike, wire.near, wire.far))
    until(partial(introduced, wire.near, wire.far))


def test_the_board_keeps_what_both_sides_of_a_cut_wrote(wire: Wire) -> None:
    """Both members edit the federation's board while nothing passes between them; both edits survive."""
    wire.near.ask("add-note", text="Before the storm.")
    until(lambda: "Before the storm." in notes(wire.far))
    wire.proxy.cut()
    until(lambda: not introduced(wire.near, wire.far) and not introduced(wire.far, wire.near))
    wire.near.ask("add-note", text="The bridge is down.")
    gone = next(
        one["note"] for one in wire.far.ask("show-board")["notes"] if one["text"] == "Before the storm."
    )
    wire.far.ask("add-note", text="Soup at the school.")
    wire.far.ask("remove-note", note=gone)
    assert "Soup at the school." not in notes(wire.near)
    assert "The bridge is down." not in notes(wire.far)
    wire.proxy.heal()
    expected = {"The bridge is down.", "Soup at the school."}
    until(lambda: notes(wire.near) == notes(wire.far) == expected)
    until(partial(alike, wire.near, wire.far))
