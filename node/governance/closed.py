"""How far its papers have brought a question: certified, failed, withdrawn, in dispute, or none of these."""

from dataclasses import dataclass

from node.governance.closing import cut as cuts
from node.governance.papers import Cast, Counted, Papers


@dataclass(frozen=True, slots=True)
class Closed:
    """What the witnesses certified about one question.

    Attributes:
        counted: the certified result as counted again here; None while something of it is not held.
        certified: a result is certified.
        failed, withdrawn: it is certified that there will be none.
        rivals: two values are certified, or one cut was counted in two ways (R9).
    """

    counted: Counted | None = None
    certified: bool = False
    failed: bool = False
    withdrawn: bool = False
    rivals: bool = False

    @property
    def stands(self) -> Counted | None:
        """Return the result that holds: certified, counted again here, and not in dispute."""
        return None if self.rivals else self.counted


def read(papers: Papers, cast: Cast) -> Closed:
    """Return what the papers held say."""
    certificates = papers.agreement.certificates()
    if not certificates:
        return Closed(rivals=bool(papers.agreement.diverging()))
    # What is certified and counts to the same here stands, whatever anybody signs afterwards (I2).
    rivals = len(certificates) > 1
    value = certificates[0].value
    if value == cuts.withdrawn(papers.proposal.id):
        return Closed(withdrawn=True, rivals=rivals)
    if value.failed:
        return Closed(failed=True, rivals=rivals)
    counted = papers.count(value.seals, cast)
    if counted is not None and counted.value != value:
        return Closed(certified=True, rivals=True)  # Counted here, the same cut gives something else (R9).
    return Closed(counted=counted, certified=True, rivals=rivals)
