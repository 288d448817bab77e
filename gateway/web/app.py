"""The console as one ASGI application: security, the pages, and what goes wrong in sentences."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles

from gateway.engine.gateway import Gateway, GatewayAwayError
from gateway.language.catalogue import N_, say
from gateway.settings import Settings
from gateway.store.database import Store, StoreError
from gateway.web import live_stream
from gateway.web.access import AccessMiddleware, addresses
from gateway.web.answers import NOT_FOUND, HttpProblem, problem_answer, retry_after, wants_problem
from gateway.web.api import document
from gateway.web.context import AWAY, WebContext
from gateway.web.handheld import routes as handheld
from gateway.web.handheld import shell
from gateway.web.happened import HappenedMiddleware
from gateway.web.pages import (
    accounts,
    audit,
    cases,
    commission,
    doors,
    factors,
    health,
    holds,
    household,
    legend,
    links,
    me,
    metrics,
    page_tests,
    passkeys,
    photos,
    prove,
    provider,
    requests,
    sign_in,
    tokens,
    trust,
    updates,
    wallboard,
    warden_inbox,
    wardens,
)
from gateway.web.request_line import RequestLineMiddleware
from gateway.web.resident import routes as resident
from gateway.web.resident import sms
from gateway.web.resident.entrance import ElsewhereError, Entrance
from gateway.web.security import HEADERS, HSTS, SecurityMiddleware, is_household
from gateway.web.topics import Topics
from gateway.web.whose import Whose

STATIC: Final = Path(__file__).parent / "static"
_RESIDENT: Final = Path(__file__).parent / "resident" / "static"
PACKED: Final = 6  # of 9: what is beyond costs time and saves next to nothing

_NOT_COMPLETE = N_("Something that was sent is missing, too long or out of range: %s.")
_FORM_NOT_COMPLETE = N_(
    "Something that was filled in is missing, too long or out of range. Look at the form again."
)
_NO_STORE = N_("The gateway cannot read its database now: %s.")
_OURS = N_("Something went wrong in the console itself; it stands in its log.")
_NOT_DONE = N_("That cannot be done here.")


class Static(StaticFiles):
    """Our own files, asked about at every use: a new gateway shows its new style at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def build(settings: Settings, store: Store, gateway: Gateway) -> FastAPI:
    """The console for a site. It reads the store itself, and changes it through the gateway only.

    Its `state.topics` are the open live pages, and `state.figures` how the console itself does.
    """
    context, topics = WebContext(settings, store, gateway), Topics()
    app = FastAPI(title="Menshen", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.topics, app.state.figures = topics, context.figures
    for part in (
        wallboard,
        cases,
        requests,
        photos,
        links,
        doors,
        warden_inbox,
        health,
        trust,
        document,
    ):
        app.include_router(part.routes(context))
    for part in (
        *(wardens, page_tests, commission, household, holds),
        *(sign_in, passkeys, provider, me, factors, prove),
        *(accounts, tokens, audit, updates, metrics, legend),
    ):
        app.include_router(part.routes(context))
    app.include_router(handheld.routes(context))
    households = Entrance(context)
    app.include_router(resident.routes(context, households))
    app.include_router(sms.routes(context))
    app.include_router(live_stream.routes(context, topics))
    rooms = ("/static/handheld", shell.STATIC), ("/static/resident", _RESIDENT)
    for path, folder in (*rooms, ("/static", STATIC)):
        # Files hold no secret. Pages are not packed: their length would tell what is in them.
        app.mount(path, GZipMiddleware(Static(directory=folder), compresslevel=PACKED))
    _explain(app, context)
    app.add_exception_handler(ElsewhereError, resident.elsewhere)
    explain = _explainer(app)
    routes = addresses(app)
    app.add_middleware(HappenedMiddleware, happened=context.happened)
    app.add_middleware(AccessMiddleware, context=context, routes=routes, explain=explain)
    app.add_middleware(
        SecurityMiddleware,
        settings=settings,
        figures=context.figures,
        visitors=context.visitors,
        whose=Whose(context.visitors, households.whose),
    )
    app.add_middleware(RequestLineMiddleware)
    return app


def _not_complete(error: RequestValidationError, language: str, is_program: bool) -> str:
    """What was sent is not what it should be. A person knows no names of fields."""
    if not is_program:
        return say(_FORM_NOT_COMPLETE, language)
    fields = dict.fromkeys(str(field["loc"][-1]) for field in error.errors() if field["loc"])
    return say(_NOT_COMPLETE, language) % ", ".join(fields)


def _explain(app: FastAPI, context: WebContext) -> None:
    """Say what went wrong: to programs as a problem, to a page's script in a line, else as a
    page."""

    @app.exception_handler(HttpProblem)
    async def problem(request: Request, error: HttpProblem) -> Response:
        detail = error.detail(context.language(request))
        return _explained(context, request, error.status, detail, error.more)

    @app.exception_handler(StoreError)
    async def no_store(request: Request, error: StoreError) -> Response:
        detail = say(_NO_STORE, context.language(request)) % str(error).rstrip(".")
        return _explained(context, request, 503, detail)

    @app.exception_handler(GatewayAwayError)
    async def away(request: Request, error: GatewayAwayError) -> Response:
        return _explained(context, request, 503, say(AWAY, context.language(request)))

    @app.exception_handler(RequestValidationError)
    async def not_complete(request: Request, error: RequestValidationError) -> Response:
        detail = _not_complete(error, context.language(request), wants_problem(request))
        return _explained(context, request, 422, detail)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        sentence = NOT_FOUND if error.status_code == 404 else _NOT_DONE
        detail = say(sentence, context.language(request))
        answer = _explained(context, request, error.status_code, detail)
        answer.headers.update(_with_head(error.headers or {}))
        return answer

    @app.exception_handler(Exception)
    async def ours(request: Request, _: Exception) -> Response:
        """Our own fault: told here, and raised on for the log. It passes outside the security."""
        detail = say(_OURS, context.language(request))
        headers = _guards(context, request)
        if wants_problem(request):
            return problem_answer(500, detail, headers)
        return PlainTextResponse(detail + "\n", 500, headers)


def _with_head(headers: Mapping[str, str]) -> dict[str, str]:
    """Which methods there are, of a 405: where there is GET, there is HEAD (`request_line`)."""
    allowed = headers.get("Allow") == "GET"
    return {**headers, **({"Allow": "GET, HEAD"} if allowed else {})}


def _guards(context: WebContext, request: Request) -> dict[str, str]:
    """What the security would have added."""
    over_tls = {"Strict-Transport-Security": HSTS} if context.visitors.is_secure(request) else {}
    return HEADERS | {"Cache-Control": "no-store"} | over_tls


def _explainer(app: FastAPI) -> Callable[[Request, Exception], Awaitable[Response]]:
    """What answers an error before a route is reached, as `_explain` has it."""

    async def explain(request: Request, error: Exception) -> Response:
        handlers = app.exception_handlers
        kind = next(kind for kind in type(error).__mro__ if kind in handlers)
        answer = handlers[kind](request, error)
        return answer if isinstance(answer, Response) else await answer

    return explain


def _explained(
    context: WebContext,
    request: Request,
    status: int,
    detail: str,
    more: dict[str, object] | None = None,
) -> Response:
    if wants_problem(request):
        return problem_answer(status, detail, None, **(more or {}))
    if "hx-request" in request.headers:
        return PlainTextResponse(detail, status, retry_after(status))
    template = "resident/problem.html" if is_household(request) else "problem.html"
    html = context.draw(template, context.setting(request), {"sentence": detail})
    answer = context.answer(request, html, status)
    answer.headers.update(retry_after(status))
    return answer
