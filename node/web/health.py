"""Whether the node answers: what a supervisor, a container or a proxy asks every few seconds."""

import asyncio
from typing import Final

from node.engine import commands
from node.errors import NodeError
from node.web.api.operations import AnyOperation, Operation, Plain, Told
from node.web.asking import CONFIG
from node.web.problems import RETRY_AFTER_S, RefusedError
from node.web.schemas.node import Health

# A core that has not answered by then stands still, or works on something too large.
ANSWER_S_MAX: Final = 5.0


async def health(call: Plain) -> Told:
    """Ask the core something small.

    Raises:
        RefusedError: 503, with the reason, when it does not answer.
    """
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            await call.ask(commands.ShowNode())
    except TimeoutError as error:
        raise _failing(f"The core has not answered for {ANSWER_S_MAX:g} s.") from error
    except NodeError as error:
        raise _failing(f"The core answered with {type(error).__name__}.") from error
    return Told(Health(version=call.request.app[CONFIG].version))


def _failing(reason: str) -> RefusedError:
    return RefusedError(503, reason, headers={"Retry-After": RETRY_AFTER_S})


OPERATION: Final[AnyOperation] = Operation(
    "checkHealth", "GET", "/healthz", "Whether the node answers", health, Health
)
