"""Commands about revisions: a new question in place of an old one."""

from node import ids, keys
from node.engine.commands import OpenProposal, ReviseProposal
from node.engine.commands.bodies import NewFilling
from node.engine.commands.deciding import NewBudget
from node.engine.desk import Desk, Done
from node.engine.drafts import carry
from node.engine.handlers.questions import proposals
from node.engine.handlers.questions.bonds import check_revisable
from node.errors import ConflictError, UserError
from node.governance.closing.review import Withdraw
from node.governance.proposals import Proposal
from node.ids import PayloadId

_SECONDS_PER_DAY = 86_400


def revise_proposal(command: ReviseProposal, desk: Desk) -> Done:
    """Put a changed question in place of one of this community, and withdraw that one."""
    question = desk.questions.find(PayloadId(ids.parse(command.proposal)))
    old = question.proposal
    check_revisable(question, desk)
    if old.effect is not None:
        raise ConflictError("that question acts by itself when it passes: withdraw it and put it anew")
    if old.budget is not None and command.options is not None:
        raise ConflictError("that question says what each project costs: withdraw it and put it anew")
    wanted = OpenProposal(
        federation=ids.show(old.federation),
        title=old.title if command.title is None else command.title,
        text=old.text if command.text is None else command.text,
        method=old.method.removesuffix("/1"),
        options=old.options if command.options is None else command.options,
        seats=old.seats if command.seats is None else command.seats,
        budget=NewBudget.model_validate(old.budget.model_dump()) if old.budget is not None else None,
        fills=_fills_again(old, command.options) if old.fills is not None else None,
        supersedes=ids.show(old.id),
    )
    if (wanted.title, wanted.text, wanted.options, wanted.seats) == (
        old.title,
        old.text,
        old.options,
        old.seats,
    ):
        raise UserError("expected another title, text, options or number of seats: nothing would change")
    put = proposals.open_proposal(wanted, desk)
    withdrawn = carry(Withdraw(proposal=old.id).sign(desk.steward()))
    return Done(
        {**put.answer, "supersedes": ids.show(old.id)},
        publish=tuple((scope, (*drafts, withdrawn)) for scope, drafts in put.publish),
    )


def _fills_again(old: Proposal, options: tuple[str, ...] | None) -> NewFilling:
    """Return what a revised election fills: the same, as far as its options are the same."""
    filling = old.fills
    assert filling is not None
    standing = old.options if options is None else options
    # A term that was to begin with the decision begins with the new decision.
    with_it = filling.starts == old.windows.in_force_from
    return NewFilling(
        body=ids.show(filling.body),
        places=filling.places,
        starts=None if with_it else filling.starts,
        term_days=(filling.ends - filling.starts) // _SECONDS_PER_DAY,
        keys={
            name: keys.show(keys.PublicKey(key))
            for name, key in zip(old.options, filling.keys, strict=True)
            if key is not None and name in standing
        },
    )
