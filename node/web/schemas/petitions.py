"""Forms of petitions."""

from typing import Annotated

from pydantic import Field

from node.governance.petitions import PEOPLE_MAX
from node.web.schemas.bonds import QuestionNamed
from node.web.schemas.parts import INTEGRAL, Asked, Id, Readable, Shown, Stated, Text

People = Annotated[
    int,
    Field(ge=0, le=PEOPLE_MAX, description="How many people of this community support it."),
    INTEGRAL,
]


class PeopleOf(Shown):
    """How many people of a community support a petition, as its stewards state."""

    community: str
    people: int


class Petition(Shown):
    """What people of a community ask the federation to decide."""

    id: Id
    title: str
    text: str
    community: Annotated[str, Field(description="Where it was handed in.")]
    state: Annotated[str, Field(description="`due`, `gathering` or `put`.")]
    supporters: Annotated[tuple[str, ...], Field(description="The communities that stand behind it.")]
    supported_here: bool
    people: Annotated[int, Field(description="How many people support it in all.")]
    people_by: tuple[PeopleOf, ...]
    doubtful: Annotated[
        tuple[PeopleOf, ...],
        Field(description="Numbers above the size of their community: they count for nothing."),
    ]
    needed: Annotated[int, Field(description="How many communities must stand behind it.")]
    people_needed: Annotated[
        int, Field(description="How many people must support it; 0: none are asked for.")
    ]
    either: Annotated[bool, Field(description="One of the two numbers is enough.")]
    needed_in_words: str
    put: Annotated[tuple[QuestionNamed, ...], Field(description="The questions put in answer to it.")]


class NewPetition(Asked):
    """A petition to hand in for people of this community."""

    title: Annotated[Readable, Field(description="The question, as it shall be put.")]
    text: Text = ""
    people: People | None = None


class PetitionStarted(Stated):
    """A petition as it was handed in."""

    petition: Id
    federation: Id
    needed_in_words: Annotated[str, Field(description="When it is due, as the middle of a sentence.")]


class PetitionPlace(Asked):
    """Which petition is meant, in the path."""

    petition: Id


class NewSupport(Asked):
    """Support for a petition: of this community, or of so many of its people."""

    people: Annotated[
        People | None, Field(description="Left out: the community itself stands behind it.")
    ] = None


class Supported(Stated):
    """Support as it was stated."""

    petition: Id
    title: str
    people: int | None
    stands_behind: Annotated[bool, Field(description="Whether the community itself does.")]


class PetitionPage(Shown):
    """A part of the petitions of a federation, those that are due first."""

    total: Annotated[int, Field(ge=0)]
    petitions: tuple[Petition, ...]
