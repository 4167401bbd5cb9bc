"""`hedgerow vote` and `result`: a delegate's ballots, signed where the key is, and what came of them."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from node import ids, keys
from node.cli import output
from node.cli.asking import ask, carried, passphrase_of
from node.cli.counting import votes
from node.errors import NotAuthorisedError, NotFoundError, UserError
from node.governance import ballots
from node.governance.counting.methods import QUOTA_METHODS
from node.runtime.keyrings import KeyOpener

app = typer.Typer(rich_markup_mode=None)

# What a count says, as a sentence; who is elected stands below it.
VERDICTS: Final = {
    "elected": "Elected:",
    "passed": "It passes.",
    "rejected": "It does not pass.",
    "blocked": "It is blocked: someone objected and asked to stop it.",
    "no-quorum": "Too few seats took part for a decision.",
    "no-valid-ballot": "Nobody has voted, so nobody is elected.",
    "nothing-funded": "Nothing can be paid from the budget.",
}


@app.command(epilog='Example: hedgerow vote "Coordination council" --key my-keys/ana.pem Ben Cem')
def vote(
    ctx: typer.Context,
    *,
    proposal: Annotated[
        str,
        typer.Argument(metavar="PROPOSAL", help="The question: its id, the id's beginning, or its title."),
    ],
    ranking: Annotated[
        list[str],
        typer.Argument(metavar="CHOICE...", help="Names or numbers, most wanted first; or yes, no, abstain."),
    ],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="The delegate's key file.")],
    federation: Annotated[
        str | None, typer.Option("--federation", metavar="NAME", help="Where to look for a title.")
    ] = None,
) -> None:
    """Cast the ballots of all seats that your key votes for; later ones replace earlier ones."""
    signer = KeyOpener(passphrase_of).open(key)
    named = find_proposal(ctx, proposal, federation)
    paper = ask(ctx, "show-paper", proposal=named, holder=keys.show(signer.public))
    if not paper["seats"]:
        raise NotAuthorisedError(
            f"your key votes for no seat on “{paper['title']}”: ask your community's steward for"
            f" `hedgerow mandate grant {keys.show(signer.public)}`"
        )
    choice = read_ranking(ranking, paper["options"])
    signed = [ballots.make(ballots.paper_of(paper, seat), choice, signer) for seat in paper["seats"]]
    result = ask(ctx, "cast-ballots", ballots=[carried(one.raw) for one in signed])
    chosen = [paper["options"][number - 1] for number in choice]
    output.answer(
        ctx,
        {**result, "title": paper["title"], "choice": choice, "chosen": chosen},
        lambda done: _show_cast(done, replaced=any(seat["prev"] for seat in paper["seats"])),
    )


@app.command(epilog='Example: hedgerow result "Coordination council"')
def result(
    ctx: typer.Context,
    *,
    proposal: Annotated[
        str,
        typer.Argument(metavar="PROPOSAL", help="The question: its id, the id's beginning, or its title."),
    ],
    federation: Annotated[
        str | None, typer.Option("--federation", metavar="NAME", help="Where to look for a title.")
    ] = None,
) -> None:
    """Tell how a question stands: what its witnesses certified, or what the ballots give for now."""
    named = find_proposal(ctx, proposal, federation)
    output.answer(ctx, ask(ctx, "show-result", proposal=named), _show_result)


def find_proposal(ctx: typer.Context, named: str, federation: str | None) -> str:
    """Return the id of the one question that an id, its beginning or a title means.

    Raises:
        NotFoundError: none or several fit.
    """
    if len(named) == ids.ID_CHARS:
        return named
    known = ask(ctx, "list-proposals", federation=federation)["proposals"]
    wanted = named.casefold()
    fitting = [
        one["id"] for one in known if one["title"].casefold() == wanted or one["id"].startswith(wanted)
    ]
    if len(fitting) != 1:
        raise NotFoundError(
            f"{len(fitting)} questions fit {named!r}: see `hedgerow proposal list` and name one by its id"
        )
    return str(fitting[0])


def read_ranking(words: list[str], options: list[str]) -> list[int]:
    """Return the numbers of the options that the words name, in the same order.

    An option is named by its number, its name, or the beginning of its name where only one begins so.

    Raises:
        UserError: a word names no option or several, or one is named twice.
    """
    choice = [_read_option(word, options) for word in words]
    for number in choice:
        if choice.count(number) > 1:
            raise UserError(f"expected each choice once, found {options[number - 1]!r} again")
    return choice


def _read_option(word: str, options: list[str]) -> int:
    folded = word.strip().casefold()
    names = [option.casefold() for option in options]
    exact = [place for place, name in enumerate(names, start=1) if name == folded]
    if len(exact) == 1:
        return exact[0]
    if folded.isascii() and folded.isdigit() and 1 <= int(folded) <= len(options):
        return int(folded)
    begun = [place for place, name in enumerate(names, start=1) if folded and name.startswith(folded)]
    if len(begun) == 1:
        return begun[0]
    listed = ", ".join(f"{place} {option}" for place, option in enumerate(options[:_OPTIONS_LISTED], start=1))
    more = ", …" if len(options) > _OPTIONS_LISTED else ""
    found = "none of them" if not begun else f"{len(begun)} of them"
    raise UserError(f"expected one of {listed}{more}; {word!r} fits {found}")


# An error is one line: more options than this would hide what it says.
_OPTIONS_LISTED: Final = 12


def _show_cast(done: dict[str, Any], *, replaced: bool) -> None:
    number = output.counted(len(done["ballots"]), "ballot", "ballots")
    output.say(f"Cast {number} on “{done['title']}”:")
    for place, name in enumerate(done["chosen"], start=1):
        output.say(f"  {place}. {name}" if len(done["chosen"]) > 1 else f"  {name}")
    if replaced:
        output.say("They replace what your key cast before.")
    output.say(
        "Their numbers, to find them again (`hedgerow ballot check`):",
        *(f"  {each}" for each in done["ballots"]),
    )


def _show_result(found: dict[str, Any]) -> None:
    output.say(f"{found['title']} — {found['state']}")
    outcome = found["outcome"]
    if outcome.get("elected"):
        for place, name in enumerate(outcome["elected"], start=1):
            output.say(f"  {place}. {name}")
    else:
        output.say(f"  {VERDICTS.get(outcome['verdict'], outcome['verdict'])}")
    for choice, number in outcome.get("votes", {}).items():
        output.say(f"  {choice}: {number}")
    if "elected" in outcome and found["stages"]:
        _show_stages(found)
    output.say(
        f"{found['seats_voted']} of {output.counted(found['roll_seats'], 'seat', 'seats')} have voted."
    )
    for lot in found["lots"]:
        output.say(f"A tie at stage {lot['stage']} was broken by lot.")
    for each in found["rejected"]:
        output.say(f"Not counted: ballot {output.short(each['ballot'])}, {each['reason']}")
    _show_close(found)


def _show_close(found: dict[str, Any]) -> None:
    """Print how far the close has come, and what is to be known about it."""
    output.say(f"Result: {found['result_id']}")
    if found["state"] == "provisional":
        output.say(
            f"Provisional: {found['why_provisional']}", f"Voting ends {output.moment(found['closes'])}."
        )
        if found["phase"] in ("sealing", "stalled"):
            output.say(f"Waiting for: {', '.join(found['not_sealed']) or 'the witnesses to agree'}.")
    elif found["state"] == "certified":
        output.say(f"It takes effect {output.moment(found['in_force_from'])} unless a review is asked for.")
    output.say(found["quorum"]["in_words"])
    if found["contested"]:
        number = output.counted(len(found["contested"]), "ballot", "ballots")
        output.say(f"Contested, and not counted: {number}.")
        if found["contested_could_change_it"]:
            output.say("They could have changed the outcome.")
    for name in found["lying"]:
        output.say(f"{name} signed two different things in one place.")


def _show_stages(found: dict[str, Any]) -> None:
    """Print the votes of each option stage by stage."""
    numbers = [f"#Stage {stage['stage']}" for stage in found["stages"]]
    rows = (
        [name, *(votes(stage["totals_1e5"][place]) for stage in found["stages"])]
        for place, name in enumerate(found["options"])
    )
    output.table(["Votes", *numbers], rows)
    if found["method"] in QUOTA_METHODS:
        output.say(f"Needed to be elected: {votes(found['quota_1e5'])} votes.")
