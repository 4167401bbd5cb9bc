"""`hedgerow token`: what programs of others show when they publish through this node's API."""

import secrets
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask, carried
from node.clock import MS_PER_SECOND
from node.web import token_spelling

app = typer.Typer(rich_markup_mode=None)
token = typer.Typer(no_args_is_help=True, help="Tokens with which programs use this node's API.")
app.add_typer(token, name="token")


@token.command(epilog='Example: hedgerow token add "seed shop" --publish')
def add(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="For what or whom it is; you tell it apart by.")
    ],
    *,
    publish: Annotated[
        bool, typer.Option("--publish", help="It may publish in your community's name, not only read.")
    ] = False,
) -> None:
    """Make a token. It is shown once: the node keeps only what it recognises it by."""
    written, digest = token_spelling.draw(secrets.token_bytes)
    scopes = ["publish", "read"] if publish else ["read"]
    kept = ask(ctx, "add-token", name=name, scopes=scopes, digest=carried(digest))
    output.answer(ctx, {**kept, "secret": written}, _show_made)


@token.command("list", epilog="Example: hedgerow token list")
def list_(ctx: typer.Context) -> None:
    """List the tokens that hold, what each may do, and its last use."""
    found = [
        {field: value for field, value in one.items() if field != "digest"}
        for one in ask(ctx, "list-tokens")["tokens"]
    ]
    output.answer(ctx, {"tokens": found}, _show_list)


@token.command(epilog="Example: hedgerow token remove 1f0c9a3e")
def remove(
    ctx: typer.Context,
    short: Annotated[str, typer.Argument(metavar="TOKEN", help="Its short name, as `token list` shows it.")],
) -> None:
    """Let a token hold no longer, from this moment on."""
    output.answer(
        ctx,
        ask(ctx, "remove-token", token=short.strip().lower()),
        lambda done: output.say(f"The token {done['token']} ({done['name']}) no longer holds."),
    )


def _show_made(made: dict[str, Any]) -> None:
    output.say(
        f"Token {made['token']} for {made['name']}, which may {' and '.join(made['scopes'])}:",
        "",
        f"  {made['secret']}",
        "",
        "It is shown this once. Whoever has it may do so at this machine; take it back with:",
        f"  hedgerow token remove {made['token']}",
    )


def _show_list(result: dict[str, Any]) -> None:
    if not result["tokens"]:
        output.say("No program has a token yet. Make one with:", "  hedgerow token add NAME --publish")
        return
    output.table(
        ["Token", "For", "May", "Made (UTC)", "Last used (UTC)"],
        (
            [
                each["token"],
                each["name"],
                " and ".join(each["scopes"]),
                f"{datetime.fromtimestamp(each['created'] // MS_PER_SECOND, UTC):%Y-%m-%d}",
                output.day(each["used"]) if each["used"] is not None else "never",
            ]
            for each in result["tokens"]
        ),
    )
