"""Answers one command over a data folder in which no node runs: the same engine, no network."""

import os

from node.engine.effects import Reply
from node.engine.inputs import CommandReceived
from node.errors import NodeError
from node.runtime import clock, config, requests
from node.runtime.keyrings import AskPassphrase
from node.runtime.opening import open_core
from node.storage.files.folder import DataFolder

_TICKET = 1


def answer(folder: DataFolder, request: bytes, ask: AskPassphrase) -> dict[str, object]:
    """Carry out one command and return its answer; the caller holds the folder's lock.

    What else the engine asks of the world (to dial, to wake) is left to the next start of the node, which
    finds in the store why.

    Raises:
        NodeError: what the engine answered instead, or why the folder cannot be opened.
    """
    command = requests.read_command(request)
    settings = config.load(folder.config_file, os.environ, {})
    core = open_core(folder, ask, store=settings.store)
    try:
        core.reactor.handle(CommandReceived(_TICKET, command), clock.now())
        effects = core.reactor.commit()
    finally:
        core.store.close()
    (reply,) = [effect for effect in effects if isinstance(effect, Reply)]
    if isinstance(reply.result, NodeError):
        raise reply.result
    return reply.result
