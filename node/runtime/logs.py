"""The log: one event a line on stderr, its fields as key=value for people or as JSON for programs."""

import contextlib
import logging
import re
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
# Control characters but the line feed, which is written as two letters in any case; other ends of lines,
# surrogates, and marks that turn the reading direction around.
_STEERING: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c]"
)


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
    structlog.configure(
        processors=processors(config.log_format),
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[config.log_level]),
        logger_factory=structlog.WriteLoggerFactory(file=cast("TextIO", _Stderr())),
        cache_logger_on_first_use=False,
    )
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers = [_OneLine()]
        library.propagate = False


def processors(log_format: str) -> list[structlog.typing.Processor]:
    """Return what makes a line of an event; neighbours choose words in it, and steer nobody's terminal."""
    writing: list[structlog.typing.Processor]
    if log_format == "json":
        writing = [structlog.processors.JSONRenderer()]
    else:
        # Values in quotes where needed: a neighbour's name cannot begin a line of its own.
        written = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
        writing = [_spell_out, written]
    return [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        *writing,
    ]


def _spell_out(
    _logger: structlog.typing.WrappedLogger, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Write what could clear a terminal, hide a line or turn its words around as its number."""
    return {
        name: _STEERING.sub(_as_number, found) for name, found in event.items() if isinstance(found, str)
    } | {name: found for name, found in event.items() if not isinstance(found, str)}


def _as_number(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


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
