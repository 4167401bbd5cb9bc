"""The table in docs/data-model.md and the node's forms take the same payloads: tests of shapes.py."""

import random
import re
from typing import Any

import pytest

from node import canonical
from node.engine import subjects
from node.errors import PeerError
from node.identity.charter import Charter, DeviceAdded, Retired
from node.limits import STATEMENT_BYTES_MAX
from node.records.statement import Statement
from tests.verifier.proving import decode
from tests.verifier.shapes import EVERY_YEAR, ROWS, STATEMENTS, fits

CHARTERS: tuple[type[Statement], ...] = (Charter, DeviceAdded, Retired)
FORMS = {form.kind: form for form in (*CHARTERS, *(form for form, _ in subjects.FORMS.values()))}
LIST = re.compile(r"([\[<])(.+)[\]>](\d+)\.\.(\d+)")
NUMBER = re.compile(r"(t?)(\d+)\.\.(\d*)")
_TRIES = 3
# What stands nowhere, or stands elsewhere.
WORDS = ("", " ", "size", "yes-no/1", "raked/1", "02-29")
ODD: tuple[Any, ...] = (None, True, 0, 1, 2, -1, 2**53, *WORDS, b"", bytes(16), bytes(33), [], {}, [None])


def least_and_most(shape: str) -> tuple[int, int]:
    """Return the bounds of a number, of a text's length or of a list's."""
    least, most = shape.rsplit("..", 1)
    return int(re.split(r"\D", least)[-1]), int(most or 2**53 - 1)


def drawn(shape: str, chance: random.Random) -> Any:
    """Draw what has a shape, its conditions apart: mostly small, at times the least or most there may be."""
    if shape.endswith("?"):
        return None if chance.random() < 0.5 else drawn(shape[:-1], chance)
    if found := LIST.fullmatch(shape):
        least, most = least_and_most(shape)
        number = min(most, max(least, chance.choice([least, least, least + 1, 2, 3])))
        values = [drawn(found[2], chance) for _ in range(number)]
        return sorted(values, key=canonical.encode) if found[1] == "<" else values
    if found := NUMBER.fullmatch(shape):
        least, most = least_and_most(shape)
        return _of_size(found[1], min(most, chance.choice([least, least, most, least + 1, least + 2])))
    if shape in ROWS:
        return _row(shape, chance)
    plain = {"flag": chance.random() < 0.5, "bytes": chance.randbytes(chance.choice([0, 1, 40]))}
    if found := re.fullmatch(r"b(\d+)", shape):
        plain[shape] = chance.choice([bytes(int(found[1])), chance.randbytes(int(found[1]))])
    words = sorted(EVERY_YEAR) if shape == "day" else shape.split("|")
    return plain[shape] if shape in plain else chance.choice(words)


def _row(shape: str, chance: random.Random) -> dict[str, Any]:
    """Draw a row; mostly once more where its conditions do not hold, or the large ones never would."""
    row: dict[str, Any] = {}
    for _ in range(_TRIES):
        forms = {name: form for name, form in ROWS[shape].items() if form[-1] != "*" or chance.random() < 0.5}
        row = {name: drawn(form.removesuffix("*"), chance) for name, form in forms.items()}
        if chance.random() < 0.1 or fits(decode(canonical.encode(row)), shape):
            break
    return row


def changed(value: Any, shape: str, chance: random.Random) -> Any:
    """Change one thing in a value: a field, an item, what is there or how much there is."""
    shape = shape.removesuffix("?").removesuffix("*")
    if isinstance(value, dict) and shape in ROWS and value and chance.random() < 0.95:
        name = chance.choice(sorted(value))
        return value | {name: changed(value[name], ROWS[shape].get(name, "flag"), chance)}
    if isinstance(value, dict):
        return {**value, "further": 1} if chance.random() < 0.5 else dict(sorted(value.items())[1:])
    found = LIST.fullmatch(shape)
    if found and isinstance(value, list) and value and chance.random() < 0.8:
        place = chance.randrange(len(value))
        other = [*value[:place], changed(value[place], found[2], chance), *value[place + 1 :]]
        return chance.choice([other, value[::-1], value[:-1], [*value, value[-1]]])
    if found and chance.random() < 0.5:
        least, most = least_and_most(shape)
        number = chance.choice([least, min(most, 40), most + 1 if most < 100 else least + 1])
        return [drawn(found[2], chance) for _ in range(number)]
    if found := NUMBER.fullmatch(shape):
        least, most = least_and_most(shape)
        return _of_size(found[1], chance.choice([least - 1, least, most, most + 1]))
    return chance.choice(ODD) if chance.random() < 0.5 else drawn(shape, chance)


def _of_size(text: str, number: int) -> str | int:
    return "ä" * number if text else number


def taken_alike(kind: str, value: Any) -> bool:
    """Check that the table and the node's form take a payload, or that neither does, and tell which.

    One that no record has room for is none, whatever its shape.
    """
    payload = canonical.encode(value)
    try:
        FORMS[kind].decode(payload)
    except PeerError:
        ours = False
    else:
        ours = True
    fitting = len(payload) <= STATEMENT_BYTES_MAX and fits(decode(payload), kind)
    assert fitting == ours, (kind, value)
    return ours


def compare(kind: str, chance: random.Random, times: int) -> int:
    """Draw payloads of a kind, change those that are taken, and return how many are."""
    taken: list[Any] = []
    for _ in range(times):
        value = drawn(kind, chance)
        if taken and chance.random() < 0.7:
            value = chance.choice(taken)
            for _ in range(chance.choice([1, 1, 2, 3])):
                value = changed(value, kind, chance)
        if taken_alike(kind, value):
            taken.append(value)
    return len(taken)


def test_every_row_of_a_statement_has_a_form() -> None:
    """The table names the kinds that a node reads, and no other."""
    assert FORMS.keys() == {*STATEMENTS}


@pytest.mark.parametrize("kind", STATEMENTS)
def test_table_and_forms_take_the_same_payloads(kind: str) -> None:
    """Whatever is drawn and changed, it is a statement by both or by neither."""
    compare(kind, random.Random(kind), 40)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", STATEMENTS)
def test_table_and_forms_take_the_same_of_many_payloads(kind: str) -> None:
    """A thousand of each kind, many of which are taken."""
    assert compare(kind, random.Random(f"many/{kind}"), 1_000) > 50
