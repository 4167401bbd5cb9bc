"""Ballots signed elsewhere, over HTTP: receipts in the answer, and a problem that says what is wrong."""

import base64
from collections.abc import Callable

import pytest

from node import canonical, keys
from node.engine import commands
from node.governance.ballots import Ballot
from node.records import record
from tests import builders
from tests.web.serving import Site
from tests.web.test_publishing import published
from tests.web.valley import Valley

PATH = "/api/v1/ballots"


def changed(valley: Valley, **fields: object) -> str:
    """Return one of the delegate's ballots with fields changed, signed again, in base64."""
    first = record.read(base64.b64decode(valley.signed_ballots()[0]))
    payload = {**Ballot.read(first).model_dump(), **fields}
    again = record.sign(Ballot.kind, canonical.encode(payload), valley.node.delegate)
    return base64.b64encode(again.raw).decode()


async def test_the_answer_says_how_far_each_ballot_is_confirmed(steward: Site, some_valley: Valley) -> None:
    """At first nobody confirmed it; handed in again when witnesses did, the same answer names them."""
    signed = {"ballots": some_valley.signed_ballots()}
    first = await published(steward, "POST", PATH, signed)
    assert [one["ballot"] for one in first["receipts"]] == first["ballots"]
    assert [(one["confirmed_by"], one["safe"]) for one in first["receipts"]] == [([], False)] * 6
    for _ in range(8):  # The two witnesses draw the lot first.
        some_valley.node.network.wait(500)
    again = await published(steward, "POST", PATH, signed)
    assert again["ballots"] == first["ballots"]
    for one in again["receipts"]:
        assert len(one["confirmed_by"]) == one["witnesses"] == 2
        assert one["safe"]


BAD: dict[str, tuple[Callable[[Valley], str], int, str]] = {
    "an unknown option": (lambda v: changed(v, choice=[4]), 400, "options from 1 to 3"),
    "a repeated option": (lambda v: changed(v, choice=[1, 1]), 400, "at most once"),
    "a missing option": (lambda v: changed(v, choice=[]), 400, "choice"),
    "another roll": (lambda v: changed(v, roll=bytes(32)), 400, "another roll"),
    "another question": (lambda v: changed(v, proposal=bytes(32)), 422, "no proposal of that id"),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_ballot_is_a_problem_and_publishes_nothing(
    steward: Site, some_valley: Valley, name: str
) -> None:
    """RFC 9457: the status says whose fault it is, the detail what was expected; no other goes in."""
    make, status, says = BAD[name]
    handed_in = {"ballots": [*some_valley.signed_ballots()[1:], make(some_valley)]}
    if status == 422:
        handed_in = {"ballots": [make(some_valley)]}
    response = await steward.publish("POST", PATH, handed_in)
    told = await response.json()
    assert (response.status, response.content_type) == (status, "application/problem+json")
    assert says in told["detail"]
    result = await steward.json(f"/api/v1/proposals/{some_valley.proposal}/result")
    assert result["ballots"] == []


async def test_recalled_late_and_twice_in_one_place_are_conflicts(steward: Site, some_valley: Valley) -> None:
    """409 with the reason: another ballot in its place, a recall, the end of voting."""
    signed = some_valley.signed_ballots()
    await published(steward, "POST", PATH, {"ballots": signed[:1]})

    async def refused(ballot: str) -> str:
        response = await steward.publish("POST", PATH, {"ballots": [ballot]})
        assert response.status == 409
        return str((await response.json())["detail"])

    assert "in one place" in await refused(changed_place(some_valley, signed[0]))
    some_valley.node.ask(commands.RecallMandate())
    assert "was recalled" in await refused(signed[1])
    key = keys.show(some_valley.node.delegate.public)
    paper = await steward.json(f"/api/v1/proposals/{some_valley.proposal}/paper?holder={key}")
    assert {one["reason"] for one in paper["refused"]} == {"was recalled"}
    some_valley.node.network.wait(8 * 24 * 3_600_000)
    assert "has ended" in await refused(signed[2])


def changed_place(valley: Valley, signed: str) -> str:
    """Return another ballot in the place of one."""
    payload = {**Ballot.read(record.read(base64.b64decode(signed))).model_dump(), "choice": [3]}
    again = record.sign(Ballot.kind, canonical.encode(payload), valley.node.delegate)
    return base64.b64encode(again.raw).decode()


async def test_attack_a_ballot_signed_by_another_key(steward: Site, some_valley: Valley) -> None:
    """A token that may publish casts no ballot: only the delegate's key does."""
    first = Ballot.read(record.read(base64.b64decode(some_valley.signed_ballots()[0])))
    forged = base64.b64encode(first.sign(builders.key("thief")).raw).decode()
    response = await steward.publish("POST", PATH, {"ballots": [forged]})
    assert response.status == 400
    assert "not signed by the holder" in (await response.json())["detail"]
