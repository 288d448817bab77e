"""The API as one document (OpenAPI), made from the routes themselves, and the address of it.

Its `x-roles` say who may, and how far it reaches, from the one table in accounts/roles.py. It is
for those who are signed in; the file docs/openapi.json is the same, and a test compares them.
"""

from functools import cache
from string import Formatter
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.openapi.utils import get_openapi

from gateway.accounts.roles import TABLE, Role, Whose
from gateway.accounts.scopes import WORDS, Scope, scope_of
from gateway.web.access_rules import RULES, Rule
from gateway.web.answers import API, list_answer
from gateway.web.api import (
    acting,
    announcing,
    commissioning,
    holding,
    page_tests,
    photos,
    reading,
    requests,
    ringing,
)
from gateway.web.api.answered import REF, SHAPES
from gateway.web.context import WebContext
from gateway.web.visitors import COOKIE

VERSION: Final = "1.0"
_ABOUT: Final = (
    "What the console shows and does, for programs. Times are ms of UTC. A list comes in parts: "
    "`next` of an answer is the `cursor` of the following one, and null at the end. Whatever goes "
    "wrong is a problem as RFC 9457 has it. `x-roles`: which role may, and whose things (own, "
    "those of one's grids, all). The scopes of a token stand beside it in `security`: one that has "
    "scopes needs those too; one that has none may what its account may."
)
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "menshen token make NAME"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "password": {"type": "http", "scheme": "basic", "description": "a site without accounts"},
}


def routes(context: WebContext) -> APIRouter:
    """All of the API, and GET /api/v1/openapi.json."""
    router = APIRouter(prefix=API, generate_unique_id_function=lambda route: route.name)
    for part in (
        *(reading, acting, requests, photos),
        *(announcing, holding, commissioning, ringing, page_tests),
    ):
        router.include_router(part.routes(context))

    @cache
    def made() -> dict[str, Any]:
        return document(router)

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return list_answer(request, made())

    return router


def document(router: APIRouter) -> dict[str, Any]:
    """The document of these routes. RuntimeError where two shapes go by one name, or an address has
    a place that its route does not take: no program could be written from that."""
    made = get_openapi(title="Menshen", version=VERSION, description=_ABOUT, routes=router.routes)
    shapes = sorted(SHAPES, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(shapes, ref_template=REF)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in components.items():
        _add(schemas, name, schema)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            _need_places(path, operation)
            rule = _rule(method.upper(), path)
            operation["x-roles"] = _roles(rule)
            operation["security"] = [
                {"token": _scopes(rule, is_look=method == "get")},
                *({name: []} for name in _SCHEMES if name != "token"),
            ]
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for name, schema in content["schema"].pop("$defs", {}).items():
                    _add(schemas, name, schema)
    made["components"]["securitySchemes"] = {name: {**one} for name, one in _SCHEMES.items()}
    made["components"]["securitySchemes"]["token"]["x-scopes"] = {
        scope.value: WORDS[scope] for scope in Scope
    }
    made["security"] = [{name: []} for name in _SCHEMES]
    return made


def _add(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    if schemas.setdefault(name, schema) != schema:
        raise RuntimeError(f"two shapes of the API are called {name}")


def _need_places(path: str, operation: dict[str, Any]) -> None:
    """Each place of an address stands among the parameters."""
    taken = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
    places = {name for _, name, _, _ in Formatter().parse(path) if name}
    if taken != places:
        raise RuntimeError(f"{path}: {', '.join(sorted(taken ^ places))} is not said by its route")


def _rule(method: str, path: str) -> Rule:
    [rule] = [
        rule
        for (of, pattern), rule in RULES.items()
        if of == method and pattern.replace(":path}", "}") == path
    ]
    return rule


def _scopes(rule: Rule, is_look: bool) -> list[str]:
    """Which scopes a token needs, if it has any."""
    scopes = (scope_of(need.right, is_look) for need in rule.needs)
    return [scope.value for scope in scopes if scope is not None]


def _roles(rule: Rule) -> dict[str, str]:
    """Which roles may, and how far that reaches."""
    reaches = {role: min(TABLE[need.right][role] for need in rule.needs) for role in Role}
    return {
        role.value: reach.name.lower()
        for role, reach in reaches.items()
        if reach is not Whose.NOBODYS
    }
