"""The console as one ASGI application: the rim, the pages, and what goes wrong in sentences."""

from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles

from gateway.console import api, cases, doors, health, phone, stream, wall
from gateway.console.desk import NOT_FOUND, Desk, Trouble
from gateway.console.rim import Rim
from gateway.loop import Heart
from gateway.notify.catalogue import N_, say
from gateway.settings import Settings
from gateway.store.engine import Store, StoreError

STATIC: Final = Path(__file__).parent / "static"

_NOT_COMPLETE = N_("Something that was sent is missing, too long or out of range: %s.")
_NO_STORE = N_("The gateway cannot read its database now: %s.")
_NOT_DONE = N_("That cannot be done here.")


class Static(StaticFiles):
    """Our own files, asked about at every use: a new gateway shows its new look at once."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """The file, or that it has not changed."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        return response


def build(settings: Settings, store: Store, heart: Heart) -> FastAPI:
    """The console for a site. It reads the store itself, and changes it through the heart only."""
    desk = Desk(settings, store, heart)
    app = FastAPI(title="Menshen", docs_url=None, redoc_url=None, openapi_url=None)
    for part in (wall, cases, doors, phone, health, stream, api):
        app.include_router(part.routes(desk))
    app.mount("/static", Static(directory=STATIC))
    app.add_middleware(Rim, settings=settings)
    _explain(app, desk)
    return app


def _explain(app: FastAPI, desk: Desk) -> None:
    """Say what went wrong: to programs as JSON, to a page's script in a line, else as a page."""

    @app.exception_handler(Trouble)
    async def trouble(request: Request, error: Trouble) -> Response:
        return _told(desk, request, error.status, error.told(desk.language(request)))

    @app.exception_handler(StoreError)
    async def no_store(request: Request, error: StoreError) -> Response:
        sentence = say(_NO_STORE, desk.language(request)) % str(error).rstrip(".")
        return _told(desk, request, 503, sentence)

    @app.exception_handler(RequestValidationError)
    async def not_complete(request: Request, error: RequestValidationError) -> Response:
        fields = dict.fromkeys(str(one["loc"][-1]) for one in error.errors() if one["loc"])
        sentence = say(_NOT_COMPLETE, desk.language(request)) % ", ".join(fields)
        return _told(desk, request, 422, sentence)

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> Response:
        sentence = NOT_FOUND if error.status_code == 404 else _NOT_DONE
        return _told(desk, request, error.status_code, say(sentence, desk.language(request)))


def _told(desk: Desk, request: Request, status: int, sentence: str) -> Response:
    if api.is_api(request):
        return api.answer({"error": sentence}, status)
    if "hx-request" in request.headers:
        return PlainTextResponse(sentence, status)
    html = desk.draw("trouble.html", desk.setting(request), {"sentence": sentence})
    return desk.answer(request, html, status)
