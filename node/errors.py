"""Every error Hedgerow raises on purpose, named by whose fault it is.

::

    NodeError
      UserError                the caller's mistake: exit 2, HTTP 4xx
        ConfigError              a setting or data folder is not usable
        NotFoundError            what was named does not exist here
        ConflictError            it exists already, or the state forbids it
        NotAuthorisedError       this node holds no key that may do it
        InputFileError           a file is not what its name says
      PeerError                the peer's mistake: the message or the connection ends, nothing else
        MalformedMessageError    bytes are not the shape the protocol names
        LimitExceededError       more than limits.py allows
        UnsupportedVersionError  a version this build does not speak
        BadSignatureError        a signature or a hash does not hold
        UnexpectedMessageError   the right shape at the wrong moment
        UnauthorisedPeerError    a key acts outside what its charter or membership allows
      RejectedChangeError      a signed body counts for nothing; it stays stored and is carried on
      StorageError             the disk's fault: retry or stop
        StoreBusyError           another process holds the data folder
        StoreUnavailableError    the store cannot be read or written
        SchemaTooNewError        a newer Hedgerow wrote this folder

Our own bug is an AssertionError: it stops the node.
"""


class NodeError(Exception):
    """Be the root of all errors that are somebody else's fault."""


class UserError(NodeError):
    """The command cannot be carried out as given."""


class ConfigError(UserError):
    """A setting or the data folder is not usable."""


class NotFoundError(UserError):
    """Nothing of that name is known to this node."""


class UnknownReferenceError(NotFoundError):
    """What is acted on is known, and something the command names beside it is not."""


class ConflictError(UserError):
    """It exists already, or the present state forbids it."""


class NotAuthorisedError(UserError):
    """This node holds no key that may do this."""


class InputFileError(UserError):
    """The file is not what its name or the command says it is."""


class PeerError(NodeError):
    """A peer sent what it must not send; it costs that peer its message or its connection."""


class MalformedMessageError(PeerError):
    """The bytes do not have the shape the protocol names."""


class LimitExceededError(PeerError):
    """The bytes ask for more than limits.py allows."""


class UnsupportedVersionError(PeerError):
    """The bytes announce a version this build does not speak."""


class BadSignatureError(PeerError):
    """A signature, a checksum or a hash does not hold."""


class UnexpectedMessageError(PeerError):
    """The message is well formed and comes at the wrong moment."""


class UnauthorisedPeerError(PeerError):
    """A key acts outside what its community's charter or membership allows."""


class RejectedChangeError(NodeError):
    """A signed body is invalid for good: it stays stored, is carried on and counts for nothing."""


class StorageError(NodeError):
    """The data folder or the database failed."""


class StoreBusyError(StorageError):
    """Another process holds the data folder."""


class StoreUnavailableError(StorageError):
    """The store cannot be read or written."""


class SchemaTooNewError(StorageError):
    """A newer Hedgerow wrote this data folder."""
