"""`hedgerow federation` and `hedgerow board`: what communities found, join and write together."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from node.cli import bylaws as rules
from node.cli import output
from node.cli.asking import ask, carried, folder, read_file
from node.cli.bylaws_templates import TEMPLATES, fill_in
from node.cli.options import FederationOption
from node.clock import MS_PER_SECOND
from node.errors import UserError
from node.limits import INVITATION_DAYS_MAX
from node.net import address

app = typer.Typer(rich_markup_mode=None)
federation = typer.Typer(no_args_is_help=True, help="Communities that share affairs and decide together.")
board = typer.Typer(no_args_is_help=True, help="The federation's notice board, which all members write.")
app.add_typer(federation, name="federation")
app.add_typer(board, name="board")


@federation.command(
    epilog="Example: hedgerow federation found --bylaws bylaws.toml --with Riverside --with Hillside"
)
def found(
    ctx: typer.Context,
    *,
    bylaws: Annotated[
        Path | None, typer.Option("--bylaws", metavar="FILE", help="The rules, as docs/bylaws-example.toml.")
    ] = None,
    template: Annotated[
        str | None,
        typer.Option(
            "--template", metavar="SIZE", help=f"Ready-made rules instead: {' or '.join(TEMPLATES)}."
        ),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="The federation's name, with --template or --follows.")
    ] = None,
    founders: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="COMMUNITY", help="A founding neighbour, name or id; may be repeated."
        ),
    ] = None,
    follows: Annotated[
        str | None,
        typer.Option(
            "--follows", metavar="FEDERATION", help="Which one of yours it follows: on its bylaws and name."
        ),
    ] = None,
) -> None:
    """Found a federation on bylaws, alone or with neighbours. They approve it then."""
    asked: dict[str, Any] = {"founders": founders or (), "follows": follows}
    if follows is not None and bylaws is None and template is None:
        asked["name"] = name
    else:
        named = name if name is not None else "Our federation"
        data, file_name = _rules(bylaws, template, name=named, founders=1 + len(founders or ()))
        asked |= {"bylaws": carried(data), "file_name": file_name}
    result = ask(ctx, "found-federation", **asked)
    output.answer(ctx, result, _show_founded)
    for one in result["unreached"]:
        who = output.named(one["name"], one["community"])
        output.note(
            f"{who} is no neighbour of yours and may never hear of it: hedgerow peer add {one['community']}"
        )


@federation.command(epilog="Example: hedgerow federation invite --days 7")
def invite(
    ctx: typer.Context,
    *,
    federation: FederationOption = None,
    addresses: Annotated[
        list[str] | None,
        typer.Option("--address", metavar="ADDR", help="Where your node is reached; may be repeated."),
    ] = None,
    days: Annotated[
        int,
        typer.Option("--days", min=1, max=INVITATION_DAYS_MAX, metavar="N", help="How long it is good for."),
    ] = 14,
) -> None:
    """Make an invitation for one community. It is a line to hand to its steward by any way you like."""
    reachable = [address.parse(each).url for each in addresses or ()] or _reachable(ctx)
    result = ask(ctx, "invite", federation=federation, addresses=reachable, days=days)
    output.answer(
        ctx,
        result,
        lambda made: output.say(
            f"Hand this line to one community; it is good until {_day(made['expires'])}:", "", made["link"]
        ),
    )


@federation.command(epilog='Example: hedgerow federation join "hedgerow:join?federation=..."')
def join(
    ctx: typer.Context,
    link: Annotated[
        str,
        typer.Argument(
            metavar="INVITATION",
            help="The whole line, in quotes; or the name or id of one that follows yours.",
        ),
    ],
) -> None:
    """Ask to join by an invitation. The members' answer comes while `hedgerow serve` runs."""
    output.answer(ctx, ask(ctx, "join-federation", link=link), _show_asked)


@federation.command(epilog="Example: hedgerow federation approve Hillside")
def approve(
    ctx: typer.Context,
    *,
    community: Annotated[
        str | None,
        typer.Argument(metavar="COMMUNITY", help="Who asked to join; left out: the founding itself."),
    ] = None,
    federation: FederationOption = None,
) -> None:
    """Approve who asked to join, or the founding that names yours."""
    output.answer(ctx, ask(ctx, "approve", community=community, federation=federation), _show_approval)


@federation.command(epilog='Example: hedgerow federation decline --federation "Hills and Rivers"')
def decline(
    ctx: typer.Context,
    *,
    undo: Annotated[bool, typer.Option("--undo", help="Take it back, until it is founded.")] = False,
    federation: FederationOption = None,
) -> None:
    """Decline to found a federation that names your community. The others are told."""
    output.answer(ctx, ask(ctx, "decline-founding", undo=undo, federation=federation), _show_declined)


@federation.command("list", epilog="Example: hedgerow federation list")
def list_(ctx: typer.Context) -> None:
    """List your federations, their members, and what awaits approval."""
    output.answer(ctx, ask(ctx, "list-federations"), _show_list)


federation.command("bylaws", epilog="Example: hedgerow federation bylaws --toml > bylaws.toml")(rules.bylaws)


@federation.command("go-on", epilog="Example: hedgerow federation go-on")
def go_on(ctx: typer.Context, federation: FederationOption = None) -> None:
    """Let this node witness before a neighbour was asked. It would ask what it signed before its start."""
    output.answer(
        ctx,
        ask(ctx, "go-on", federation=federation),
        lambda _: output.say(
            "It goes on without asking. Only say so where its disk is no old copy: else it may sign twice."
        ),
    )


@board.command("show", epilog="Example: hedgerow board show")
def show_board(ctx: typer.Context, federation: FederationOption = None) -> None:
    """Read the notice board."""
    output.answer(ctx, ask(ctx, "show-board", federation=federation), _show_board)


@board.command("add", epilog='Example: hedgerow board add "Work day on Saturday, bring gloves"')
def add_note(
    ctx: typer.Context,
    *,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What all members shall read.")],
    federation: FederationOption = None,
) -> None:
    """Pin a note to the notice board."""
    output.answer(
        ctx,
        ask(ctx, "add-note", text=text, federation=federation),
        lambda made: output.say(f"Pinned. Take it off with: hedgerow board remove {made['note']}"),
    )


@board.command("remove", epilog="Example: hedgerow board remove 3f9c...")
def remove_note(
    ctx: typer.Context,
    *,
    note: Annotated[str, typer.Argument(metavar="NOTE", help="As `hedgerow board show` shows it.")],
    federation: FederationOption = None,
) -> None:
    """Take a note off the notice board."""
    output.answer(
        ctx, ask(ctx, "remove-note", note=note, federation=federation), lambda _: output.say("Taken off.")
    )


def _rules(bylaws: Path | None, template: str | None, *, name: str, founders: int) -> tuple[bytes, str]:
    """Return the bylaws and what to call them in messages."""
    if (bylaws is None) == (template is None):
        raise UserError(
            "expected either --bylaws FILE or --template SIZE, to say on which rules you found it"
        )
    if bylaws is not None:
        return read_file(bylaws), bylaws.name
    assert template is not None
    return fill_in(template, name=name, founders=founders), f"{template}.toml"


def _reachable(ctx: typer.Context) -> list[str]:
    """Return where this node can be reached, as the running node wrote it down."""
    known = folder(ctx).read_address() or {}
    found = [each for each in known.get("addresses", ()) if isinstance(each, str)]
    if not found:
        raise UserError(
            "expected to know where your node can be reached: run `hedgerow serve` first, or give --address"
        )
    return found


def _show_founded(result: dict[str, Any]) -> None:
    if result["founded"]:
        output.say(f"Founded “{result['name']}”. Bring others in with:", "  hedgerow federation invite")
    else:
        waiting = len(result["awaited"])
        output.say(
            f"“{result['name']}” stands once {output.counted(waiting, 'neighbour', 'neighbours')} agreed:",
            "  hedgerow federation approve   (there)",
        )
    if (followed := result["follows"]) is not None:
        _show_following(followed, result["federation"])


def _show_following(followed: dict[str, Any], federation: str) -> None:
    """Say whom it is founded with, what is not as it was, and who there is still to be invited."""
    name = " ".join(followed["name"].split())
    who = ", ".join(output.named(one["name"], one["community"]) for one in followed["founders"])
    output.say(f"It follows “{name}”, and nothing of that one ends by it. Founders: {who}.")
    changed = followed["bylaws_changed"]
    output.say(
        f"Its bylaws are those that hold there{', but for:' if changed else '.'}",
        *(f"  {' '.join(one.split())}" for one in changed),
    )
    if followed["left"]:
        left = ", ".join(output.named(one["name"], one["community"]) for one in followed["left"])
        output.say(
            f"No founders, but members there: {left}. They read of it and ask for themselves:",
            f"  hedgerow federation join {federation}   (there)",
        )


def _show_asked(result: dict[str, Any]) -> None:
    output.say(*(" ".join(line.split()) for line in result.get("in_words", ())))
    output.say(
        "Your community asks to join. Once the members have approved, it shows here:",
        "  hedgerow federation list",
    )


def _show_approval(result: dict[str, Any]) -> None:
    for line in result.get("in_words", ()):
        # Another community wrote the names in it: none of them begins a line of its own.
        output.say(" ".join(line.splitlines()))
    if result.get("community") is None:
        left = result.get("awaited") or []
        output.say("Approved the founding." + (f" Others still to approve: {len(left)}." if left else ""))
    elif result.get("by_decision"):
        who = result["community"]
        output.say(
            "Its request is carried over. A decision alone lets it in:", f"  hedgerow propose admit {who}"
        )
    else:
        output.say(f"Approved: {result['approvals']} of {result['needed']} approvals are there.")


def _show_declined(result: dict[str, Any]) -> None:
    name = result["name"]
    if result["declined"]:
        output.say(
            f"Your community does not found “{name}”; the others it names will read so. Take it back with:",
            f"  hedgerow federation decline --undo --federation {result['federation']}",
        )
    else:
        output.say(
            f"Your community no longer declines to found “{name}”. Approve it with:",
            f"  hedgerow federation approve --federation {result['federation']}",
        )


def _show_list(result: dict[str, Any]) -> None:
    if not result["federations"] and not result.get("requests"):
        output.say(
            "No federation yet. Found one, or join by an invitation:",
            "  hedgerow federation found --template small --name NAME",
            '  hedgerow federation join "hedgerow:join?..."',
        )
    several = len(result["federations"]) > 1
    for each in result["federations"]:
        where = f" --federation {each['id']}" if several else ""
        state = "" if each["founded"] else " (waiting for its founders)"
        output.say(f"{each['name']}{state}", f"  id: {each['id']}")
        _show_succession(each)
        for member in each["members"]:
            output.say(f"  member: {output.named(member['name'], member['community'])}")
        for waited in each["awaited"]:
            who = output.named(waited["name"], waited["community"])
            output.say(f"  declines to found it: {who}" if waited["declined"] else f"  has to approve: {who}")
        for asking in each["pending"]:
            who = output.named(asking["name"], asking["community"])
            output.say(
                f"  asks to join: {who}, {asking['approvals']} of {asking['needed']} approvals;"
                f" approve with: hedgerow federation approve {asking['community']}{where}"
            )
    for request in result.get("requests", ()):
        answer = request["answer"] or "no answer yet"
        output.say(f"Asked to join {output.short(request['federation'])}: {answer}")


def _show_succession(each: dict[str, Any]) -> None:
    """Say what a federation follows and what follows it; another community wrote the names in it."""
    said = [*(each["follows"]["in_words"] if each["follows"] is not None else ())]
    said += [one["in_words"] for one in each["followed_by"]]
    if more := each["followed_by_more"]:
        said.append(f"{output.counted(more, 'more says', 'more say')} so.")
    for line in said:
        output.say(f"  {'  ' if line.startswith(' ') else ''}{' '.join(line.split())}")


def _show_board(result: dict[str, Any]) -> None:
    if not result["notes"]:
        output.say("The board is empty. Pin something to it:", '  hedgerow board add "Work day on Saturday"')
    for each in result["notes"]:
        output.say(f"- {each['text']}", f"    {each['note']}")


def _day(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds // MS_PER_SECOND, UTC):%Y-%m-%d %H:%M} UTC"
