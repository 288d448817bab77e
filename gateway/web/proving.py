"""Dangerous acts: each asks again who it is, where the last proof is older than `PROVED_MS`.

`ACTS` is the whole list, by method and pattern of address as in `access_rules.py`, each with what a
person is told it does. What was pressed too late is never done behind somebody's back: it is held,
and after the proof shown once more with a button of its own. Nothing secret is held.
"""

from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from gateway.accounts.sessions import PROVED_MS, Kind
from gateway.language.catalogue import N_, say
from gateway.web.answers import HttpProblem, problem_answer, wants_problem
from gateway.web.context import WebContext
from gateway.web.held_acts import Held
from gateway.web.said_address import parts_of
from gateway.web.security import prefix
from gateway.web.visitors import Visitor

PROVE: Final = "prove"
PROBLEM_TYPE: Final = "urn:menshen:proof-wanted"
FIELDS_MAX: Final = 32
FIELDS_BYTES_MAX: Final = 4_096
SECRET_FIELDS: Final = frozenset({"password", "new", "again", "code", "code_key", "credential"})

ACTS: Final[dict[tuple[str, str], str]] = {
    ("GET", "/account/password"): N_("change your password"),
    ("POST", "/account/password"): N_("change your password"),
    ("GET", "/account/code"): N_("set up your authenticator app anew"),
    ("POST", "/account/code"): N_("set up your authenticator app anew"),
    ("POST", "/account/code/end"): N_("go on without an authenticator app"),
    ("GET", "/account/passkeys/new"): N_("add a passkey"),
    ("POST", "/account/passkeys/options"): N_("add a passkey"),
    ("POST", "/account/passkeys"): N_("add a passkey"),
    ("POST", "/account/passkeys/{passkey_id}/end"): N_("remove a passkey"),
    ("POST", "/account/identity"): N_("link your account with the provider"),
    ("POST", "/account/identity/end"): N_("unlink your account from the provider"),
    ("POST", "/account/phones/end"): N_("sign out everywhere else"),
    ("POST", "/accounts/{name}/invite"): N_("invite a phone for {name}"),
    ("POST", "/wardens/{warden_id}/invite"): N_("invite a phone of this warden"),
    ("POST", "/tokens/{name}"): N_("make a token for {name}"),
}

_PROVE = N_("Prove first that it is you: your last proof here is older than ten minutes.")
NOT_ON_PHONES = N_(
    "This is not done from a phone that was signed in by an invitation, nor by a program. Sign in "
    "with your password at a desk."
)


async def ask(
    context: WebContext, request: Request, who: Visitor, pattern: str, values: dict[str, str]
) -> Response:
    """What comes instead of a dangerous act whose proof is too old. HttpProblem (403) for whoever
    can prove nothing."""
    if who.session.kind is not Kind.DESK:
        raise HttpProblem(403, NOT_ON_PHONES)
    before, sentence = prefix(request), say(_PROVE, context.language(request))
    if wants_problem(request):
        return problem_answer(403, sentence, type=PROBLEM_TYPE, prove=f"{before}/{PROVE}")
    page = _page(request)
    if "hx-request" in request.headers:
        where = f"{before}/{PROVE}?after={quote(page)}"
        return PlainTextResponse(sentence, 403, {"HX-Redirect": where})
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        here = f"{_path(request)}{query}"
        return RedirectResponse(f"{before}/{PROVE}?after={quote(here)}", 303)
    fields = await _fields(request)
    if fields is None:  # secrets are typed once more, on the page that asks for them
        return RedirectResponse(f"{before}/{PROVE}?after={quote(page)}", 303)
    now_ms = context.now_ms()
    held = Held(
        who.session.session_id,
        _path(request),
        ACTS[request.method, pattern],
        values,
        fields,
        now_ms + PROVED_MS,
    )
    number = context.held.hold(held)
    return RedirectResponse(f"{before}/{PROVE}?act={number}&after={quote(page)}", 303)


async def _fields(request: Request) -> list[tuple[str, str]] | None:
    """What a form brings; None where it is no form of ours, too much, or a secret is in it."""
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if not body:
        return []
    if kind != "application/x-www-form-urlencoded" or len(body) > FIELDS_BYTES_MAX:
        return None
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS_MAX
        )
    except ValueError:
        return None
    return None if any(name in SECRET_FIELDS for name, _ in fields) else fields


def _path(request: Request) -> str:
    return request.url.path.removeprefix(str(request.scope.get("root_path", "")))


def _page(request: Request) -> str:
    """The page of ours from which somebody pressed, without our root; empty if none is named."""
    named = request.headers.get("hx-current-url") or request.headers.get("referer", "")
    return parts_of(named).path.removeprefix(prefix(request))
