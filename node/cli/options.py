"""Options that several commands take, spelled alike."""

from typing import Annotated, TypeAlias

import typer

from node.errors import UserError

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
OffsetOption: TypeAlias = Annotated[
    int, typer.Option("--offset", min=0, metavar="N", help="Leave out the first ones.")
]
LanguageOption: TypeAlias = Annotated[
    str, typer.Option("--language", metavar="TAG", help="Language of these words, such as en or pt-BR.")
]
PassphraseFlag: TypeAlias = Annotated[
    bool, typer.Option("--passphrase", help="Ask for a passphrase that the key files open with.")
]


def country_code(given: str | None) -> str | None:
    """Return a country's code in capitals, as it is kept; None where nothing was said.

    Raises:
        UserError: it is not two letters.
    """
    if given and not (len(given) == len("CH") and given.isascii() and given.isalpha()):
        raise UserError(
            f"--country: expected the two letters of a country, such as CH for Switzerland, found {given!r}"
        )
    return given.upper() if given else None


def in_seconds(hours: int | None) -> int | None:
    """Return hours in seconds; none where nothing was said."""
    return hours * 3_600 if hours is not None else None
