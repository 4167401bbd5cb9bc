"""Forms of petitions."""

from typing import Annotated

from pydantic import Field

from node.web.schemas import Id, Shown
from node.web.schemas_bonds import QuestionNamed


class Petition(Shown):
    """What people of a community ask the federation to decide."""

    id: Id
    title: str
    text: str
    community: Annotated[str, Field(description="Where it was handed in.")]
    state: Annotated[str, Field(description="`due`, `gathering` or `put`.")]
    supporters: Annotated[tuple[str, ...], Field(description="The communities that stand behind it.")]
    supported_here: bool
    needed: Annotated[int, Field(description="How many must stand behind it.")]
    put: Annotated[tuple[QuestionNamed, ...], Field(description="The questions put in answer to it.")]


class PetitionPage(Shown):
    """A part of the petitions of a federation, those that are due first."""

    total: Annotated[int, Field(ge=0)]
    petitions: tuple[Petition, ...]
