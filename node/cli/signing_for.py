"""Who signs for a new community: its stewards, its guardians, and what `hedgerow init` says about them."""

from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import typer

from node import keys
from node.cli import output
from node.cli.asking import passphrase_of
from node.engine.setup import FurtherStewards
from node.errors import UserError
from node.identity.charter import KeySet
from node.keys import PublicKey
from node.runtime.keyrings import KeyOpener

# A charter names at most 32 stewards, and one key is made here; of guardians at most 32 as well.
_FURTHER_STEWARDS_MAX: Final = 31
_GUARDIANS_MAX: Final = 32
_SAFE_PLACE: Final = "a safe place that is not this machine"

StewardOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--steward", metavar="KEY", help="A further steward's key; repeat it."),
]
SignWithOption: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--sign-with",
        metavar="FILE",
        help="A further steward's key file, at hand; so many sign from now on.",
    ),
]
GuardianOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--guardian", metavar="KEY", help="A recovery key that somebody else keeps; repeat it for each."
    ),
]
NeededOption: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--guardians-needed",
        min=1,
        metavar="N",
        help="How many of them must sign; more than half if not said.",
    ),
]


def further_stewards(given: list[str], files: list[Path]) -> FurtherStewards:
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
    _check_once(_named(further), "further steward")
    return further


def guardians(given: list[str], needed: int | None, further: FurtherStewards) -> KeySet | None:
    """Return the recovery keys that others keep, and how many must sign; None where one is made here.

    Raises:
        UserError: there are too many or too few, one is named twice, or one is a steward's.
    """
    if not given:
        if needed is not None:
            raise UserError("expected guardians for --guardians-needed: name each with --guardian KEY")
        return None
    if len(given) > _GUARDIANS_MAX:
        raise UserError(f"expected at most {_GUARDIANS_MAX} guardians, found {len(given)}")
    named = [bytes(keys.parse(one)) for one in given]
    _check_once(named, "guardian")
    if both := sorted(set(named) & set(_named(further))):
        raise UserError(
            f"expected guardians whose keys are no steward's, found {keys.show(PublicKey(both[0]))} as both"
        )
    if needed is not None and needed > len(named):
        raise UserError(f"expected at most {len(named)} for --guardians-needed, found {needed}")
    return KeySet(keys=tuple(sorted(named)), threshold=needed or len(named) // 2 + 1)


def _named(further: FurtherStewards) -> list[bytes]:
    return [*map(bytes, further.keys), *(bytes(one.public) for one in further.signing)]


def _check_once(named: list[bytes], what: str) -> None:
    if twice := next((one for one in named if named.count(one) > 1), None):
        raise UserError(f"expected every {what} once, found {keys.show(PublicKey(twice))} twice")


def numbers(further: FurtherStewards) -> dict[str, int]:
    """Return how many stewards and guardians a new community has, and how many of each must sign."""
    signing = 1 + len(further.signing)
    recovery = further.guardians
    return {
        "stewards": signing + len(further.keys),
        "threshold": signing,
        "guardians": len(recovery.keys) if recovery is not None else 0,
        "guardians_needed": recovery.threshold if recovery is not None else 0,
    }


def show_made(made: dict[str, Any]) -> None:
    """Print what was made, what to put away, and who signs from now on."""
    who = f"“{made['name']}”" if made["name"] else "Your community"
    if made["guardians"]:
        put_away = [f"Now move one file to {_SAFE_PLACE}, a USB stick in a drawer for example:"]
    else:
        put_away = [
            f"Now move two files to {_SAFE_PLACE}, a USB stick in a drawer for example:",
            f"  {made['keys']}/recovery.pem   gets your community back when all else is lost",
        ]
    output.say(
        f"{who} is founded. Its id, which never changes:",
        f"  {made['community']}",
        f"Everything lies in {made['data']}.",
        "",
        *put_away,
        f"  {made['keys']}/next.pem       the steward's next key, should the present one ever have to go",
        "",
        *_shared_words(made),
        "Then start the node:",
        "  hedgerow serve",
    )


def _shared_words(made: dict[str, Any]) -> list[str]:
    """Return what must be known of how many sign, and which keys need only one; nothing for one steward."""
    must, all_of, said = made["threshold"], made["stewards"], list[str]()
    if made["guardians"]:
        must_guard = f"{made['guardians_needed']} of its {made['guardians']} guardians"
        said = [f"When all else is lost, {must_guard} get it back: no file on this machine does."]
    if must > 1:
        said += [
            f"From now on {must} of its {all_of} stewards must sign whatever it says. What waits:",
            "  hedgerow approve",
            *_single_keys(made),
        ]
    elif all_of > 1:
        said.append(f"Each of its {all_of} stewards can sign alone whatever it says from now on.")
    return [*said, ""] if said else []


def _single_keys(made: dict[str, Any]) -> list[str]:
    if made["guardians"]:
        return ["The file above is a single key: keep it where no steward comes to it alone."]
    return [
        "Each of the two files above is a single key that needs no second one, and recovery.pem beats",
        "the stewards where it retires a device: keep them where no steward comes to them alone, or name",
        "guardians (--guardian) of whom several must sign.",
    ]
