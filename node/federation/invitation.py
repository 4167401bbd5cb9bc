"""Invitations: a link a steward hands to a neighbour, by any channel.

The inviter keeps the secret's hash and judges expiry alone, by its own clock, before it signs anything;
nobody else ever needs to. An invitation serves once.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from pydantic import Field

from node import canonical, ids, keys
from node.clock import MS_PER_SECOND, Timestamp
from node.errors import UserError
from node.ids import FederationId
from node.keys import PublicKey
from node.records.statement import Id, Natural, Part

_PREFIX = "hedgerow:join?"
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the link says."""

    federation: FederationId
    inviter: PublicKey
    addresses: tuple[str, ...]
    secret: bytes
    expires: Timestamp

    def link(self) -> str:
        """Write the invitation as a link to paste or to put into a QR code."""
        fields = [
            ("federation", ids.show(self.federation)),
            ("from", keys.show(self.inviter)),
            *(("at", address) for address in self.addresses),
            ("secret", ids.show(self.secret)),
            ("until", str(self.expires // MS_PER_SECOND)),
        ]
        return _PREFIX + urlencode(fields)


class Issued(Part):
    """What the inviter keeps of an invitation: enough to honour it, not enough to use it.

    Attributes:
        expires: milliseconds since 1970, by the inviter's clock.
        used_by: the community that used it, or None.
    """

    federation: Id
    expires: Natural
    used_by: Id | None = Field(default=None)


def secret_hash(secret: bytes) -> bytes:
    """Return the hash under which the inviter remembers a secret."""
    return canonical.digest("hedgerow/invitation/1", secret)


def parse(link: str) -> Invitation:
    """Read a link.

    Raises:
        UserError: not an invitation; it says what is missing.
    """
    cleaned = link.strip()
    if not cleaned.startswith(_PREFIX):
        raise UserError(f"expected an invitation that begins with {_PREFIX}, found {cleaned[:60]!r}")
    try:
        fields = parse_qs(cleaned.removeprefix(_PREFIX), max_num_fields=16)
    except ValueError as error:
        raise UserError("the invitation holds more than it should; was it copied rightly?") from error

    def one(name: str) -> str:
        found = fields.get(name, [])
        if len(found) != 1:
            raise UserError(f"the invitation should name its {name!r} once; was the whole link copied?")
        return found[0]

    until = one("until")
    if not (until.isascii() and until.isdigit() and len(until) <= 12):
        raise UserError("the invitation's 'until' should be a number of seconds")
    return Invitation(
        federation=FederationId(ids.parse(one("federation"))),
        inviter=keys.parse(one("from")),
        addresses=tuple(fields.get("at", [])),
        secret=ids.parse(one("secret")),
        expires=Timestamp(int(until) * MS_PER_SECOND),
    )
