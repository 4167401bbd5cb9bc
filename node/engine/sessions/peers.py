"""Meeting peers and parting from them: who is greeted, whom we hold sessions with, which link stays.

A fault of one peer costs that peer its link, wherever it shows: what waited on one link is judged when
another's message lets it go on, and must not cost the other.
"""

from collections.abc import Callable, Iterable
from typing import Final

from node import ids
from node.clock import Timestamp
from node.engine.drafts import Draft
from node.engine.effects import CloseLink, Dial, Effect, Note
from node.engine.moderation import Moderation
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.sessions import equalities, joining
from node.engine.sessions.links import Link, Links
from node.engine.sessions.neighbours import Neighbours
from node.engine.sessions.sharing import Sharing
from node.engine.setup import Keyring
from node.errors import PeerError, UserError
from node.ids import CommunityId, FederationId
from node.replication.messages import JoinAnswer
from node.replication.outcomes import Outcome

# What a stranger is told too: nobody learns from a node's manner of speaking that it was blocked there.
_NOT_NEIGHBOURS: Final = "we are not neighbours yet: ask this community's steward"


class Peers:
    """Keep the company of a node.

    Args:
        carry_out: does what a session asks for; it may raise PeerError about that link.
    """

    def __init__(
        self,
        *,
        store: Store,
        registry: Registry,
        neighbours: Neighbours,
        links: Links,
        sharing: Sharing,
        moderation: Moderation,
        keyring: Keyring,
        carry_out: Callable[[Link, Outcome, Timestamp], list[Effect]],
    ) -> None:
        self._store = store
        self._registry = registry
        self._neighbours = neighbours
        self._links = links
        self._sharing = sharing
        self._noted: Timestamp | None = None
        self._moderation = moderation
        self._keyring = keyring
        self._carry_out = carry_out

    def receive(self, number: int, frame: bytes, now: Timestamp) -> list[Effect]:
        """Take a frame; what breaks the protocol ends the link it came by."""
        link = self._links.get(number)
        if link is None:
            return []  # A late frame of a link that was ended here.
        effects: list[Effect] = []
        try:
            sent, outcomes, proved = self._links.receive(link, frame, now)
            effects += sent
            if proved:
                effects += self._met(link, now)
            for outcome in outcomes:
                effects += self._carry_out(link, outcome, now)
        except PeerError as error:
            effects += self.end(link, str(error), now)
        if self._noted is None or not 0 <= now - self._noted < equalities.NOTED_EVERY_MS:
            self._note(self._links.open_links())
            self._noted = now
        return effects

    def introduce(self, link: Link, now: Timestamp) -> list[Effect]:
        """Begin the session with a peer if it may begin."""
        peer = link.peer
        if peer is None or self._links.get(link.number) is not link:
            return []
        effects: list[Effect] = []
        try:
            welcome = self.talks_to(peer.community)
            sent, outcomes = self._links.introduce(link, now, welcome=welcome)
            effects += sent
            if not welcome:
                self._neighbours.knocked(peer.community, now)
            for outcome in outcomes:
                effects += self._carry_out(link, outcome, now)
            while link.session is not None and link.waiting:
                sent, outcomes = self._links.receive_waiting(link, now)
                effects += sent
                for outcome in outcomes:
                    effects += self._carry_out(link, outcome, now)
        except PeerError as error:
            effects += self.end(link, str(error), now)
        return effects

    def review(self, now: Timestamp) -> list[Effect]:
        """Begin and end sessions as is right by now, and compare in all: who belongs where has changed."""
        effects: list[Effect] = []
        for link in self._links.open_links():
            if link.peer is not None and self._unwanted(link, link.peer.community):
                effects += self.end(link, _NOT_NEIGHBOURS, now)
            elif link.session is not None and not self._registry.stands(link.peer):
                effects += self.end(link, "that device was retired by its community", now)
            elif link.session is None and link.channel.established:
                effects += self.introduce(link, now)
        equalities.keep(self._store, self.talks_to)
        return effects + self._links.compare()

    def ask_to_join(self, links: Iterable[Link], now: Timestamp) -> list[Effect]:
        """Make the requests that the peers of these links invited us to make."""
        effects: list[Effect] = []
        for link in links:
            if link.peer is None:
                continue
            for _, join in joining.request_for(
                self._store, self._keyring.community, link.peer.device, link.peer.community
            ):
                self._neighbours.add(link.peer.community, now)
                self._moderation.review()  # Now it is known whom the invitation we took up is from.
                effects += self._links.say(link, join)
        return effects

    def invited(self, link: Link, raw: bytes) -> list[Effect]:
        """Take a federation in that a peer shares."""
        assert link.peer is not None
        own = self._keyring.community
        taken = joining.take_part(self._store, self._registry, own=own, peer=link.peer, founding=raw)
        return self._links.compare() if taken else []

    def take_up(
        self, link: Link, join: tuple[bytes, tuple[bytes, ...]], now: Timestamp
    ) -> tuple[list[Effect], FederationId, list[Draft]] | list[Effect]:
        """Answer a request to join; return what to publish where, or the answer alone where it is refused."""
        assert link.peer is not None
        stewards = self._keyring.stewards
        try:
            federation, drafts = joining.take_up(
                store=self._store,
                registry=self._registry,
                steward=stewards[0] if stewards else None,
                own=self._keyring.community,
                join=join,
                peer=link.peer,
                now=now,
            )
        except UserError as error:
            return self._links.say(link, JoinAnswer(accepted=False, text=str(error)))
        self._neighbours.add(link.peer.community, now)
        text = "your request is with the members: enough of them have to approve it"
        return self._links.say(link, JoinAnswer(accepted=True, text=text)), federation, drafts

    def dial(self, now: Timestamp) -> list[Effect]:
        """Dial whoever is due and not connected."""
        connected = {link.peer.community for link in self._links.open_links() if link.peer is not None}
        connected |= self._moderation.blocked()  # Their addresses stay in the book and are left alone.
        return [Dial(address) for address in self._neighbours.due(now, connected=connected)]

    def end(self, link: Link, reason: str, now: Timestamp, *, tell: bool = True) -> list[Effect]:
        """End a link from this side."""
        effects: list[Effect] = self._links.close(link, reason) if tell else [CloseLink(link.number, reason)]
        return effects + self.gone(link.number, reason, now)

    def gone(self, number: int, reason: str, now: Timestamp) -> list[Effect]:
        """Forget a link that has ended, whoever ended it."""
        link = self._links.disconnected(number)
        if link is None:
            return []
        self._note([link])
        if link.address is not None:
            self._neighbours.failed(link.address, reason, now)
        who = ids.show(link.peer.community) if link.peer is not None else ""
        note = Note("disconnected", {"link": number, "peer": who, "reason": reason})
        return [note, *self._links.advance(now)]

    def talks_to(self, community: CommunityId) -> bool:
        """Tell whether this node holds sessions with a community: its own, neighbours, fellow members.

        Whom the steward blocked or does not allow is none of these to us, whatever the records say.
        """
        own = self._keyring.community
        if not self._moderation.shows_from(community):
            return False
        if community == own or self._neighbours.is_neighbour(community):
            return True
        return any(self._fellow(federation, community) for federation in self._registry.federations())

    def _note(self, links: Iterable[Link]) -> None:
        """Write down when all was last the same with whom this node talks to."""
        kept = [link for link in links if link.peer is not None and self.talks_to(link.peer.community)]
        equalities.note(self._store, self._sharing, kept)

    def _unwanted(self, link: Link, community: CommunityId) -> bool:
        """Tell whether a link must end because of what the steward decided.

        Who is merely not allowed may go on knocking, so that the steward learns of it.
        """
        if self._moderation.is_blocked(community):
            return True
        return link.session is not None and not self._moderation.shows_from(community)

    def _fellow(self, federation: FederationId, community: CommunityId) -> bool:
        """Tell whether a community belongs to a federation that this one takes part in.

        Being named a founder is not taking part: anybody may name anybody.
        """
        members = self._registry.members(federation)
        if members is None or self._keyring.community in members.awaited:
            return False
        return community in members.communities or community in members.founding.founders

    def _met(self, link: Link, now: Timestamp) -> list[Effect]:
        """Greet a peer that has just proved its device."""
        peer = link.peer
        assert peer is not None
        if peer.device == self._keyring.device.public:
            if link.address is not None:
                self._neighbours.remove_address(link.address)
            return self.end(link, "that is this node itself", now)
        if self._moderation.is_blocked(peer.community):
            return self.end(link, _NOT_NEIGHBOURS, now)
        effects: list[Effect] = []
        if link.address is not None:
            problem = self._reached(link.address, peer.community, now)
            if problem:
                return self.end(link, problem, now)
        effects += self.ask_to_join([link], now)
        for other in self._links.open_links():
            if other is not link and other.peer is not None and other.peer.device == peer.device:
                loser = self._lesser(link, other)
                effects += self.end(loser, "there is another connection between us", now)
                if loser.address is not None:
                    self._neighbours.rest(loser.address, now)
                if loser is link:
                    return effects
        return effects + self.introduce(link, now)

    def _reached(self, address: str, community: CommunityId, now: Timestamp) -> str:
        """Note who answered where we dialled; a sentence if it is not who should."""
        known = dict(self._neighbours.addresses()).get(address)
        if known is not None and known.community not in (None, community):
            return "another community answers at this address now; if that is right, remove and add it again"
        # The steward typed this address: whoever answers there first is whom the steward meant.
        self._neighbours.add(community, now)
        self._neighbours.reached(address, community, now)
        return ""

    def _lesser(self, link: Link, other: Link) -> Link:
        """Return which of two links between the same devices ends; both sides choose the same.

        Of two begun by one side the newer stays, else the one that the lower device key began.
        """
        ours, theirs = self._keyring.device.public, link.peer.device if link.peer else b""
        if (link.address is None) == (other.address is None):
            return other
        return other if (link.address is not None) == (ours < theirs) else link
