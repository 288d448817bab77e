"""The API as one document (OpenAPI), made from the routes themselves, and the address of it.

Its `x-roles` say who may, and how far it reaches, from the one table in accounts/roles.py. It is
for those who are signed in; the file docs/openapi.json is the same, and a test compares them.
"""

from functools import cache
from typing import Any, Final

import msgspec
from fastapi import APIRouter, Request, Response
from fastapi.openapi.utils import get_openapi

from gateway.accounts.roles import TABLE, Role, Whose
from gateway.web.access_rules import RULES
from gateway.web.answers import API, list_answer
from gateway.web.api import acting, announcing, page_tests, reading, ringing
from gateway.web.api.answered import REF, SHAPES
from gateway.web.context import WebContext
from gateway.web.visitors import COOKIE

VERSION: Final = "1.0"
_ABOUT: Final = (
    "What the console shows and does, for programs. Times are ms of UTC. A list comes in parts: "
    "`next` of an answer is the `cursor` of the following one, and null at the end. Whatever goes "
    "wrong is a problem as RFC 9457 has it. `x-roles`: which role may, and whose things (own, "
    "those of one's grids, all)."
)
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "menshen account token NAME"},
    "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "password": {"type": "http", "scheme": "basic", "description": "a site without accounts"},
}


def routes(context: WebContext) -> APIRouter:
    """All of the API, and GET /api/v1/openapi.json."""
    router = APIRouter(prefix=API, generate_unique_id_function=lambda route: route.name)
    for part in (reading, acting, announcing, ringing, page_tests):
        router.include_router(part.routes(context))

    @cache
    def made() -> dict[str, Any]:
        return document(router)

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return list_answer(request, made())

    return router


def document(router: APIRouter) -> dict[str, Any]:
    """The document of these routes. RuntimeError where two shapes go by one name."""
    made = get_openapi(title="Menshen", version=VERSION, description=_ABOUT, routes=router.routes)
    shapes = sorted(SHAPES, key=lambda shape: shape.__name__)
    _, components = msgspec.json.schema_components(shapes, ref_template=REF)
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name, schema in components.items():
        _add(schemas, name, schema)
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            operation["x-roles"] = _roles(method.upper(), path)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for name, schema in content["schema"].pop("$defs", {}).items():
                    _add(schemas, name, schema)
    made["components"]["securitySchemes"] = _SCHEMES
    made["security"] = [{name: []} for name in _SCHEMES]
    return made


def _add(schemas: dict[str, Any], name: str, schema: dict[str, Any]) -> None:
    if schemas.setdefault(name, schema) != schema:
        raise RuntimeError(f"two shapes of the API are called {name}")


def _roles(method: str, path: str) -> dict[str, str]:
    """Which roles may, and how far that reaches."""
    [rule] = [
        rule
        for (of, pattern), rule in RULES.items()
        if of == method and pattern.replace(":path}", "}") == path
    ]
    reaches = {role: min(TABLE[need.right][role] for need in rule.needs) for role in Role}
    return {
        role.value: reach.name.lower()
        for role, reach in reaches.items()
        if reach is not Whose.NOBODYS
    }
