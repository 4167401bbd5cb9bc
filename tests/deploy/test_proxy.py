"""What stands before a node passes on the public listener, and never the operator's."""

import re

import pytest

from node.runtime import settings
from node.runtime.config import Config
from tests.deploy.rendered import DEPLOY, run, tool

PUBLIC_PORT = settings.split_listen(Config().listen)[1]
OPERATOR_PORT = settings.split_listen(settings.OPERATOR_DEFAULT)[1]
PAGES = ["proxy/Caddyfile", "proxy/nginx.conf"]


def said(name: str) -> str:
    """Return what a file says to the program, without what it says to people."""
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


@pytest.mark.parametrize("page", PAGES)
def test_only_the_public_listener_is_passed_on(page: str) -> None:
    """Every address behind the proxy is the public listener's, at the port that it has by default."""
    targets = re.findall(r"127\.0\.0\.1:(\d+)", said(page))
    assert targets == [str(PUBLIC_PORT)]
    assert str(OPERATOR_PORT) not in said(page)


@pytest.mark.parametrize("page", [*PAGES[1:], "yunohost/conf/nginx.conf"])
def test_nginx_passes_on_websockets_and_a_true_address(page: str) -> None:
    """Links can be upgraded and stay open, and X-Forwarded-For holds nothing that a visitor wrote."""
    text = said(page)
    assert "proxy_http_version 1.1;" in text
    assert "proxy_set_header Upgrade $http_upgrade;" in text
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in text
    assert "proxy_read_timeout 1h;" in text


def test_caddy_understands_its_file() -> None:
    """Caddy finds the file valid, and formatted as it would itself; without Caddy its braces are counted."""
    assert said("proxy/Caddyfile").count("{") == said("proxy/Caddyfile").count("}") > 0
    caddy, file = tool("caddy", everywhere=False), DEPLOY / "proxy" / "Caddyfile"
    valid = run(caddy, "validate", "--adapter", "caddyfile", "--config", file)
    assert valid.returncode == 0, valid.stderr
    formatted = run(caddy, "fmt", file)
    assert formatted.stdout == file.read_text(encoding="utf-8")
