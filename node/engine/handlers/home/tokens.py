"""Commands about the tokens of programs: what is kept of each, and for how long it holds."""

from typing import Final

from pydantic import ValidationError

from node import canonical
from node.clock import MS_PER_HOUR
from node.engine.commands import AddToken, ListTokens, NoteTokenUse, RemoveToken
from node.engine.desk import Answer, Desk, Done
from node.errors import ConflictError, NotFoundError
from node.records.statement import Natural, Part

_DRAWER: Final = "tokens"
# A steward who needs more has lost count of them; each request with a token is compared with all.
TOKENS_MAX: Final = 100
_SHORT_BYTES: Final = 4


class _Kept(Part):
    """What is kept of a token under its SHA-256.

    Attributes:
        created: milliseconds since 1970.
        used: the whole hour since 1970 in which it was last shown, None before the first time.
    """

    name: str
    scopes: list[str]
    created: Natural
    used: Natural | None = None


def add_token(command: AddToken, desk: Desk) -> Done:
    """Keep the hash of a token."""
    known = desk.store.local.all(_DRAWER)
    if any(digest[:_SHORT_BYTES] == command.digest[:_SHORT_BYTES] for digest, _ in known):
        raise ConflictError("a token of that short name is there already: make another one")
    if len(known) >= TOKENS_MAX:
        raise ConflictError(
            f"expected at most {TOKENS_MAX} tokens, found as many already: remove one that nobody uses"
        )
    kept = _Kept(name=command.name, scopes=sorted(set(command.scopes)), created=desk.now)
    _keep(command.digest, kept, desk)
    return Done(_shown(command.digest, kept))


def list_tokens(_: ListTokens, desk: Desk) -> Done:
    """List the tokens that hold."""
    found = [
        {**_shown(digest, _read(value)), "digest": digest.hex()}
        for digest, value in desk.store.local.all(_DRAWER)
    ]
    return Done({"tokens": sorted(found, key=lambda one: (one["created"], one["token"]))})


def remove_token(command: RemoveToken, desk: Desk) -> Done:
    """Let a token hold no longer."""
    digest, kept = _find(command.token, desk)
    desk.store.local.remove(_DRAWER, digest)
    return Done({"token": command.token, "name": kept.name})


def note_token_use(command: NoteTokenUse, desk: Desk) -> Done:
    """Note the hour in which a token was shown: that it is used at all is what a steward wants to know."""
    digest, kept = _find(command.token, desk)
    used = desk.now // MS_PER_HOUR
    if kept.used != used:
        _keep(digest, kept.model_copy(update={"used": used}), desk)
    return Done({"token": command.token, "used": used})


def _find(token: str, desk: Desk) -> tuple[bytes, _Kept]:
    for digest, value in desk.store.local.all(_DRAWER):
        if _short(digest) == token:
            return digest, _read(value)
    raise NotFoundError(f"expected the short name of a token of this node, found {token}: there is none")


def _keep(digest: bytes, kept: _Kept, desk: Desk) -> None:
    desk.store.local.put(_DRAWER, digest, canonical.encode(kept.model_dump()))


def _read(value: bytes) -> _Kept:
    try:
        return _Kept.model_validate(canonical.decode(value))
    except ValidationError as error:
        raise AssertionError(f"a stored token is broken: {error}") from error


def _shown(digest: bytes, kept: _Kept) -> Answer:
    return {"token": _short(digest), **kept.model_dump()}


def _short(digest: bytes) -> str:
    return digest[:_SHORT_BYTES].hex()
