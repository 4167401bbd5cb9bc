"""Tests of outgoing connections, on real sockets: what a stranger writes down must not aim them."""

import ast
import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientError, web
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import strategies as st

from node.net import outgoing
from node.net.address import Address
from node.net.network import Network
from node.net.outgoing import ChosenBy, embedded, globally_routable, refusal
from tests.net.test_network import Recorder, serve

ROOT = Path(__file__).resolve().parent.parent.parent
WHOLE_REQUEST_S = 5.0

NEVER_FETCHED = [
    ("loopback", "127.0.0.1"),
    ("loopback", "127.255.255.254"),
    ("loopback", "::1"),
    ("unspecified", "0.0.0.0"),
    ("unspecified", "::"),
    ("private", "10.0.0.1"),
    ("private", "172.16.0.1"),
    ("private", "172.31.255.255"),
    ("private", "192.168.178.1"),
    ("carriers' NAT", "100.64.0.1"),
    ("unique local", "fd12:3456:789a::1"),
    ("unique local", "fc00::1"),
    ("link-local", "169.254.0.1"),
    ("link-local", "fe80::1"),
    ("site-local", "fec0::1"),
    ("metadata", "169.254.169.254"),
    ("metadata", "169.254.170.2"),
    ("metadata", "fd00:ec2::254"),
    ("metadata", "168.63.129.16"),
    ("metadata", "100.100.100.200"),
    ("metadata", "192.0.0.192"),
    ("IPv4-mapped", "::ffff:127.0.0.1"),
    ("IPv4-mapped", "::ffff:8.8.8.8"),
    ("IPv4-compatible", "::127.0.0.1"),
    ("IPv4-translated", "::ffff:0:127.0.0.1"),
    ("NAT64", "64:ff9b::7f00:1"),
    ("NAT64", "64:ff9b::a9fe:a9fe"),
    ("NAT64", "64:ff9b::808:808"),
    ("local-use NAT64", "64:ff9b:1::a9fe:a9fe"),
    ("local-use NAT64", "64:ff9b:1:c0a8:1:100::"),
    ("6to4", "2002:7f00:1::1"),
    ("6to4", "2002:c0a8:101::1"),
    ("6to4", "2002:808:808::1"),
    ("Teredo", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    ("ISATAP", "2a00:1450:4001::5efe:c0a8:101"),
    ("multicast", "224.0.0.251"),
    ("multicast", "ff02::fb"),
    ("broadcast", "255.255.255.255"),
    ("reserved", "240.0.0.1"),
    ("documentation", "192.0.2.1"),
    ("documentation", "2001:db8::1"),
    ("6to4 relay", "192.88.99.1"),
    ("measuring", "198.18.0.1"),
]
ODD_SPELLINGS = [
    "localhost",
    "localhost.",
    "LocalHost",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "0.0.0.0",
    "0",
    "\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}\N{CIRCLED DIGIT SEVEN}.0.0.1",
]


class Names(AbstractResolver):
    """Answer every name with these addresses, the next ones with each question."""

    def __init__(self, *answers: tuple[str, ...]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,  # noqa: ARG002 (the resolver's signature)
    ) -> list[ResolveResult]:
        """Return the next answer; the last one stays."""
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in answer
        ]

    async def close(self) -> None:
        """Hold nothing."""


@dataclass
class Inside:
    """A service inside the home network: nobody outside may make this machine ask it anything."""

    port: int
    requests: list[str] = field(default_factory=list)


@pytest_asyncio.fixture
async def inside() -> AsyncIterator[Inside]:
    """Serve on loopback, and remember whoever asks."""
    found = Inside(0)

    async def take(request: web.Request) -> web.Response:
        found.requests.append(request.path)
        if request.path == "/elsewhere":
            raise web.HTTPFound(f"http://127.0.0.1:{found.port}/secret")
        return web.Response(text="secret")

    app = web.Application()
    app.add_routes([web.get("/{path:.*}", take)])
    runner, found.port = await serve(app)
    yield found
    await runner.cleanup()


async def fetch(
    url: str, chosen_by: ChosenBy = ChosenBy.STRANGER, resolver: AbstractResolver | None = None
) -> str:
    """Fetch a text."""
    async with (
        outgoing.client(chosen_by, whole_request_s=WHOLE_REQUEST_S, resolver=resolver) as client,
        client.get(url) as answer,
    ):
        return await answer.text()


@pytest.mark.parametrize(("kind", "address"), NEVER_FETCHED)
async def test_attack_address_that_is_not_on_the_internet_is_never_fetched(kind: str, address: str) -> None:
    """A stranger's link straight to such an address ends before a socket is made, and says why."""
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ClientError, match="not connected"):
        await fetch(f"http://{host}/")
    assert not globally_routable(ip_address(address)), kind


@pytest.mark.parametrize(("kind", "address"), NEVER_FETCHED)
async def test_attack_name_that_points_inside_is_never_fetched(kind: str, address: str) -> None:
    """A name in the domain name system may point anywhere; where it points is what is checked."""
    with pytest.raises(ClientError, match="not connected"):
        await fetch(f"http://{kind[0].lower()}.example/", resolver=Names((address,)))


@pytest.mark.parametrize("host", ODD_SPELLINGS)
async def test_attack_odd_spelling_of_loopback_is_never_fetched(host: str, inside: Inside) -> None:
    """However loopback is spelled, a stranger's link does not reach what listens there."""
    with pytest.raises((ClientError, ValueError)):
        await fetch(f"http://{host}:{inside.port}/")
    assert inside.requests == []


async def test_attack_rebinding_name_is_judged_by_where_the_socket_goes(inside: Inside) -> None:
    """A name that shows a harmless address when looked at, and another one to the socket, is caught."""
    names = Names(("1.1.1.1",), ("127.0.0.1",))
    url = f"http://rebinding.example:{inside.port}/"
    looked_at = (await names.resolve("rebinding.example"))[0]["host"]
    assert refusal(ip_address(looked_at), inside.port, ChosenBy.STRANGER) == ""
    with pytest.raises(ClientError, match=r"not connected: 127\.0\.0\.1"):
        await fetch(url, resolver=names)
    assert (names.asked, inside.requests) == (2, [])


async def test_attack_second_address_of_a_name_is_checked_like_the_first(inside: Inside) -> None:
    """Each address of an answer is judged by itself, whichever comes first: none of these is connected."""
    for answer in (("10.0.0.1", "127.0.0.1"), ("127.0.0.1", "::1"), ("169.254.169.254", "127.0.0.1")):
        with pytest.raises((ClientError, OSError), match="not connected"):
            await fetch(f"http://many.example:{inside.port}/", resolver=Names(answer))
    assert inside.requests == []


async def test_attack_redirect_into_the_house_is_not_followed(inside: Inside) -> None:
    """An answer that sends this node on ends the request, even where its steward chose the first address."""
    with pytest.raises(ClientError, match="redirect, which is not followed"):
        await fetch(f"http://127.0.0.1:{inside.port}/elsewhere", ChosenBy.STEWARD)
    assert inside.requests == ["/elsewhere"]


async def test_attack_strangers_peer_address_on_the_lan_is_not_dialled(inside: Inside) -> None:
    """An address that nobody here typed reaches no service of this house, and the steward reads why."""
    heard = Recorder()
    network = Network(heard, resolver=Names(("127.0.0.1",)))
    for host in ("127.0.0.1", "::1", "node.example"):
        network.dial(Address(host=host, port=inside.port), chosen_by=ChosenBy.STRANGER)
        _, reason = await heard.next("dial_failed")
        assert "not on the open internet" in str(reason)
    await network.stop()
    assert inside.requests == []


async def test_a_neighbour_on_the_lan_that_a_steward_typed_is_dialled(inside: Inside) -> None:
    """The same addresses work when a steward gave them: two machines in one house are neighbours."""
    heard = Recorder()
    network = Network(heard, resolver=Names(("127.0.0.1",)))
    for host in ("127.0.0.1", "node.example"):
        network.dial(Address(host=host, port=inside.port))
        _, reason = await heard.next("dial_failed")
        assert "HTTP answer 200" in str(reason)
    await network.stop()
    assert inside.requests == ["/sync", "/sync"]


@pytest.mark.parametrize(
    "lan", ["192.168.178.20", "10.1.2.3", "fe80::1", "fd12::1", "169.254.3.4", "127.0.0.1"]
)
def test_every_address_of_a_lan_may_be_typed(lan: str) -> None:
    """What a steward types may lie in the house, on any port."""
    assert refusal(ip_address(lan), 22, ChosenBy.STEWARD) == ""


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::a9fe:a9fe",
        "64:ff9b:1:a9fe:a9:fe00::",
        "2002:a9fe:a9fe::1",
        "0.0.0.0",
        "::",
        "::ffff:0.0.0.0",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
    ],
)
async def test_attack_invitation_to_a_metadata_service_is_never_fetched(address: str) -> None:
    """Not even an invitation that a steward accepted leads to a machine's own secrets or to nobody."""
    heard = Recorder()
    network = Network(heard)
    network.dial(Address(host=str(ip_address(address)), port=80))
    _, reason = await heard.next("dial_failed")
    await network.stop()
    assert "not connected" in str(reason)


async def test_a_bad_address_of_a_name_does_not_spoil_its_good_one(inside: Inside) -> None:
    """An answer that names a refused address beside a usable one leads to the usable one."""
    names = Names(("169.254.169.254", "127.0.0.1"))
    url = f"http://many.example:{inside.port}/"
    assert await fetch(url, ChosenBy.STEWARD, names) == "secret"


@pytest.mark.parametrize("port", [1, 22, 25, 110, 445, 631, 1023])
def test_attack_strangers_address_at_a_mail_or_login_port_is_refused(port: int) -> None:
    """A stranger cannot make this node speak to other kinds of services, wherever they are."""
    assert f"port {port}" in refusal(ip_address("1.1.1.1"), port, ChosenBy.STRANGER)


@pytest.mark.parametrize("port", [80, 443, 1024, 7700, 65535])
def test_nodes_on_the_open_internet_may_be_learned_of(port: int) -> None:
    """A stranger's address on the open internet is as good as any, at the ports where nodes are."""
    for address in ("1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:82b::200e"):
        assert refusal(ip_address(address), port, ChosenBy.STRANGER) == ""


def test_a_refusal_is_told_apart_from_a_closed_door() -> None:
    """A refused socket is an error of permission, so that a log can tell it from a node that is down."""

    async def attempt() -> None:
        await fetch("http://127.0.0.1:1/")

    with pytest.raises(ClientError) as caught:
        asyncio.run(attempt())
    assert getattr(caught.value, "errno", None) == errno.EACCES


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_nothing_passes_that_the_standard_library_calls_local(address: IPv4Address | IPv6Address) -> None:
    """Our own list of blocks is at least as strict as Python's."""
    if globally_routable(address):
        assert address.is_global
        local = (address.is_multicast, address.is_private, address.is_loopback, address.is_link_local)
        assert not any(local)


@given(st.ip_addresses(v=4), st.integers(0, 2**64 - 1))
def test_an_ipv4_address_is_found_in_every_form_that_carries_it(inner: IPv4Address, rest: int) -> None:
    """Whatever IPv4 address is dressed up as IPv6, it is found, and the dress is never fetched."""
    number = int(inner)
    isatap = IPv6Address((0x2A00 << 112) | (0x5EFE << 32) | number)
    dressed = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x64FF9B << 96) | number),
        IPv6Address((0x64FF9B0001 << 80) | number),
        IPv6Address((0x64FF9B0001 << 80) | (number >> 16 << 64) | ((number & 0xFFFF) << 40)),
        IPv6Address((0x2002 << 112) | (number << 80) | rest % 2**80),
        IPv6Address((0x20010000 << 96) | ((rest % 2**32) << 64) | (number ^ 0xFFFFFFFF)),
    ]
    for address in [*dressed, isatap]:
        assert inner in embedded(address), address
    assert not any(globally_routable(address) for address in dressed)
    assert globally_routable(isatap) == globally_routable(inner)


def test_attack_link_in_a_listing_has_nobody_who_fetches_it() -> None:
    """Connections out are made in one module only, so no page, import or feed can fetch what it shows.

    The exceptions take no address from a stranger: a Unix socket to the own node, the look at one's own
    address, a wire between two of our own objects, and a database.
    """
    allowed = {
        "node/net/outgoing.py",
        "node/runtime/client.py",
        "node/runtime/listening.py",
        "node/runtime/node.py",
        "node/storage/database.py",
        "node/storage/postgresql/changes.py",
    }
    makers = {
        "ClientSession",
        "urlopen",
        "HTTPConnection",
        "HTTPSConnection",
        "open_connection",
        "create_connection",
        "connect",
        "connect_ex",
        "sock_connect",
        "getaddrinfo",
        "gethostbyname",
    }
    found = set()
    for path in sorted((ROOT / "node").rglob("*.py")):
        for each in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(each, ast.Call):
                called = (
                    each.func.attr if isinstance(each.func, ast.Attribute) else getattr(each.func, "id", "")
                )
                if called in makers:
                    found.add(str(path.relative_to(ROOT)))
    assert found - allowed == set()
