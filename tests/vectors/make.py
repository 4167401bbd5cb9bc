"""Write the vectors of bytes, keys, statements, feeds, forks, epochs, messages and bundles.

``python -m tests.vectors.make``: made of fixed inputs, so that the same files come out each time. A
broken case names the error of `node/errors.py` that refuses it; its reason is for readers.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vectors import (
    adopted_texts,
    asked_petitions,
    begun_documents,
    carried_bytes,
    carried_files,
    cast_ballots,
    compared_ranges,
    filled_places,
    forked_feeds,
    founded_federations,
    plain_bytes,
    signed_statements,
    told_reports,
)

FOLDER = Path(__file__).resolve().parent

FILES: dict[str, Callable[[], dict[str, Any]]] = {
    "canonical": plain_bytes.canonical_bytes,
    "keys": plain_bytes.keys_and_signatures,
    "records": signed_statements.records,
    "charters": signed_statements.charters,
    "approvals": signed_statements.approvals,
    "ballots": cast_ballots.ballots,
    "feeds": carried_bytes.feeds,
    "messages": carried_bytes.session_messages,
    "ranges": compared_ranges.ranges,
    "epochs": begun_documents.begun_documents,
    "forks": forked_feeds.forked_feeds,
    "bundles": carried_files.bundles,
    "reports": told_reports.told_reports,
    "bodies": filled_places.bodies_filled,
    "petitions": asked_petitions.asked_petitions,
    "foundings": founded_federations.founded_federations,
    "minutes": adopted_texts.adopted_texts,
}


def text_of(name: str) -> str:
    """Return the content of one file."""
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


def path_of(name: str) -> Path:
    """Return where one file stands."""
    return FOLDER / f"{name}.json"


if __name__ == "__main__":
    for each in FILES:
        path_of(each).write_text(text_of(each), encoding="utf-8")
