"""The desk: what a command may read and use, and what it hands back to be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from node import ids
from node.clock import Timestamp
from node.directory import profile
from node.engine.circles.circles import Circles
from node.engine.circles.keeping import CircleKeeping
from node.engine.deciding.questions import Questions
from node.engine.drafts import Draft
from node.engine.ingest import Arrival, Ingest
from node.engine.moderation import Moderation
from node.engine.own_pages import profile_id
from node.engine.ports import Store
from node.engine.registry import Registry
from node.engine.replicas import notes
from node.engine.replicas.documents import Documents, read_tree
from node.engine.replicas.restarting import Restarting
from node.engine.sessions.links import Links
from node.engine.sessions.neighbours import Neighbours
from node.engine.sessions.quotas import Quotas
from node.engine.sessions.sharing import Sharing
from node.engine.setup import Keyring
from node.errors import ConflictError, NotAuthorisedError, NotFoundError, UserError
from node.federation.membership import Members
from node.identity.community import Community
from node.ids import CommunityId, DocumentId
from node.keys import PublicKey, Signer
from node.records.complaints import in_words

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a command.

    Attributes:
        answer: for whoever asked.
        publish: per scope, what this node shall publish, in order.
        charters: records to add to the own community's charter.
        addresses_changed: whether the address book changed, so that dialling starts at once.
        sharing_changed: whether what is shared with whom may have changed.
        arrivals: entries of others that were taken in, for the sessions to hear of.
        grown: communities whose charters grew, and how each stood before.
    """

    answer: Answer
    publish: tuple[tuple[str, tuple[Draft, ...]], ...] = ()
    charters: tuple[bytes, ...] = ()
    addresses_changed: bool = False
    sharing_changed: bool = False
    arrivals: tuple[Arrival, ...] = ()
    grown: tuple[tuple[CommunityId, Community | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Desk:
    """All that a command works with."""

    store: Store
    registry: Registry
    documents: Documents
    neighbours: Neighbours
    links: Links
    sharing: Sharing
    moderation: Moderation
    ingest: Ingest
    circles: Circles
    circle_keeping: CircleKeeping
    restarting: Restarting
    quotas: Quotas
    keyring: Keyring
    entropy: Callable[[int], bytes]
    now: Timestamp

    @property
    def own(self) -> CommunityId:
        """Return this node's community."""
        return self.keyring.community

    @property
    def questions(self) -> Questions:
        """Return a reader of the questions put to federations."""
        return Questions(self.store, self.registry)

    def steward(self) -> Signer:
        """Return a steward's key.

        Raises:
            NotAuthorisedError: this device holds none.
        """
        if not self.keyring.stewards:
            raise NotAuthorisedError(
                "this device holds no steward key; do this on the device where the community was set up"
            )
        return self.keyring.stewards[0]

    def federation(self, named: str | None) -> Members:
        """Return the federation meant, the only one when none is named.

        Where several fit, those that this community belongs to come first: that somebody names it a founder
        of another one, unasked, changes nothing about what its commands mean. Where it belongs to one and to
        another of the same name that follows it, the name means that other one.

        Raises:
            NotFoundError, ConflictError: none, or more than one, fits.
        """
        known = [one for one in map(self.registry.members, self.registry.federations()) if one is not None]
        fitting = [one for one in known if named is None or named in _called(one)]
        if not fitting and named is None:
            raise NotFoundError(
                "this community belongs to no federation yet: found one with 'hedgerow federation found', or"
                " join one with 'hedgerow federation join'"
            )
        if not fitting:
            raise NotFoundError(f"no federation is called {named!r} here: see 'hedgerow federation list'")
        own = [one for one in fitting if one.founded and self.own in one.communities]
        if named is not None:
            older = [one.founding.follows.federation for one in own if one.founding.follows is not None]
            own = [one for one in own if one.founding.federation not in older]
        return only_federation(own if len(fitting) > 1 and own else fitting)

    def member_of(self, named: str | None) -> Members:
        """Return the federation meant after checking that this community is a member of it.

        Raises:
            ConflictError: it is not, or not yet.
        """
        members = self.federation(named)
        if not members.founded:
            raise ConflictError(
                "not all founding communities have approved this federation yet: see 'hedgerow federation"
                " list'; what waits for your own stewards shows 'hedgerow approve'"
            )
        if self.own not in members.communities:
            raise ConflictError("this community is not a member yet: other members still have to approve")
        return members

    def community(self, named: str) -> CommunityId:
        """Return the community meant by an id or by a name that only one known community bears.

        Raises:
            NotFoundError: none or several fit.
        """
        known = set(self.registry.communities()) | set(self.neighbours.communities())
        known |= {stranger for stranger, _ in self.neighbours.strangers()}
        if len(named) == ids.ID_CHARS:
            try:
                wanted = CommunityId(ids.parse(named))
            except UserError:
                wanted = None
            if wanted in known:
                return wanted
        fitting = sorted(one for one in known if self.name_of(one).casefold() == named.casefold())
        if not fitting:
            raise NotFoundError(f"no community known here is called {named!r}, or has that id")
        if len(fitting) > 1:
            raise NotFoundError(f"{len(fitting)} communities known here are called {named!r}: use the id")
        return fitting[0]

    def name_of(self, community: CommunityId) -> str:
        """Return a community's name from its profile, or the beginning of its id."""
        row = self.store.documents.get(profile_id(community))
        shown = profile.from_tree(read_tree(row)).profile.shown_name() if row is not None else ""
        return shown or f"{ids.show(community)[:8]}…"

    def hidden_notes(self, board: DocumentId) -> set[str]:
        """Return the keys of a board's notes that this node does not show."""
        hidden = {note for document, note in self.moderation.hidings() if document == board}
        if not self.moderation.shows_all():
            hidden |= notes.touched(self.store, board, self._unshown)
        return hidden

    def _unshown(self, device: PublicKey) -> bool:
        """Tell whether a device belongs to communities of which none is shown here."""
        owners = self.registry.communities_of(device)
        return bool(owners) and not any(map(self.moderation.shows_from, owners))


# As many as one line of an error can name.
_NAMED_MAX: Final = 5


def only_federation(fitting: Sequence[Members]) -> Members:
    """Return the one federation of some, at least one.

    Raises:
        ConflictError: there are several; it names them.
    """
    if len(fitting) == 1:
        return fitting[0]
    listed = [f"“{name}” ({identifier})" for identifier, name in map(_called, fitting[:_NAMED_MAX])]
    rest = f" and {len(fitting) - _NAMED_MAX} more" if len(fitting) > _NAMED_MAX else ""
    raise ConflictError(
        f"expected which of {len(fitting)} federations you mean, with --federation and a name or id: "
        f"{', '.join(listed)}{rest}"
    )


def _called(members: Members) -> tuple[str, str]:
    """Return a federation's id as it is written, and its name."""
    return ids.show(members.founding.federation), members.founding.bylaws.name


def complaint(error: ValidationError) -> UserError:
    """Turn the first of a form's complaints into a sentence."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    said = in_words(first)
    return UserError(f"{place}: {said}" if place else said)
