"""What a route says of itself in the API's document, beside what its signature says."""

from typing import Any, Final

import msgspec
from pydantic import BaseModel

from gateway.web.actor import HEADER
from gateway.web.answers import PROBLEM, RETRY_AFTER_S
from gateway.web.api.shapes import Problem

REF: Final = "#/components/schemas/{name}"
# What the rim of the console, the accounts and the store answer, whatever was asked for.
ALWAYS: Final = (400, 401, 403, 413, 421, 422, 429, 500, 503)
_SAYS: Final = {
    200: "done, or here it is",
    304: "nothing in it is otherwise than under the tag of If-None-Match",
    400: "cannot be read as a request",
    401: "nobody is signed in, or the token is over",
    403: "not allowed to these roles, this token, or this origin",
    404: "there is no such thing, or it is none of yours",
    409: "it cannot be done as things stand",
    413: "longer than anything that is read here",
    421: "not under this name, or not in clear",
    422: "something that was sent is missing, too long or out of range",
    429: "too often",
    500: "our own fault",
    503: "the gateway or its database does not answer now",
}
SHAPES: Final[set[type[msgspec.Struct]]] = {Problem}  # all that is answered anywhere

_ACTOR: Final = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 192},
    "description": "Who acts: a warden's id, percent-encoded, or centre. Needed at a site without "
    "accounts; at one with accounts it is who signed in.",
}


def answered(
    shape: type[msgspec.Struct],
    problems: dict[int, type[msgspec.Struct] | None] | None = None,
    *,
    is_list: bool = False,
) -> dict[str, Any]:
    """For a route's decorator: what it answers, and which problems beside those of all routes
    (None: a problem with nothing of its own). A list has a tag, and is 304 to who knows it."""
    good: dict[str, Any] = _response(200, shape, "application/json")
    responses: dict[int | str, dict[str, Any]] = {200: good}
    if is_list:
        good["headers"] = _header("ETag", {"type": "string"})
        responses[304] = {"description": _SAYS[304], "headers": good["headers"]}
    for status, kind in sorted((dict.fromkeys(ALWAYS) | (problems or {})).items()):
        responses[status] = _response(status, kind or Problem, PROBLEM)
        if status in RETRY_AFTER_S:
            seconds = {"type": "integer", "minimum": 1}
            responses[status]["headers"] = _header("Retry-After", seconds)
    return {"responses": responses, "response_model": None}


def acts(body: type[BaseModel] | None = None) -> dict[str, Any]:
    """For `openapi_extra` of a route by which somebody acts, and reads its body by itself."""
    extra: dict[str, Any] = {"parameters": [_ACTOR]}
    if body is not None:
        schema = body.model_json_schema(ref_template=REF.replace("{name}", "{model}"))
        content = {"application/json": {"schema": schema}}
        is_needed = any(field.is_required() for field in body.model_fields.values())
        extra["requestBody"] = {"required": is_needed, "content": content}
    return extra


def _response(status: int, shape: type[msgspec.Struct], media: str) -> dict[str, Any]:
    SHAPES.add(shape)
    schema = {"$ref": REF.replace("{name}", shape.__name__)}
    return {"description": _SAYS[status], "content": {media: {"schema": schema}}}


def _header(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {name: {"required": True, "schema": schema}}
