"""What an operation of the API is: a row that says all there is to know of it, so nothing is said twice."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from yarl import URL

from node.engine.commands import Ask, Command
from node.web import problems
from node.web.asking import ASKS, Answer
from node.web.schemas.parts import NoParameters, Part
from node.web.tokens import Scope

JSON: Final = "application/json"

PlaceForm = TypeVar("PlaceForm", bound=BaseModel)
ParametersForm = TypeVar("ParametersForm", bound=BaseModel)
AnyCommand = TypeVar("AnyCommand", bound=Ask)
BodyForm = TypeVar("BodyForm", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call(Generic[PlaceForm, ParametersForm, BodyForm]):
    """One request, read and checked.

    Attributes:
        place: what stands in the path.
        parameters: what stands in the query.
        body: what was sent.
    """

    request: web.Request
    place: PlaceForm
    parameters: ParametersForm
    body: BodyForm

    def command(self, kind: type[AnyCommand], fields: Mapping[str, Any]) -> AnyCommand:
        """Make a command of what was asked.

        Raises:
            RefusedError: 400, where the core's own bounds are narrower than the form's.
        """
        try:
            return kind(**fields)
        except ValidationError as error:
            raise problems.not_valid(error, pointers=not isinstance(self.body, NoParameters)) from error

    async def ask(self, command: Command) -> Answer:
        """Return the core's answer.

        Raises:
            NodeError: what the core answered instead.
        """
        return await self.request.app[ASKS].ask(command)


@dataclass(frozen=True, slots=True)
class Told:
    """What an operation answers.

    Attributes:
        body: a form, or a text where the operation's answer is one.
        location: where what was made can be found.
        links: relation and target of links to other parts.
    """

    body: BaseModel | str
    location: str | None = None
    links: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Operation(Generic[PlaceForm, ParametersForm, BodyForm]):
    """One method at one path.

    Attributes:
        name: in camel case, for programs made from the OpenAPI document.
        answer: the form of the answer; None for a text.
        needs: what a token must be good for; None where anybody may ask.
        problems: statuses beyond those that follow from the rest of the row.
        links_parts: whether the answer is a part of a list, with links to the others.
        headers: sent with every answer.
    """

    name: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    summary: str
    run: Callable[[Call[PlaceForm, ParametersForm, BodyForm]], Awaitable[Told]]
    answer: type[BaseModel] | None
    place: type[PlaceForm] = NoParameters  # type: ignore[assignment]  # the default is a form like any other
    parameters: type[ParametersForm] = NoParameters  # type: ignore[assignment]  # likewise
    body: type[BodyForm] = NoParameters  # type: ignore[assignment]  # likewise
    needs: Scope | None = None
    status: int = 200
    media: str = JSON
    problems: tuple[int, ...] = ()
    links_parts: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def takes_body(self) -> bool:
        """Tell whether something is sent with it."""
        return self.body is not NoParameters


AnyOperation: TypeAlias = Operation[Any, Any, Any]
Plain: TypeAlias = Call[NoParameters, NoParameters, NoParameters]


def links_to_parts(request: web.Request, part: Part, total: int) -> tuple[tuple[str, str], ...]:
    """Return links to the first, previous, next and last part of a list (RFC 8288)."""
    last = max(0, (total - 1) // part.limit * part.limit)
    offsets = {"first": 0}
    if part.offset > 0:
        offsets["prev"] = max(0, part.offset - part.limit)
    if part.offset + part.limit < total:
        offsets["next"] = part.offset + part.limit
    offsets["last"] = last
    return tuple((relation, _at(request, part, offset)) for relation, offset in offsets.items())


def _at(request: web.Request, part: BaseModel, offset: int) -> str:
    asked = part.model_copy(update={"offset": offset}).model_dump(exclude_none=True)
    return str(URL(request.path).with_query(asked))
