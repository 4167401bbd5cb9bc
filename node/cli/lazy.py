"""The table of commands, and a Typer group that imports a command's module only when it is used.

Importing everything at each start would cost a Raspberry Pi seconds, and a process that only starts nodes
would hold the counting code. A new command is one line in `TABLE`; the summary stands here as well as in the
module so that `hedgerow --help` imports nothing.
"""

import importlib
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from node.cli.invocation import data_option, json_option


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command lives.

    Attributes:
        module: holds a Typer application called `app` that has this command among its own.
        heading: under which `hedgerow --help` lists it.
        summary: one line for that list.
    """

    module: str
    heading: str
    summary: str


_START: Final = "First steps"
_OURS: Final = "Your community"
_OTHERS: Final = "Neighbours and federations"
_DECIDING: Final = "Deciding together"
_DIRECTORY: Final = "The directory"
_PEACE: Final = "Keeping the peace"
_CARE: Final = "Looking after the node"

TABLE: Final[dict[str, Entry]] = {
    "demo": Entry("node.cli.demo", _START, "Watch three made-up communities share and decide."),
    "init": Entry("node.cli.setting_up", _START, "Make this community's data folder and keys."),
    "serve": Entry("node.cli.setting_up", _START, "Run the node until Ctrl-C."),
    "profile": Entry("node.cli.profile", _OURS, "Show or edit the page of your community."),
    "offer": Entry("node.cli.offers", _OURS, "Offers and needs: add, list, withdraw."),
    "forget": Entry("node.cli.forgetting", _OURS, "Forget what stood in a page or an offer before."),
    "shorten": Entry("node.cli.shortening", _OURS, "Spare newcomers what nobody needs any more."),
    "charter": Entry("node.cli.charter", _OURS, "The community's keys and devices."),
    "guardian": Entry("node.cli.guarding", _OURS, "What recovery keys sign, without a node."),
    "key": Entry("node.cli.keys", _OURS, "A delegate's own voting key."),
    "peer": Entry("node.cli.peers", _OTHERS, "Neighbours: add, remove, list, status."),
    "bundle": Entry("node.cli.bundles", _OTHERS, "What neighbours share, in a file for a stick."),
    "federation": Entry("node.cli.federation", _OTHERS, "Found, invite, join, approve, list."),
    "board": Entry("node.cli.federation", _OTHERS, "The federation's notice board."),
    "item": Entry("node.cli.items", _OTHERS, "Cards that all members keep together."),
    "circle": Entry("node.cli.circles", _OTHERS, "What a few communities share among themselves."),
    "body": Entry("node.cli.bodies", _DECIDING, "Councils, committees, offices: who holds them."),
    "petition": Entry("node.cli.petitions", _DECIDING, "What people ask the federation to decide."),
    "meeting": Entry("node.cli.meetings", _DECIDING, "Meetings, with agenda and minutes."),
    "attest": Entry("node.cli.seats", _DECIDING, "State how many people a community has."),
    "roll": Entry("node.cli.seats", _DECIDING, "Seats as the sizes give them."),
    "mandate": Entry("node.cli.mandates", _DECIDING, "Who may vote for your community."),
    "approve": Entry("node.cli.approving", _DECIDING, "Sign what waits for further stewards."),
    "lend": Entry("node.cli.lending", _DECIDING, "Lend a seat's vote on a question to another seat."),
    "paper": Entry("node.cli.paper", _DECIDING, "Enter a delegate's ballot from paper, two people each."),
    "proposal": Entry("node.cli.proposals", _DECIDING, "Put a question, or list them."),
    "propose": Entry("node.cli.effects", _DECIDING, "Put a question that acts by itself."),
    "vote": Entry("node.cli.voting", _DECIDING, "Cast a delegate's ballots."),
    "result": Entry("node.cli.voting", _DECIDING, "Count a question here and now."),
    "ballot": Entry("node.cli.decisions", _DECIDING, "Where a ballot is, and whether it counts."),
    "decision": Entry("node.cli.decisions", _DECIDING, "The papers of what was decided."),
    "verify": Entry("node.cli.decisions", _DECIDING, "Recount a decision from its file alone."),
    "count": Entry("node.cli.counting", _DECIDING, "Count ballots from files."),
    "apportion": Entry("node.cli.counting", _DECIDING, "Share out seats by a table of sizes."),
    "budget": Entry("node.cli.counting", _DECIDING, "Choose the projects of a budget."),
    "search": Entry("node.cli.directory", _DIRECTORY, "Find listings."),
    "import": Entry("node.cli.importing", _DIRECTORY, "Bring in listings from a file."),
    "imports": Entry("node.cli.importing", _DIRECTORY, "What was imported, newest first."),
    "export": Entry("node.cli.exporting", _DIRECTORY, "Write the whole directory to a file."),
    "web": Entry("node.cli.pages", _CARE, "Where this node's pages are."),
    "token": Entry("node.cli.tokens", _CARE, "Tokens for programs that use the API."),
    "block": Entry("node.cli.moderation", _PEACE, "Show nothing of a community here."),
    "unblock": Entry("node.cli.moderation", _PEACE, "Take a block back."),
    "hide": Entry("node.cli.moderation", _PEACE, "Show a listing, offer or note here no more."),
    "unhide": Entry("node.cli.moderation", _PEACE, "Show something hidden again."),
    "hidden": Entry("node.cli.moderation", _PEACE, "All that this node keeps from view."),
    "allow": Entry("node.cli.moderation", _PEACE, "Whom this node talks with and shows."),
    "report": Entry("node.cli.reports", _PEACE, "Reports among a federation's stewards."),
    "log": Entry("node.cli.upkeep", _CARE, "What has been published, newest first."),
    "rebuild": Entry("node.cli.upkeep", _CARE, "Make everything again from what was signed."),
    "doctor": Entry("node.cli.upkeep", _CARE, "Look for trouble."),
}


class LazyCommands(MutableMapping[str, Any]):
    """Act as a group's table of commands, importing a command when it is asked for."""

    def __init__(self, table: dict[str, Entry]) -> None:
        self._table = table
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            self._loaded[name] = load(name, self._table[name])
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._table)

    def __len__(self) -> int:
        return len(self._table)


class LazyGroup(TyperGroup):
    """The root of `hedgerow`: lists its commands without importing them."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands(TABLE)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (Typer's signature)
        """Return the names in the table's order."""
        return list(TABLE)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (Typer's signature)
        """Write the commands under their headings."""
        for heading in dict.fromkeys(entry.heading for entry in TABLE.values()):
            with formatter.section(heading):
                formatter.write_dl(
                    [(name, entry.summary) for name, entry in TABLE.items() if entry.heading == heading]
                )


def load(name: str, entry: Entry) -> Any:
    """Import a command's module and give the command the options that all have."""
    command = get_group(importlib.import_module(entry.module).app).commands[name]
    _share_options(command)
    return command


def _share_options(command: Any) -> None:
    command.params += get_command(_template).params
    for each in getattr(command, "commands", {}).values():
        _share_options(each)


_template: Final = typer.Typer(add_completion=False)


@_template.command()
def _carry_shared_options(
    *,
    data: Annotated[str | None, data_option()] = None,
    as_json: Annotated[bool, json_option()] = False,
) -> None:
    """Carry the options of every command; never run."""
    raise AssertionError((data, as_json))
