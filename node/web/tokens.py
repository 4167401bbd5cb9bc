"""Bearer tokens: what a program shows to publish, or to read where reading is not open.

A token is 32 random bytes, shown once; what is kept is its SHA-256, from which nobody gets back to it. A
token can do no more than its scopes say, and nothing on the public listener.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, Protocol

from aiohttp import hdrs, web

from node import ids
from node.clock import Timestamp
from node.errors import NotFoundError, UserError
from node.web.problems import RefusedError

SECRET_BYTES: Final = 32
# The beginning lets people and scanners tell what leaked.
PREFIX: Final = "hedgerow_"
CONSTANT_TIME: Final[Callable[[bytes, bytes], bool]] = hmac.compare_digest
_SCHEME: Final = "bearer "
_CHALLENGE: Final = 'Bearer realm="hedgerow"'


class Scope(StrEnum):
    """What a token is good for; `publish` includes `read`."""

    READ = "read"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What is kept of a token.

    Attributes:
        name: what the steward called it.
        digest: SHA-256 of its 32 bytes; the first eight hexadecimal digits name it in lists.
    """

    name: str
    scopes: frozenset[Scope]
    digest: bytes
    created: Timestamp

    @property
    def id(self) -> str:
        """Return what the token is called in commands."""
        return self.digest.hex()[:8]


class Tokens(Protocol):
    """Keeps tokens."""

    async def all(self) -> list[StoredToken]:
        """Return every token."""
        ...

    async def add(self, token: StoredToken) -> None:
        """Keep a token."""
        ...

    async def remove(self, token: str) -> None:
        """Forget a token by its id.

        Raises:
            NotFoundError: there is none.
        """
        ...


class TokensInMemory:
    """Tokens that end with the process."""

    def __init__(self) -> None:
        self._held: dict[str, StoredToken] = {}

    async def all(self) -> list[StoredToken]:
        """Return every token, in the order they were added."""
        return list(self._held.values())

    async def add(self, token: StoredToken) -> None:
        """Keep a token."""
        self._held[token.id] = token

    async def remove(self, token: str) -> None:
        """Forget a token by its id."""
        if self._held.pop(token, None) is None:
            raise NotFoundError("there is no such token")


TOKENS: Final[web.AppKey[Tokens]] = web.AppKey("TOKENS")


def make(
    name: str, scopes: frozenset[Scope], *, entropy: Callable[[int], bytes], now: Timestamp
) -> tuple[str, StoredToken]:
    """Draw a token and return how it is written, to be shown once, with what is to be kept of it."""
    secret = entropy(SECRET_BYTES)
    return PREFIX + ids.show(secret), StoredToken(name, scopes, sha256(secret).digest(), now)


async def check(request: web.Request, needs: Scope) -> None:
    """Make sure that a request carries a token good for this.

    Raises:
        RefusedError: 401 without a known token, 403 with one for something else.
    """
    written = request.headers.get(hdrs.AUTHORIZATION, "")
    found = match(written, await request.app[TOKENS].all())
    if found is None:
        raise RefusedError(
            401,
            "Expected a token of this node: Authorization: Bearer hedgerow_…",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    if needs not in found.scopes and Scope.PUBLISH not in found.scopes:
        raise RefusedError(403, f"The token {found.name!r} may not {needs}.")


def match(
    written: str, known: list[StoredToken], *, compare: Callable[[bytes, bytes], bool] = CONSTANT_TIME
) -> StoredToken | None:
    """Return the token that was shown in an Authorization header, None for any other.

    Every stored digest is compared, each in constant time, so that neither the time of an answer nor the
    place of a token in the list tells a guesser anything.
    """
    digest = sha256(_secret(written)).digest()
    found = None
    for token in known:
        if compare(token.digest, digest):
            found = token
    return found


def _secret(written: str) -> bytes:
    """Return the bytes of a token as it was shown; none for anything else, which is compared all the same."""
    if not written.lower().startswith(_SCHEME):
        return b""
    try:
        return ids.parse(written[len(_SCHEME) :].strip().removeprefix(PREFIX))
    except UserError:
        return b""
