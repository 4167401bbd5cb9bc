"""What a form says of a value that does not hold, in a person's words: what was expected of it."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import ErrorDetails

# By the form's own name of the mistake; in braces, what it says of the bound.
_WORDS: Final[Mapping[str, str]] = {
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
    "bytes_too_short": "expected at least {min_length} bytes",
    "bytes_too_long": "expected at most {max_length} bytes",
    "too_short": "expected at least {min_length}, found {actual_length}",
    "too_long": "expected at most {max_length}, found {actual_length}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
    "int_type": "expected a whole number",
    "int_parsing": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_type": "expected a number",
    "float_parsing": "expected a number",
    "bool_type": "expected true or false",
    "bool_parsing": "expected true or false",
    "string_type": "expected a text",
    "string_pattern_mismatch": "expected a text of another form",
    "list_type": "expected a list",
    "tuple_type": "expected a list",
    "dict_type": "expected fields with names",
    "model_type": "expected fields with names",
    "model_attributes_type": "expected fields with names",
    "literal_error": "expected {expected}",
    "missing": "expected this, found nothing",
    "extra_forbidden": "nothing of this name is known here",
}


def in_words(each: ErrorDetails) -> str:
    """Return one of a form's complaints as what was expected; what a rule of our own says stays as it is.

    Args:
        each: from `ValidationError.errors`, with its context.
    """
    context: Mapping[str, Any] = each.get("ctx", {})
    try:
        said = _WORDS[each["type"]].format_map(context)
    except KeyError:
        return each["msg"].removeprefix("Value error, ")
    # One is no plural.
    return said.replace(" 1 characters", " 1 character").replace(" 1 bytes", " 1 byte")
