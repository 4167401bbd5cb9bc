"""Commands about bundles: what to write for whom, and what a file brings."""

from node.engine.bundles import writing as bundle_writing
from node.engine.bundles.reading import Reading
from node.engine.commands.bundles import LookAtBundle, PackBundle, PlanBundle, TakeBundle
from node.engine.desk import Desk, Done


def plan_bundle(command: PlanBundle, desk: Desk) -> Done:
    """Say what a bundle shall hold."""
    return Done(bundle_writing.plan(command, desk))


def pack_bundle(command: PackBundle, desk: Desk) -> Done:
    """Return the next portion of a bundle."""
    return Done(bundle_writing.pack(command, desk))


def look_at_bundle(command: LookAtBundle, desk: Desk) -> Done:
    """Count what parts of a bundle would bring."""
    reading = Reading(desk, take=False, assumed=command.assumed)
    return Done({"parts": [reading.part(content) for content in command.parts]})


def take_bundle(command: TakeBundle, desk: Desk) -> Done:
    """Take parts of a bundle in."""
    reading = Reading(desk, take=True)
    parts = [reading.part(content) for content in command.parts]
    return Done(
        {"parts": parts},
        arrivals=tuple(reading.arrivals),
        grown=tuple(reading.grown),
        sharing_changed=reading.opened,
    )
