"""The nodes of one run of the demo with what has come of it so far, and who is told of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from node.demo.cast import CAST, Character
from node.demo.processes import NodeProcess


class Teller(Protocol):
    """Tells whoever watches what happens."""

    @property
    def now(self) -> str:
        """Return the title of the step under way."""
        ...

    def begin(self, title: str) -> None:
        """Say what is under way."""
        ...

    def done(self, *details: str) -> None:
        """Say that it is done, and what came of it."""
        ...

    def links(self, links: Sequence[tuple[str, str]]) -> None:
        """Show who is connected with whom, by name."""
        ...

    def roll(self, answer: dict[str, Any]) -> None:
        """Show who has how many seats."""
        ...

    def result(self, answer: dict[str, Any]) -> None:
        """Show what came of a question."""
        ...


@dataclass(slots=True)
class Valley:
    """The nodes of one run, and what has come of it so far.

    Attributes:
        delegates: key file of each community's delegate, in the order of the nodes.
        proposals: ids of the election and of the proposal.
    """

    nodes: list[NodeProcess]
    keys_folder: Path
    teller: Teller
    delegates: list[Path] = field(default_factory=list)
    proposals: list[str] = field(default_factory=list)

    def members(self) -> Iterator[tuple[Character, NodeProcess]]:
        """Yield each community's character with its node."""
        yield from zip(CAST, self.nodes, strict=False)
