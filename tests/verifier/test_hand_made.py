"""Files put together by hand, about which the readers once differed: tests of minimal.py and proving.py."""

import base64

import pytest

from node import canonical, ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.deciding import dossier
from node.governance.closing import subjects
from node.governance.closing.review import ReviewRequest
from node.governance.closing.statements import CutVote
from node.governance.closing.subjects import Place
from node.governance.proposals import Roll
from node.keys import KeyPair
from node.records import record
from node.records.record import Record
from node.storage.memory.store import MemoryStore
from tests import builders
from tests.engine import harness
from tests.engine.deciding.test_closing import CLOSING, HOUR, federated, pass_time, put, vote
from tests.engine.deciding.test_effects import asking
from tests.engine.harness import Node
from tests.verifier.proving import File
from tests.verifier.test_minimal import agree


def exported(node: Node, proposal: str) -> bytes:
    """Return a decision's file."""
    return base64.b64decode(node.ask(commands.ExportDecision(proposal=proposal))["data"])


def decided(nodes: list[Node]) -> str:
    """Put a question, vote on it and wait until it is certified."""
    proposal = put(nodes[0])
    for node in nodes:
        vote(node, proposal)
    pass_time(nodes[0], 25 * HOUR)
    return proposal


def test_attack_a_newcomer_asks_for_a_review_of_what_was_decided_before_it_came() -> None:
    """Where members may ask for a review, both readers mean those whom the question's roll names."""
    rules = '[admission]\napprovals = 1\n[review]\nasked_by = "members"\n'
    nodes = federated(["ann", "bob"], closing=CLOSING + rules)
    proposal = decided(nodes)
    carl = asking(nodes, "carl")
    data = exported(nodes[0], proposal)
    reading = dossier.verify(data, MemoryStore()).reading
    assert reading is not None

    def with_a_request(by: Node) -> bytes:
        asked = ReviewRequest(
            proposal=ids.parse(proposal), community=by.community, result=reading.result.result_id, reason="x"
        )
        *before, records = canonical.decode(data, bytes_max=len(data))
        return canonical.encode([*before, sorted([*records, asked.sign(by.steward).raw])])

    assert agree(with_a_request(carl)).state == "certified"
    assert agree(with_a_request(nodes[1])).state == "under review"


def test_both_readers_take_a_roll_made_before_the_first_day_of_the_bylaws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where no day of the bylaws has come since 1970 a roll says 0, which no bylaws need to name."""
    monkeypatch.setattr(harness, "START", Timestamp(5_000_000_000))  # The 27th of February 1970.
    nodes = federated(["ann", "bob"], closing=CLOSING + '[sizes]\ndays = ["07-01"]\n')
    found = agree(exported(nodes[0], decided(nodes)))
    assert (found.valid, found.state) == (True, "certified")


def test_attack_a_pinned_device_that_no_charter_names_certifies_a_roll() -> None:
    """A device speaks about rolls only where its charter names it, whatever a certified roll says."""
    nodes = federated(["ann", "bob"])
    form, named, founding, charters, records = canonical.decode(
        (data := exported(nodes[0], decided(nodes))), bytes_max=len(data)
    )
    (good,) = Roll.among(record.stored(raw) for raw in records)
    stranger, (ann, bob) = builders.key("stranger"), nodes
    pinned = [
        one.model_copy(update={"device": stranger.public}) if one.community == bob.community else one
        for one in good.witnesses
    ]
    first = good.model_copy(update={"witnesses": tuple(pinned)})
    second = good.model_copy(update={"version": 2, "previous": first.payload_id})

    def certified(roll: Roll, device: KeyPair) -> list[Record]:
        about = Place(roll.federation, "roll", roll.version).instance
        fields = {"instance": about, "step": "com", "round": 0, "lock": None}
        value = subjects.roll_value(roll.payload_id)
        said = [
            CutVote.model_validate({**fields, "value": value, "witness": by}).sign(key)
            for by, key in ((ann.community, ann.device), (bob.community, device))
        ]
        return [roll.sign(ann.device), *said]

    made = [*certified(first, bob.device), *certified(second, stranger)]
    file = File(canonical.encode([form, named, founding, charters, sorted(one.raw for one in made)]))
    assert file.in_chain(first.payload_id, 1)
    assert not file.in_chain(second.payload_id, 2)


def spoilt(data: bytes, raw: bytes, *, into_charter: bool) -> bytes:
    """Return a decision's file with one more record, in the first charter or beside the others."""
    form, named, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    (charters[0][1] if into_charter else records).append(raw)
    return canonical.encode([form, named, founding, charters, records])


def test_a_file_with_a_record_that_has_not_the_shape_of_its_kind_proves_nothing() -> None:
    """A charter's statements, approvals and all others: both readers refuse a field too many or too few."""
    nodes = federated(["ann", "bob"])
    data, ann = exported(nodes[0], decided(nodes)), nodes[0]

    def taken(kind: str, said: object) -> set[bool]:
        raw = record.sign(kind, canonical.encode(said), ann.steward).raw
        return {agree(spoilt(data, raw, into_charter=place)).valid for place in (True, False)}

    assert taken("of-another-day", None) == {True}
    device = {"sign": bytes(32), "box": bytes(32), "consent": bytes(64)}
    good: dict[str, dict[str, object]] = {
        "charter-device": {"community": ann.community, "device": device},
        "approval": {"of": bytes(32), "community": ann.community},
        "withdrawal": {"proposal": bytes(32)},
    }
    for kind, said in good.items():
        assert taken(kind, said) == {True}
        assert taken(kind, {**said, "further": 1}) == taken(kind, dict([*said.items()][1:])) == {False}


def test_a_file_of_another_form_proves_nothing() -> None:
    """Lists are lists and ids are bytes, or neither reader takes the file."""
    nodes = federated(["ann", "bob"])
    data = exported(nodes[0], decided(nodes))
    form, named, founding, charters, records = canonical.decode(data, bytes_max=len(data))
    for tree in (
        [form, named, founding, [*charters, ["ann", []]], records],
        [form, named, founding, [*charters, [named, {}]], records],
        [form, named, founding, charters, {}],
        [form, named, founding, charters, [*records, 7]],
        [form, named, founding, charters, records, []],
        ["hedgerow/decision/2", named, founding, charters, records],
        [form, "council", founding, charters, records],
    ):
        assert agree(canonical.encode(tree)).state == "no proof"
