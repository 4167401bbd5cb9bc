"""Who caused what: for whoever measures what this node does and shares its time out among the communities."""

from node.engine.pace import OWN, STRANGERS
from node.engine.sessions.links import Links
from node.engine.sessions.quotas import Quotas
from node.ids import CommunityId


class Accounts:
    """Say on whose account an input is handled, and on whose what is done before a commit."""

    def __init__(self, links: Links, quotas: Quotas, own: CommunityId) -> None:
        self._links = links
        self._quotas = quotas
        self._own = own

    def whose(self, number: int) -> CommunityId:
        """Return the community a link speaks for, once its charter and the handshake have shown it.

        Our own is named OWN. Before, and for good where it is not welcome, it is one of STRANGERS: else
        whoever names a community in its handshake would speak on that one's account.
        """
        link = self._links.get(number)
        if link is None or link.session is None or link.peer is None:
            return STRANGERS
        return OWN if link.peer.community == self._own else link.peer.community

    def take_work(self) -> dict[CommunityId, int]:
        """Return whose entries have made work since this was last asked, in estimated microseconds."""
        return self._quotas.take_work()
