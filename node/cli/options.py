"""Options that several commands take, spelled alike."""

from typing import Annotated, TypeAlias

import typer

FederationOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--federation", metavar="NAME", help="Name or id; not needed while you belong to just one."),
]
ProposalArgument: TypeAlias = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="The question: its id, the id's beginning, or its title.")
]
OpensInOption: TypeAlias = Annotated[
    int | None, typer.Option("--opens-in", min=0, max=720, metavar="HOURS", help="When voting opens.")
]
LimitOption: TypeAlias = Annotated[
    int, typer.Option("--limit", min=1, max=1_000, metavar="N", help="How many at most.")
]
LanguageOption: TypeAlias = Annotated[
    str, typer.Option("--language", metavar="TAG", help="Language of these words, such as en or pt-BR.")
]
PassphraseFlag: TypeAlias = Annotated[
    bool, typer.Option("--passphrase", help="Ask for a passphrase that the key files open with.")
]


def in_seconds(hours: int | None) -> int | None:
    """Return hours in seconds; none where nothing was said."""
    return hours * 3_600 if hours is not None else None
