"""How a feed is taken up from a checkpoint: the message before the entries from its place on."""

from dataclasses import dataclass

from node.feeds import checkpoints, stretch
from node.feeds.checkpoints import Checkpoint
from node.feeds.stretch import Stretch


@dataclass(frozen=True, slots=True)
class Beginning:
    """The answer to a want begins at the place that the checkpoint in this stretch names."""

    stretch: Stretch


def named(sent: Beginning) -> Checkpoint | None:
    """Return the last checkpoint that a stretch says, once it is proved; None where it says none.

    Raises:
        BadSignatureError: its author did not sign it.
    """
    said = map(checkpoints.of, reversed(stretch.prove(sent.stretch)))
    return next((one for one in said if one is not None), None)
