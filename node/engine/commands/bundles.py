"""Commands about bundles: the same signed entries in a file, for neighbours without a network.

A bundle of gigabytes goes through a running node in small commands, between which it answers others. The
caller frames what is answered into a file, and unpacks a file into what is asked (docs/bundles.md).
"""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name
from node.feeds.bundle import PART_BYTES_MAX

# Parts that one command carries at most, for when no node runs and nobody waits.
PARTS_PER_COMMAND_MAX: Final = 32
# Branches that one command names at most.
BRANCHES_PER_COMMAND_MAX: Final = 1_000

# What a look at one part may assume of the parts before: the devices and founders of some federations.
ASSUMED_MAX: Final = 10_000

Content = Annotated[bytes, Field(min_length=1, max_length=PART_BYTES_MAX)]
Federations = Annotated[tuple[Name, ...], Field(max_length=32)]


class PlanBundle(Ask):
    """What a bundle shall hold: {reader, name, federations, branches, entries, opening, closing, ...}.

    For a neighbour or fellow member, all that is shared with it, or of its federations those named; for
    anybody, what is public and of the federations named. `opening` and `closing` are the contents of the
    first and last parts; the stretches of the `branches` come between them, by `PackBundle`.
    """

    command: Literal["plan-bundle"] = "plan-bundle"
    question: ClassVar[bool] = True
    peer: Name | None = None
    federations: Federations = ()
    since_last: bool = False


class Branch(Ask):
    """A branch of a feed to be written: from behind `after` to its `head`; keys and ids as plain bytes."""

    scope: Name
    device: Annotated[bytes, Field(min_length=32, max_length=32)]
    head: Annotated[bytes, Field(min_length=32, max_length=32)]
    after: Annotated[int, Field(ge=0)]


class PackBundle(Ask):
    """The contents of parts that hold these branches: {contents, done, after, entries, left_out}.

    `done` branches are whole; of the next one, all up to `after` is. What may not be shared (any more) with
    the reader is left out, whatever the plan said.
    """

    command: Literal["pack-bundle"] = "pack-bundle"
    question: ClassVar[bool] = True
    peer: Name | None = None
    federations: Federations = ()
    branches: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=BRANCHES_PER_COMMAND_MAX)]
    parts: Annotated[int, Field(ge=1, le=PARTS_PER_COMMAND_MAX)] = 1


class Assumption(Ask):
    """What will hold once the parts seen before are taken in: whose a device is, or who founds a federation.

    Attributes:
        device: stands in the community's charter; None where a scope is named.
        scope: the community is a founder of this federation.
    """

    community: Annotated[bytes, Field(min_length=32, max_length=32)]
    device: Annotated[bytes, Field(min_length=32, max_length=32)] | None = None
    scope: Name | None = None


class LookAtBundle(Ask):
    """What parts of a bundle would bring: {parts: [{opening, feeds, charters, federations, words, ...}]}.

    Nothing is taken in. `feeds` are counts of entries: new, held, waiting and refused, with reasons;
    `assume` is what follows from the part for the looks at others. `begins` names the place before entries
    of which it is not held here what comes before: they count as new if other parts bring it.
    """

    command: Literal["look-at-bundle"] = "look-at-bundle"
    question: ClassVar[bool] = True
    parts: Annotated[tuple[Content, ...], Field(min_length=1, max_length=PARTS_PER_COMMAND_MAX)]
    assumed: Annotated[tuple[Assumption, ...], Field(max_length=ASSUMED_MAX)] = ()


class TakeBundle(Ask):
    """Take parts of a bundle in, by the rules for a neighbour's: {parts: [...]} as in `LookAtBundle`.

    What waits may come in when the same part is given again, after others.
    """

    command: Literal["take-bundle"] = "take-bundle"
    parts: Annotated[tuple[Content, ...], Field(min_length=1, max_length=PARTS_PER_COMMAND_MAX)]
