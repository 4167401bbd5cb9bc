"""One document in memory: its gate, and what of its entries the gate must be told."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from node.crdt import changes, genesis, runs
from node.crdt.document import Document
from node.crdt.gate import DocumentGate, Judged
from node.crdt.genesis import Communities, Genesis, MembersOf
from node.crdt.operations import Actor
from node.crdt.schema import DocumentSchema
from node.crdt.verdicts import Rejected
from node.crdt.waiting import Offer
from node.errors import RejectedChangeError
from node.feeds import bodies
from node.feeds.bodies import Kind
from node.feeds.entry import Entry
from node.ids import CommunityId, DocumentId, EntryId
from node.keys import PublicKey

# Epochs come later; every run belongs to the first.
FIRST_EPOCH = 0


class Writers(Protocol):
    """What must be known of communities to say who may write."""

    def communities_of(self, device: PublicKey) -> frozenset[CommunityId]:
        """Return the communities in whose charters a device stands."""
        ...

    def is_member(self, federation: bytes, community: CommunityId) -> bool:
        """Tell whether a community belongs to a federation."""
        ...


class RivalError(Exception):
    """A forger used one actor and number twice: begin again with all entries, settled by their ids."""


class OpenDocument:
    """Judge a document's entries, whatever their order.

    Args:
        strict: whether a rival is reported (`RivalError`) rather than settled by the order of offers.
    """

    def __init__(
        self,
        document: DocumentId,
        founding: Genesis,
        schema: DocumentSchema,
        *,
        reader: Actor,
        strict: bool = True,
    ) -> None:
        self.id = document
        self.genesis = founding
        self._gate = DocumentGate(Document.empty(reader), schema)
        self._announced: dict[PublicKey, set[Actor]] = {}
        self._turned_away: list[Offer] = []
        self.strict = strict

    @property
    def document(self) -> Document:
        """Return the document as the changes that count make it."""
        return self._gate.document

    def may_write(self, device: PublicKey, writers: Writers) -> bool:
        """Tell whether this device's community is among the document's writers."""
        owners = writers.communities_of(device)
        match self.genesis.writers:
            case Communities(ids=allowed):
                return not owners.isdisjoint(allowed)
            case MembersOf(federation=federation):
                return any(writers.is_member(federation, owner) for owner in owners)

    def offer(self, entries: Sequence[Entry], writers: Writers) -> list[tuple[Entry, str]]:
        """Take entries with changes and return those that count for nothing, with the reason.

        Raises:
            RivalError: a forger used one actor and number twice (only when strict).
        """
        rejected: list[tuple[Entry, str]] = []
        offers: list[Offer] = [*self._turned_away]
        for entry in entries:  # Runs first: entries may be offered in another order than they were made.
            self._announce(entry)
        by_id = {entry.id: entry for entry in entries}
        for entry in entries:
            if not self.may_write(entry.feed.device, writers):
                rejected.append((entry, "its author is none of the document's writers"))
                continue
            try:
                offers += self._offers(entry)
            except RejectedChangeError as error:
                rejected.append((entry, str(error)))
        while offers:
            outcome = self._gate.admit(offers)
            rejected += [
                (by_id[EntryId(judged.offer.source)], judged.verdict.reason)
                for judged in outcome.judged
                if isinstance(judged.verdict, Rejected) and self._note(judged) in by_id
            ]
            # What found no room among those that wait is offered again while anything moves.
            self._turned_away = list(outcome.turned_away)
            offers = self._turned_away if outcome.admitted else []
        return rejected

    def _announce(self, entry: Entry) -> None:
        """Note the run that an entry begins, if it does."""
        assert entry.body is not None, "only entries with bodies are offered"
        try:
            content = bodies.changes(bodies.decode(entry.body).content)
        except RejectedChangeError:
            return  # `_offers` says so.
        if content.run_nonce is not None:
            actor = runs.actor(
                device_key=entry.feed.device, document=self.id, epoch=FIRST_EPOCH, nonce=content.run_nonce
            )
            self._announced.setdefault(entry.feed.device, set()).add(actor)

    def _offers(self, entry: Entry) -> list[Offer]:
        assert entry.body is not None, "only entries with bodies are offered"
        content = bodies.changes(bodies.decode(entry.body).content)
        announced = self._announced.get(entry.feed.device, set())
        found = []
        for raw in content.raw_changes:
            actor = changes.actor_of(raw)
            if actor not in announced:
                raise RejectedChangeError("the change's actor is no run that its device announced")
            found.append(Offer(raw, actor, entry.id))
        return found

    def _note(self, judged: Judged) -> EntryId:
        """Return the entry that brought a rejected change, unless it is a rival that must be settled."""
        verdict = judged.verdict
        assert isinstance(verdict, Rejected)
        if verdict.rival is not None and self.strict:
            raise RivalError(verdict.reason)
        return EntryId(judged.offer.source)


def genesis_among(entries: Iterable[Entry]) -> bytes | None:
    """Return the genesis that entries of one document carry: the document's id allows only one."""
    for entry in entries:
        if entry.body is not None and bodies.kind_of(entry.body) is Kind.GENESIS:
            body = bodies.decode(entry.body)
            if isinstance(body.content, bytes) and genesis.document_id(body.content) == body.document:
                return body.content
    return None
