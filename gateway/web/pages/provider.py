"""Signing in by the site's OpenID provider; linking an account with it, proving oneself by it.

Whoever is away, slow or wrong there, a sentence says so on the sign-in page, and the other ways in
are as before.
"""

import logging
from typing import Final

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from gateway.accounts import identities, sessions
from gateway.accounts.identities import IdentityError
from gateway.accounts.persons import Account
from gateway.accounts.provider import AwayError, DoubtfulError, Leave, Provider, Told
from gateway.accounts.sessions import Kind
from gateway.accounts.sign_in import Result
from gateway.core.duration import MINUTE_MS
from gateway.language.catalogue import N_, say
from gateway.web import hops
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.hops import BACK, PATH, Hop, Purpose
from gateway.web.pages import prove
from gateway.web.pages.me import somebody
from gateway.web.pages.sign_in import sign_in_form
from gateway.web.security import prefix
from gateway.web.signing_in import came_in, inside, need_accounts
from gateway.web.visitors import Visitor, visitor

COOKIE: Final = "menshen_hop"
CODE_MAX: Final = 2_048  # characters of what somebody brings back
CLOCKS_MS: Final = MINUTE_MS  # between the provider's clock and ours
log = logging.getLogger("menshen.console")

_AWAY = N_("{name} does not answer now. Take another way in, or try again in a minute.")
_DOUBTFUL = N_("What {name} answers does not hold, so nothing was done. Begin again.")
_GIVEN_UP = N_("You were not signed in at {name}. Begin again, or take another way in.")
_OVER = N_("This way in was used already, or was begun elsewhere or too long ago. Begin again.")
_UNKNOWN = N_(
    "No account here is linked with yours at {name}. Sign in in another way and link it under Me, "
    "or ask whoever manages accounts."
)
_LINKED = N_("You are linked with {name} already, or somebody else is with that account there.")
_NO_PROOF = N_("{name} does not say that you have just signed in there, so it proves nothing.")


class _Turned(Exception):
    """Nobody comes in: status, sentence, and a word for the audit with whom it is about."""

    def __init__(self, status: int, sentence: str, why: str, who: Account | None = None) -> None:
        super().__init__(why)
        self.status, self.sentence, self.why, self.who = status, sentence, why, who


def routes(context: WebContext) -> APIRouter:
    """GET /sign-in/oidc and its callback; POST /account/identity and …/end; GET /prove/oidc."""
    router = APIRouter()
    _leaving(router, context)
    _coming_back(router, context)
    return router


def _leaving(router: APIRouter, context: WebContext) -> None:
    @router.get(PATH)
    async def sign_in(request: Request, after: str = "") -> Response:
        need_accounts(request)
        return await _leave(context, request, Purpose.SIGN_IN, after=inside(after))

    @router.get("/prove/oidc")
    async def prove_it(request: Request, act: str = "", after: str = "") -> Response:
        own = prove.at_desk(request).session.session_id
        more = {"act": act[: prove.NUMBER_MAX], "after": inside(after)}
        return await _leave(context, request, Purpose.PROVE, session_id=own, **more)

    @router.post("/account/identity")
    async def link(request: Request) -> Response:
        """A page that leads on: no form of ours may be sent to another site."""
        own = somebody(request).session.session_id
        response = await _leave(context, request, Purpose.LINK, session_id=own)
        if response.status_code != 303:
            return response
        values = {"address": response.headers["location"], "name": _provider(context).name}
        page = context.answer(
            request, context.draw("leaving.html", context.setting(request), values)
        )
        page.raw_headers += [pair for pair in response.raw_headers if pair[0] == b"set-cookie"]
        return page

    @router.post("/account/identity/end")
    async def unlink(request: Request) -> Response:
        who = somebody(request)
        await context.visitors.write(lambda rows: identities.unlink(rows, who.account))
        return RedirectResponse(f"{prefix(request)}/account#provider", 303)


def _coming_back(router: APIRouter, context: WebContext) -> None:
    @router.get(BACK)
    async def back(request: Request, code: str = "", state: str = "", error: str = "") -> Response:
        need_accounts(request)
        provider, source = _provider(context), context.visitors.source(request)
        tries = (await context.visitors.sign_in()).tries
        one = tries.made("", state.encode(), None, source)
        if not await tries.turn(one):
            return await sign_in_form(context, request, Result.LATER)
        response: Response
        try:
            hop = await _spent(context, request, state)
            response = await _arrived(context, request, hop, provider, code, error)
        except _Turned as turned:
            if turned.status != 503:
                tries.wrong(one)
            response = await _turned_back(context, request, provider, turned)
        _keep(context, request, response, "")
        return response


async def _leave(context: WebContext, request: Request, purpose: Purpose, **more: str) -> Response:
    """To the provider."""
    provider, own_hops = _provider(context), await context.visitors.hops()
    back = (context.settings.console.public_url or _here(context, request)) + BACK
    try:
        leave: Leave = await provider.leave(back, fresh=purpose is Purpose.PROVE)
    except (AwayError, DoubtfulError) as error:
        log.warning("the OpenID provider does not answer: %s", error)
        turned = _Turned(503, _AWAY, "away")
        return await _turned_back(context, request, provider, turned, more.get("after", ""))
    hop = hops.hop_of(leave, purpose, back, context.now_ms(), **more)
    response = RedirectResponse(leave.url, 303)
    _keep(context, request, response, own_hops.written(hop))
    return response


async def _spent(context: WebContext, request: Request, state: str) -> Hop:
    """The hop that ends here. _Turned if there is none, or it was begun in another session."""
    own_hops = await context.visitors.hops()
    hop = own_hops.spend(_kept(context, request), state, context.now_ms())
    if hop is None:
        raise _Turned(403, _OVER, "no such state")
    who = visitor(request)
    own = who.session.session_id if who and who.session.kind is Kind.DESK else ""
    if hop.session_id and hop.session_id != own:
        raise _Turned(403, _OVER, "of another session")
    return hop


async def _arrived(
    context: WebContext, request: Request, hop: Hop, provider: Provider, code: str, error: str
) -> Response:
    """Somebody came back."""
    if error or not 0 < len(code) <= CODE_MAX:
        raise _Turned(403, _GIVEN_UP, f"the provider says {error[:40] or 'nothing'}")
    try:
        told: Told = await provider.told(hop.back, code, hop.nonce, hop.verifier)
    except AwayError as away:
        log.warning("the OpenID provider does not answer: %s", away)
        raise _Turned(503, _AWAY, "away") from away
    except DoubtfulError as doubt:
        raise _Turned(403, _DOUBTFUL, f"doubtful: {doubt}") from doubt
    if hop.purpose is Purpose.LINK:
        return await _linked(context, request, provider, told)
    account = await context.visitors.write(lambda rows: _used(context, rows, provider, told))
    if account is None or account.ended_ms is not None:
        raise _Turned(403, _UNKNOWN, "not linked" if account is None else "ended", account)
    if hop.purpose is Purpose.PROVE:
        return await _proved(context, request, hop, told, account)
    await context.visitors.note(account, "provider accepted", provider.name)
    sign_in, now_ms = await context.visitors.sign_in(), context.now_ms()
    since_ms = told.since_ms if told.since_ms is not None and told.since_ms <= now_ms else None
    is_second = provider.counts_as_code(told)
    outcome = await sign_in.begun(account, now_ms, since_ms, is_second)
    return await came_in(context, request, outcome, account, hop.after)


async def _linked(
    context: WebContext, request: Request, provider: Provider, told: Told
) -> Response:
    """From now on the provider signs this account in."""
    who, now_ms = somebody(request), context.now_ms()

    def link(rows: Connection) -> None:
        identities.link(rows, who.account, provider.issuer, told.subject, now_ms)

    try:
        await context.visitors.write(link)
    except IdentityError as error:
        raise _Turned(409, _LINKED, "linked already", who.account) from error
    await context.visitors.note(who.account, "provider linked", told.subject)
    where = f"{prefix(request)}/account#provider"
    where = context.happened.saying(request, where, "/account/identity")
    return RedirectResponse(where, 303)


async def _proved(
    context: WebContext, request: Request, hop: Hop, told: Told, account: Account
) -> Response:
    """Somebody signed in at the provider anew, and so proves that the session is theirs."""
    who: Visitor = somebody(request)
    is_fresh = told.since_ms is not None and told.since_ms >= hop.begun_ms - CLOCKS_MS
    if account.account_id != who.account.account_id or not is_fresh:
        raise _Turned(403, _NO_PROOF, "no fresh sign-in of its own", who.account)
    now_ms = context.now_ms()
    token = await context.visitors.write(lambda rows: sessions.prove(rows, who.session, now_ms))
    return await prove.proved(context, request, who, token or "", hop.act, hop.after)


async def _turned_back(
    context: WebContext, request: Request, provider: Provider, turned: _Turned, after: str = ""
) -> Response:
    """The sentence, on the page from which they can go on."""
    name = turned.who.name if turned.who else ""
    await context.visitors.note(name, "provider refused", "", turned.why, turned.status)
    who = visitor(request)
    if who is not None and who.session.kind is not Kind.CODE:
        raise HttpProblem(turned.status, turned.sentence, name=provider.name)
    sentence = say(turned.sentence, context.language(request)).format(name=provider.name)
    return await sign_in_form(
        context, request, after=after, sentence=sentence, status=turned.status
    )


def _used(context: WebContext, rows: Connection, provider: Provider, told: Told) -> Account | None:
    identities.use(rows, provider.issuer, told.subject, context.now_ms())
    return identities.whose(rows, provider.issuer, told.subject)


def _here(context: WebContext, request: Request) -> str:
    return context.visitors.origin(request) + prefix(request)


def _provider(context: WebContext) -> Provider:
    """HttpProblem at a site without one."""
    if context.visitors.provider is None:
        raise HttpProblem(404, NOT_FOUND)
    return context.visitors.provider


def _keep(context: WebContext, request: Request, response: Response, value: str) -> None:
    """Give the browser its hop; an empty one takes it away."""
    response.set_cookie(
        _cookie(context, request),
        value,
        max_age=hops.LASTS_MS // 1_000 if value else 0,
        path=prefix(request) + PATH,
        secure=context.visitors.is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _kept(context: WebContext, request: Request) -> str:
    """What the browser says of its hop."""
    return request.cookies.get(_cookie(context, request), "")


def _cookie(context: WebContext, request: Request) -> str:
    return f"__Secure-{COOKIE}" if context.visitors.is_secure(request) else COOKIE
