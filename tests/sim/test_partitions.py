"""Named scenarios of cuts and crashes, in good weather but for what the scenario is about."""

from itertools import product
from typing import Any

from node import ids
from node.engine import commands
from node.engine.commands import Command
from node.feeds import scopes
from node.feeds.entry import FeedKey
from tests.sim.machine import Machine
from tests.sim.world import World

NODES = 5


def morning() -> World:
    """Return a world in which all have found each other and the liar has not yet begun."""
    world = World(1, NODES)
    world.begin()
    return world


def answer(world: World, machine: Machine, command: Command) -> dict[str, Any]:
    """Return a machine's answer, which is no error."""
    found = world.ask(machine, command)
    assert isinstance(found, dict), found
    return found


def board(world: World, machine: Machine) -> dict[str, str]:
    """Return the notes on the board as one machine shows it."""
    shown = answer(world, machine, commands.ShowBoard(federation=ids.show(world.founded.federation)))
    return {note["note"]: note["text"] for note in shown["notes"]}


def test_both_edits_of_the_board_survive_a_cut() -> None:
    """Two members write on one board on either side of a cut; healed, every member shows both notes."""
    world = morning()
    left, right = world.members[0], world.members[1:]
    across = [frozenset(pair) for pair in product([left.address], [m.address for m in right])]
    add = [
        commands.AddNote(federation=ids.show(world.founded.federation), text=f"from the {side} bank")
        for side in ("left", "right")
    ]
    world.surroundings.network.block(across)
    notes = {answer(world, left, add[0])["note"], answer(world, right[0], add[1])["note"]}
    world.surroundings.timeline.run_until(30_000)
    assert not notes <= set(board(world, left)), "the cut let something through"

    world.surroundings.network.unblock()
    world.converge()
    boards = [board(world, machine) for machine in world.members]
    assert all(one == boards[0] for one in boards)
    assert notes <= set(boards[0])
    assert sorted(boards[0].values())[-2:] == ["from the left bank", "from the right bank"]


def test_a_crash_before_the_commit_loses_entry_and_word() -> None:
    """What was not committed is gone after a crash, nobody was told of it, and its place is used again."""
    world = morning()
    machine = world.members[0]
    feed = FeedKey(machine.keys.device.public, scopes.members(world.founded.federation))
    before = machine.disk.feeds.heads_of(feed)
    answers: list[object] = []
    machine.doom("before")
    note = commands.AddNote(federation=ids.show(world.founded.federation), text="never said")
    machine.ask(note, answers.append)
    world.surroundings.timeline.run_until(world.surroundings.timeline.now_ms + 1_000)

    assert answers == [None], "the command was answered though its entry was lost"
    assert not machine.up
    assert world.surroundings.faults["lost_write"] == 1
    assert machine.disk.feeds.heads_of(feed) == before
    assert all(other.disk.feeds.heads_of(feed) == before for other in world.members)
    machine.start()
    said = answer(world, machine, note)["note"]
    world.converge()
    assert all(said in board(world, other) for other in world.members)


def test_a_crash_after_the_commit_keeps_what_nobody_heard() -> None:
    """An entry that was committed and not yet sent is kept, and spreads after the restart."""
    world = morning()
    machine = world.members[0]
    answers: list[object] = []
    machine.doom("after")
    note = commands.AddNote(federation=ids.show(world.founded.federation), text="said late")
    machine.ask(note, answers.append)
    world.surroundings.timeline.run_until(world.surroundings.timeline.now_ms + 1_000)

    assert answers == [None]
    machine.start()
    world.surroundings.timeline.run_until(world.surroundings.timeline.now_ms + 1_000)
    world.converge()
    assert all("said late" in board(world, other).values() for other in world.members)
