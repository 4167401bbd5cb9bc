"""Community sizes: who attested what, and which number the bylaws make of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.ids import CommunityId, PayloadId
from node.records import serials
from node.records.statement import Id, Positive, Statement


class SizeAttestation(Statement):
    """The stewards of `attester` state how many people live in `subject`; the highest serial counts."""

    kind: ClassVar[str] = "attestation"
    federation: Id
    attester: Id
    subject: Id
    claim: Literal["size"] = "size"
    size: Annotated[int, Field(ge=1, le=10**9)]
    serial: Positive


@dataclass(frozen=True, slots=True)
class Size:
    """A community's size for the roll, and the attestations it rests on."""

    community: CommunityId
    size: int
    attestations: tuple[PayloadId, ...]


def last_day(now: int, days: Sequence[str]) -> int | None:
    """Return when the last of some days of the year began (UTC): the day up to which sizes count.

    Args:
        now: seconds since 1970, as what is returned.
        days: such as "01-01"; None is returned where there are none, 0 before the first of them.
    """
    year = datetime.fromtimestamp(now, UTC).year
    begun = [at for each in (year - 1, year) for at in _beginnings(each, days) if at <= now]
    return max([0, *begun]) if days else None


def next_day(now: int, days: Sequence[str]) -> int:
    """Return when the next of some days of the year begins (UTC); there must be one."""
    year = datetime.fromtimestamp(now, UTC).year
    return min(at for each in (year, year + 1) for at in _beginnings(each, days) if at > now)


def _beginnings(year: int, days: Sequence[str]) -> list[int]:
    """Return when days of a year begin, in seconds since 1970."""
    read = [(int(day[:2]), int(day[3:])) for day in days]
    return [int(datetime(year, month, day, tzinfo=UTC).timestamp()) for month, day in read]


def latest(attestations: Iterable[SizeAttestation]) -> list[SizeAttestation]:
    """Return the one that counts of each attester about each subject, sorted."""
    return serials.latest(attestations, lambda one: (one.subject, one.attester))


def sizes(
    members: Iterable[CommunityId],
    attestations: Iterable[SizeAttestation],
    *,
    entitled: Callable[[bytes, bytes], bool],
    witnesses: int,
) -> tuple[list[Size], list[CommunityId]]:
    """Return the sizes as the bylaws make them, and the members whose size nobody entitled attested.

    The size is the largest that at least `witnesses` entitled attesters put at that or more: one attester
    can neither inflate nor deflate it alone where more than one is asked for.

    `entitled` tells of an attester and a community whether the one's word about the other counts.
    """
    known = sorted(members)
    # By subject: whoever states sizes of thousands that do not exist makes nobody go through them for each.
    about: dict[bytes, list[SizeAttestation]] = {member: [] for member in known}
    for one in latest(attestations):
        if one.subject in about and one.attester in about and entitled(one.attester, one.subject):
            about[one.subject].append(one)
    found: list[Size] = []
    missing: list[CommunityId] = []
    for member in known:
        ranked = sorted(about[member], key=lambda one: (-one.size, one.payload_id))
        if len(ranked) < witnesses:
            missing.append(member)
        else:
            resting = tuple(sorted(one.payload_id for one in ranked[:witnesses]))
            found.append(Size(member, ranked[witnesses - 1].size, resting))
    return found, missing
