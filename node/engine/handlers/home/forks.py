"""Commands about forks: devices that told two stories of one feed, and the proof of it."""

import base64
import binascii
from typing import Any

from node import ids, keys
from node.engine.commands import CheckFork, ProveFork
from node.engine.desk import Answer, Desk, Done
from node.engine.replicas import forks
from node.engine.replicas.forks import Fork
from node.errors import NotFoundError, PeerError, UserError
from node.feeds import forking
from node.feeds.forking import ForkProof
from node.keys import PublicKey

# What a proof begins with, so that it is told from a key: a list of three, and the first letters of its tag.
_BEGINNING = base64.b64encode(b"\x83\x6fhedgerow/f").decode()


def prove_fork(command: ProveFork, desk: Desk) -> Done:
    """Hand out the proof that a device told two stories."""
    device = keys.parse(command.device)
    found = forks.among(desk.store.feeds, [device])
    if not found:
        raise NotFoundError("this device has told one story only, as far as this node holds")
    proof = found[0].proof
    return Done({**_claim(proof, desk), "proof": base64.b64encode(forking.encode(proof)).decode()})


def check_fork(command: CheckFork, desk: Desk) -> Done:
    """Check a proof by itself; nothing of it needs to be held here."""
    return Done(_claim(_read(command.proof), desk))


def device_of(named: str) -> PublicKey:
    """Return the device that is meant by its key, or by a proof that it told two stories.

    Raises:
        UserError: neither, or a proof that does not hold.
    """
    return _read(named).feed.device if named.startswith(_BEGINNING) else keys.parse(named)


def shown(desk: Desk) -> list[dict[str, Any]]:
    """Say which devices told two stories, the own community's first."""
    found = [_row(fork, desk) for fork in forks.among(desk.store.feeds)]
    own = ids.show(desk.own)
    return sorted(found, key=lambda row: (row["community"] != own, row["retired"], row["name"], row["scope"]))


def _row(fork: Fork, desk: Desk) -> dict[str, Any]:
    device = fork.feed.device
    owners = desk.registry.communities_of(device)
    known = (desk.registry.community(owner) for owner in owners)
    retired = bool(owners) and all(one is not None and device in one.retirements for one in known)
    return {**_claim(fork.proof, desk), "branches": fork.branches, "retired": retired}


def _claim(proof: ForkProof, desk: Desk) -> Answer:
    owner = desk.registry.community_of(proof.feed.device)
    return {
        "community": ids.show(owner) if owner is not None else None,
        "name": desk.name_of(owner) if owner is not None else "unknown",
        "device": keys.show(proof.feed.device),
        "scope": proof.feed.scope,
        "entry": proof.seq,
    }


def _read(proof: str) -> ForkProof:
    try:
        return forking.verify(base64.b64decode(proof, validate=True))
    except binascii.Error as error:
        raise UserError("expected a proof in base64, as `hedgerow charter device prove` prints it") from error
    except PeerError as error:
        raise UserError(f"this proof does not hold: {error}") from error
