"""Outgoing connections that a stranger cannot aim: the one place that makes clients and their sockets.

Whoever writes an address chooses where this machine knocks, and this machine stands inside a home network or
next to a cloud's metadata service (server-side request forgery). So every socket is checked at the moment it
is made, with the very address it will connect to: what a name meant a moment before, how the address was
spelled and which redirect led to it make no difference. No redirect is followed, no proxy of the environment
is used, no cookie is kept.

Links found in listings are shown to people and never fetched, by any client.
"""

import errno
import socket
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from types import SimpleNamespace
from typing import Final, TypeAlias

from aiohttp import (
    AddrInfoType,
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    TraceConfig,
    TraceRequestRedirectParams,
)
from aiohttp.abc import AbstractResolver

IPAddress: TypeAlias = IPv4Address | IPv6Address


class ChosenBy(Enum):
    """Who wrote an address down, and so how far it may lead."""

    # Typed by a steward, or in an invitation a steward accepted: neighbours on the same LAN are wanted.
    STEWARD = "steward"
    # In a document, a peer's message or any other thing that arrived: only what is on the open internet.
    STRANGER = "stranger"


# The IANA special-purpose registries' blocks that are not globally reachable, and those that lead back to
# such addresses. A list of our own: what `ipaddress.is_global` says changes with Python's patch releases.
_NOT_GLOBAL_V4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this host
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' NAT, and Alibaba's metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's own host, reachable from every machine there
        "169.254.0.0/16",  # link-local, and most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # multicast tunnels
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # measuring
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Global unicast is this block and nothing else; loopback, unique local, link-local, multicast, IPv4-mapped
# and NAT64 (64:ff9b::/96, 64:ff9b:1::/48) addresses all lie outside it.
_UNICAST_V6: Final = IPv6Network("2000::/3")
_NOT_GLOBAL_V6: Final = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID, benchmarking
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)
# What no steward can mean: services that hand this machine's own keys to whoever asks from it.
_METADATA: Final = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",
            "169.254.170.2",  # Amazon's containers
            "169.254.170.23",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "fd20:ce::254",  # Google
        ),
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = IPv6Network("::/96")
_ISATAP_MARKS: Final = frozenset({b"\x00\x00\x5e\xfe", b"\x02\x00\x5e\xfe"})
# Below this ports belong to services of the machine, which must not be spoken to in a stranger's name; a web
# server's two are the exception.
_PORTS_FREE_FROM: Final = 1_024
_PORTS_WEB: Final = frozenset({80, 443})
_WHOLE_REQUEST_S: Final = 20.0


def globally_routable(address: IPAddress) -> bool:
    """Tell whether an address is somebody's on the open internet, and cannot mean this machine or its LAN.

    Every form of IPv6 that carries an IPv4 address is refused with it, whatever it carries: what stands
    behind a translator is not ours to know.
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_GLOBAL_V4)
    return (
        address in _UNICAST_V6
        and not any(address in block for block in _NOT_GLOBAL_V6)
        and all(globally_routable(inner) for inner in embedded(address))
    )


def embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """Return the IPv4 addresses that an IPv6 address may carry, by any of the ways in which it may."""
    packed = address.packed
    last = IPv4Address(packed[12:])
    found = []
    if address.ipv4_mapped is not None or address in _NAT64 or address in _COMPATIBLE:
        found.append(last)
    if address in _NAT64_LOCAL:
        # RFC 6052 sets it apart by the prefix's length, 48 or 96 bits; octet 8 is skipped.
        found += [last, IPv4Address(packed[6:8] + packed[9:11])]
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    if packed[8:12] in _ISATAP_MARKS:
        found.append(last)
    return tuple(found)


def refusal(address: IPAddress, port: int, chosen_by: ChosenBy) -> str:
    """Say why a socket must not be connected there, "" when it may."""
    forms = (address, *(embedded(address) if isinstance(address, IPv6Address) else ()))
    for form in forms:
        if form in _METADATA:
            return f"{address} is where a cloud keeps a machine's own secrets"
        if form.is_multicast or form.is_unspecified or form == IPv4Address("255.255.255.255"):
            # ::1 read as an IPv4-compatible address is 0.0.0.1, which is none of these.
            return f"{address} is nobody's address"
    if chosen_by is ChosenBy.STEWARD:
        return ""
    if not globally_routable(address):
        return f"{address} is not on the open internet, and no steward of this node gave it"
    if port < _PORTS_FREE_FROM and port not in _PORTS_WEB:
        return f"port {port} is no node's, and no steward of this node gave it"
    return ""


def client(
    chosen_by: ChosenBy,
    *,
    whole_request_s: float | None = _WHOLE_REQUEST_S,
    resolver: AbstractResolver | None = None,
) -> ClientSession:
    """Return a client all of whose sockets are checked; to be made and closed on the event loop.

    Args:
        chosen_by: who wrote the addresses that it will be given.
        whole_request_s: how long one request may take, None for connections that last.
        resolver: looks names up; None for the system's.
    """

    def checked_socket(found: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, target = found
        # An IPv6 address of one link has its zone behind a percent sign.
        address = ip_address(str(target[0]).partition("%")[0])
        said = refusal(address, int(target[1]), chosen_by)
        if said:
            raise OSError(errno.EACCES, f"not connected: {said}")
        return socket.socket(family=family, type=kind, proto=protocol)

    trace = TraceConfig()
    trace.on_request_redirect.append(_refuse_redirect)
    return ClientSession(
        connector=TCPConnector(limit=0, resolver=resolver, socket_factory=checked_socket),
        cookie_jar=DummyCookieJar(),
        timeout=ClientTimeout(total=whole_request_s),
        trace_configs=[trace],
        trust_env=False,
    )


async def _refuse_redirect(
    _session: ClientSession, _context: SimpleNamespace, _params: TraceRequestRedirectParams
) -> None:
    """Stop at a redirect: following one would let a stranger choose whom this node knocks at."""
    raise ClientError("expected an answer there, found a redirect, which is not followed")
