"""`hedgerow body`: the bodies of a federation, who holds them, elections that fill them, stepping down."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node import ids, keys
from node.cli import output
from node.cli.asking import ask, carried, passphrase_of
from node.cli.bodies_in_words import KINDS, show_body, show_list
from node.cli.options import FederationOption
from node.errors import NotAuthorisedError, NotFoundError, UserError
from node.governance.bodies import Resignation
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)
body = typer.Typer(no_args_is_help=True, help="Councils, committees, working groups and offices.")
app.add_typer(body, name="body")

_BODY_HELP: Final = "Its title or id."


@body.command("list", epilog="Example: hedgerow body list")
def list_(ctx: typer.Context, federation: FederationOption = None) -> None:
    """List the bodies of the federation with those who hold them."""
    output.answer(ctx, ask(ctx, "list-bodies", federation=federation), show_list)


@body.command(epilog='Example: hedgerow body show "Coordination council"')
def show(
    ctx: typer.Context,
    *,
    named: Annotated[str, typer.Argument(metavar="BODY", help=_BODY_HELP)],
    federation: FederationOption = None,
) -> None:
    """Show a body: its places, terms, deputies, and elections to come."""
    output.answer(ctx, ask(ctx, "show-body", body=named, federation=federation), show_body)


@body.command(
    "set", epilog='Example: hedgerow body set "Coordination council" --kind council --places 3 --term 365'
)
def set_(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    named: Annotated[str, typer.Argument(metavar="BODY", help=f"{_BODY_HELP} A new title begins one.")],
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help="A new title.")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="KIND", help=f"One of {', '.join(KINDS)}.")
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", metavar="TEXT", help="What it is for, and what it may do.")
    ] = None,
    places: Annotated[
        int | None, typer.Option("--places", min=1, metavar="N", help="How many people hold it.")
    ] = None,
    term: Annotated[
        int | None, typer.Option("--term", min=0, metavar="DAYS", help="The usual term; 0: none is usual.")
    ] = None,
    ended: Annotated[
        bool | None, typer.Option("--ended/--not-ended", help="Whether it is done away with.")
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Begin a body, or change what it is. Who holds it follows from elections alone."""
    if kind is not None and kind not in KINDS:
        raise UserError(f"expected one of {', '.join(KINDS)}, found {kind!r}")
    result = ask(
        ctx,
        "keep-body",
        body=named,
        title=title,
        kind=kind,
        purpose=purpose,
        places=places,
        term_days=term,
        ended=ended,
        federation=federation,
    )
    output.answer(
        ctx, result, lambda kept: output.say(f"{'Begun' if kept['new'] else 'Kept'}: {kept['title']}.")
    )


@body.command(
    epilog='Example: hedgerow body elect "Coordination council" --option Ana --option Ben --option Cem'
)
def elect(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    named: Annotated[str, typer.Argument(metavar="BODY", help=_BODY_HELP)],
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option", metavar="NAME", help="Someone to elect; repeat. Without: all who stand for it."
        ),
    ] = None,
    holders: Annotated[
        list[str] | None,
        typer.Option("--key", metavar="NAME=KEY", help="The key with which someone may step down; repeat."),
    ] = None,
    places: Annotated[
        list[int] | None,
        typer.Option("--place", min=1, metavar="N", help="A place to fill; repeat. Without: all."),
    ] = None,
    deputies: Annotated[
        int, typer.Option("--deputies", min=0, metavar="N", help="How many more to elect, who follow.")
    ] = 0,
    starts: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="When the term begins, such as 2027-01-31.")
    ] = None,
    term: Annotated[
        int | None, typer.Option("--term", min=1, metavar="DAYS", help="How long. Without: as usual.")
    ] = None,
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help="The question.")] = None,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="More about it.")] = "",
    method: Annotated[
        str | None, typer.Option("--method", metavar="METHOD", help="As for `hedgerow proposal open`.")
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Put an election to places of a body. It fills them once it is in force, if bylaws let it."""
    found = ask(ctx, "show-body", body=named, federation=federation)
    people = _people(found, options or [])
    given = dict(map(_named_key, holders or ()))
    wanted = places or list(range(1, found["seats"] + 1))
    fills = {
        "body": found["id"],
        "places": wanted,
        "starts": _at(starts) if starts is not None else None,
        "term_days": term,
        "keys": {name: key for name, key in people.items() if key is not None} | given,
    }
    result = ask(
        ctx,
        "open-proposal",
        title=title or f"Election: {found['title']}",
        text=text,
        method=method or "election",
        options=list(people),
        seats=len(set(wanted)) + deputies,
        fills=fills,
        federation=found["federation"],
    )
    output.answer(ctx, result, _show_put)


@body.command(epilog='Example: hedgerow body stand "Coordination council" Ana --key did:key:z6Mk…')
def stand(
    ctx: typer.Context,
    *,
    named: Annotated[str, typer.Argument(metavar="BODY", help=_BODY_HELP)],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who, as it shall stand on the ballot paper.")],
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="KEY", help="With which that person may step down once elected."),
    ] = None,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="What they say about it.")] = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="They do not stand any more.")] = False,
    federation: FederationOption = None,
) -> None:
    """Say that somebody of your community stands for a body. It is for the next election to it."""
    result = ask(
        ctx,
        "stand-for-body",
        body=named,
        name=name,
        key=key,
        text=text,
        stands=not take_back,
        federation=federation,
    )
    output.answer(ctx, result, _show_stand)


@body.command(epilog='Example: hedgerow body resign "Coordination council" --key my-keys/ana.pem')
def resign(
    ctx: typer.Context,
    *,
    named: Annotated[str, typer.Argument(metavar="BODY", help=_BODY_HELP)],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The key file named at the election.")],
    federation: FederationOption = None,
) -> None:
    """Step down from a place, or from standing by as a deputy. This cannot be taken back."""
    signer = KeyOpener(passphrase_of).open(key)
    found = ask(ctx, "show-body", body=named, federation=federation)
    mine = [
        one
        for one in (*found["places"], *found["elected"], *found["deputies"])
        if one["key"] == keys.show(signer.public) and one["proposal"] is not None
    ]
    if not mine:
        raise NotAuthorisedError(
            f"that key holds no place of {found['title']} and is no deputy: see 'hedgerow body show'"
        )
    done = [
        ask(ctx, "take-resignation", resignation=carried(_resignation(found, one).sign(signer).raw))
        for one in {each["proposal"]: each for each in mine}.values()
    ]
    output.answer(ctx, done[0], lambda told: output.say(f"{told['name']} has stepped down."))


def _people(found: dict[str, Any], options: list[str]) -> dict[str, str | None]:
    """Return those to elect with the key each stands with: whom the command names, or all who stand.

    Raises:
        NotFoundError: nobody was named, and nobody stands.
    """
    stand = {one["option"]: one["key"] for one in found["standing"]}
    if not options and not stand:
        raise NotFoundError(
            f"nobody stands for {found['title']} yet: 'hedgerow body stand' says who does, or name them with"
            " --option"
        )
    # A key that somebody stands with goes with the name, unless the command gives another one.
    return {name: stand.get(name) for name in options} if options else dict(stand)


def _resignation(found: dict[str, Any], place: dict[str, Any]) -> Resignation:
    return Resignation(
        federation=ids.parse(found["federation"]),
        proposal=ids.parse(place["proposal"]),
        option=place["option"],
    )


def _at(date: str) -> int:
    """Return the first second of a day, in seconds since 1970."""
    try:
        return int(datetime.strptime(date, "%Y-%m-%d").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise UserError(f"expected a date such as 2027-01-31, found {date!r}") from error


def _named_key(written: str) -> tuple[str, str]:
    name, equals, key = written.rpartition("=")
    if not equals or not name:
        raise UserError(f"expected a name and a key such as Ana=did:key:z6Mk…, found {written!r}")
    return name, key


def _show_stand(told: dict[str, Any]) -> None:
    if told["stands"]:
        output.say(
            f"{told['name']} stands for {told['title']} from now on. Put the election once all stand:",
            f'  hedgerow body elect "{told["title"]}"',
        )
    else:
        output.say(f"{told['name']} does not stand for {told['title']} any more.")


def _show_put(result: dict[str, Any]) -> None:
    output.say(
        f"The election is put; {output.counted(result['seats_on_roll'], 'seat', 'seats')} may vote on it.",
        f"Voting ends {output.moment(result['closes'])}.",
        "Who stands, and with which key:",
        f"  hedgerow proposal show {result['proposal']}",
        "A delegate votes with:",
        f"  hedgerow vote {result['proposal']} --key FILE NAME...",
    )
