"""The committed vectors are those that the code in this tree makes."""

import json

import pytest

from node import errors
from tests.vectors import make


@pytest.mark.parametrize("name", make.FILES)
def test_the_committed_file_is_what_the_code_makes(name: str) -> None:
    """Who changes bytes that others read sees it here; ``python -m tests.vectors.make`` writes them."""
    assert make.path_of(name).read_text(encoding="utf-8") == make.text_of(name)


@pytest.mark.parametrize("name", make.FILES)
def test_every_broken_case_has_a_name_an_error_and_a_reason(name: str) -> None:
    """Cases are told apart by their names, and whoever implements the protocol learns why each is refused."""
    vectors = json.loads(make.path_of(name).read_text(encoding="utf-8"))
    assert vectors["about"]
    for group, cases in vectors.items():
        if not isinstance(cases, list) or not group.startswith("broken"):
            continue
        assert len({case["name"] for case in cases}) == len(cases)
        for case in cases:
            assert case["reason"]
            assert name == "charters" or issubclass(getattr(errors, case["error"]), errors.NodeError)
