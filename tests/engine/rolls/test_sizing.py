"""Sizes up to the bylaws' day, over whole nodes: tests of node/engine/rolls/sizing.py."""

import base64
from typing import Any

import pytest

from node.engine import commands
from node.engine.deciding import dossier
from node.engine.rolls import sizing
from node.errors import InputFileError
from node.federation import bylaws, bylaws_file
from node.governance import decisions
from node.governance.decisions import Following
from node.governance.proposals import Roll, SeatRule, Witness
from node.governance.sizes import Size
from node.ids import CommunityId, PayloadId
from node.storage.memory.store import MemoryStore
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put
from tests.engine.deciding.test_closing_attacks import scope_of
from tests.engine.harness import Node
from tests.engine.rolls.test_rolls import rolls
from tests.verifier import minimal
from tests.verifier.drawn import slip

# The harness's clock begins on 21 September 2026.
YEARLY = f'{CLOSING}[sizes]\ndays = ["01-01"]\n'
NEW_YEAR, DAY = 1_798_761_600, 24 * HOUR


def sized(node: Node) -> list[int]:
    """Return the sizes on the last certified roll, sorted."""
    return sorted(holder.size for holder in rolls(node)[-1].holders)


def shown(node: Node) -> dict[str, Any]:
    """Return the roll as a steward is shown it."""
    return node.ask(commands.ShowRoll())


def test_r11_a_size_stated_after_the_day_waits_for_the_next_one() -> None:
    """Questions of the year stand on one roll; on the day witnesses make the next by themselves."""
    nodes = federated(["ann", "bob", "carl", "dora"], closing=YEARLY, house=12)
    ann, bob, *_ = nodes
    put(ann)
    pass_time(ann, 1_000)
    stated = bob.ask(commands.Attest(size=60))
    assert stated["counts_from"] == NEW_YEAR
    pass_time(ann, DAY)
    second = put(bob, "Another?")
    pass_time(ann, 1_000)
    assert [len(rolls(node)) for node in nodes] == [1, 1, 1, 1]
    assert sized(ann) == [20, 20, 20, 20]
    pass_time(ann, 99 * DAY)
    assert len(rolls(ann)) == 1
    pass_time(ann, 3 * DAY)
    assert {tuple(sized(node)) for node in nodes} == {(20, 20, 20, 60)}
    assert {rolls(node)[-1].sized for node in nodes} == {NEW_YEAR}
    assert (shown(ann)["certified"], shown(ann)["sized"]) == (True, NEW_YEAR)
    third = put(ann, "In the new year?")
    pass_time(ann, 1_000)
    assert [len(rolls(node)) for node in nodes] == [2, 2, 2, 2]
    pass_time(ann, 30 * HOUR)
    for proposal in (second, third):
        data = base64.b64decode(ann.ask(commands.ExportDecision(proposal=proposal))["data"])
        found = dossier.verify(data, MemoryStore())
        assert (found.valid, minimal.verify(data).valid) == (True, True), found.problems


def test_a_newcomer_s_first_size_counts_at_once_and_nobody_else_s_changes() -> None:
    """Who was on no roll of the year comes in with what it states; the others keep what they had."""
    ann, bob = federated(["ann", "bob"], closing=YEARLY, house=6)
    newcomer = ann.network.node("nan")
    put(ann)
    pass_time(ann, 1_000)
    link = ann.ask(commands.Invite(addresses=("ann",)))["link"]
    newcomer.ask(commands.JoinFederation(link=link))
    pass_time(ann, 1_000)
    assert newcomer.ask(commands.Attest(size=7))["counts_from"] is None
    bob.ask(commands.Attest(size=90))
    put(ann, "With Nan?")
    pass_time(ann, 1_000)
    assert sized(ann) == [7, 20, 20]


def test_attack_a_roll_with_a_size_stated_after_the_day_does_not_stand() -> None:
    """However it is dated: a size changed within the year, or a day the bylaws do not name, never stands."""
    ann, bob = federated(["ann", "bob"], closing=YEARLY, house=6)
    put(ann)
    pass_time(ann, 1_000)
    bob.ask(commands.Attest(size=90))
    (first,) = rolls(ann)
    questions = bob.engine._witnessing._questions
    (federation,) = bob.engine._registry.federations()
    members = bob.engine._registry.members(federation)
    assert members is not None
    newest = {
        one.subject: (one.size, key)
        for key, one in sorted(questions.rolls.attestations(members).items(), key=lambda pair: pair[1].serial)
    }

    def made(day: int | None, taken: dict[bytes, tuple[int, bytes]]) -> Roll:
        sizes = [
            Size(CommunityId(one), size, (PayloadId(key),)) for one, (size, key) in sorted(taken.items())
        ]
        return decisions.make_roll(
            first.federation,
            sizes,
            follows=Following(2, first.payload_id, first.bylaws, day),
            rule=first.rule,
            witnesses=first.witnesses,
        )

    before = {one.community: (one.size, one.attestations[0]) for one in first.holders}
    good = made(first.sized, before)
    assert questions.rolls.stands(members, good.model_copy(update={"version": 2}))
    wrong = [made(first.sized, newest), made(NEW_YEAR - 1, newest), made(None, newest)]
    assert not any(questions.rolls.stands(members, one) for one in wrong)
    slip(bob, scope_of(bob), [one.sign(bob.device) for one in [*wrong, made(NEW_YEAR, newest)]])
    pass_time(ann, HOUR)
    assert [len(rolls(node)) for node in (ann, bob)] == [1, 1]


@pytest.mark.parametrize(
    "days", ['["02-29"]', '["1-1"]', '["13-01"]', '["07-01", "01-01"]', '["01-01", "01-01"]', '"01-01"']
)
def test_days_that_no_year_has_are_refused_with_their_place(days: str) -> None:
    """A day that some years lack, another spelling, a wrong order, one twice: the file names the setting."""
    with pytest.raises(InputFileError, match="sizes"):
        bylaws_file.parse(f'name = "V"\n[sizes]\ndays = {days}\n'.encode(), file_name="b.toml")


def test_bylaws_with_days_have_one_spelling() -> None:
    """What a file says is what a question that changes bylaws carries."""
    found = bylaws_file.parse(b'name = "V"\n[sizes]\ndays = ["01-01", "07-01"]\n', file_name="b.toml")
    assert found.sizes.days == ("01-01", "07-01")
    assert bylaws.decode(bylaws.encode(found)) == found


def test_attack_more_members_than_a_roll_has_room_for() -> None:
    """Those stay whom the last roll named, and of the others as many come in as there is room for."""
    first = [
        Size(CommunityId(one.to_bytes(32)), 5, (PayloadId(one.to_bytes(32)),)) for one in range(2, 1_002)
    ]
    further = [Size(CommunityId(bytes(32)), 5, (PayloadId(bytes(32)),)), *first, *_later(3)]

    def roll(version: int, known: list[Size]) -> Roll:
        made = Following(version, bytes(32), bytes(32), None)
        pinned = (Witness(community=bytes(32), device=bytes(32), position=0),)
        return decisions.make_roll(
            bytes(32),
            known,
            follows=made,
            rule=SeatRule("hamilton", 1_000, 1),
            witnesses=pinned,
        )

    last = roll(1, sizing.with_room(first, None))
    assert sizing.with_room(further, last) == first
    assert sizing.with_room(further[:4], last) == further[:4]
    assert len(roll(2, sizing.with_room(further, None)).holders) == 1_000


def _later(number: int) -> list[Size]:
    ids = [one.to_bytes(32) for one in range(2_000, 2_000 + number)]
    return [Size(CommunityId(one), 5, (PayloadId(one),)) for one in ids]
