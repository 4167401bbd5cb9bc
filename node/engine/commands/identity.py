"""Commands about this node and its community's charter."""

from typing import ClassVar, Literal

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


class RetireDevice(Ask):
    """Retire a device; nothing it publishes later counts: {community, device, reason, cuts: […]}."""

    command: Literal["retire-device"] = "retire-device"
    device: str
    stolen: bool = False
