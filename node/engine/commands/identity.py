"""Commands about this node and its community's charter."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask


class ShowNode(Ask):
    """Who and how this node is: {community, name, device, version, entries, federations, neighbours}."""

    command: Literal["show-node"] = "show-node"
    question: ClassVar[bool] = True


class ShowCharter(Ask):
    """The community's charter: {community, stewards, threshold, recovery, devices: […], frozen, position}."""

    command: Literal["show-charter"] = "show-charter"
    question: ClassVar[bool] = True
    community: str | None = None


class AddDevice(Ask):
    """Add a device to the community's charter: {community, device}; `request` is what its `init` printed."""

    command: Literal["add-device"] = "add-device"
    request: str


class ProveFork(Ask):
    """Prove that a device told two stories: {community, device, scope, entry, proof}, base64."""

    command: Literal["prove-fork"] = "prove-fork"
    question: ClassVar[bool] = True
    device: str


class CheckFork(Ask):
    """Check a proof that came from anywhere: {community, device, scope, entry}; `proof` is base64."""

    command: Literal["check-fork"] = "check-fork"
    question: ClassVar[bool] = True
    proof: str


class RetireDevice(Ask):
    """Retire a device; nothing it publishes later counts: {community, device, reason, cuts: […]}.

    `device` is its key, or a proof as `ProveFork` gives it, of a fork of its feed.
    """

    command: Literal["retire-device"] = "retire-device"
    device: str
    stolen: bool = False


class AskGuardians(Ask):
    """Write down what guardians shall sign: as `HandInGuardians`, and {place, guardians: [keys], data}.

    It retires a device of `community`, this node's own when left out. `place` is where in the charter's
    chain, instead of what stewards' keys put there; the next one when left out. `data` is the file, base64.
    """

    command: Literal["ask-guardians"] = "ask-guardians"
    question: ClassVar[bool] = True
    device: str
    community: str | None = None
    stolen: bool = False
    place: Annotated[int, Field(ge=1)] | None = None


class HandInGuardians(Ask):
    """Take in what guardians signed: {community, name, device, reason, signed, needed, holds}.

    `answers` are the files they made; they count as soon as enough different ones are here.
    """

    command: Literal["hand-in-guardians"] = "hand-in-guardians"
    answers: Annotated[tuple[bytes, ...], Field(min_length=1, max_length=32)]
