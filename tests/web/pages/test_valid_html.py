"""Every page through the W3C's own checker, where it is at hand: VNU_JAR names vnu.jar (npm: vnu-jar)."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from node.web.pages.rendering import STYLE
from tests.engine.harness import Network, Node
from tests.web import serving
from tests.web.pages import hostile, valley
from tests.web.serving import Site

_EMPTY = ("/", "/directory", "/offers", "/offers?kind=need", "/federations", "/proposals", "/log", "/nothing")


@pytest.mark.long
async def test_the_nu_checker_finds_no_error(tmp_path: Path) -> None:
    """Pages of a lively, a hostile and an empty node, on both listeners, and the style sheet."""
    jar, java = os.environ.get("VNU_JAR"), shutil.which("java")
    if jar is None or java is None:
        pytest.skip("needs java, and VNU_JAR to name the checker's vnu.jar")
    (tmp_path / "style.css").write_bytes(STYLE.content)
    for name, found in (("lively", valley.build()), ("hostile", hostile.build())):
        await _keep(tmp_path, f"{name}-operator", serving.operator, found.riverside, found.paths())
        await _keep(tmp_path, f"{name}-public", serving.public, found.riverside, found.public_paths())
    await _keep(tmp_path, "empty", serving.operator, Network().node("new"), _EMPTY)
    checked = subprocess.run(  # noqa: ASYNC221 - nothing else runs on this loop
        [java, "-jar", jar, "--also-check-css", "--format", "text", str(tmp_path)],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr


async def _keep(
    folder: Path,
    name: str,
    listener: Callable[[Node], AbstractAsyncContextManager[Site]],
    node: Node,
    paths: Sequence[str],
) -> None:
    """Write the pages of a node as files."""
    async with listener(node) as site:
        for number, path in enumerate(paths):
            response = await site.get(path, Accept="text/html")
            if response.content_type == "text/html":
                (folder / f"{name}-{number}.html").write_bytes(await response.read())
