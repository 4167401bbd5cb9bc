"""Tests of node/governance/closing/review.py."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import MalformedMessageError
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import Review, ReviewEnd, ReviewRequest, read
from node.records import record
from tests.builders import identifier, key

RESULT = identifier("result")
FOUR = Quorum.of(4)
NAMES = ("ann", "bob", "carl", "dora")


def request(name: str, *, result: bytes = RESULT, reason: str = "No.") -> ReviewRequest:
    """Return a community's request."""
    return ReviewRequest(
        proposal=identifier("proposal"), community=identifier(name), result=result, reason=reason
    )


def end(name: str, *requests: ReviewRequest, result: bytes = RESULT, contested: bool = False) -> ReviewEnd:
    """Return what a witness says at the end."""
    return ReviewEnd(
        proposal=identifier("proposal"),
        witness=identifier(name),
        result=result,
        requests=tuple(sorted(one.payload_id for one in requests)),
        contested=contested,
    )


def seen(
    ends: Sequence[ReviewEnd],
    requests: Sequence[ReviewRequest] = (),
    *,
    needed: int = 1,
    contested: bool = False,
) -> Review:
    """Read them for four witnesses."""
    return read(RESULT, FOUR, ends, requests, needed=needed, contested=contested)


def test_a_review_is_over_when_a_quorum_says_that_nobody_asked() -> None:
    """Three of four, not two; the same witness twice is one."""
    assert not seen([end("ann"), end("bob"), end("bob", contested=True)]).over
    assert seen([end("ann"), end("bob"), end("carl")]).over


def test_whoever_heard_of_a_request_does_not_end_it() -> None:
    """Two of four that hold a request keep a decision waiting: no three are without one of them."""
    asked = request("dora")
    found = seen([end("ann"), end("bob"), end("carl", asked), end("dora", asked)], [asked])
    assert (found.opened, found.over) == (True, False)


def test_words_about_another_result_count_for_nothing() -> None:
    """Requests and ends name the result that they are about."""
    other = identifier("other")
    found = seen([end(name, result=other) for name in NAMES], [request("ann", result=other)])
    assert (found.requests, found.opened, found.over) == ((), False, False)


def test_a_community_asks_once() -> None:
    """Two requests of one community are one voice where the bylaws ask for two communities."""
    assert not seen([], [request("ann"), request("ann", reason="Once more.")], needed=2).opened
    assert seen([], [request("ann"), request("bob")], needed=2).opened


def test_contested_ballots_open_it_by_themselves() -> None:
    """Where they could change the outcome nobody has to ask."""
    assert seen([], contested=True).opened


@given(st.permutations([end(name) for name in NAMES] + [end("ann", contested=True)]), st.integers(0, 5))
def test_i1_order_and_repetition_change_nothing(ends: list[ReviewEnd], repeated: int) -> None:
    """I1: the same words in any order give the same review."""
    requests = [request("ann"), request("bob")]
    assert seen([*ends, *ends[:repeated]], requests) == seen(
        sorted(ends, key=lambda one: one.payload_id), requests
    )


def test_an_end_lists_each_request_once() -> None:
    """Two spellings of one list would be two words in one place."""
    good = end("ann", request("bob"))
    twice = good.model_copy(update={"requests": good.requests * 2})
    with pytest.raises(MalformedMessageError, match="sorted and different"):
        ReviewEnd.read(record.sign(ReviewEnd.kind, twice.encode(), key("ann")))
