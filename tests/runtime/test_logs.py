"""Tests of the log: one event a line, whatever words neighbours choose."""

import io
import json

import pytest
import structlog

from node.runtime import logs

# What a peer may put into its farewell, its name or an address.
HOSTILE = "\x1b[2J\x1b]0;mine\x07 \rlevel=info event=all_is_well\n\x85\u2028\u202ebackwards\ud800\x7f"


def written(log_format: str, **fields: object) -> str:
    """Return what one event writes."""
    file = io.StringIO()
    log = structlog.wrap_logger(structlog.WriteLogger(file), processors=logs.processors(log_format))
    log.warning("disconnected", **fields)
    return file.getvalue()


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_attack_a_peers_words_steer_no_terminal_and_begin_no_line(log_format: str) -> None:
    """Escape sequences, ends of lines and marks that turn words around stand in the log as numbers."""
    line = written(log_format, reason=HOSTILE, link=7)
    assert line.endswith("\n")
    assert line.encode("utf-8")  # No half of a character, at which a disk's writer would stumble.
    assert [letter for letter in line[:-1] if not letter.isprintable()] == []
    assert len(line.splitlines()) == 1


def test_other_words_stand_in_the_log_as_they_are() -> None:
    """Names in any script can be read, and numbers are numbers."""
    line = written("text", name="Møllerens 花园", link=7, well=True)
    assert 'name="Møllerens 花园"' in line
    assert "link=7" in line
    assert json.loads(written("json", name="Møllerens 花园"))["name"] == "Møllerens 花园"
