"""Bearer tokens: what a program shows to publish, or to read where reading is not open.

A token is 32 random bytes, shown once; what is kept is its SHA-256, from which nobody gets back to it. A
token can do no more than its scopes say, and nothing on the public listener.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from node.clock import MS_PER_HOUR, Timestamp
from node.engine import commands
from node.errors import NotFoundError
from node.web import token_spelling
from node.web.asking import NOW, Asks
from node.web.problems import RefusedError

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
        used: the whole hour since 1970 in which it was last shown, None before the first time.
    """

    name: str
    scopes: frozenset[Scope]
    digest: bytes
    created: Timestamp
    used: int | None = None

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

    async def note_use(self, token: StoredToken) -> None:
        """Note that a token was shown in this hour."""
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

    async def note_use(self, token: StoredToken) -> None:
        """Note nothing: what ends with the process needs no history."""


class TokensInStore:
    """Tokens as the node keeps them, whoever of its stewards made them.

    Args:
        asks: gives commands to the core.
    """

    def __init__(self, asks: Asks) -> None:
        self._asks = asks

    async def all(self) -> list[StoredToken]:
        """Return every token; asked at each request, so that one that was removed holds no longer."""
        return [
            StoredToken(
                name=one["name"],
                scopes=frozenset(Scope(scope) for scope in one["scopes"]),
                digest=bytes.fromhex(one["digest"]),
                created=Timestamp(one["created"]),
                used=one["used"],
            )
            for one in (await self._asks.ask(commands.ListTokens()))["tokens"]
        ]

    async def add(self, token: StoredToken) -> None:
        """Keep a token."""
        scopes = tuple(sorted(scope.value for scope in token.scopes))
        await self._asks.ask(
            commands.AddToken.model_validate({"name": token.name, "scopes": scopes, "digest": token.digest})
        )

    async def remove(self, token: str) -> None:
        """Forget a token by its id."""
        await self._asks.ask(commands.RemoveToken(token=token))

    async def note_use(self, token: StoredToken) -> None:
        """Note that a token was shown in this hour."""
        await self._asks.ask(commands.NoteTokenUse(token=token.id))


TOKENS: Final[web.AppKey[Tokens]] = web.AppKey("TOKENS")


def make(
    name: str, scopes: frozenset[Scope], *, entropy: Callable[[int], bytes], now: Timestamp
) -> tuple[str, StoredToken]:
    """Draw a token and return how it is written, to be shown once, with what is to be kept of it."""
    written, digest = token_spelling.draw(entropy)
    return written, StoredToken(name, scopes, digest, now)


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
    if found.used != request.app[NOW]() // MS_PER_HOUR:
        # Once an hour: a write for each request would cost more than what is asked.
        await request.app[TOKENS].note_use(found)


# What a supervisor asks, which says nothing of what is kept here.
_ALWAYS_OPEN: Final = "/healthz"


@web.middleware
async def needed_to_read(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask for a token whatever is read: pages and feeds say what the API says."""
    if request.path != _ALWAYS_OPEN:
        await check(request, Scope.READ)
    return await handler(request)


def match(
    written: str, known: list[StoredToken], *, compare: Callable[[bytes, bytes], bool] = CONSTANT_TIME
) -> StoredToken | None:
    """Return the token that was shown in an Authorization header, None for any other.

    Every stored digest is compared, each in constant time, so that neither the time of an answer nor the
    place of a token in the list tells a guesser anything.
    """
    shown = written[len(_SCHEME) :] if written.lower().startswith(_SCHEME) else ""
    digest = token_spelling.digest(shown)
    found = None
    for token in known:
        if compare(token.digest, digest):
            found = token
    return found
