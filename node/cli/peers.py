"""`hedgerow peer`: neighbours, the communities this node exchanges the directory with."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from node import ids
from node.cli import output
from node.cli.asking import ask
from node.clock import MS_PER_SECOND
from node.net import address

# Thousandths of a quota from which `peer status` speaks of it.
_WORTH_SAYING = 10

app = typer.Typer(rich_markup_mode=None)
peer = typer.Typer(no_args_is_help=True, help="Neighbours: communities you share the directory with.")
app.add_typer(peer, name="peer")


@peer.command(epilog="Example: hedgerow peer add garden.example:7700")
def add(
    ctx: typer.Context,
    target: Annotated[
        str, typer.Argument(metavar="ADDRESS", help="Where to reach its node; or the id of one that knocked.")
    ],
) -> None:
    """Make a neighbour. Both sides say so: the other steward adds you, or you know each other already."""
    spelled = target.strip() if _is_id(target) else address.parse(target).url
    output.answer(ctx, ask(ctx, "add-peer", target=spelled), _show_added)


@peer.command(epilog="Example: hedgerow peer remove Riverside")
def remove(
    ctx: typer.Context,
    target: Annotated[
        str, typer.Argument(metavar="NEIGHBOUR", help="A community's name or id, or an address to forget.")
    ],
) -> None:
    """Stop being neighbours, or forget an address."""
    output.answer(
        ctx,
        ask(ctx, "remove-peer", target=_spelled(target)),
        lambda done: output.say(f"Removed {done['removed']}."),
    )


@peer.command("list", epilog="Example: hedgerow peer list")
def list_(ctx: typer.Context) -> None:
    """List neighbours, the addresses to try, and strangers that knocked."""
    output.answer(ctx, ask(ctx, "list-peers"), _show_list)


@peer.command(epilog="Example: hedgerow peer status")
def status(ctx: typer.Context) -> None:
    """Say who is connected and whether you both hold the same."""
    found = ask(ctx, "peer-status")
    known = ask(ctx, "list-peers")
    connected = {each["community"] for each in found["sessions"]}
    away = [each for each in known["neighbours"] if each["community"] not in connected]
    reached = {each["community"]: each["reached"] for each in known["addresses"]}
    found["not_connected"] = [{**each, "reached": reached.get(each["community"])} for each in away]
    output.answer(ctx, found, _show_status)


@peer.command(epilog="Example: hedgerow peer quota Riverside --times 3")
def quota(
    ctx: typer.Context,
    *,
    neighbour: Annotated[
        str, typer.Argument(metavar="COMMUNITY", help="Whose feeds this node shall take more of: name or id.")
    ],
    times: Annotated[
        int, typer.Option("--times", min=1, max=1_000, help="How many times the usual; 1 is the usual.")
    ],
) -> None:
    """Let a community use more of this node. That is entries, bytes, operations, time and disk."""
    output.answer(ctx, ask(ctx, "set-quota", community=neighbour, times=times), _show_quota)


def _is_id(text: str) -> bool:
    return len(text.strip()) == ids.ID_CHARS and text.strip().isalnum()


def _spelled(target: str) -> str:
    """Return an address in the spelling under which `add` kept it, anything else as it is."""
    looks_like_address = "://" in target or target.rpartition(":")[2].isdigit()
    return address.parse(target).url if looks_like_address else target


def _show_added(result: dict[str, Any]) -> None:
    if result.get("address"):
        output.say(
            f"This node will try {result['address']} from now on. See how it goes with:",
            "  hedgerow peer status",
        )
    else:
        output.say(f"You and community {result['community']} are neighbours now.")


def _show_list(result: dict[str, Any]) -> None:
    if not any(result.values()):
        output.say("No neighbours yet. Ask one for its address, then:", "  hedgerow peer add ADDRESS")
        return
    if result["neighbours"]:
        output.table(
            ["Neighbour", "Id"], ([each["name"], each["community"]] for each in result["neighbours"])
        )
    if result["addresses"]:
        output.say("")
        output.table(
            ["Address", "Last reached", "Trouble"],
            (
                [each["address"], _when(each["reached"]), each["problem"] or ""]
                for each in result["addresses"]
            ),
        )
    if result["strangers"]:
        output.say("", "These knocked and are not neighbours; `hedgerow peer add ID` lets one in:")
        for each in result["strangers"]:
            output.say(f"  {each['community']} ({_when(each['knocked'])})")


def _show_quota(result: dict[str, Any]) -> None:
    output.say(f"{result['name']} may use {result['times']:,} times the usual here.")
    if result["paused"]:
        output.say(f"That is used up already ({', '.join(result['paused'])}): nothing more is taken yet.")


def _show_status(result: dict[str, Any]) -> None:
    _show_sessions(result)
    for each in result["not_connected"]:
        since = f"; last reached {_when(each['reached'])}" if each["reached"] else ""
        output.say(output.named(each["name"], each["community"]), f"  not connected{since}")
    busy = [each for each in result["usage"] if each["share"] is not None and each["share"] >= _WORTH_SAYING]
    if busy:
        output.say("", "What communities use of this node; `hedgerow peer quota` gives one more:")
    for each in busy:
        output.say(
            f"  {each['name']}: {each['share'] / 10:.0f} % of its quota: {each['entries']:,} entries,"
            f" {each['disk'] // 1_000_000:,} MB, {each['operations']:,} operations,"
            f" {each['work_ms'] / 1_000:.1f} s of work"
        )
        if each["paused"]:
            output.say(f"    PAUSED, nothing more is taken of it ({', '.join(each['paused'])})")
    for each in result["forks"]:
        output.say("", f"Look out: {_fork(each)}")
    _show_remaining(result)


def _show_remaining(result: dict[str, Any]) -> None:
    """Say what came without its content, and what late edits were left undone."""
    if result["wanted_bodies"]:
        output.say(
            "", f"{result['wanted_bodies']:,} entries came without content; neighbours are asked for it:"
        )
    for each in result["wanted"]:
        whose = each["name"] or each["community"] or "a community not known here"
        output.say(
            f"  {each['bodies']:,} of {whose} in {_scope(each['scope'])}, from entry {each['first']:,} on:"
            f" {_document(each)}"
        )
    for each in result["left_over"]:
        output.say(
            "",
            f"Left as it was, since {_when(each['since'])}: late edits at {each['places']:,} places of"
            f" {_document(each)}. Somebody had written there since:",
            *(f"  {place}" for place in each["named"]),
        )


def _document(named: dict[str, Any]) -> str:
    if named["document"] is None:
        return "records"
    return f"the {named['type'] or 'document'} {named['document']}"


def _fork(fork: dict[str, Any]) -> str:
    told = (
        f"the device {fork['device']} of {fork['name']} told {fork['branches']} stories from entry"
        f" {fork['entry']:,} on, in {_scope(fork['scope'])}. All of them count."
    )
    if fork["retired"]:
        return (
            f"{told} Its community has retired it since: what it witnessed stands, edits since do not count."
        )
    return f"{told} It was copied, restored or stolen: its stewards retire it with `charter device retire`."


def _show_sessions(result: dict[str, Any]) -> None:
    if not result["sessions"]:
        output.say(
            "Nobody is connected right now. `hedgerow peer list` shows whom this node tries to reach;",
            "it does so only while `hedgerow serve` runs.",
        )
        return
    for each in result["sessions"]:
        where = f" at {each['address']}" if each["address"] else ""
        output.say(f"{output.named(each['name'], each['community'])}{where}")
        if not each["scopes"]:
            output.say("  connected, and not yet neighbours on both sides")
        for scope in each["scopes"]:
            output.say(f"  {_scope(scope['scope'])}: {_progress(scope)}")
            for each_lacking in scope["lacking"]:
                output.say(f"    from {each_lacking['name']}, up to entry {each_lacking['entry']:,}")
            for each_refused in scope["not_taken"]:
                whose = output.named(each_refused["name"], each_refused["community"])
                output.say(f"    it takes no more of {whose}, so that is not compared with it")
        for found in each["findings"]:
            output.say(f"  Look out: {_oddity(found)}")


def _progress(scope: dict[str, Any]) -> str:
    if scope["equal_since"] is not None:
        what = "all it takes is" if scope["not_taken"] else "all"
        return f"{what} the same since {_when(scope['equal_since'])}"
    before = f", all the same last on {_when(scope['equal_last'])}" if scope["equal_last"] else ""
    if scope["missing"]:
        return f"catching up, {scope['missing']:,} still to come{before}"
    if scope["behind"]:
        return f"the other side is catching up, {scope['behind']:,} still to go{before}"
    return f"comparing{before}"


def _oddity(found: dict[str, Any]) -> str:
    if found["oddity"] == "went back":
        return (
            f"it showed entry {found['known']:,} of {found['name']}, and on {_when(found['since'])} only"
            f" {found['shown']:,}. Its node may have been restored from an old copy."
        )
    others = ", ".join([*found["shown_by"], "this node"])
    shows = "nothing of it" if found["shown"] is None else f"no more than entry {found['shown']:,}"
    return (
        f"it shows less of {found['name']} than {others}: told of entry {found['known']:,} on"
        f" {_when(found['since'])}, it shows {shows}."
    )


def _scope(scope: str) -> str:
    return "the public directory" if scope == "public" else "the federation's own affairs"


def _when(milliseconds: int | None) -> str:
    if not milliseconds:
        return "never"
    return f"{datetime.fromtimestamp(milliseconds // MS_PER_SECOND, UTC):%Y-%m-%d %H:%M} UTC"
