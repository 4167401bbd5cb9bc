"""`hedgerow decision withdraw`, `review`, `annul` and `effects`: what may still be said, and what acts."""

from typing import Annotated, Any

import typer

from node.cli import output
from node.cli.asking import ask
from node.cli.options import FederationOption, ProposalArgument
from node.cli.voting import find_proposal
from node.governance.closing.quorum import Footnotes

# Commands of the group `decision`.
app = typer.Typer(rich_markup_mode=None)


@app.command(epilog='Example: hedgerow decision withdraw "Shall we buy a cargo bike together?"')
def withdraw(ctx: typer.Context, *, proposal: ProposalArgument, federation: FederationOption = None) -> None:
    """Take back your community's question before ballots are sealed."""
    done = ask(ctx, "withdraw-proposal", proposal=find_proposal(ctx, proposal, federation))
    output.answer(
        ctx,
        done,
        lambda shown: output.say(
            f"“{shown['title']}” is taken back as soon as enough witnesses have certified it."
        ),
    )


@app.command(
    epilog='Example: hedgerow decision review "Shall we buy a cargo bike?" "Hillside could not vote."'
)
def review(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    reason: Annotated[str, typer.Argument(metavar="REASON", help="Why it shall be looked at again.")],
    federation: FederationOption = None,
) -> None:
    """Ask that a certified decision be looked at again. That has to be before its time for it is over."""
    done = ask(ctx, "ask-review", proposal=find_proposal(ctx, proposal, federation), reason=reason)
    output.answer(ctx, done, _show_review)


@app.command(epilog='Example: hedgerow decision annul "Shall we buy a cargo bike together?"')
def annul(
    ctx: typer.Context,
    *,
    proposal: ProposalArgument,
    text: Annotated[str, typer.Option("--text", metavar="TEXT", help="More about it, such as why.")] = "",
    federation: FederationOption = None,
) -> None:
    """Put the question whether a decision is annulled. If that is refused, it is upheld."""
    named = find_proposal(ctx, proposal, federation)
    title = ask(ctx, "show-result", proposal=named)["title"]
    put = ask(
        ctx,
        "open-proposal",
        title=f"Annul: {title}"[:200],
        text=text,
        effect={"act": "annul", "decision": named},
        federation=federation,
    )
    output.answer(ctx, put, _show_annul)


@app.command(epilog="Example: hedgerow decision effects")
def effects(ctx: typer.Context, *, federation: FederationOption = None) -> None:
    """List what decisions do, and whether they do it now."""
    output.answer(ctx, ask(ctx, "list-effects", federation=federation), _show_effects)


def _show_review(done: dict[str, Any]) -> None:
    output.say(f"Asked for a review of “{done['title']}”: {done['asked']} of {done['needed']} that must.")
    if done["asked"] >= done["needed"]:
        output.say("The review is open. Decide about it with:", "  hedgerow decision annul ...")
    else:
        output.say(f"Others may ask until {output.moment(done['until'])}.")


def _show_annul(put: dict[str, Any]) -> None:
    output.say(
        f"The question is put; {output.counted(put['seats_on_roll'], 'seat', 'seats')} may vote on it.",
        f"If it passes: {put['effect']['in_words']}",
        f"Voting ends {output.moment(put['closes'])}.",
    )


def _show_effects(found: dict[str, Any]) -> None:
    if not found["effects"]:
        output.say("No decision does anything by itself yet.")
    notes = Footnotes(one["quorum"] for one in found["effects"])
    for one in found["effects"]:
        state = "in effect" if one["acts"] else one["state"]
        said = f"{one['effect']['in_words']} ({state}: “{one['title']}”)"
        output.say(notes.mark(said, one["quorum"]))
    for one in found["suspended"]:
        output.say(f"Suspended: {output.named(one['name'], one['community'])}")
    output.say(*notes.lines())
