"""How the demo is told: in full and in colour to people who watch, a line a step to those who only wait."""

import time
from collections.abc import Sequence
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.status import Status
from rich.table import Table
from rich.tree import Tree

from node.demo import rounds

_INDENT: Final = (0, 0, 0, 4)
_VERDICTS: Final = {
    "passed": "It passes.",
    "rejected": "It does not pass.",
    "blocked": "It is blocked: someone objected and asked to stop it.",
    "no-quorum": "Too few seats took part for a decision.",
}


class Silent:
    """Tell nobody; remember only what is under way, for an error."""

    def __init__(self) -> None:
        self._title = ""

    @property
    def now(self) -> str:
        """Return the title of the step under way."""
        return self._title

    def begin(self, title: str) -> None:
        """Remember the step."""
        self._title = title

    def done(self, *details: str) -> None:
        """Tell nobody."""

    def links(self, links: Sequence[tuple[str, str]]) -> None:
        """Tell nobody."""

    def roll(self, answer: dict[str, Any]) -> None:
        """Tell nobody."""

    def result(self, answer: dict[str, Any]) -> None:
        """Tell nobody."""


class Brief(Silent):
    """Tell the steps alone, a line each."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._console = console

    def begin(self, title: str) -> None:
        """Say what is under way."""
        super().begin(title)
        self._console.print(f"{title} …", soft_wrap=True, markup=False)


class Full:
    """Tell everything: what happens, who is connected, who has how many seats, how it was counted."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._title = ""
        self._begun = 0.0
        self._status: Status | None = None

    @property
    def now(self) -> str:
        """Return the title of the step under way."""
        return self._title

    def begin(self, title: str) -> None:
        """Say what is under way, in a line that moves while it lasts."""
        self.end()
        self._title, self._begun = title, time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(f"{escape(title)} …")
            self._status.start()

    def done(self, *details: str) -> None:
        """Tick the step off."""
        self.end()
        self._console.print(f"[green]✓[/green] [bold]{escape(self._title)}[/bold]", end="")
        self._console.print(f"  [dim]{time.monotonic() - self._begun:.1f} s[/dim]")
        for detail in details:
            self._say(escape(detail))

    def end(self) -> None:
        """Take the moving line away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def links(self, links: Sequence[tuple[str, str]]) -> None:
        """Draw who is connected with whom: what one holds reaches the others from neighbour to neighbour."""
        if not links:
            return
        self._say("Who is connected with whom:")
        drawn, placed, left = Tree(f"[bold]{links[0][0]}[/bold]"), {links[0][0]}, list(links)
        branches = {links[0][0]: drawn}
        while grown := [pair for pair in left if (pair[0] in placed) != (pair[1] in placed)]:
            for one, other in grown:
                near, far = (one, other) if one in placed else (other, one)
                if far not in placed:
                    branches[far] = branches[near].add(far)
                    placed.add(far)
                    left.remove((one, other))
        self._console.print(Padding(drawn, _INDENT, expand=False))
        for one, other in left:
            self._say(f"and {one} with {other}")

    def roll(self, answer: dict[str, Any]) -> None:
        """Draw the table of seats."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        table.add_column("Community")
        table.add_column("People", justify="right")
        table.add_column("Seats", justify="right")
        for each in sorted(answer["seats"], key=lambda one: (-one["size"], one["name"])):
            table.add_row(each["name"], str(each["size"]), str(each["seats"]))
        self._console.print(Padding(table, _INDENT, expand=False))
        self._say(
            f"{answer['house']} seats by {answer['method']}, at least {answer['floor']} each: more for the"
            " bigger, and the smallest is heard too."
        )

    def result(self, answer: dict[str, Any]) -> None:
        """Tell what came of a question, and of an election how it was counted."""
        self._console.print(f"\n  [bold]{answer['title']}[/bold]")
        outcome = answer["outcome"]
        if "elected" in outcome:
            self._say(f"Elected: [bold]{', '.join(outcome['elected'])}[/bold]")
            for line in rounds.in_words(answer):
                self._say(line)
            self._rounds(answer)
        else:
            self._say(f"[bold]{_VERDICTS.get(outcome['verdict'], outcome['verdict'])}[/bold]")
            votes = outcome["votes"].items()
            self._say(", ".join(f"{choice}: {number}" for choice, number in votes if number) + " seats")
        self._say(f"{answer['seats_voted']} of {answer['roll_seats']} seats voted.")
        self._say(f"[green]Certified:[/green] {answer['quorum']['in_words']}")
        self._say(f"[dim]Result {answer['result_id'][:32]}…, the same at every node[/dim]")

    def _rounds(self, answer: dict[str, Any]) -> None:
        """Draw the votes of each candidate round by round."""
        table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
        table.add_column("Votes")
        for stage in answer["stages"]:
            table.add_column(f"Round {stage['stage']}", justify="right")
        for place, name in enumerate(answer["options"]):
            table.add_row(name, *(rounds.votes(stage["totals_1e5"][place]) for stage in answer["stages"]))
        self._console.print(Padding(table, _INDENT, expand=False))

    def _say(self, line: str) -> None:
        self._console.print(Padding(line, _INDENT, expand=False))
