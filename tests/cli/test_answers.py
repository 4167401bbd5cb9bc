"""What a vote says on the command line: tests of node/cli/answers.py."""

from typing import Any

import pytest

from node.cli.answers import in_words, read_answer, shown
from node.errors import UserError

PAPER: dict[str, Any] = {"title": "Well?", "method": "schulze", "options": ["Ana", "Ben", "Cem"], "parts": 10}


def test_parts_are_made_as_fine_as_the_question_has_them() -> None:
    """Three and two of five are six and four of ten; the words say it back as a share."""
    choice, split = read_answer(None, ["2: Ana > Ben", "3:cem"], PAPER)
    assert (choice, [(one.parts, one.choice) for one in split]) == ([], [(4, (1, 2)), (6, (3,))])
    assert in_words((), shown(split, PAPER["options"])) == "2/5 Ana, Ben; 3/5 Cem"
    assert read_answer(["Ben"], None, PAPER) == ([2], ())
    assert in_words(["Ben"], []) == "Ben"


@pytest.mark.parametrize(
    ("ranking", "split", "paper", "says"),
    [
        (None, None, {}, "either choices, or --split"),
        (["Ana"], ["1:Ben"], {}, "either choices, or --split"),
        (None, ["Ana"], {}, "such as 3:yes, found 'Ana'"),
        (None, ["0:Ana", "5:Ben"], {}, "such as 3:yes"),
        (None, ["1:Ana", "2:Ben"], {}, r"divides 10 \(2, 5, 10\), found 3"),
        (None, ["5:Ana"], {}, "two parts or more"),
        (None, ["1:Ana", "1:ana"], {}, "two parts or more"),
        (None, ["1:Ana", "1:Dora"], {}, "fits none"),
        (None, ["1:Ana", "1:Ben"], {"parts": 1}, "bylaws let no vote be split"),
        (None, ["1:Ana", "1:Ben"], {"parts": 1, "method": "meek"}, "meek counts whole ballots only"),
    ],
)
def test_what_fits_no_paper_is_refused_with_what_was_expected(
    ranking: list[str] | None, split: list[str] | None, paper: dict[str, Any], says: str
) -> None:
    """Neither or both, no number, parts that do not divide, one part, an option not there, no splitting."""
    with pytest.raises(UserError, match=says):
        read_answer(ranking, split, PAPER | paper)
