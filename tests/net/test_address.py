"""Tests of reading addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.errors import UserError
from node.net.address import Address, parse


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("ws://garden.example:7700/sync", "ws://garden.example:7700/sync"),
        ("http://garden.example:7700", "ws://garden.example:7700/sync"),
        ("http://garden.example:7700/", "ws://garden.example:7700/sync"),
        ("garden.example:7700", "ws://garden.example:7700/sync"),
        ("  Garden.Example.:7700 ", "ws://garden.example:7700/sync"),
        ("garden.example:07700", "ws://garden.example:7700/sync"),
        ("https://garden.example", "wss://garden.example:443/sync"),
        ("wss://garden.example/sync", "wss://garden.example:443/sync"),
        ("ws://garden.example", "ws://garden.example:80/sync"),
        ("WS://garden.example:1/sync", "ws://garden.example:1/sync"),
        ("localhost:7700", "ws://localhost:7700/sync"),
        ("127.0.0.1:7700", "ws://127.0.0.1:7700/sync"),
        ("[::1]:7700", "ws://[::1]:7700/sync"),
        ("http://[2001:DB8:0:0::1]:80", "ws://[2001:db8::1]:80/sync"),
        ("gärtnerei.example:7700", "ws://xn--grtnerei-0za.example:7700/sync"),
        ("raspberry_pi.local:65535", "ws://raspberry_pi.local:65535/sync"),
    ],
)
def test_every_accepted_spelling_becomes_one_address(text: str, url: str) -> None:
    """What people type or copy from a browser becomes the address that is dialled, in one spelling."""
    assert parse(text).url == url
    assert parse(parse(text).url) == parse(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "port"),
        ("garden.example", "port"),
        ("garden.example:", "port"),
        ("garden.example:0", "port"),
        ("garden.example:65536", "host:port"),
        ("garden.example:port", "host:port"),
        (":7700", "host name"),
        ("ftp://garden.example:1", "ws://"),
        ("file:///etc/passwd", "ws://"),
        ("javascript://x:1", "ws://"),
        ("ws://user:secret@garden.example:1", "password"),
        ("user@garden.example:1", "password"),
        ("ws://garden.example:1/other", "path"),
        ("ws://garden.example:1/sync/", "path"),
        ("ws://garden.example:1/sync?x=1", "after the path"),
        ("ws://garden.example:1/sync?", "after the path"),
        ("ws://garden.example:1#x", "after the path"),
        ("127.1:80", "IP address"),
        ("2130706433:80", "IP address"),
        ("0x7f.0x1:80", "IP address"),
        ("1.2.3.400:80", "IP address"),
        ("[::1%eth0]:80", "zone"),
        ("[::zz]:80", "found"),
        ("a b:80", "spaces"),
        ("a\n:80", "spaces"),
        ("a\\b:80", "spaces"),
        ("-x.example:80", "host name"),
        ("a..b:80", "host name"),
        ("x" * 64 + ".example:80", "host name"),
        ("a" * 301, "300"),
    ],
)
def test_what_is_no_address_gets_a_clear_error(text: str, says: str) -> None:
    """The error repeats what was found and says what was expected."""
    with pytest.raises(UserError, match="found") as caught:
        parse(text)
    assert says in str(caught.value)


@given(st.text(max_size=60) | st.text(alphabet="ws:/[]@?#.%0123456789abx-", max_size=40))
def test_any_text_is_an_address_or_a_user_error(text: str) -> None:
    """Nothing anybody types raises anything else, and what is accepted reads back the same."""
    try:
        address = parse(text)
    except UserError:
        return
    assert isinstance(address, Address)
    assert parse(address.url) == address
