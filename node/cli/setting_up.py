"""`hedgerow init` and `serve`: a community's data folder, and the node that lives in it."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node import ids, keys
from node.cli import output
from node.cli.asking import ask, folder, new_passphrase, passphrase_of
from node.cli.options import PassphraseFlag
from node.cli.pages import show_pages
from node.engine.setup import FurtherStewards
from node.errors import UserError
from node.ids import CommunityId
from node.keys import PublicKey
from node.runtime import config, founding, logs
from node.runtime.config import Config
from node.runtime.keyrings import KeyOpener
from node.runtime.listening import Listening
from node.runtime.node import Node
from node.storage.files.folder import DataFolder

app = typer.Typer(rich_markup_mode=None)

# A charter names at most 32 stewards, and one key is made here.
_FURTHER_STEWARDS_MAX: Final = 31
# asyncio's debug mode logs what holds its loop for longer.
_SLOW_S: Final = 5.0


@app.command(epilog="Example: hedgerow init --name Riverside")
def init(
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
    steward: Annotated[
        list[str] | None,
        typer.Option(
            "--steward",
            metavar="KEY",
            help="A further steward's key, made for this community alone; repeat it.",
        ),
    ] = None,
    sign_with: Annotated[
        list[Path] | None,
        typer.Option(
            "--sign-with",
            metavar="FILE",
            help="A further steward's key file, at hand; so many sign from now on.",
        ),
    ] = None,
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
        if steward or sign_with:
            raise UserError(
                "a further device shares its community's stewards: leave out --steward and --sign-with"
            )
        community = CommunityId(ids.parse(device_of))
        request = founding.enrol(place, community, secret, store=kept, settings=config.template(store))
        enrolled = {"community": device_of, "request": request, "data": str(place.path)}
        output.answer(ctx, enrolled, _show_enrolled)
        return
    further = _further_stewards(steward or [], sign_with or [])
    community = founding.found(place, secret, store=kept, settings=config.template(store), further=further)
    if name is not None:
        ask(ctx, "edit-profile", name=name)
    made = {"community": ids.show(community), "name": name, "data": str(place.path), "keys": str(place.keys)}
    output.answer(ctx, {**made, **_numbers(further)}, _show_made)


def _numbers(further: FurtherStewards) -> dict[str, int]:
    """Return how many stewards a new community has, and how many of them must sign."""
    signing = 1 + len(further.signing)
    return {"stewards": signing + len(further.keys), "threshold": signing}


def _further_stewards(given: list[str], files: list[Path]) -> FurtherStewards:
    """Return the stewards beside the one made here: those named, and those whose files are at hand.

    Raises:
        UserError: there are too many, one of them cannot be read, or one is named twice.
    """
    if len(given) + len(files) > _FURTHER_STEWARDS_MAX:
        raise UserError(
            f"expected at most {_FURTHER_STEWARDS_MAX} further stewards, found {len(given) + len(files)}"
        )
    opener = KeyOpener(passphrase_of)
    further = FurtherStewards(
        keys=tuple(keys.parse(one) for one in given), signing=tuple(opener.open(one) for one in files)
    )
    named = [*further.keys, *(bytes(one.public) for one in further.signing)]
    if twice := next((one for one in named if named.count(one) > 1), None):
        raise UserError(f"expected every further steward once, found {keys.show(PublicKey(twice))} twice")
    return further


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
    output.say(
        f"This device's folder is {made['data']}. On the steward's device, run:",
        "",
        f'  hedgerow charter device add "{made["request"]}"',
    )


def _show_made(made: dict[str, Any]) -> None:
    who = f"“{made['name']}”" if made["name"] else "Your community"
    output.say(
        f"{who} is founded. Its id, which never changes:",
        f"  {made['community']}",
        f"Everything lies in {made['data']}.",
        "",
        "Now move two files to a safe place that is not this machine, a USB stick in a drawer for example:",
        f"  {made['keys']}/recovery.pem   gets your community back when all else is lost",
        f"  {made['keys']}/next.pem       the steward's next key, should the present one ever have to go",
        "",
        *(_shared_words(made) if made["stewards"] > 1 else ()),
        "Then start the node:",
        "  hedgerow serve",
    )


def _shared_words(made: dict[str, Any]) -> list[str]:
    """Return what a community of several stewards must know: how many sign, and which keys need only one."""
    must = made["threshold"]
    if must == 1:
        said = [f"Each of its {made['stewards']} stewards can sign alone whatever it says from now on."]
    else:
        said = [
            f"From now on {must} of its {made['stewards']} stewards must sign whatever it says. What waits:",
            "  hedgerow approve",
            "Each of the two files above is a single key that needs no second one, and recovery.pem beats",
            "the stewards where it retires a device: keep them where no steward comes to them alone.",
        ]
    return [
        *said,
        "A steward's key signs for one community only: who is a steward of two has a key for each.",
        "",
    ]


def _show_listening(where: dict[str, Any]) -> None:
    output.say(f"Listening at {where['host']}:{where['port']}. Ctrl-C ends it.")
    if where["addresses"]:
        output.say("Neighbours reach this node at:", *(f"  {each}" for each in where["addresses"]))
    else:
        output.say("Tell it with --advertise where neighbours reach it.")
    show_pages(where)
