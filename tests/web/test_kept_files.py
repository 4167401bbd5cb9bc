import asyncio

import pytest

from node.web.kept_files import FRESH_MS, KEPT_BYTES_MAX, UNCHANGED_MS, WAITING_MAX, File, KeptFiles
from node.web.problems import RefusedError
from tests.web.serving import Clock


class Maker:
    """Makes files, one byte longer each time; counts."""

    def __init__(self, size: int = 0) -> None:
        self.made = 0
        self.size = size
        self.at_once = 0

    async def __call__(self) -> File:
        """Make a file, giving way once as one does who asks the core."""
        self.at_once += 1
        assert self.at_once == 1, "one file is made at a time"
        await asyncio.sleep(0)
        self.at_once -= 1
        self.made += 1
        return File(b"x" * (self.size or self.made))


class Changing:
    """A number that a test lets grow."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self) -> int:
        """Return it."""
        return self.number


async def test_a_file_serves_everybody_until_something_changes() -> None:
    """While nothing changes one is made; after a change a new one, at most one in ten seconds."""
    clock, changing, maker = Clock(), Changing(), Maker()
    files = KeptFiles(clock, changing)
    first = await files.get("a", maker)
    clock.wait(FRESH_MS + 1)
    assert await files.get("a", maker) is first
    changing.number += 1
    assert (await files.get("a", maker)).content == b"xx"
    changing.number += 1
    assert (await files.get("a", maker)).content == b"xx"
    clock.wait(UNCHANGED_MS)
    assert (await files.get("a", maker)).content == b"xxx"
    clock.wait(-1)
    assert maker.made == 3
    assert (await files.get("a", maker)).content == b"xxxx", "a clock set back keeps nothing alive"


async def test_strangers_who_ask_for_large_files_at_once_have_one_made() -> None:
    """Denial of service: many askers of many files wait for one another, and beyond a bound are sent away."""
    maker = Maker()
    files = KeptFiles(Clock(), Changing())
    asked = [asyncio.ensure_future(files.get(str(number % 4), maker)) for number in range(WAITING_MAX + 4)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    refused = [one for one in answers if isinstance(one, RefusedError)]
    assert [(one.status, one.headers["Retry-After"]) for one in refused] == [(503, "5")] * 4
    assert maker.made == 4


async def test_what_is_kept_is_bounded_by_its_size() -> None:
    """Different addresses make different files; the oldest go when all together are too large."""
    files = KeptFiles(Clock(), Changing())
    maker = Maker(size=KEPT_BYTES_MAX // 4)
    for number in range(6):
        await files.get(str(number), maker)
    assert len(files) <= KEPT_BYTES_MAX
    await files.get("5", maker)
    assert maker.made == 6
    await files.get("0", maker)
    assert maker.made == 7


async def test_a_file_that_cannot_be_made_keeps_nobody_out() -> None:
    """After an error the next one tries again."""

    async def fail() -> File:
        raise RefusedError(503, "not now")

    files = KeptFiles(Clock(), Changing())
    with pytest.raises(RefusedError, match="not now"):
        await files.get("a", fail)
    assert (await files.get("a", Maker())).content == b"x"
