"""The table of shapes in docs/data-model.md, by which the second reader goes, has the models' words."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import node.federation
import node.governance
import node.identity
from node.records.statement import Part
from tests.verifier.shapes import ROWS


def _models(of: type[Part] = Part) -> Iterator[type[Part]]:
    for one in of.__subclasses__():
        yield one
        yield from _models(one)


def _words(annotation: Any) -> set[str]:
    """Return the words that a field may be, none where it is something else or one word is all there is."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {word for inner in get_args(annotation) for word in _words(inner)}


def test_every_word_that_a_model_takes_stands_in_the_table_of_shapes() -> None:
    """Whoever adds a method, an act or a reason to a model adds it to the page, or this names it."""
    for package in (node.federation, node.governance, node.identity):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(found.name)
    checked = 0
    for model in _models():
        fields = model.model_fields
        for row in (one for one in ROWS.values() if one.keys() == fields.keys()):
            for name, words in ((name, _words(field.annotation)) for name, field in fields.items()):
                if words:
                    told = set(re.sub(r"[\[<>\]?*]|\d+\.\.\d*", "", row[name]).split("|"))
                    # The word that leaving the field out stands for is never written.
                    told |= {fields[name].default} if row[name].endswith("*") else set()
                    assert told == words, (model.__name__, name)
                    checked += 1
    assert checked >= 20
