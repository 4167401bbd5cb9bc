"""What guardians sign: proved from the file alone, and nothing of a stranger's is taken for it."""

from collections.abc import Callable
from typing import Any

import pytest

from node import canonical
from node.errors import ConflictError, NotAuthorisedError, UserError
from node.identity import guarding
from node.identity.charter import Retired
from node.identity.community import Community, evaluate
from node.records.approvals import Approval
from node.records.record import Record
from tests import builders
from tests.builders import FoundedCommunity

ASH = builders.community("Ash")
PHONE, LAPTOP = builders.key("Ash phone"), builders.key("Ash laptop")
CHARTER = [
    *builders.charter_records(ASH),
    *(builders.added(ASH.id, one).sign(ASH.steward) for one in (PHONE, LAPTOP)),
]
OTHER = builders.community("Other")


def standing(records: list[Record]) -> Community:
    """Return Ash as its charter stands."""
    found = evaluate(ASH.id, records)
    assert found is not None
    return found


def link(records: list[Record] = CHARTER, *, device: Any = PHONE, place: int | None = None) -> Retired:
    """Return what guardians shall sign."""
    return guarding.retirement(ASH.id, records, device.public, stolen=True, cuts=(), place=place)


def asked(records: list[Record] = CHARTER, **about: Any) -> guarding.Request:
    """Return a request as it is read on a guardian's machine."""
    return guarding.read_request(guarding.write_request("Ash", link(records, **about), records))


def answered(request: guarding.Request, by: FoundedCommunity = ASH) -> guarding.Answer:
    """Return a guardian's answer as it is read where it is handed in."""
    return guarding.read_answer(guarding.sign(request, by.recovery))


def with_answer(records: list[Record], answer: guarding.Answer) -> list[Record]:
    """Return a charter with what a guardian signed."""
    return [*records, answer.signed, answer.approval]


def test_what_a_guardian_signs_is_read_and_proved_from_the_file_alone() -> None:
    """The request tells the community, the device and the place, and the answer makes the link hold."""
    request = asked()
    assert (request.name, request.standing.id, request.link.position) == ("Ash", ASH.id, 1)
    answer = answered(request)
    guarding.check(answer, standing(CHARTER), CHARTER)
    after = with_answer(CHARTER, answer)
    assert PHONE.public in standing(after).retirements
    assert guarding.signers(request.link, standing(after), after) == {ASH.recovery.public}
    with pytest.raises(ConflictError, match="holds already"):
        guarding.check(answer, standing(after), after)


def test_attack_a_thief_s_steward_retires_the_community_s_own_device_and_guardians_undo_it() -> None:
    """At the same place the guardians' word goes first, and what the thief put behind it falls as well."""
    stolen = builders.retirement(standing(CHARTER), LAPTOP).sign(ASH.steward)
    after = builders.retirement(standing([*CHARTER, stolen]), ASH.device).sign(ASH.steward)
    taken = [*CHARTER, stolen, after]
    request = asked(taken, place=1)
    assert [one.device for one in request.undone] == [LAPTOP.public, ASH.device.public]
    given = standing(with_answer(taken, answered(request)))
    assert set(given.retirements) == {PHONE.public}


def test_two_rival_links_stop_the_chain_until_guardians_decide() -> None:
    """Where stewards signed two things in one place, the next place that guardians fill is that one."""
    first, second = (builders.retirement(standing(CHARTER), one).sign(ASH.steward) for one in (PHONE, LAPTOP))
    stopped = [*CHARTER, first, second]
    assert standing(stopped).frozen
    settled = standing(with_answer(stopped, answered(asked(stopped))))
    assert (settled.frozen, settled.position) == (False, 1)


def test_attack_a_request_that_somebody_else_made_up() -> None:
    """A key that the charter does not name signs nothing, and a request without its charter is none."""
    with pytest.raises(NotAuthorisedError, match="no guardian with that key"):
        guarding.sign(asked(), OTHER.recovery)
    with pytest.raises(NotAuthorisedError, match="no guardian with that key"):
        guarding.sign(asked(), ASH.steward)
    made_up = [
        (guarding.write_request("Ash", link(), builders.charter_records(OTHER)), "brings no charter"),
        (guarding.write_request("Ash", link(), builders.charter_records(ASH)), "names no device"),
        (
            guarding.write_request("Ash", link().model_copy(update={"position": 2}), CHARTER),
            "does not follow",
        ),
        (b"\x00", "expected a file of the kind"),
        (b"no cbor", "expected a request for guardians"),
        (canonical.encode(["hedgerow/guardian-request/1", "Ash", b"", 7]), "something else"),
        (bytes(guarding.FILE_BYTES_MAX + 1), "at most"),
    ]
    for data, says in made_up:
        with pytest.raises(UserError, match=says):
            guarding.read_request(data)


def test_attack_two_answers_for_one_place_stop_no_charter() -> None:
    """What guardians settled is not settled again: two of their words in one place would stop the chain."""
    first, second = asked(), asked(device=LAPTOP)
    after = with_answer(CHARTER, answered(first))
    with pytest.raises(ConflictError, match="something else for that place"):
        guarding.check(answered(second), standing(after), after)
    with pytest.raises(ConflictError, match="settled place 1"):
        link(after, device=LAPTOP, place=1)
    assert link(after, device=LAPTOP).position == 2
    with pytest.raises(UserError, match="a place from 1 to 2"):
        link(after, device=LAPTOP, place=4)
    with pytest.raises(ConflictError, match="retired already"):
        link(after)


def test_an_answer_to_an_older_charter_asks_for_a_new_request() -> None:
    """Where guardians have said something since, the link names a predecessor that is none any more."""
    begun = [*CHARTER, builders.retirement(standing(CHARTER), LAPTOP).sign(ASH.steward)]
    late = answered(asked(begun))
    over = with_answer(begun, answered(asked(CHARTER, device=ASH.device)))
    with pytest.raises(ConflictError, match="write a new request"):
        guarding.check(late, standing(over), over)


@pytest.mark.parametrize(
    "forge",
    [
        lambda one: [one[0], one[1]],
        lambda one: [one[0], one[2], one[1]],
        lambda one: [one[0], one[1], link().sign(OTHER.recovery).raw],
        lambda one: [
            one[0],
            one[1],
            Approval(of=link().payload_id, community=ASH.id).sign(OTHER.recovery).raw,
        ],
        lambda one: [one[0], one[1][:-1] + bytes([one[1][-1] ^ 1]), one[2]],
    ],
)
def test_an_answer_that_is_none_is_named(forge: Callable[[list[Any]], list[Any]]) -> None:
    """Another file, two keys, or a signature that does not hold: one line says what was expected."""
    made = canonical.decode(guarding.sign(asked(), ASH.recovery))
    assert isinstance(made, list)
    with pytest.raises(UserError, match="expected"):
        guarding.read_answer(canonical.encode(forge(made)))
