"""Who may open which address: every route with the right that it needs, at a site with accounts.

`RULES` (`access_rules.py`) is the whole list, by method and pattern; a route that stands in none
stops the console at its start. What one may not know of is answered as if it were not there (404),
what one's roles do not allow with a sentence (403), and whoever is not signed in is led to the
sign-in; who does something dangerous proves first that it is they (`proving.py`). Every look at
something with a name or an address is in the audit before it is shown, every act as soon as it is
answered.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts import audit
from gateway.accounts.roles import Whose, covers
from gateway.accounts.sessions import Kind, is_proved
from gateway.core.cases.transitions import Action
from gateway.core.events import TroubleBegan, TroubleEnded
from gateway.core.reasons import Reason
from gateway.core.subject import SITE
from gateway.engine.gateway import GatewayAwayError
from gateway.language.catalogue import N_
from gateway.store import belonging, household_tables
from gateway.store.belonging import Belonging
from gateway.store.database import StoreError
from gateway.web import proving
from gateway.web.access_rules import CALLED, PARAMETERS, RULES, Need, Rule, Thing, right_of
from gateway.web.answers import NOT_FOUND, HttpProblem
from gateway.web.context import WebContext
from gateway.web.token_scopes import check_scopes
from gateway.web.visitors import Visitor, signs_in, visitor
from gateway.web.way_in import to_code, to_sign_in

_MATTERS: Final = {
    Thing.REQUEST: household_tables.requests,
    Thing.DISPUTE: household_tables.disputes,
    Thing.QUESTION: household_tables.health_questions,
}
DID: Final = "Menshen-Did"  # whose phone kept what it sends now: a warden's id, percent-encoded
log = logging.getLogger("menshen.console")

_NOT_YOURS = N_("Your roles do not allow this here; whoever manages accounts can give you another.")
_READS_ONLY = N_("This token reads only; menshen account token makes one that may do more.")
_TOO_MANY = N_(
    "You have opened more than a hundred doors, cases or people within a minute, so this stops. "
    "Try again in a minute; the captains and the centre are told."
)
_NO_AUDIT = N_("That you look at this cannot be noted now, so it is not shown: {why}.")
_OF_ANOTHER = N_(
    "This was done by somebody else on this phone. It is kept there until they sign in again."
)


def is_of(request: Request, who: Visitor) -> bool:
    """Whether what a phone kept was done by who is signed in on it now. The header gives nobody a
    right; it keeps what one did from being signed by another."""
    did = unquote(request.headers.get(DID, ""))
    return not did or did == who.account.warden_id


def actions_of(request: Request) -> frozenset[Action] | None:
    """What whoever asks may do about cases at all; None where nobody signs in."""
    who = visitor(request)
    if who is None:
        return None
    return frozenset(one for one in Action if who.reach(right_of(one)) is not Whose.NOBODYS)


class _Address(NamedTuple):
    """A route, as a request finds it."""

    method: str
    path: str  # its pattern
    finds: re.Pattern[str]
    rule: Rule


def addresses(app: FastAPI) -> list[_Address]:
    """Every route of the console with its rule, in the order in which they are asked. RuntimeError
    for one that has none."""
    found = []
    for route in iter_route_contexts(app.routes):
        if route.methods is None or route.path is None:
            continue  # our own files
        for method in sorted(route.methods):
            rule = RULES.get((method, route.path))
            if rule is None:
                raise RuntimeError(f"no rule of access for {method} {route.path}")
            found.append(_Address(method, route.path, compile_path(route.path)[0], rule))
    return found


class AccessMiddleware:
    """ASGI middleware inside the security: lets through what the rule of an address allows.

    Args:
        app: The console.
        context: What its routes have at hand.
        routes: Every route with its rule, as `addresses` has them.
        explain: Makes an answer of what went wrong.
    """

    def __init__(
        self,
        app: ASGIApp,
        context: WebContext,
        routes: list[_Address],
        explain: Callable[[Request, Exception], Awaitable[Response]],
    ) -> None:
        self._app, self._context, self._routes, self._explain = app, context, routes, explain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer it here."""
        found = self._found(scope) if scope["type"] == "http" and signs_in(scope) else None
        if found is None or found[0].rule.is_public:
            await self._app(scope, receive, send)
            return
        request, (address, values) = Request(scope, receive), found
        try:
            await self._pass(request, address, values, receive, send)
        except (HttpProblem, StoreError) as error:
            await (await self._explain(request, error))(scope, receive, send)

    def _found(self, scope: Scope) -> tuple[_Address, dict[str, str]] | None:
        """The route that the console will find too; None where it will find none."""
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        for address in self._routes:
            match = address.finds.match(path) if address.method == scope["method"] else None
            if match is not None:
                return address, match.groupdict()
        return None

    async def _pass(
        self,
        request: Request,
        address: _Address,
        values: dict[str, str],
        receive: Receive,
        send: Send,
    ) -> None:
        who, rule = visitor(request), address.rule
        if who is None or who.is_halfway:
            lead = to_sign_in if who is None else to_code
            await lead(self._context, request)(request.scope, receive, send)
            return
        if rule.is_closed:
            raise HttpProblem(404, NOT_FOUND)
        if who.session.kind is Kind.READER and address.method != "GET":
            raise HttpProblem(403, _READS_ONLY)
        if not is_of(request, who):
            raise HttpProblem(401, _OF_ANOTHER)
        what, about = f"{address.method} {address.path}", _about(rule, values)
        why = await self._check(who, rule, values, (what, about))
        now_ms = self._context.now_ms()
        if (address.method, address.path) in proving.ACTS and not is_proved(who.session, now_ms):
            await self._context.visitors.note(who.account, what, about, "proof asked for", 403)
            asked = await proving.ask(self._context, request, who, address.path, values)
            await asked(request.scope, receive, send)
            return
        if address.method != "GET":
            await self._act(who, (what, about, why), request.scope, receive, send)
            return
        if rule.is_noted:
            is_counted = any(need.thing is not Thing.LIST for need in rule.needs)
            await look(self._context, who, what, about, why, is_counted)
        await self._app(request.scope, receive, send)

    async def _check(
        self, who: Visitor, rule: Rule, values: dict[str, str], noted: tuple[str, str]
    ) -> str:
        """By what right. HttpProblem where there is none, which is in the audit too."""
        why = ""
        try:
            check_scopes(who, [need.right for need in rule.needs], noted[0].startswith("GET "))
            for need in rule.needs:
                value = values.get(PARAMETERS.get(need.thing, ""), "")
                why = await check(self._context, who, need, value)
        except HttpProblem as error:
            await self._context.visitors.note(who.account, *noted, audit.REFUSED, error.status)
            raise
        return why

    async def _act(
        self, who: Visitor, noted: tuple[str, str, str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """What was done stands, whatever becomes of its note: the journal has it too."""
        status = 500

        async def answering(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, answering)
        finally:
            try:
                await self._context.visitors.note(who.account, *noted, status)
            except StoreError as error:
                log.error("an act of %s is not in the audit: %s", who.account.account_id, error)


def _about(rule: Rule, values: dict[str, str]) -> str:
    """What an address is about, for the audit."""
    things = {PARAMETERS[n.thing]: n.thing.value for n in rule.needs if n.thing in PARAMETERS}
    things |= CALLED
    return ", ".join(f"{things.get(name, name)} {value}" for name, value in values.items() if value)


async def check(context: WebContext, who: Visitor, need: Need, value: str) -> str:
    """By what right somebody may do this. HttpProblem where they may not."""
    held = who.reach(need.right)
    if held is Whose.NOBODYS:
        raise HttpProblem(403, _NOT_YOURS)
    if need.thing is Thing.LIST or held is Whose.ALL:
        return held.name.lower()
    own = need.thing is Thing.PERSON and value == who.account.warden_id
    lies: Belonging | None = Belonging()
    if need.thing is not Thing.PERSON or (held is Whose.GRIDS and not own):
        lies = await context.read(lambda rows: _belonging(rows, need.thing, value, who))
    if lies is None or not covers(
        held, who.grids, own=own, in_grids=lies.grids, was_paged=lies.was_paged
    ):
        raise HttpProblem(404, NOT_FOUND)
    return "paged" if lies.was_paged and not lies.grids <= who.grids else held.name.lower()


async def look(
    context: WebContext, who: Visitor, what: str, about: str, why: str, is_counted: bool = True
) -> None:
    """Note a look before it is answered. HttpProblem where it is one too many within a minute, or
    cannot be noted."""
    now_ms, account = context.now_ms(), who.account
    if is_counted and not context.visitors.looks.allows(account.account_id, about, now_ms):
        if context.visitors.looks.is_news(account.account_id, now_ms):
            await _tell(context, account.account_id)
            await context.visitors.note(account, "bulk reading stopped", about, "", 429)
        raise HttpProblem(429, _TOO_MANY)
    try:
        await context.visitors.note(account, what, about, why)
    except StoreError as error:
        raise HttpProblem(503, _NO_AUDIT, why=str(error).rstrip(".")) from error


async def _tell(context: WebContext, account_id: str) -> None:
    """A case for the captains and the centre, under the account's random id."""
    try:
        await context.submit(SITE, TroubleBegan(Reason.BULK_READING, account_id))
        await context.submit(SITE, TroubleEnded(Reason.BULK_READING, account_id))
    except (HttpProblem, GatewayAwayError) as error:
        log.error("that somebody reads in bulk could not be told: %s", error)


def _belonging(connection: Connection, thing: Thing, value: str, who: Visitor) -> Belonging | None:
    if thing is Thing.DOOR:
        return belonging.of_door(connection, value, who.account.warden_id)
    if thing is Thing.CASE:
        return belonging.of_case(connection, value, who.account.warden_id)
    if thing is Thing.PERSON:
        return belonging.of_person(connection, value)
    if thing in _MATTERS:
        return belonging.of_matter(connection, _MATTERS[thing], value, who.account.warden_id)
    return belonging.of_area(connection, value)
