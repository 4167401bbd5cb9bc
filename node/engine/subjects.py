"""What each kind of record is about: the one id under which it is looked up."""

from node.federation.declining import Declining
from node.federation.founding import Founding
from node.federation.membership import JoinRequest, Membership
from node.federation.reports import Report, Withdrawal
from node.governance.ballots import Ballot
from node.governance.bodies import Resignation
from node.governance.candidacies import Candidacy
from node.governance.closing.review import ReviewEnd, ReviewRequest, Withdraw
from node.governance.closing.statements import CutVote, LotCommit, LotReveal, Receipt, Seal
from node.governance.entries import BallotEntry
from node.governance.mandates import Mandate
from node.governance.minutes import Adoption, Minutes
from node.governance.petitions import Petition, PetitionSupport
from node.governance.proposals import Proposal, Roll
from node.governance.sizes import SizeAttestation
from node.records.approvals import Approval
from node.records.record import Record
from node.records.statement import Statement

# Per kind, its form and the field that names its subject.
FORMS: dict[str, tuple[type[Statement], str | None]] = {
    Adoption.kind: (Adoption, "meeting"),
    Approval.kind: (Approval, "of"),
    Ballot.kind: (Ballot, "proposal"),
    BallotEntry.kind: (BallotEntry, "proposal"),
    Candidacy.kind: (Candidacy, "body"),
    CutVote.kind: (CutVote, "instance"),
    Declining.kind: (Declining, "community"),
    Founding.kind: (Founding, None),
    JoinRequest.kind: (JoinRequest, "community"),
    LotCommit.kind: (LotCommit, "question"),
    LotReveal.kind: (LotReveal, "question"),
    Mandate.kind: (Mandate, "community"),
    Membership.kind: (Membership, "community"),
    Minutes.kind: (Minutes, "meeting"),
    Petition.kind: (Petition, "community"),
    PetitionSupport.kind: (PetitionSupport, "petition"),
    Proposal.kind: (Proposal, "roll"),
    Report.kind: (Report, "about"),
    Receipt.kind: (Receipt, "proposal"),
    Resignation.kind: (Resignation, "proposal"),
    Roll.kind: (Roll, "previous"),
    Seal.kind: (Seal, "proposal"),
    ReviewEnd.kind: (ReviewEnd, "proposal"),
    ReviewRequest.kind: (ReviewRequest, "proposal"),
    SizeAttestation.kind: (SizeAttestation, "subject"),
    Withdraw.kind: (Withdraw, "proposal"),
    Withdrawal.kind: (Withdrawal, "report"),
}


def subject_of(found: Record) -> bytes | None:
    """Return the id that a record is about; of kinds that this version does not know, None.

    Raises:
        PeerError: the payload is not what its kind says.
    """
    if found.kind not in FORMS:
        return None
    form, field = FORMS[found.kind]
    statement = form.read(found)
    if field is None:
        return None
    subject = getattr(statement, field)
    assert isinstance(subject, bytes)
    return subject
