"""Commands about petitions: handing one in, supporting it, putting the question it asks for."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from node.engine.commands.ask import Ask, Name, Text
from node.governance.petitions import PEOPLE_MAX

People = Annotated[int, Field(ge=0, le=PEOPLE_MAX)]


class StartPetition(Ask):
    """Hand a petition in for people of this community: {federation, petition, needed, needed_in_words}.

    `people`: how many of them support it.
    """

    command: Literal["start-petition"] = "start-petition"
    federation: str | None = None
    title: Name
    text: Text = ""
    people: People | None = None


class SupportPetition(Ask):
    """Stand behind a petition as a community, or state how many of its people do.

    {federation, petition, title, people, stands_behind}. Standing behind it cannot be taken back; a number is
    replaced by the next one, and 0 takes it back.
    """

    command: Literal["support-petition"] = "support-petition"
    petition: Name
    people: People | None = None


class PutPetition(Ask):
    """Put the question that a petition asks for: as `open-proposal`, and {petition}."""

    command: Literal["put-petition"] = "put-petition"
    petition: Name


class ListPetitions(Ask):
    """The petitions of a federation, those that are due first.

    {federation, name, petitions: [{id, title, text, community, state, supporters: [names], supported_here,
    people, people_by: [{community, people}], doubtful: [as people_by], people_here, needed, people_needed,
    either, needed_in_words, put: [{proposal, title}]}]}. `state`: ``due``, ``gathering`` or ``put``. `people`
    is how many support it in all; `doubtful` are numbers above a community's size, which count for nothing.
    """

    command: Literal["list-petitions"] = "list-petitions"
    question: ClassVar[bool] = True
    federation: str | None = None
