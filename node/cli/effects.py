"""`hedgerow propose`: questions that do something by themselves when they pass and are in force."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask, carried, read_file
from node.cli.options import FederationOption, OpensInOption, in_seconds

app = typer.Typer(rich_markup_mode=None)
propose = typer.Typer(no_args_is_help=True, help="Questions that act by themselves when they pass.")
app.add_typer(propose, name="propose")

TextOption = Annotated[str, typer.Option("--text", metavar="TEXT", help="More about it, such as why.")]
Community = Annotated[str, typer.Argument(metavar="COMMUNITY", help="Its name or id.")]


@propose.command(epilog="Example: hedgerow propose admit Millbrook")
def admit(
    ctx: typer.Context,
    *,
    community: Community,
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether a community that wants to join becomes a member."""
    _put(
        ctx,
        f"Shall {community} become a member?",
        {"act": "admit", "community": community},
        _Besides(text, opens_in, federation),
    )


@propose.command(
    epilog='Example: hedgerow propose suspend Millbrook --text "Nobody has answered for a year."'
)
def suspend(
    ctx: typer.Context,
    *,
    community: Community,
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether a member loses its seats and its say. It does until it is restored."""
    _put(
        ctx,
        f"Shall {community} be suspended?",
        {"act": "suspend", "community": community},
        _Besides(text, opens_in, federation),
    )


@propose.command(epilog="Example: hedgerow propose restore Millbrook")
def restore(
    ctx: typer.Context,
    *,
    community: Community,
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether a suspended member has its seats and its say again."""
    _put(
        ctx,
        f"Shall {community} be restored?",
        {"act": "restore", "community": community},
        _Besides(text, opens_in, federation),
    )


@propose.command(epilog="Example: hedgerow propose remove Millbrook")
def remove(
    ctx: typer.Context,
    *,
    community: Community,
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether a community is no longer a member."""
    _put(
        ctx,
        f"Shall {community} leave the federation?",
        {"act": "remove", "community": community},
        _Besides(text, opens_in, federation),
    )


@propose.command(epilog="Example: hedgerow propose bylaws bylaws.toml")
def bylaws(
    ctx: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new rules, as docs/bylaws-example.toml.")],
    title: Annotated[str, typer.Option("--title", metavar="TITLE", help="The question, in one line.")] = (
        "Shall the bylaws change?"
    ),
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether new bylaws take the place of those that hold."""
    effect = {"act": "bylaws", "content": carried(read_file(file)), "file_name": file.name}
    _put(ctx, title, effect, _Besides(text, opens_in, federation))


@propose.command(epilog="Example: hedgerow propose form visit visit.json")
def form(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the form is called.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The form, as a JSON file.")],
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether the federation adopts a form."""
    effect = {"act": "form", "name": name, "content": carried(read_file(file)), "file_name": file.name}
    _put(ctx, f"Shall we adopt the form {name}?", effect, _Besides(text, opens_in, federation))


@propose.command(epilog="Example: hedgerow propose budget Tools 400 euro")
def budget(
    ctx: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="LINE", help="What it is for.")],
    amount: Annotated[int, typer.Argument(metavar="AMOUNT", min=0, help="How much, in whole units.")],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="Of what: euro, hours, loaves.")],
    text: TextOption = "",
    opens_in: OpensInOption = None,
    federation: FederationOption = None,
) -> None:
    """Ask whether a budget line is released."""
    effect = {"act": "budget", "name": name, "amount": amount, "unit": unit}
    _put(ctx, f"Shall we release {amount} {unit} for {name}?", effect, _Besides(text, opens_in, federation))


@dataclass(frozen=True, slots=True)
class _Besides:
    """What every such question says besides: why, in how many hours voting opens, and where."""

    text: str
    opens_in: int | None
    federation: str | None


def _put(ctx: typer.Context, title: str, effect: dict[str, Any], said: _Besides) -> None:
    """Put the question and say what comes of it."""
    put = ask(
        ctx,
        "open-proposal",
        title=title,
        text=said.text,
        effect=effect,
        opens_in=in_seconds(said.opens_in),
        federation=said.federation,
    )
    output.answer(ctx, put, lambda done: _show_put(done, later=said.opens_in is not None))


def _show_put(put: dict[str, Any], *, later: bool) -> None:
    output.say(
        f"The question is put; {output.counted(put['seats_on_roll'], 'seat', 'seats')} may vote on it.",
        f"If it passes: {put['effect']['in_words']}",
        "A delegate votes with:",
        f"  hedgerow vote {put['proposal']} --key FILE yes",
        f"Voting ends {output.moment(put['closes'])}.",
    )
    if later:
        output.say(f"It opens {output.moment(put['opens'])}.")
