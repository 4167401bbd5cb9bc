"""The list of questions in parts, as a steward turns them."""

import re

from node.engine import commands
from node.web.pages import pager
from tests.engine.deciding.test_closing import federated
from tests.engine.harness import Node
from tests.web import serving
from tests.web.pages.reading import Page


async def read(node: Node, path: str) -> Page:
    """Return a sound page of the operator's."""
    async with serving.operator(node) as site:
        answer = await site.get(path, Accept="text/html")
        assert answer.status == 200
        page = Page(await answer.text())
    assert page.problems == []
    return page


def titles(page: Page) -> list[str]:
    """Return what the questions on a page are called, in its order."""
    return re.findall(r"Question number \d+", page.text)


async def test_many_questions_come_in_parts_those_that_end_last_first() -> None:
    """Each part shows its own, says how many there are, and leads to the one before and the one behind."""
    (node,) = federated(["ann"])
    many = pager.PAGE_ROWS + 3
    for number in range(many):
        node.ask(commands.OpenProposal(title=f"Question number {number}?"))
        node.network.wait(1_000)
    first = await read(node, "/proposals")
    assert titles(first) == [f"Question number {number}" for number in range(many - 1, 2, -1)]
    assert f"1 to {pager.PAGE_ROWS} of {many}" in first.text
    (onward,) = [one["href"] for one in first.links if one.get("rel") == "next"]
    second = await read(node, str(onward))
    assert titles(second) == ["Question number 2", "Question number 1", "Question number 0"]
    (back,) = [one["href"] for one in second.links if one.get("rel") == "prev"]
    assert titles(await read(node, str(back))) == titles(first)
    beyond = await read(node, str(onward).replace("page=2", "page=9"))
    assert "This part of the list is empty." in beyond.text
    other = await read(node, "/proposals?federation=nobodys&page=2")
    assert titles(other) == titles(first)
