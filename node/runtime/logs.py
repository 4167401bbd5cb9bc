"""The log: one event a line on stderr, its fields as key=value for people or as JSON for programs."""

import contextlib
import logging
import sys
from typing import Final, TextIO, cast

import structlog

from node.runtime.config import Config

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}


class _Stderr:
    """Write to stderr as it is at the moment; a log that nobody reads any more is no reason to stop."""

    def write(self, text: str) -> None:
        """Write a line."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Hand on what was written."""
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def configure(config: Config) -> None:
    """Set up the log of this process. Whatever is logged leaves with one write, so lines never mix."""
    renderer: structlog.typing.Processor
    if config.log_format == "json":
        renderer = structlog.processors.JSONRenderer()
    else:
        # Values in quotes where needed: a neighbour's name cannot begin a line of its own.
        renderer = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[config.log_level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
