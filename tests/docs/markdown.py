"""Read Markdown files the way a reader's browser does: headings, links and fenced blocks."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark").enable("table")


@dataclass(frozen=True, slots=True)
class Section:
    """One heading with the text below it, up to the next heading of its level or a higher one."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Fence:
    """One fenced block: its language, its text and the line of the file its text begins at."""

    language: str
    text: str
    line: int


def sections(text: str) -> list[Section]:
    """Return the sections of a page in order, those inside others included."""
    lines = text.splitlines()
    headings = list(_headings(text))
    found: list[Section] = []
    for index, (level, title, start) in enumerate(headings):
        ends = (line for other, _, line in headings[index + 1 :] if other <= level)
        found.append(Section(title, "\n".join(lines[start : next(ends, len(lines))])))
    return found


def anchors(text: str) -> set[str]:
    """Return what `page.md#anchor` may name: each heading's words joined by hyphens, numbered when twice."""
    found: set[str] = set()
    for _, title, _ in _headings(text):
        slug = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        taken = sum(1 for each in found if re.fullmatch(re.escape(slug) + r"(-\d+)?", each))
        found.add(f"{slug}-{taken}" if taken else slug)
    return found


def links(text: str) -> Iterator[str]:
    """Yield the targets of all links and pictures outside code."""
    for token in _READER.parse(text):
        for inner in token.children or []:
            target = inner.attrGet("href") if inner.type == "link_open" else inner.attrGet("src")
            if isinstance(target, str):
                yield target


def fences(text: str) -> Iterator[Fence]:
    """Yield the fenced blocks in order."""
    for token in _READER.parse(text):
        if token.type == "fence" and token.map:
            yield Fence(language=token.info.strip(), text=token.content, line=token.map[0] + 2)


def broken_links(root: Path, pages: list[Path]) -> Iterator[str]:
    """Name links of the pages that lead to no file of the tree, or to no heading of the page they name."""
    for page in pages:
        text = (root / page).read_text(encoding="utf-8")
        for target in links(text):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, anchor = target.partition("#")
            goal = (root / page.parent / name) if name else root / page
            if not goal.exists():
                yield f"{page}: {target} leads nowhere"
            elif anchor and anchor not in anchors(goal.read_text(encoding="utf-8")):
                yield f"{page}: {target} names no heading"


def _headings(text: str) -> Iterator[tuple[int, str, int]]:
    """Yield level, title without mark-up, and the line after each heading."""
    tokens = _READER.parse(text)
    for opened, inline in itertools.pairwise(tokens):
        if opened.type == "heading_open" and opened.map:
            yield int(opened.tag[1:]), _plain(inline), opened.map[1]


def _plain(inline: Token) -> str:
    """Return the text of a heading without its mark-up."""
    return "".join(each.content for each in inline.children or [])
