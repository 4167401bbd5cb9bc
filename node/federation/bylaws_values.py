"""Values of bylaws as people write them: days of the year, times in words, communities by their ids."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from node import ids
from node.errors import UserError
from node.limits import MEMBERS_PER_FEDERATION_MAX

Count = Annotated[int, Field(ge=1, le=MEMBERS_PER_FEDERATION_MAX)]


def listed(value: object) -> object:
    """Return a list of a TOML file as bylaws hold it; everything else is left to the check."""
    return tuple(value) if isinstance(value, list) else value


def _calendar_day(written: str) -> str:
    """Check that a day stands in every year's calendar."""
    # Not `\d`, which is any alphabet's digit: what is signed would say one day in many ways.
    found = re.fullmatch(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", written)
    if found is None or int(found[2]) > _DAYS_OF_MONTHS[int(found[1]) - 1]:
        raise ValueError(f'expected a day that every year has, such as "01-01", found {written!r}')
    return written


_DAYS_OF_MONTHS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
Day = Annotated[str, AfterValidator(_calendar_day)]

_UNITS: Final = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
_SPAN: Final = re.compile(r"([0-9]{1,6}) (second|minute|hour|day|week)s?")


def _seconds(value: object) -> object:
    """Return seconds for a span in words such as "7 days"; everything else is left to the check."""
    if not isinstance(value, str):
        return value
    found = _SPAN.fullmatch(value.strip().casefold())
    if found is None:
        raise ValueError(f'expected a time such as "7 days" or "90 minutes", found {value!r}')
    return int(found[1]) * _UNITS[found[2]]


# At most ten years: whatever is longer is a slip of the pen.
Span = Annotated[int, BeforeValidator(_seconds), Field(ge=0, le=315_576_000)]


def _communities(value: object) -> object:
    """Return ids, ascending, for a list of them as people write them; all else is left to the check."""
    if not isinstance(value, list | tuple):
        return value
    try:
        found = [ids.parse(one) if isinstance(one, str) else one for one in value]
    except UserError as error:
        raise ValueError(str(error)) from error
    return tuple(sorted(found)) if all(isinstance(one, bytes) for one in found) else tuple(found)


_Community = Annotated[
    bytes,
    Field(min_length=ids.ID_BYTES, max_length=ids.ID_BYTES),
    PlainSerializer(ids.show, return_type=str, when_used="json"),
]
Chosen = Annotated[tuple[_Community, ...], BeforeValidator(_communities)]
