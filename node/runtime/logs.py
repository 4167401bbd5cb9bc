"""The log: one event a line on stderr, its fields as key=value for people or as JSON for programs."""

import contextlib
import logging
import sys
from typing import Final, TextIO, cast

import structlog
from aiohttp.http_exceptions import HttpProcessingError

from node.runtime.config import Config

_LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
# Of what is said there, little concerns a steward.
_LIBRARIES: Final = ("aiohttp", "asyncio")
_ERROR_CHARS_MAX: Final = 400


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
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers = [_OneLine()]
        library.propagate = False


class _OneLine(logging.Handler):
    """Write what a library says as one event of our own log.

    A stranger who sends what is no HTTP makes the web's library say so with all its insides, once for each
    request. Here that is one line, and only with `debug`: who wants to fill a disk needs another way.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        log: structlog.typing.FilteringBoundLogger = structlog.get_logger(record.name)
        error = record.exc_info[1] if record.exc_info else None
        fields = {} if error is None else {"error": repr(error)[:_ERROR_CHARS_MAX]}
        message = record.getMessage()[:_ERROR_CHARS_MAX]
        if isinstance(error, HttpProcessingError):
            log.debug("request_malformed", **fields)
        elif record.levelno >= logging.ERROR:
            log.error("library_trouble", said=message, **fields)
        elif record.levelno >= logging.WARNING:
            log.warning("library_trouble", said=message, **fields)
