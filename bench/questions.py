"""What a federation's many questions cost a node: its start, one more ballot, and what people ask for.

    python -m bench.questions --members 100 --questions 1000 --json

Writes a store as years would leave it: each member has a seat, each question a ballot of every seat, and what
certifies it; `--open` of them still take ballots, and half have an effect. Then a whole core starts over it,
takes ballots, and answers. Seconds and milliseconds of processor time.
"""

import argparse
import itertools
import json
import secrets
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.large_store import Federation, Household, household, publish, seat_of, settle_in, write
from node import canonical, ids
from node.clock import Timestamp
from node.engine import commands
from node.engine.commands import Command
from node.engine.deciding import enacting
from node.engine.deciding.questions import rule, seconds, windows
from node.engine.effects import Reply
from node.engine.engine import Engine
from node.engine.inputs import CommandReceived, Woken
from node.engine.reactor import Reactor
from node.engine.registry import Registry
from node.engine.rolls.rolls import Rolls
from node.engine.setup import Keyring
from node.errors import NodeError
from node.federation import bylaws_file
from node.federation.bylaws import Bylaws
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Membership
from node.governance import ballots
from node.governance.closing import merkle
from node.governance.closing.quorum import Quorum
from node.governance.closing.review import ReviewEnd
from node.governance.closing.statements import CutVote, Seal
from node.governance.closing.subjects import ROLL, Place, roll_value
from node.governance.effects import effect
from node.governance.papers import Cast, Papers, instance
from node.governance.proposals import Casting, Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.ids import CommunityId
from node.keys import KeyPair
from node.records.approvals import Approval
from node.records.record import Record
from node.storage.sqlite import SqliteStore
from node.web.pages.pager import PAGE_ROWS

_NOW = Timestamp(1_790_000_000_000)
_DAY = 86_400
# More cannot found one; the others are let in.
_FOUNDERS = 32
_RULES = "[admission]\napprovals = 1\n[seats]\nhouse = {members}\n"


@dataclass(slots=True)
class Large:
    """A federation with its roll, and what each community published."""

    made: Federation
    rules: Bylaws
    roll: Roll
    mandates: dict[CommunityId, Record]
    written: dict[Any, list[Record]] = field(default_factory=dict)

    def household(self, community: bytes) -> Household:
        """Return who a community is."""
        return next(one for one in self.made.households if one.community == community)


def federation(members: int) -> Federation:
    """Return a federation of so many founders, of one device each."""
    households = tuple(household(number, 1) for number in range(members))
    rules = bylaws_file.parse(
        f'name = "Large"\n{_RULES.format(members=members)}'.encode(), file_name="b.toml"
    )
    founding = Founding(
        founders=tuple(sorted(one.community for one in households[:_FOUNDERS])),
        bylaws=rules,
        nonce=bytes(16),
    )
    return Federation(households, founding.sign(households[0].steward), founding.federation)


def build(path: Path, members: int, questions: int, still_open: int) -> None:
    """Write the store."""
    made = federation(members)
    write(path, made, entries=0, further=lambda one: _own(made, one))
    large = _with_roll(path, made)
    for number in range(questions):
        opens = seconds(_NOW) - (_DAY // 2 if number < still_open else (30 + number) * _DAY)
        _question(large, number, opens, certified=number >= still_open)
    publish(path, made, large.written)
    settle_in(path, made.households[0].community)


def _own(made: Federation, one: Household) -> list[Record]:
    """Return how a community comes in, its size and its mandate; the first one lets in who did not found."""
    if one is made.households[0]:
        claims = [_claim(made, each) for each in made.households[_FOUNDERS:]]
        own = [Approval(of=claim.payload_id, community=one.community).sign(one.steward) for claim in claims]
    else:
        own = []
    if one.community not in Founding.read(made.founding).founders:
        own += [_request(made, one).sign(one.steward), _claim(made, one).sign(one.steward)]
    size = SizeAttestation(
        federation=made.id, attester=one.community, subject=one.community, size=20, serial=1
    )
    return [*own, size.sign(one.steward), seat_of(made, one, delegate(one))]


def _request(made: Federation, one: Household) -> JoinRequest:
    return JoinRequest(federation=made.id, community=one.community, name="", nonce=bytes(16))


def _claim(made: Federation, one: Household) -> Membership:
    request = _request(made, one).payload_id
    return Membership(federation=made.id, community=one.community, request=request)


def delegate(one: Household) -> KeyPair:
    """Return the key that votes for a community's seat."""
    return one.devices[0]


def _with_roll(path: Path, made: Federation) -> Large:
    store = SqliteStore.open(path)
    registry = Registry(store)
    enacting.attach(registry, store)
    members = registry.members(made.id)
    assert members is not None
    rolls = Rolls(store, registry)
    panel, (roll, _) = rolls.newest(members), rolls.present(members, _NOW)
    assert roll is not None
    granted = {one.community: seat_of(made, one, delegate(one)) for one in made.households}
    large = Large(made, members.founding.bylaws, roll, granted)
    about = Place(made.id, ROLL, 1).instance
    witnesses = [large.household(one) for one in sorted(panel.pinned)[: panel.quorum.needed]]
    large.written[witnesses[0].community] = [roll.sign(witnesses[0].devices[0])]
    for one in witnesses:
        for step in ("pre", "com"):
            vote = _vote(about, one, step, roll_value(roll.payload_id))
            large.written.setdefault(one.community, []).append(vote)
    store.close()
    return large


def _vote(about: bytes, one: Household, step: str, value: Any) -> Record:
    fields = {"instance": about, "witness": one.community, "step": step, "round": 0, "value": value}
    return CutVote.model_validate({**fields, "lock": None}).sign(one.devices[0])


def _question(large: Large, number: int, opens: int, *, certified: bool) -> None:
    """Write one question with all its ballots, two of them aside while it is open, and what certifies it."""
    proposer = large.made.households[number % len(large.made.households)]
    asked = Proposal(
        federation=large.made.id,
        proposer=proposer.community,
        roll=large.roll.payload_id,
        title=f"Question {number}",
        text="Shall it be so? " * 20,
        method="yes-no/1",
        options=(),
        seats=1,
        rule=rule(large.rules.passing),
        effect=effect("budget", name=f"Line {number}", amount=10, unit="euro") if number % 2 else None,
        casting=Casting(lending=large.rules.casting.lending, parts=large.rules.casting.parts),
        windows=windows(large.rules.closing, opens=opens),
        lot_seed=canonical.digest("hedgerow/provisional-lot/1", large.made.id, number.to_bytes(16, "big")),
        nonce=number.to_bytes(16, "big"),
    )
    large.written.setdefault(proposer.community, []).append(asked.sign(proposer.steward))
    voting = large.made.households if certified else large.made.households[2:]
    cast = [ballot(large, asked, one) for one in voting]
    for one, signed in zip(voting, cast, strict=True):
        large.written.setdefault(one.community, []).append(signed)
    if certified:
        _certify(large, asked, cast)


def ballot(large: Large, asked: Proposal, one: Household) -> Record:
    """Return the ballot of a community's seat: four of five say yes."""
    form = ballots.Paper(
        proposal=asked.id,
        roll=asked.roll,
        community=one.community,
        seat=1,
        mandate=(large.mandates[one.community].raw,),
        next_seq=1,
        prev=None,
    )
    return ballots.make(form, (2 if one.community[0] % 5 == 0 else 1,), delegate(one))


def _certify(large: Large, asked: Proposal, cast: Sequence[Record]) -> None:
    witnesses = [large.household(one.community) for one in large.roll.witnesses]
    quorum = Quorum.of(len(witnesses))
    listed = tuple(sorted(one.id for one in cast))
    seals = [
        Seal(
            proposal=asked.id, witness=one.community, root=merkle.root(listed), listed=listed, receipts=()
        ).sign(one.devices[0])
        for one in witnesses[: quorum.needed]
    ]
    approves: Callable[..., bool] = lambda *_: True  # noqa: E731  # Signed here by those who may.
    valid = {one.id: ballots.check(one, asked, large.roll, approves) for one in cast}
    papers = Papers.of(asked, large.roll, quorum, seals)
    counted = papers.count(tuple(one.id for one in papers.usable_seals()), Cast(valid, {}, {}))
    assert counted is not None
    for one, sealed in zip(witnesses, seals, strict=False):
        votes = [_vote(instance(asked.id), one, step, counted.value) for step in ("pre", "com")]
        end = ReviewEnd(
            proposal=asked.id,
            witness=one.community,
            result=counted.result.result_id,
            requests=(),
            contested=False,
        ).sign(one.devices[0])
        large.written.setdefault(one.community, []).extend([sealed, *votes, end])


class Core:
    """A node's core over a store, asked as its shell asks it."""

    def __init__(self, path: Path, one: Household) -> None:
        self.store = SqliteStore.open(path)
        self._tickets: Iterator[int] = itertools.count(1)
        self.now = _NOW
        self.reactor = Reactor(
            Engine(
                store=self.store,
                keyring=Keyring(one.community, one.devices[0], (one.steward,)),
                entropy=secrets.token_bytes,
                static_private=secrets.token_bytes(32),
            ),
            self.store,
        )

    def ask(self, command: Command) -> dict[str, Any]:
        """Return the answer to a command."""
        ticket = next(self._tickets)
        self.reactor.handle(CommandReceived(ticket, command), self.now)
        for one in self.reactor.commit():
            if isinstance(one, Reply) and one.ticket == ticket:
                if isinstance(one.result, NodeError):
                    raise one.result
                return dict(one.result)
        raise AssertionError("a command is answered when it was handled")

    def wake(self, milliseconds: int = 0) -> None:
        """Let time pass and wake the core."""
        self.now = Timestamp(self.now + milliseconds)
        self.reactor.handle(Woken(), self.now)
        self.reactor.commit()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of some work in seconds, and what it returned."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def measure(path: Path, members: int, still_open: int) -> dict[str, Any]:
    """Start a node over the store and ask it."""
    made = federation(members)
    me = made.households[0]
    large = _with_roll(path, made)
    found: dict[str, Any] = {}
    found["start_s"], core = timed(lambda: Core(path, me))
    found["first_wake_s"], _ = timed(core.wake)
    core.ask(commands.GoOn())
    found["second_wake_s"], _ = timed(lambda: core.wake(1_000))
    found["list_first_s"], listed = timed(lambda: core.ask(commands.ListProposals()))
    found["list_again_s"], listed = timed(lambda: core.ask(commands.ListProposals()))
    part = commands.ListProposals(with_states=True, limit=PAGE_ROWS)
    found["part_first_s"], _ = timed(lambda: core.ask(part))
    found["part_again_s"], _ = timed(lambda: core.ask(part))
    found["states_first_s"], listed = timed(lambda: core.ask(commands.ListProposals(with_states=True)))
    found["states_again_s"], listed = timed(lambda: core.ask(commands.ListProposals(with_states=True)))
    rows = listed["proposals"]
    found["states"] = dict(sorted(Counter(one["state"] for one in rows).items()))
    closed = next(one for one in rows if one["state"] == "in force")
    found["show_first_s"], _ = timed(lambda: core.ask(commands.ShowResult(proposal=closed["id"])))
    found["show_again_s"], _ = timed(lambda: core.ask(commands.ShowResult(proposal=closed["id"])))
    found["effects_s"], _ = timed(lambda: core.ask(commands.ListEffects()))
    by_id = {ids.show(one.id): one for one in Proposal.among(_held(core, made))}
    still = [by_id[one["id"]] for one in rows if one["state"] == "open"][:still_open]
    for name, voter in (("ballot_first_s", me), ("ballot_again_s", made.households[1])):
        found[name] = min(_vote_by(core, ballot(large, asked, voter)) for asked in still)
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in found.items()}


def _held(core: Core, made: Federation) -> list[Record]:
    return [row.record for row in core.store.records.of_kind(made.scope, Proposal.kind)]


def _vote_by(core: Core, signed: Record) -> float:
    """Return what it takes to cast a ballot, and the look that follows."""
    cast, _ = timed(lambda: core.ask(commands.CastBallots(ballots=(signed.raw,))))
    return cast + timed(lambda: core.wake(300))[0]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--members", type=int, default=100)
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--open", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=None, help="keep the store here and use it again")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="questions-") as scratch:
        path = (given.folder or Path(scratch)) / f"{given.members}-{given.questions}.db"
        built = 0.0
        if not path.exists():
            built, _ = timed(lambda: build(path, given.members, given.questions, given.open))
        found = {"build_s": round(built, 1), **measure(path, given.members, given.open)}
    print(json.dumps(found) if given.json else "\n".join(f"{name}  {each}" for name, each in found.items()))


if __name__ == "__main__":
    main()
