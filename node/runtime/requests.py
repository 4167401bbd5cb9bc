"""Commands as they travel between the `hedgerow` command and a running node: JSON in, JSON or a problem out.

A problem is an object after RFC 9457 whose `title` is the name of our error class, so that the command can
raise the very error that the node raised.
"""

import json
from typing import Any, Final

from pydantic import ValidationError

from node import errors
from node.engine import commands
from node.engine.commands import Command
from node.errors import NodeError, PeerError, StorageError, UserError
from node.records.complaints import in_words

COMMAND_PATH: Final = "/v1/command"
# An import of 48 MiB in base64; larger files are split by whoever exports them.
REQUEST_BYTES_MAX: Final = 64 * 1024 * 1024

_STATUS: Final = (
    (errors.UnknownReferenceError, 422),
    (errors.NotFoundError, 404),
    (errors.ConflictError, 409),
    (errors.NotAuthorisedError, 403),
    (UserError, 400),
    (PeerError, 400),
    (errors.StoreBusyError, 503),
    (StorageError, 500),
)


def read_command(data: bytes) -> Command:
    """Read a command.

    Raises:
        UserError: it is none; the message names the first mistake.
    """
    try:
        return commands.from_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        # The first step is the command's own name, which the caller knows.
        place = ".".join(str(step) for step in first["loc"][1:])
        message = in_words(first)
        raise UserError(f"{place}: {message}" if place else f"expected a command: {message}") from error


def problem(error: NodeError) -> dict[str, Any]:
    """Return an error as a problem object."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    return {"type": "about:blank", "title": type(error).__name__, "detail": str(error), "status": status}


def as_bytes(tree: dict[str, Any]) -> bytes:
    """Write a result or a problem."""
    return json.dumps(tree, ensure_ascii=False).encode()
