"""`hedgerow init` and `serve`: a community's data folder, and the node that lives in it."""

import asyncio
import os
import signal
from dataclasses import replace
from typing import Annotated, Any, Final

import typer

from node import ids
from node.cli import output
from node.cli.asking import ask, folder, new_passphrase, passphrase_of
from node.cli.options import PassphraseFlag
from node.cli.pages import show_pages
from node.cli.signing_for import (
    GuardianOption,
    NeededOption,
    SignWithOption,
    StewardOption,
    further_stewards,
    guardians,
    numbers,
    show_made,
)
from node.errors import UserError
from node.ids import CommunityId
from node.runtime import config, founding, logs
from node.runtime.config import Config
from node.runtime.listening import Listening
from node.runtime.node import Node
from node.storage.files.folder import DataFolder

app = typer.Typer(rich_markup_mode=None)

# asyncio's debug mode logs what holds its loop for longer.
_SLOW_S: Final = 5.0


@app.command(epilog="Example: hedgerow init --name Riverside")
def init(  # noqa: PLR0913 (each is an option)
    ctx: typer.Context,
    *,
    name: Annotated[str | None, typer.Option("--name", help="What your community is called.")] = None,
    device_of: Annotated[
        str | None,
        typer.Option(
            "--device-of", metavar="COMMUNITY", help="Make a further device of this community (its id)."
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            "--store", metavar="URL", help="Keep the store in this PostgreSQL database instead of SQLite."
        ),
    ] = None,
    steward: StewardOption = None,
    sign_with: SignWithOption = None,
    guardian: GuardianOption = None,
    guardians_needed: NeededOption = None,
    passphrase: PassphraseFlag = False,
) -> None:
    """Make this community's data folder and keys; needs nothing but this machine."""
    place = folder(ctx)
    if store is not None and place.config_file.exists():
        raise UserError(f"expected no settings yet beside --store, found {place.config_file}: name it there")
    kept = config.load(place.config_file, os.environ, {"store": store}).store
    secret = new_passphrase(wanted=passphrase)
    if device_of is not None:
        if name is not None:
            raise UserError("a further device shares its community's name: leave out --name")
        if steward or sign_with or guardian:
            raise UserError(
                "a further device shares its community's stewards and guardians: leave out --steward,"
                " --sign-with and --guardian"
            )
        community = CommunityId(ids.parse(device_of))
        request = founding.enrol(place, community, secret, store=kept, settings=config.template(store))
        enrolled = {"community": device_of, "request": request, "data": str(place.path)}
        output.answer(ctx, enrolled, _show_enrolled)
        return
    further = further_stewards(steward or [], sign_with or [])
    further = replace(further, guardians=guardians(guardian or [], guardians_needed, further))
    community = founding.found(place, secret, store=kept, settings=config.template(store), further=further)
    if name is not None:
        ask(ctx, "edit-profile", name=name)
    made = {"community": ids.show(community), "name": name, "data": str(place.path), "keys": str(place.keys)}
    output.answer(ctx, {**made, **numbers(further)}, show_made)


@app.command(epilog="Example: hedgerow serve --listen 0.0.0.0:7700")
def serve(
    ctx: typer.Context,
    *,
    listen: Annotated[
        str | None,
        typer.Option("--listen", metavar="HOST:PORT", help="Where; port 0 lets the system choose."),
    ] = None,
    advertise: Annotated[
        list[str] | None,
        typer.Option("--advertise", metavar="ADDR", help="Where others reach it; may be repeated."),
    ] = None,
    operator: Annotated[
        str | None,
        typer.Option("--operator", metavar="HOST:PORT", help="Where your own pages are; off for nowhere."),
    ] = None,
    domain: Annotated[
        str | None, typer.Option("--domain", metavar="NAME", help="The name your proxy answers to.")
    ] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    ] = None,
    log_format: Annotated[
        str | None, typer.Option("--log-format", metavar="FORMAT", help="text or json.")
    ] = None,
) -> None:
    """Run the node: reach neighbours, be reached, take commands. Ctrl-C ends it."""
    place = folder(ctx)
    place.check()
    settings = config.load(
        place.config_file,
        os.environ,
        {
            "listen": listen,
            "advertise": advertise,
            "operator": operator,
            "domain": domain,
            "log_level": log_level,
            "log_format": log_format,
        },
    )
    logs.configure(settings)

    def ready(where: Listening) -> None:
        output.answer(ctx, where.as_json(os.getpid()), _show_listening)

    asyncio.run(_serve(place, settings, ready))


async def _serve(place: DataFolder, settings: Config, ready: Any) -> None:
    node = Node(place, settings, passphrase_of)
    loop = asyncio.get_running_loop()
    # Opening the store and a key with a passphrase takes what it takes, before anybody is served.
    loop.slow_callback_duration = _SLOW_S
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, node.stop)
    await node.serve(ready)


def _show_enrolled(made: dict[str, Any]) -> None:
    output.say_for_others(
        f"This device's folder is {made['data']}. On the steward's device, run:",
        "",
        f'  hedgerow charter device add "{made["request"]}"',
    )


def _show_listening(where: dict[str, Any]) -> None:
    output.say(f"Listening at {where['host']}:{where['port']}. Ctrl-C ends it.")
    if where["addresses"]:
        output.say("Neighbours reach this node at:", *(f"  {each}" for each in where["addresses"]))
    else:
        output.say("Tell it with --advertise where neighbours reach it.")
    show_pages(where)
