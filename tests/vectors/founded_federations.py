"""Vectors of founding payloads: with and without a federation that they follow, and what is none."""

from typing import Any

from node import canonical
from node.canonical import Value
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding, Predecessor
from tests import builders
from tests.vectors.cases import MALFORMED, Broken, listed


def founded_federations() -> dict[str, Any]:
    """Return payloads of foundings, each with its federation's id, and payloads that found none."""
    founders = tuple(sorted(builders.community(name).id for name in ("Ash", "Birch")))
    plain = Founding(founders=founders, bylaws=Bylaws(name="Valley"), nonce=builders.nonce("a founding"))
    named = Predecessor(federation=plain.federation, roll=builders.identifier("a roll"))
    first = Predecessor(federation=plain.federation, roll=plain.federation)
    examples = {
        "one that follows none": plain,
        "one that follows it, from a roll on": plain.model_copy(update={"follows": named}),
        "one that follows it where no roll was certified": plain.model_copy(update={"follows": first}),
    }
    return {
        "about": "Payloads of foundings (data-model.md), with the id of the federation; all bytes hex.",
        "valid": [
            {"name": name, "payload": one.encode().hex(), "federation": one.federation.hex()}
            for name, one in examples.items()
        ],
        "broken": listed(_broken(plain, named)),
    }


def _broken(plain: Founding, named: Predecessor) -> Broken:
    fields = canonical.decode(plain.encode())

    def spelled(follows: Value) -> bytes:
        return canonical.encode({**fields, "follows": follows})

    return {
        "null in place of no field": (spelled(None), MALFORMED, "who follows none leaves the field out"),
        "no roll": (spelled({"federation": named.federation}), MALFORMED, "both ids are named"),
        "a null roll": (
            spelled({"federation": named.federation, "roll": None}),
            MALFORMED,
            "without a certified roll the federation's id stands in its place",
        ),
        "an id alone": (spelled(named.federation), MALFORMED, "it is a map of two ids"),
        "a further field": (
            spelled({**named.model_dump(), "members": 7}),
            MALFORMED,
            "how many stand behind it is worked out, not stated",
        ),
    }
