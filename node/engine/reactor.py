"""Persist before send: the order in which a node's writes and words leave it.

Inputs are handled one after the other inside one transaction; what they ask of the world is held back until
`commit` has made their writes durable. The simulator and the shell drive this same class, so a crash between
the two loses words together with the writes behind them: a node never has to take back what it said.
"""

from node.clock import Timestamp
from node.engine.effects import Effect
from node.engine.engine import Engine
from node.engine.inputs import Input
from node.engine.ports import Store


class Reactor:
    """Drive an engine over a store.

    Attributes:
        accounts: tells on whose account what is done.
    """

    def __init__(self, engine: Engine, store: Store) -> None:
        self._engine = engine
        self.accounts = engine.accounts
        self._store = store
        self._held: list[Effect] = []

    def handle(self, received: Input, now: Timestamp) -> None:
        """Handle one input; its effects wait for the next commit."""
        self._held += self._engine.handle(received, now)

    def commit(self) -> list[Effect]:
        """Make everything handled so far durable, then release what it asks of the world, in order."""
        self._held += self._engine.conclude()
        self._store.commit()
        released, self._held = self._held, []
        return released
