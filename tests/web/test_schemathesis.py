"""A stranger's tool finds nothing: schemathesis against both listeners, from an environment of its own.

It is run where SCHEMATHESIS names its program `st`; `make fuzz-api` makes that environment.
"""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from node import keys
from tests.web import serving
from tests.web.serving import CONFIG, Site
from tests.web.valley import Valley

PROGRAM = os.environ.get("SCHEMATHESIS", "")
SETTINGS = Path(__file__).with_name("schemathesis.toml").read_text(encoding="utf-8")
NAMED = replace(CONFIG, domain="garden.example", contact="mailto:weeds@garden.example")

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not PROGRAM, reason="SCHEMATHESIS names no program"),
]


async def schemathesis(site: Site, some_valley: Valley, settings: Path) -> None:
    """Let schemathesis ask everything it can think of."""
    known = {
        "path.federation": some_valley.federation,
        "path.proposal": some_valley.proposal,
        "path.id": some_valley.offer,
        "query.holder": keys.show(some_valley.node.delegate.public),
    }
    lines = [f'"{name}" = "{value}"' for name, value in known.items()]
    settings.write_text("\n".join(["[parameters]", *lines, "", SETTINGS]), encoding="utf-8")  # noqa: ASYNC240 (small)
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *("--config-file", str(settings), "run", site.url("/openapi.json")),
        *("--max-examples", "50", "--continue-on-failure", "--no-color"),
        *(("-H", f"Authorization: Bearer {site.token}") if site.token else ()),
        cwd=settings.parent,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    assert process.returncode == 0, told.decode()[-8_000:]


async def test_a_fuzzer_finds_nothing_on_the_public_listener(some_valley: Valley, tmp_path: Path) -> None:
    """No server error and no answer that the document does not describe."""
    async with serving.public(some_valley.node, NAMED) as site:
        await schemathesis(site, some_valley, tmp_path / "schemathesis.toml")


async def test_a_fuzzer_finds_nothing_on_the_operators_listener(some_valley: Valley, tmp_path: Path) -> None:
    """No server error and no answer that the document does not describe, with a token that may publish."""
    async with serving.operator(some_valley.node, NAMED) as site:
        await schemathesis(site, some_valley, tmp_path / "schemathesis.toml")
