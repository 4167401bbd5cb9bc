"""All fuzz targets by name; a new reader of foreign bytes gets its own here."""

from tests.fuzz import beginnings, documents, statements, straight, wire
from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        *wire.TARGETS,
        *documents.TARGETS,
        *straight.TARGETS,
        *beginnings.TARGETS,
        *statements.TARGETS,
    )
}
