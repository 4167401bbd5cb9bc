"""Commands about petitions: handing one in, supporting it, putting the question it asks for."""

from typing import ClassVar, Literal

from node.engine.commands.ask import Ask, Name, Text


class StartPetition(Ask):
    """Hand a petition in for people of this community: {federation, petition, needed}."""

    command: Literal["start-petition"] = "start-petition"
    federation: str | None = None
    title: Name
    text: Text = ""


class SupportPetition(Ask):
    """Stand behind a petition as a community: {federation, petition, title}. It cannot be taken back."""

    command: Literal["support-petition"] = "support-petition"
    petition: Name


class PutPetition(Ask):
    """Put the question that a petition asks for: as `open-proposal`, and {petition}."""

    command: Literal["put-petition"] = "put-petition"
    petition: Name


class ListPetitions(Ask):
    """The petitions of a federation, those that are due first.

    {federation, name, petitions: [{id, title, text, community, state, supporters: [names], supported_here,
    needed, put: [{proposal, title}]}]}. `state`: ``due``, ``gathering`` or ``put``.
    """

    command: Literal["list-petitions"] = "list-petitions"
    question: ClassVar[bool] = True
    federation: str | None = None
