"""What a form says of a mistake: a sentence for people, without a word of the language it is written in."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from node.records.complaints import in_words


class Form(BaseModel):
    """A form with each kind of bound."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(min_length=1, max_length=5)] = "x"
    names: Annotated[tuple[str, ...], Field(min_length=1, max_length=2)] = ("x",)
    size: Annotated[int, Field(ge=1, le=9)] = 1
    way: Literal["one", "other"] = "one"
    own: str = ""

    @field_validator("own")
    @classmethod
    def _check(cls, value: str) -> str:
        if value:
            raise ValueError("expected nothing here")
        return value


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "longer"}, "expected at most 5 characters"),
        ({"name": ""}, "expected at least 1 character"),
        ({"names": ()}, "expected at least 1, found 0"),
        ({"names": ("a", "b", "c")}, "expected at most 2, found 3"),
        ({"size": 0}, "expected at least 1"),
        ({"size": 10}, "expected at most 9"),
        ({"size": "many"}, "expected a whole number"),
        ({"way": "none"}, "expected 'one' or 'other'"),
        ({"colour": "red"}, "nothing of this name is known here"),
        ({"own": "x"}, "expected nothing here"),
    ],
)
def test_mistakes_are_said_in_words(fields: dict[str, Any], said: str) -> None:
    """Neither String nor Tuple nor Input: what was expected, with its bound."""
    with pytest.raises(ValidationError) as refused:
        Form.model_validate(fields)
    assert in_words(refused.value.errors()[0]) == said
