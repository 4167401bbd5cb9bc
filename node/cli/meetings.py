"""`hedgerow meeting`: calling a meeting, its agenda, its minutes."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption
from node.errors import InputFileError, UserError
from node.limits import TEXT_CHARS_MAX

app = typer.Typer(rich_markup_mode=None)
meeting = typer.Typer(no_args_is_help=True, help="Meetings, with agenda and minutes.")
app.add_typer(meeting, name="meeting")

Named = Annotated[str, typer.Argument(metavar="MEETING", help="Its title, its id, or the id's beginning.")]
At = Annotated[str | None, typer.Option("--at", metavar="TIME", help='In UTC, such as "2027-01-31 18:30".')]
Place = Annotated[str | None, typer.Option("--place", metavar="PLACE", help="Where people meet.")]
Lasting = Annotated[
    int | None, typer.Option("--lasting", min=1, metavar="MINUTES", help="How long it is to last.")
]
Number = Annotated[int, typer.Argument(metavar="POINT", min=1, help="Its number on the agenda.")]


@meeting.command(
    epilog='Example: hedgerow meeting call "Spring assembly" --at "2027-03-20 18:00" --place "Ferry house"'
)
def call(
    ctx: typer.Context,
    *,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What the meeting is called.")],
    body: Annotated[
        str | None, typer.Option("--body", metavar="BODY", help="Which body meets; without: everybody.")
    ] = None,
    at: At = None,
    place: Place = None,
    lasting: Lasting = None,
    federation: FederationOption = None,
) -> None:
    """Call a meeting."""
    result = ask(
        ctx,
        "call-meeting",
        title=title,
        body=body,
        begins=_seconds(at),
        place=place,
        minutes_long=lasting,
        federation=federation,
    )
    output.answer(
        ctx,
        result,
        lambda told: output.say(
            f"Called: {told['title']}. Put points on the agenda:",
            f'  hedgerow meeting point {output.short(told["meeting"])[:-1]} "…"',
        ),
    )


@meeting.command(epilog='Example: hedgerow meeting change "Spring assembly" --place "Town hall"')
def change(
    ctx: typer.Context,
    *,
    named: Named,
    title: Annotated[str | None, typer.Option("--title", metavar="TITLE", help="A new title.")] = None,
    at: At = None,
    place: Place = None,
    lasting: Lasting = None,
    called_off: Annotated[
        bool | None, typer.Option("--called-off/--not-called-off", help="Whether it does not take place.")
    ] = None,
) -> None:
    """Change when, where or whether a meeting is."""
    result = ask(
        ctx,
        "change-meeting",
        meeting=named,
        title=title,
        begins=_seconds(at),
        place=place,
        minutes_long=lasting,
        called_off=called_off,
    )
    output.answer(ctx, result, lambda told: output.say(f"Changed: {told['title']}."))


@meeting.command(epilog='Example: hedgerow meeting point "Spring assembly" "The barn" --text "Who mends it?"')
def point(
    ctx: typer.Context,
    *,
    named: Named,
    title: Annotated[
        str | None, typer.Argument(metavar="TITLE", help="What the point is, or is called from now on.")
    ] = None,
    number: Annotated[
        int | None,
        typer.Option("--number", min=1, metavar="N", help="Change this point; without: a new one."),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="More about it.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", metavar="ID", help="The question or petition it is about.")
    ] = None,
) -> None:
    """Put a point on the agenda, or change one."""
    result = ask(ctx, "write-point", meeting=named, point=number, title=title, text=text, about=about)
    output.answer(ctx, result, lambda told: output.say(f"Point {told['point']} stands on the agenda."))


@meeting.command("remove-point", epilog='Example: hedgerow meeting remove-point "Spring assembly" 2')
def remove_point(ctx: typer.Context, *, named: Named, number: Number) -> None:
    """Take a point off the agenda. One that has minutes stays."""
    result = ask(ctx, "remove-point", meeting=named, point=number)
    output.answer(ctx, result, lambda told: output.say(f"Taken off the agenda of {told['title']}."))


@meeting.command(epilog='Example: hedgerow meeting minutes "Spring assembly" 1 --text "Ana mends it by May."')
def minutes(
    ctx: typer.Context,
    *,
    named: Named,
    number: Number,
    text: Annotated[str | None, typer.Option("--text", metavar="TEXT", help="What was said.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A text file in UTF-8 instead.")
    ] = None,
) -> None:
    """Write the minutes of a point; what stood there is replaced."""
    if (text is None) == (file is None):
        raise UserError("expected the minutes as --text or as --file, one of them")
    if file is not None:
        text = _read(file)
    result = ask(ctx, "write-point", meeting=named, point=number, minutes=text)
    output.answer(ctx, result, lambda told: output.say(f"The minutes of point {told['point']} are kept."))


@meeting.command(epilog='Example: hedgerow meeting adopt "Spring assembly" "Ana Adeyemi"')
def adopt(
    ctx: typer.Context,
    *,
    named: Named,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who adopts the minutes.")],
    take_back: Annotated[bool, typer.Option("--take-back", help="Take it back.")] = False,
) -> None:
    """Note that somebody of yours adopts the minutes as they are.

    What was adopted is kept: if the card is changed later, that is shown beside it.
    """
    result = ask(ctx, "adopt-minutes", meeting=named, name=name, adopt=not take_back)
    output.answer(ctx, result, _show_adopted)


@meeting.command("list", epilog="Example: hedgerow meeting list")
def list_(ctx: typer.Context, federation: FederationOption = None) -> None:
    """List the meetings, the latest first."""
    output.answer(ctx, ask(ctx, "list-meetings", federation=federation), _show_list)


@meeting.command(epilog='Example: hedgerow meeting show "Spring assembly"')
def show(ctx: typer.Context, *, named: Named) -> None:
    """Show a meeting with its agenda and minutes."""
    output.answer(ctx, ask(ctx, "show-meeting", meeting=named), _show)


def _read(file: Path) -> str:
    try:
        # More than a point's minutes can hold need not be read.
        with file.open("rb") as opened:
            return opened.read(4 * TEXT_CHARS_MAX + 1).decode("utf-8")
    except OSError as error:
        raise InputFileError(f"expected to read {file}, found: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputFileError(
            f"{file}: expected text in UTF-8, of at most {TEXT_CHARS_MAX} characters"
        ) from error


def _seconds(at: str | None) -> int | None:
    if at is None:
        return None
    try:
        return int(datetime.strptime(at, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).timestamp())
    except ValueError as error:
        raise UserError(f'expected a time such as "2027-01-31 18:30", found {at!r}') from error


def _show_list(result: dict[str, Any]) -> None:
    if not result["meetings"]:
        output.say("No meetings yet. Call one:", '  hedgerow meeting call "Spring assembly"')
    for one in result["meetings"]:
        output.say(f"- {_headline(one)}")


def _headline(one: dict[str, Any]) -> str:
    when = output.moment(one["begins"]) if one["begins"] is not None else "no time yet"
    parts = [one["title"], when, one["place"], "called off" if one["called_off"] else ""]
    return ", ".join(part for part in parts if part)


def _show_adopted(told: dict[str, Any]) -> None:
    output.say(f"Adopted by: {', '.join(told['adopted']) or 'nobody'}.")
    if told["minutes"] is not None:
        output.say(f"What was adopted is called {told['minutes']}.")


def _show(found: dict[str, Any]) -> None:
    output.say(_headline(found))
    if found["body_title"]:
        output.say(f"Of: {found['body_title']}")
    for one in found["adopted"]:
        if not one["unchanged"]:
            output.say(f"Minutes adopted by: {_adopters(one)}, changed since. What was adopted:")
            output.say(*(["  its text has not arrived here yet"] if not one["held"] else []))
            _show_points(one["points"])
    if any(not one["unchanged"] for one in found["adopted"]):
        output.say("As it stands now:")
    _show_points(found["points"])
    if not found["points"]:
        output.say(
            "Nothing is on the agenda yet. Put a point there:",
            f'  hedgerow meeting point {output.short(found["id"])[:-1]} "…"',
        )
    for one in found["adopted"]:
        if one["unchanged"]:
            output.say(f"Minutes adopted by: {_adopters(one)}")


def _adopters(adopted: dict[str, Any]) -> str:
    return ", ".join(f"{one['name']} ({one['community']})" for one in adopted["by"])


def _show_points(points: list[dict[str, Any]]) -> None:
    for one in points:
        output.say(f"  {one['number']}. {one['title']}")
        if one["about_kind"] is not None:
            output.say(f"     about the {one['about_kind']} “{one['about_title']}”")
        for line in one["text"].splitlines():
            output.say(f"     {line}")
        for line in one["minutes"].splitlines():
            output.say(f"     Minutes: {line}")
