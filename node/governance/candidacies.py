"""Who stands for a body: what a community's stewards say of one of its people, before an election is put.

Nobody is elected by it, and an election may name others. It saves whoever puts an election from writing down
names and keys by hand, and tells voters whose people stand.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Final

from pydantic import Field

from node.governance.closing.phases import Moment
from node.governance.proposals import Proposal
from node.limits import NAME_CHARS_MAX
from node.records import serials
from node.records.statement import Id, Key, Positive, Statement

# What somebody says about standing: a paragraph or two, for all who stand are read together.
ABOUT_CHARS_MAX: Final = 2_000
# Of an option of a question.
OPTION_CHARS_MAX: Final = NAME_CHARS_MAX


class Candidacy(Statement):
    """The stewards of a community say that somebody of theirs stands for a body, or does no longer.

    Attributes:
        body: the document id of the body.
        name: of the person, as it shall stand on the ballot paper.
        key: with which the person may step down once elected; null for none.
        text: what the person says about it.
        stands: false takes it back.
        since: when it was said by its author's clock, in seconds since 1970; an election put later and with
            this person has answered it.
        serial: the highest of a community about one body and name counts.
    """

    kind: ClassVar[str] = "candidacy"
    federation: Id
    community: Id
    body: Id
    name: Annotated[str, Field(min_length=1, max_length=NAME_CHARS_MAX)]
    key: Key | None
    text: Annotated[str, Field(max_length=ABOUT_CHARS_MAX)]
    stands: bool
    since: Moment
    serial: Positive


def latest(candidacies: Iterable[Candidacy]) -> list[Candidacy]:
    """Return the one that counts of each community about each person and body, sorted by name."""
    return serials.latest(candidacies, lambda one: (one.body, one.name, one.community))


def standing(candidacies: Iterable[Candidacy], put: Iterable[Proposal]) -> list[Candidacy]:
    """Return who stands for the next election, of those that count.

    Args:
        candidacies: as `latest` returns them.
        put: elections put so far, without those that were withdrawn or failed.
    """
    elections = [one for one in put if one.fills is not None]
    return [
        one
        for one in candidacies
        if one.stands
        and not any(named(one, election) and one.since <= election.windows.opens for election in elections)
    ]


def named(candidacy: Candidacy, election: Proposal) -> int:
    """Return the number of the option of an election that is this person, 0 where none is."""
    filling = election.fills
    if filling is None or filling.body != candidacy.body:
        return 0
    for number, (option, key) in enumerate(zip(election.options, filling.keys, strict=True), start=1):
        # A name alone may be two people's; a key is one's.
        bears_it = option == candidacy.name or option.startswith(f"{candidacy.name} (")
        if key == candidacy.key and (key is not None or bears_it):
            return number
    return 0
