"""What the operator's first page says of each neighbour: tests of pages/home.py."""

from typing import Any

import pytest

from node.clock import Timestamp
from node.web.pages.home import neighbours

_NOW = Timestamp(1_795_332_709_000)
_MILL = {"community": "b" * 52, "name": "The mill"}
_PEERS: dict[str, Any] = {"neighbours": [{"community": "a" * 52, "name": "Riverside"}], "addresses": []}


@pytest.mark.parametrize("equal", [_NOW, None])
@pytest.mark.parametrize(
    ("refused", "hidden", "said"),
    [
        ([], [], ""),
        ([_MILL], [], "takes no more of The mill; apart from that "),
        ([], [_MILL], "shows less of The mill than it did, or than others do; "),
    ],
)
def test_attack_a_neighbour_that_hides_a_feed_is_told_on_the_first_page(
    equal: Timestamp | None, refused: list[Any], hidden: list[Any], said: str
) -> None:
    """Whether all else is the same or still compared, it does not count as well."""
    scope = {"missing": 0, "equal_since": equal, "not_taken": refused}
    session = {**_PEERS["neighbours"][0], "scopes": [scope], "findings": hidden}
    (shown,) = neighbours(_PEERS, {"sessions": [session]}, _NOW)
    assert shown.state == said + ("all the same since" if equal else "comparing")
    assert shown.well is (not said)
