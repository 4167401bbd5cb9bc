"""Reading a page strictly: what a validator, a screen reader and a browser would find amiss in it."""

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

_VOID = frozenset({"link", "meta", "img", "br", "input"})
_HIDDEN = re.compile("[\u0000-\u0008\u000b-\u001f\u200b\u202a-\u202e\u2060-\u2069\ufeff]")
_NEEDS_LABEL = ("input", "select")


@dataclass
class Page(HTMLParser):
    """A page as read.

    Attributes:
        problems: what is amiss, in words.
        text: all that is shown.
        links: address and attributes of every link.
    """

    source: str
    problems: list[str] = field(default_factory=list)
    text: str = ""
    links: list[dict[str, str]] = field(default_factory=list)
    described: list[Any] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)
    _labels: set[str] = field(default_factory=set)
    _fields: set[str] = field(default_factory=set)
    _ids: list[str] = field(default_factory=list)
    _named: set[str] = field(default_factory=set)
    _captions: int = 0
    _tables: int = 0
    _script: bool = False

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.feed(self.source)
        self.close()
        self._judge()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element."""
        held = {name: value or "" for name, value in attrs}
        if tag not in _VOID and not self.get_starttag_text().endswith("/>"):  # type: ignore[union-attr] # never None here
            self._open.append(tag)
        for name in held:
            if name == "style" or name.startswith("on"):
                self.problems.append(f"an attribute that the policy forbids: {name} on {tag}")
        self._note(tag, held)

    def handle_endtag(self, tag: str) -> None:
        """Check that what ends is what was open."""
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> ends what was not open")
        self._script = False

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element of a picture, which ends at once."""
        self._note(tag, {name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        """Gather what is shown."""
        if self._script:
            self.described.append(json.loads(data))
        else:
            self.text += data

    def _note(self, tag: str, held: dict[str, str]) -> None:
        if tag == "script":
            self._script = True
            if held != {"type": "application/ld+json"}:
                self.problems.append("a script")
        if tag == "a":
            self.links.append(held)
        if tag == "label":
            self._labels.add(held.get("for", ""))
        if tag in _NEEDS_LABEL:
            self._fields.add(held.get("id", f"a {tag} without an id"))
        if tag == "th" and held.get("scope") not in ("col", "row"):
            self.problems.append("a heading of a table without a scope")
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self._tables += tag == "table"
        self._captions += tag == "caption"
        self._ids += [held["id"]] if "id" in held else []
        for name in ("aria-labelledby", "aria-describedby"):
            self._named |= set(held.get(name, "").split())

    def _judge(self) -> None:
        found = self.problems
        if self._open:
            found.append(f"never ended: {self._open}")
        if self._fields - self._labels:
            found.append(f"without a label: {self._fields - self._labels}")
        if self._tables != self._captions:
            found.append("a table without a caption")
        if len(set(self._ids)) != len(self._ids):
            found.append("an id twice")
        if self._named - set(self._ids):
            found.append(f"named and not there: {self._named - set(self._ids)}")
        if self.headings[:1] != [1] or self.headings.count(1) != 1:
            found.append("expected one heading of the first level, before all others")
        if any(after > before + 1 for before, after in zip(self.headings, self.headings[1:], strict=False)):
            found.append(f"headings leave out a level: {self.headings}")
        if _HIDDEN.search(self.source):
            found.append("a character that hides or turns around text")
        for held in self.links:
            found += _link_problems(held)


def _link_problems(held: dict[str, str]) -> list[str]:
    address = held.get("href", "")
    if address.startswith(("/", "#")) and not address.startswith("//"):
        return []
    if not re.match("https?://", address):
        return [f"a link that is neither ours nor to the web: {address}"]
    return [] if held.get("rel") == "nofollow noopener ugc" else [f"a link out without its mark: {address}"]
