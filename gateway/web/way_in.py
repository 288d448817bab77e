"""The way in, for whoever is not signed in: pages lead there, and programs are told."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from gateway.language.catalogue import say
from gateway.web.answers import SIGN_IN_FIRST, is_api, problem_answer, wants_problem
from gateway.web.context import WebContext
from gateway.web.security import prefix

SIGN_IN, CODE = "sign-in", "sign-in/code"


def to_sign_in(context: WebContext, request: Request) -> Response:
    """The way in, for whoever is not signed in: a page, or an answer that a program can read."""
    where = f"{prefix(request)}/{SIGN_IN}"
    sentence = say(SIGN_IN_FIRST, context.language(request))
    if wants_problem(request):
        return problem_answer(401, sentence, {"WWW-Authenticate": "Bearer"})
    if "hx-request" in request.headers:
        return PlainTextResponse(sentence, 401, {"HX-Redirect": where})
    if request.method != "GET" or request.url.path.endswith("/stream"):
        return PlainTextResponse(sentence + "\n", 401)
    after = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
    return RedirectResponse(f"{where}?after={after}", 303)


def to_code(context: WebContext, request: Request) -> Response:
    """To the one-time code, which is still asked for; of that a program has none, nor a line."""
    if is_api(request) or request.url.path.endswith("/stream"):
        return to_sign_in(context, request)
    return RedirectResponse(f"{prefix(request)}/{CODE}", 303)
