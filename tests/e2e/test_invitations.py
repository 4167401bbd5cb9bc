"""Invitations that no longer serve, between real processes: the newcomer reads one clear sentence."""

import re
from functools import partial

import pytest

from node import canonical
from node.demo.processes import NodeProcess
from node.engine.sessions.joining import INVITATIONS
from node.errors import UserError
from node.storage.sqlite import SqliteStore
from tests.e2e.conftest import Start, federate, until

pytestmark = pytest.mark.e2e


def answer_to(newcomer: NodeProcess) -> str:
    """Return what an inviter answered a newcomer, empty before it did."""
    (request,) = newcomer.ask("list-federations")["requests"]
    return str(request["answer"])


def in_the_past(host: NodeProcess) -> None:
    """Let every invitation that a stopped node has issued have expired an hour after 1970 began."""
    store = SqliteStore.open(host.folder.database)
    try:
        for key, value in store.local.all(INVITATIONS):
            store.local.put(
                INVITATIONS, key, canonical.encode({**canonical.decode(value), "expires": 3_600_000})
            )
        store.commit()
    finally:
        store.close()


@pytest.mark.long
def test_used_and_expired_invitations_are_answered_in_a_sentence(start: Start) -> None:
    """Who comes second, late, or late with a forged date learns why, and is no member."""
    host, first, second = start("Host", "First", "Second")
    federate(host)
    link = host.ask("invite", addresses=[host.address])["link"]
    first.ask("join-federation", link=link)
    until(lambda: not first.ask("list-federations")["requests"])
    second.ask("join-federation", link=link)
    said = until(partial(answer_to, second))
    assert said == "this invitation has been used by another community: ask for a new one"

    # An honest newcomer's own node reads the date in the link.
    stale = re.sub(r"until=\d+", "until=3600", host.ask("invite", addresses=[host.address])["link"])
    with pytest.raises(UserError, match=r"^this invitation has expired: ask for a new one$"):
        second.ask("join-federation", link=stale)

    # A newcomer who writes another date into it meets the inviter, who alone judges.
    host.begin_stop()
    host.end_stop()
    in_the_past(host)
    host.begin_serve()
    host.end_serve()
    forged = re.sub(r"at=[^&]+", f"at={host.address}", link)
    second.ask("join-federation", link=forged)
    assert until(partial(answer_to, second)) == "this invitation has expired: ask for a new one"
    members = host.ask("list-federations")["federations"][0]["members"]
    assert host.community in {one["community"] for one in members}
    assert second.community not in {one["community"] for one in members}
    assert second.ask("list-federations")["federations"] == []
