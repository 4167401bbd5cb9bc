"""Commands about what stood in a document before."""

from node import ids
from node.engine.commands import ForgetHistory, ShortenFeed
from node.engine.desk import Desk, Done
from node.engine.own_pages import profile_id
from node.engine.replicas.checkpointing import Checkpointing
from node.errors import ConflictError, NotFoundError
from node.feeds.bodies import Kind
from node.ids import DocumentId


def forget_history(command: ForgetHistory, desk: Desk) -> Done:
    """Begin documents anew and have what stood there before forgotten."""
    named = [DocumentId(ids.parse(one)) for one in command.ids] or [profile_id(desk.own)]
    if len(set(named)) < len(named):
        raise ConflictError("expected each document once, found one named twice")
    for document in named:
        if desk.store.documents.get(document) is None:
            raise NotFoundError("nothing of that id is known to this node")
    published = desk.restarting.restart(named, erases=True, now=desk.now)
    return Done({"documents": [{"id": ids.show(document)} for document in named]}, publish=tuple(published))


def shorten_feed(_: ShortenFeed, desk: Desk) -> Done:
    """Begin anew what stands before a place of this node's public feed, and say that nothing there counts."""
    device = desk.keyring.device.public
    checkpointing = Checkpointing(desk.store, desk.registry, desk.documents, desk.restarting, device)
    spared, published = checkpointing.write(desk.now)
    renewed = sum(draft.kind is Kind.EPOCH for _, drafts in published for draft in drafts)
    return Done({"spared": spared, "renewed": renewed}, publish=tuple(published))
