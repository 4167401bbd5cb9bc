"""Loaded by schemathesis in its own environment: each request comes from another visitor, a proxy says."""

import importlib
import itertools
from typing import Any

_numbers = itertools.count()


def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Name a visitor."""
    number = next(_numbers) % 65_536
    case.headers["X-Forwarded-For"] = f"198.18.{number // 256}.{number % 256}"


# By name: only the tool's own environment has it.
importlib.import_module("schemathesis").hook(before_call)
