"""`hedgerow profile`: the page by which other communities know yours."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import LanguageOption, country_code

app = typer.Typer(rich_markup_mode=None)
profile = typer.Typer(no_args_is_help=True, help="The page by which other communities know yours.")
app.add_typer(profile, name="profile")

_SHOWN = ("kind", "country", "languages", "tags", "urls", "email", "phone", "flags")


@profile.command(
    epilog="Example: hedgerow profile edit --name Riverside --country CH --tag gardens --tag repair"
)
def edit(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    name: Annotated[str | None, typer.Option("--name", help="What your community is called.")] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help="What you do, in a few sentences.")
    ] = None,
    language: LanguageOption = "und",
    kind: Annotated[
        str | None, typer.Option("--kind", metavar="WORD", help="Such as community, network or expert.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", metavar="CODE", help="Two letters, such as CH.")
    ] = None,
    city: Annotated[str | None, typer.Option("--city", metavar="NAME", help="Town or village.")] = None,
    place: Annotated[
        str | None,
        typer.Option("--place", metavar="LAT,LON", help="On the map, in decimal degrees: 47.37,8.54."),
    ] = None,
    urls: Annotated[
        list[str] | None, typer.Option("--url", metavar="URL", help="A web address; may be repeated.")
    ] = None,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="WORD", help="A word people search by; may be repeated."),
    ] = None,
    languages: Annotated[
        list[str] | None,
        typer.Option("--speaks", metavar="TAG", help="A language you speak, such as es; may be repeated."),
    ] = None,
    clear: Annotated[
        list[str] | None, typer.Option("--clear", metavar="FIELD", help="A field to empty; may be repeated.")
    ] = None,
) -> None:
    """Change your community's page; what you leave out stays as it is."""
    latitude, comma, longitude = (place or "").partition(",")
    result = ask(
        ctx,
        "edit-profile",
        name=name,
        description=description,
        language=language,
        kind=kind,
        country=country_code(country),
        city=city,
        latitude=latitude.strip() if place else None,
        longitude=longitude.strip() if comma else None,
        urls=urls or None,
        tags=tags or None,
        languages=languages or None,
        clear=clear or None,
    )
    output.answer(ctx, result, _show)


@profile.command(epilog="Example: hedgerow profile show Riverside")
def show(
    ctx: typer.Context,
    community: Annotated[
        str | None, typer.Argument(metavar="COMMUNITY", help="Name or id; your own when left out.")
    ] = None,
) -> None:
    """Show a community's page."""
    output.answer(ctx, ask(ctx, "show-profile", community=community), _show)


def _show(result: dict[str, Any]) -> None:
    page = result["profile"]
    if page is None:
        output.say(
            "There is no page yet. Yours begins with:",
            "  hedgerow profile edit --name NAME --country CODE",
        )
        return
    names = list(page["name"].values())
    output.say(names[0] if names else "(no name yet)")
    for text in page["description"].values():
        output.say(f"  {text}")
    for field in _SHOWN:
        value = page.get(field)
        if value:
            output.say(f"  {field}: {', '.join(value) if isinstance(value, list) else value}")
    address = [part for part in (page.get("address") or {}).values() if part]
    if address:
        output.say(f"  address: {', '.join(address)}")
    if page["location"]:
        output.say(f"  place: {_degrees(page['location']['lat_e7'])},{_degrees(page['location']['lon_e7'])}")
    if "community" in result:
        output.say(f"  community's id: {result['community']}")
    output.say(f"  id: {result['id']}")


def _degrees(e7: int) -> str:
    """Return ten-millionths of a degree as decimal degrees, as `--place` takes them."""
    return f"{e7 / 10_000_000:.7f}".rstrip("0").rstrip(".")
