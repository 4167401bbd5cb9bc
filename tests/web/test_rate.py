from dataclasses import replace
from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from node.clock import Timestamp
from node.web.asking import Allowance
from node.web.rate import Buckets, client
from tests.web.serving import CONFIG


@given(
    burst=st.integers(1, 20),
    per_second=st.integers(1, 20),
    steps=st.lists(st.integers(-2_000, 2_000), max_size=60),
)
def test_nobody_gets_more_than_the_allowance(burst: int, per_second: int, steps: list[int]) -> None:
    """Over any time, a client gets at most the burst and what trickled in, whatever the clock does."""
    buckets = Buckets(Allowance(burst, per_second))
    now, forward, allowed = 10_000_000, 0, 0
    for step in steps:
        now += step
        forward += max(0, step)
        allowed += buckets.take("a", Timestamp(now)) == 0
        assert allowed <= burst + forward * per_second / 1_000


@given(burst=st.integers(1, 60), per_second=st.integers(1, 50), cost=st.integers(1, 90))
def test_what_is_heavy_is_had_by_who_waits_as_told(burst: int, per_second: int, cost: int) -> None:
    """A heavy request takes its cost, at most a bucket, and the seconds given are enough for the next."""
    buckets = Buckets(Allowance(burst, per_second))
    for _ in range(burst // min(cost, burst)):
        assert buckets.take("a", Timestamp(0), cost=cost) == 0
    wait_s = buckets.take("a", Timestamp(0), cost=cost)
    assert wait_s >= 1
    assert buckets.take("a", Timestamp(wait_s * 1_000), cost=cost) == 0


@given(burst=st.integers(1, 5), per_second=st.integers(1, 2_000))
def test_whoever_waits_as_told_is_let_in(burst: int, per_second: int) -> None:
    """The seconds given are enough."""
    buckets = Buckets(Allowance(burst, per_second))
    for _ in range(burst):
        assert buckets.take("a", Timestamp(0)) == 0
    wait_s = buckets.take("a", Timestamp(0))
    assert wait_s >= 1
    assert buckets.take("a", Timestamp(wait_s * 1_000)) == 0


def test_clients_do_not_share_a_bucket() -> None:
    """One client's haste costs another nothing."""
    buckets = Buckets(Allowance(burst=1, per_second=1))
    assert buckets.take("a", Timestamp(0)) == 0
    assert buckets.take("a", Timestamp(0)) == 1
    assert buckets.take("b", Timestamp(0)) == 0


def test_a_flood_of_addresses_fills_no_memory() -> None:
    """The table keeps the latest clients, however many come."""
    buckets = Buckets(Allowance(burst=1, per_second=1), addresses_max=100)
    for number in range(1_000):
        buckets.take(str(number), Timestamp(0))
    assert len(buckets) == 100
    assert buckets.take("999", Timestamp(0)) == 1


@pytest.mark.parametrize(
    ("remote", "forwarded", "counted"),
    [
        ("192.0.2.7", None, "192.0.2.7"),
        # A client that writes the header itself is counted for where it comes from.
        ("192.0.2.7", "198.51.100.1", "192.0.2.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        # What the client wrote stands left of what our proxy wrote.
        ("127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 127.0.0.1", "198.51.100.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("2001:db8:1:2:3::4", None, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", None, "192.0.2.7"),
        ("", None, ""),
    ],
)
def test_a_client_cannot_choose_whom_it_is_counted_for(
    remote: str, forwarded: str | None, counted: str
) -> None:
    """Only our own proxies are believed, and an IPv6 client's network is one client."""
    headers = {"X-Forwarded-For": forwarded} if forwarded is not None else {}
    config = replace(CONFIG, proxies=(ip_network("127.0.0.0/8"),))
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    assert client(request, config) == counted
