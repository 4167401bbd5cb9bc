"""The OpenAPI 3.1 document, made from the same table as the routes, so that it cannot tell another story."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from node.web import problems
from node.web.api.operations import JSON, AnyOperation
from node.web.problems import PROBLEM_TYPE, Problem
from node.web.schemas.parts import NoParameters

Tree: TypeAlias = dict[str, Any]

_REF_TEMPLATE: Final = "#/components/schemas/{model}"
_SECURITY_SCHEME: Final = "token"


def document(operations: Iterable[AnyOperation], *, version: str, operator: bool) -> Tree:
    """Return the document of one listener.

    Args:
        operations: all that the listener serves.
        version: of the program.
        operator: whether the listener is the operator's, where programs may show a token.
    """
    table = tuple(operations)
    refs, schemas = _schemas(table)
    paths: dict[str, Tree] = {}
    for operation in table:
        told = _operation(operation, refs, operator=operator)
        paths.setdefault(operation.path, {})[operation.method.lower()] = told
    components: Tree = {"schemas": schemas}
    if operator:
        components["securitySchemes"] = {_SECURITY_SCHEME: {"type": "http", "scheme": "bearer"}}
    listener = "the operator's listener" if operator else "the public listener"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"Hedgerow, {listener}",
            "version": version,
            "description": "Errors are problems after RFC 9457. Lists link to their other parts (RFC 8288).",
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": components,
    }


_Refs: TypeAlias = Mapping[tuple[Any, JsonSchemaMode], Tree]


def _schemas(operations: tuple[AnyOperation, ...]) -> tuple[_Refs, Tree]:
    """Return references to the forms, and the forms."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(Problem, "serialization"): None}
    for operation in operations:
        if operation.answer is not None:
            wanted[operation.answer, "serialization"] = None
        if operation.takes_body:
            wanted[operation.body, "validation"] = None
    refs, tree = models_json_schema(list(wanted), ref_template=_REF_TEMPLATE)
    return refs, tree["$defs"]


def _operation(operation: AnyOperation, refs: _Refs, *, operator: bool) -> Tree:
    told: Tree = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *_parameters(operation.place, where="path"),
            *_parameters(operation.parameters, where="query"),
        ],
        "responses": _responses(operation, refs, operator=operator),
    }
    if operation.takes_body:
        form = refs[operation.body, "validation"]
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": form}}}
    if operation.needs is not None:
        told["security"] = [{_SECURITY_SCHEME: []}]
    elif operator and operation.path.startswith("/api/"):
        told["security"] = [{}, {_SECURITY_SCHEME: []}]
    return told


def _parameters(form: type[BaseModel], *, where: str) -> list[Tree]:
    schema = form.model_json_schema(mode="validation")
    assert "$defs" not in schema, f"parameters of {form.__name__} are plain values"
    required = schema.get("required", [])
    shown = []
    for name, each in schema.get("properties", {}).items():
        inner = {key: value for key, value in each.items() if key not in ("title", "description")}
        parameter: Tree = {"name": name, "in": where, "required": name in required, "schema": _bare(inner)}
        if "description" in each:
            parameter["description"] = each["description"]
        shown.append(parameter)
    return shown


def _bare(schema: Tree) -> Tree:
    """Return the schema of a parameter: what is left out is not sent as null."""
    if "anyOf" not in schema:
        return schema
    (kept,) = [each for each in schema["anyOf"] if each != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**kept, **rest}


def _responses(operation: AnyOperation, refs: _Refs, *, operator: bool) -> Tree:
    schema: Tree
    if operation.answer is not None:
        schema = refs[operation.answer, "serialization"]
    else:
        schema = {"type": "object"} if operation.media == JSON else {"type": "string"}
    media = operation.media.partition(";")[0]
    responses: Tree = {
        str(operation.status): {
            "description": operation.summary,
            "headers": _headers(operation),
            "content": {media: {"schema": schema}},
        }
    }
    if operation.method == "GET":
        responses["304"] = {"description": "As the caller holds it already"}
    for status in sorted(_problem_statuses(operation, operator=operator)):
        content = {PROBLEM_TYPE: {"schema": refs[Problem, "serialization"]}}
        responses[str(status)] = {"description": problems.title(status), "content": content}
    return responses


def _headers(operation: AnyOperation) -> Tree:
    headers: dict[str, str] = {}
    if operation.method == "GET":
        headers["ETag"] = "Changes whenever the answer does."
    if operation.links_parts:
        headers["Link"] = "To the first, previous, next and last part, as far as there are any."
    return {name: {"description": said, "schema": {"type": "string"}} for name, said in headers.items()}


def _problem_statuses(operation: AnyOperation, *, operator: bool) -> set[int]:
    statuses = {400, 429, 500, 503, *operation.problems}
    if operation.place is not NoParameters:
        statuses.add(404)
    if operation.needs is not None:
        # What the core refuses: no such thing, not in this state, no key for it.
        statuses |= {401, 403, 404, 409}
    if operation.takes_body:
        statuses |= {413, 415, 422}
    if operator:
        statuses.add(421)
        if operation.path.startswith("/api/"):
            statuses |= {401, 403}
    return statuses
