"""The handheld's routes. Who acts is who signed in, without accounts the warden in the path.

What she presses goes as a form, or, kept on the phone, by the same address as a program's
(api/acting.py), and then names her: who signs in on that phone later does not sign for it.
"""

from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts.roles import Right
from gateway.core.actor import Acting
from gateway.store import views
from gateway.store.views import WardenRow
from gateway.web import actions, actor, matters, signing_in
from gateway.web.answers import NOT_FOUND, HttpProblem, json_answer
from gateway.web.context import Lane, WebContext
from gateway.web.handheld import shell
from gateway.web.handheld.shared_reads import SharedReads
from gateway.web.handheld.tasks import Task, Tasks
from gateway.web.live_view import LiveView
from gateway.web.pages.requests import MattersOfPhone
from gateway.web.pages.requests import Place as PlaceAmongMatters
from gateway.web.pages.warden_inbox import Place
from gateway.web.security import prefix
from gateway.web.visitors import may


def routes(context: WebContext) -> APIRouter:
    """GET /handheld/{warden_id}, …/cases/{case_id}, …/tasks, and what installs the app."""
    router = APIRouter(prefix="/handheld")
    _shell(router, context)
    _pages(router, context)
    _kept(router, context)
    _actions(router, context)
    return router


def _shell(router: APIRouter, context: WebContext) -> None:
    """What is the same for everybody. These come first: no warden may be called so."""

    @router.get("/sw.js")
    async def worker() -> Response:
        headers = {"Cache-Control": "no-cache"}
        return Response(shell.worker(), headers=headers, media_type="text/javascript")

    @router.get("/offline")
    async def offline(request: Request) -> Response:
        return _plain_page(request, "offline")

    @router.get("/signed_out")
    async def signed_out(request: Request) -> Response:
        return _plain_page(request, "signed_out")

    def _plain_page(request: Request, why: str) -> Response:
        values = {"why": why, "shell_version": shell.version()}
        return context.answer(
            request, context.draw("handheld/nothing.html", context.setting(request), values)
        )

    @router.get("/{warden_id}/manifest.webmanifest")
    async def manifest(request: Request, warden_id: str) -> Response:
        before, name = prefix(request), context.settings.site.name
        start, scope = f"{_home(request, warden_id)}", f"{before}/handheld/"
        said = shell.manifest(name, start, scope, f"{before}/static", context.language(request))
        answer = json_answer(said)
        answer.headers["Content-Type"] = "application/manifest+json"
        return answer

    @router.post("/{warden_id}/sign_out")
    async def sign_out(request: Request, warden_id: str) -> Response:
        return await signing_in.signed_out(context, request, "/handheld/signed_out")


def _pages(router: APIRouter, context: WebContext) -> None:
    @router.get("/{warden_id}")
    async def tasks(request: Request, warden_id: str) -> Response:
        view = Tasks(warden_id, actor.on_phone(request), context.rulebook.rules)
        return await _page(request, warden_id, "handheld/tasks.html", view, {"topic": ""})

    @router.get("/{warden_id}/further")
    async def further(request: Request, warden_id: str, after: Place) -> Response:
        """A later part of a long list. It has an address of its own, for a phone keeps the first
        one and shows that where there is no line."""
        view = Tasks(warden_id, actor.on_phone(request), context.rulebook.rules, after)
        topic = {"topic": Task.name(warden_id, after)}
        return await _page(request, warden_id, "handheld/tasks.html", view, topic)

    @router.get("/{warden_id}/requests")
    async def asked(request: Request, warden_id: str, place: PlaceAmongMatters = "") -> Response:
        view = MattersOfPhone(warden_id, actor.on_phone(request), place)
        topic = {"topic": Task.name(warden_id, place)}
        return await _page(request, warden_id, "handheld/requests.html", view, topic)

    @router.get("/{warden_id}/cases/{case_id}")
    async def task(request: Request, warden_id: str, case_id: str) -> Response:
        view = Task(warden_id, case_id, actor.on_phone(request), context.rulebook)
        named = {"topic": Task.name(warden_id, case_id)}
        return await _page(request, warden_id, "handheld/case.html", view, named)

    async def _page(
        request: Request, warden_id: str, template: str, view: LiveView, more: dict[str, Any]
    ) -> Response:
        now_ms = context.now_ms()

        def gather(connection: Connection) -> dict[str, Any]:
            warden = _warden(connection, warden_id)
            fragments = view.changed(connection, None, now_ms)
            if not fragments:
                raise HttpProblem(404, NOT_FOUND)
            shown = {fragment.name: fragment.shows for fragment in fragments}
            here = {"warden": warden, "seen": view.digest(), "shell_version": shell.version()}
            here["reader_version"] = shell.READER_VERSION
            here |= {"zone": str(context.zone), "take_back_ms": context.rulebook.rules.take_back_ms}
            return shown | here | more

        return await context.page(request, template, gather)


def _kept(router: APIRouter, context: WebContext) -> None:
    @router.get("/{warden_id}/tasks")
    async def pages(request: Request, warden_id: str) -> Response:
        """The pages that her phone keeps, each with a name for what it shows now."""
        home, now_ms = _home(request, warden_id), context.now_ms()
        by, sees_requests = actor.on_phone(request), may(request, Right.REQUESTS)
        drawn = f"{shell.version()}.{context.language(request)}"
        rules = context.rulebook.rules

        def query(connection: Connection) -> dict[str, str]:
            shared = SharedReads(connection, warden_id, now_ms)
            if shared.warden is None:
                raise HttpProblem(404, NOT_FOUND)
            tasks = Tasks(warden_id, by, rules, shared=shared)
            tasks.changed(connection, None, now_ms)
            shown: dict[str, LiveView] = {}
            if sees_requests:
                shown[f"{home}/requests"] = MattersOfPhone(warden_id, by)
            shared.look_up(kept := tasks.kept())
            for case_id in kept:
                path = f"{home}/cases/{quote(case_id, safe='')}"
                shown[path] = Task(warden_id, case_id, by, context.rulebook, shared)
            for view in shown.values():
                view.changed(connection, None, now_ms)
            pages: dict[str, LiveView] = {home: tasks, **shown}
            return {path: f"{view.digest()}.{drawn}" for path, view in pages.items()}

        pages = await context.read(query, Lane.PAGES)
        return json_answer({"now_ms": now_ms, "pages": pages})


def _actions(router: APIRouter, context: WebContext) -> None:
    """What she presses where no script runs; the page comes anew."""

    async def after(
        request: Request, case_id: str, by: Acting, answer: actions.Answered
    ) -> Response:
        actions.check(context, request, answer)
        home = _home(request, by.actor.actor_id)
        return RedirectResponse(f"{home}/cases/{quote(case_id, safe='')}", 303)

    actions.add_routes(router, context, "/{warden_id}/cases", actor.on_phone, after, by_page=True)

    async def served(request: Request, by: Acting, answer: actions.Answered) -> Response:
        matters.check(context, request, answer)
        return RedirectResponse(f"{_home(request, by.actor.actor_id)}/requests", 303)

    matters.add_routes(router, context, "/{warden_id}", actor.on_phone, served, by_page=True)


def _home(request: Request, warden_id: str) -> str:
    return f"{prefix(request)}/handheld/{quote(warden_id, safe='')}"


def _warden(connection: Connection, warden_id: str) -> WardenRow:
    warden = views.warden(connection, warden_id)
    if warden is None:
        raise HttpProblem(404, NOT_FOUND)
    return warden
