"""The page of a community itself: of all pages it may list, the one whose id follows from the community."""

from node import canonical
from node.crdt import genesis
from node.crdt.genesis import Communities, Genesis
from node.directory.schemas import PROFILE_TYPE
from node.feeds import scopes
from node.ids import CommunityId, DocumentId


def profile_genesis(community: CommunityId) -> Genesis:
    """Return the genesis of a community's own profile: it follows from the community, so there is one."""
    nonce = canonical.digest("hedgerow/own-profile/1", community)[: genesis.GENESIS_NONCE_BYTES]
    return Genesis(PROFILE_TYPE, community, Communities((community,)), scopes.PUBLIC, nonce)


def profile_id(community: CommunityId) -> DocumentId:
    """Return the document id of a community's own profile."""
    return genesis.document_id(genesis.encode(profile_genesis(community)))
