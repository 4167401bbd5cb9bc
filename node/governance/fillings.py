"""What an election fills: places of a body, for a term, and the keys with which the elected may step down.

It is a part of the question, so whoever votes knows for which seats and for how long. Who holds a place
follows from it (bodies.py).
"""

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from node.governance.closing.phases import Moment
from node.limits import OPTIONS_PER_PROPOSAL_MAX
from node.records.statement import Id, Key, Part

# An assembly of a large federation; a body of more people is elected in parts.
PLACES_PER_BODY_MAX: Final = 1_000

PlaceNumber = Annotated[int, Field(ge=1, le=PLACES_PER_BODY_MAX)]


class Filling(Part):
    """Which places of a body an election fills, from when until when.

    The first elected takes the first of the places, the second the second, and so on. Who is elected beyond
    them is a deputy, in the order of election.

    Attributes:
        body: the document id of the body.
        places: ascending numbers, from 1; an election in between may fill just some.
        starts, ends: seconds since 1970.
        keys: for each option in ballot order the key of that person, null for who gave none.
    """

    body: Id
    places: Annotated[tuple[PlaceNumber, ...], Field(min_length=1, max_length=PLACES_PER_BODY_MAX)]
    starts: Moment
    ends: Moment
    keys: Annotated[tuple[Key | None, ...], Field(max_length=OPTIONS_PER_PROPOSAL_MAX)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        if list(self.places) != sorted(set(self.places)):
            raise ValueError("the places must be ascending and different")
        if self.ends <= self.starts:
            raise ValueError("a term must end after it starts")
        known = [key for key in self.keys if key is not None]
        if len(set(known)) != len(known):
            raise ValueError("two people cannot have one key")
        return self

    def check(self, *, method: str, options: int, seats: int) -> None:
        """Check that a question of this method, with so many options and seats to fill, can fill the places.

        Raises:
            ValueError: it elects nobody, or lists instead of people, or fewer than there are places.
        """
        if method == "yes-no/1" or method.startswith(("party-list-", "budget-")):
            raise ValueError("only an election of people fills the places of a body")
        if len(self.keys) != options:
            raise ValueError(f"expected a key or null for each of {options} options, found {len(self.keys)}")
        if seats < len(self.places):
            raise ValueError(f"expected to elect at least one for each of {len(self.places)} places")
