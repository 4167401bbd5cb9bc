"""What a new election is to fill: the places of a body, checked against what the body is."""

from collections.abc import Sequence

from pydantic import ValidationError

from node import keys
from node.clock import MS_PER_DAY, MS_PER_SECOND
from node.directory import body
from node.engine.commands.bodies import NewFilling
from node.engine.desk import Desk, complaint
from node.engine.handlers.bodies.bodies import referred
from node.engine.replicas.documents import read_tree
from node.errors import ConflictError, UserError
from node.federation.membership import Members
from node.governance.closing.phases import Windows
from node.governance.fillings import Filling

_SECONDS_PER_DAY = MS_PER_DAY // MS_PER_SECOND


def filling_of(
    wanted: NewFilling | None, options: Sequence[str], *, windows: Windows, members: Members, desk: Desk
) -> Filling | None:
    """Return what an election fills; None where it fills nothing.

    Raises:
        UnknownReferenceError: there is no such body.
        ConflictError: the body is no more, or is not filled by elections.
        UserError: a place, a term or a key that cannot be.
    """
    if wanted is None:
        return None
    row = referred(wanted.body, members, desk)
    what = body.from_tree(read_tree(row))
    if what.ended:
        raise ConflictError(f"{what.title} is no more, so nobody is elected to it")
    if what.kind == "assembly":
        raise ConflictError("an assembly's seats follow from the roll: see 'hedgerow mandate grant'")
    places = tuple(sorted(set(wanted.places))) or tuple(range(1, what.places + 1))
    if places[-1] > what.places:
        raise UserError(f"expected places from 1 to {what.places}, found {places[-1]}")
    days = wanted.term_days or what.term_days
    if days == 0:
        raise UserError(
            "expected for how many days they are elected (--term), for this body has no usual term: see"
            " 'hedgerow body set'"
        )
    starts = windows.in_force_from if wanted.starts is None else wanted.starts
    if starts < windows.closes:
        raise UserError("expected a term that starts after voting ends")
    keys_of = _keys(wanted, options)
    try:
        return Filling(
            body=row.id,
            places=places,
            starts=starts,
            ends=starts + days * _SECONDS_PER_DAY,
            keys=keys_of,
        )
    except ValidationError as error:
        raise complaint(error) from error


def _keys(wanted: NewFilling, options: Sequence[str]) -> tuple[bytes | None, ...]:
    for name in wanted.keys:
        if name not in options:
            raise UserError(f"expected a key for one of {', '.join(options)}, found one for {name!r}")
    found = tuple(keys.parse(wanted.keys[name]) if name in wanted.keys else None for name in options)
    known = [key for key in found if key is not None]
    if len(set(known)) < len(known):
        raise UserError("expected a key of their own for each, found one key for two")
    return found
