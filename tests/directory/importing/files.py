"""Small files to import, made in the tests that need them."""

import json

from node.directory.importing.reader import read
from node.directory.importing.report import ImportReport


def feature(coordinates: object = (16.37, 48.2), **properties: object) -> dict[str, object]:
    """Make a GeoJSON feature with a point."""
    geometry = None if coordinates is None else {"type": "Point", "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def geojson(*features: object, **members: object) -> bytes:
    """Make a FeatureCollection."""
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


def imported(*features: object, **members: object) -> ImportReport:
    """Import a FeatureCollection."""
    return read(geojson(*features, **members), "places.geojson", source="test", licence="CC0-1.0")


def told(report: ImportReport, severity: str) -> list[tuple[str, str]]:
    """List field and message of the problems of one severity."""
    return [(problem.field, problem.message) for problem in report.problems if problem.severity == severity]
