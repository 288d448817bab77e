"""Who acts, made from how a request came in and never from what it says in its body.

- A warden's phone acts as that warden: her id stands in the path of her page.
- At a screen, a person says once who works there; until then it is the centre. That is kept in a
  cookie which is signed with a key of this run: one that another wrote, or that a gateway gave
  before it was started again, is nobody's, and who works there is asked anew.
- A program names the actor in the header Menshen-Actor: a warden's id (percent-encoded where it is
  not ASCII), or "centre".

At a site with accounts none of that counts: who acts is who signed in, or the program whose token
it is; whether they act for the centre, the roles of their account say. Without accounts, whoever
is past the password can act as anybody (SECURITY.md).
"""

import hashlib
import hmac
from typing import Final
from urllib.parse import quote, unquote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from gateway.core.actor import CENTRE, Acting, Actor, ActorKind
from gateway.language.catalogue import N_
from gateway.store import views
from gateway.web.answers import HttpProblem
from gateway.web.context import WebContext
from gateway.web.security import prefix
from gateway.web.visitors import visitor

HEADER: Final = "Menshen-Actor"
COOKIE: Final = "menshen_actor"
SHIFT_S: Final = 12 * 3_600  # then the next one says who they are
_ID_MAX: Final = 64

_UNSAID = N_("Say who acts in the header Menshen-Actor: the id of a warden, or centre.")
_NOBODY = N_("Only a warden of this site or the centre can do this.")
_SAY_AGAIN = N_("Say again who works at this screen, then do it again.")


def of_program(request: Request) -> Acting:
    """Who signed in; without accounts whom the header names. HttpProblem without one."""
    who = visitor(request)
    if who is not None:
        return who.acting
    named = unquote(request.headers.get(HEADER, ""))
    if not 0 < len(named) <= _ID_MAX:
        raise HttpProblem(422, _UNSAID)
    return registered(named)


def at_screen(context: WebContext, request: Request) -> Acting | None:
    """Who works at the screen from which this comes; None if that must be asked anew."""
    who = visitor(request)
    if who is not None:
        return who.acting
    kept = request.cookies.get(COOKIE)
    if kept is None:
        return Acting(CENTRE)
    named, _, signature = kept.rpartition(".")
    is_ours = hmac.compare_digest(signature.encode(), _signature(context, named).encode())
    return registered(unquote(named)) if is_ours else None


def acting_at_screen(context: WebContext, request: Request) -> Acting:
    """As `at_screen`. HttpProblem where it must be asked anew: nobody acts under another's name."""
    by = at_screen(context, request)
    if by is None:
        raise HttpProblem(409, _SAY_AGAIN)
    return by


def on_phone(request: Request) -> Acting:
    """Who acts on the warden's page that the address names, as `of_phone`."""
    return of_phone(request, str(request.path_params["warden_id"]))


def of_phone(request: Request, warden_id: str) -> Acting:
    """Who acts on a warden's page: who signed in; without accounts whose page it is."""
    who = visitor(request)
    return who.acting if who is not None else registered(warden_id)


def keep(context: WebContext, request: Request, response: Response, actor: Actor) -> None:
    """Remember at that screen who works there, for a shift."""
    named = quote(actor.actor_id, safe="")
    response.set_cookie(
        COOKIE,
        f"{named}.{_signature(context, named)}",
        max_age=SHIFT_S,
        path=prefix(request) or "/",
        httponly=True,
        samesite="strict",
    )


def check_known(connection: Connection, actor: Actor) -> None:
    """HttpProblem unless the actor is the centre, a warden of this site, or an account."""
    if actor.kind is ActorKind.WARDEN and views.warden(connection, actor.actor_id) is None:
        raise HttpProblem(422, _NOBODY)


def registered(named: str) -> Acting:
    """The centre, or a warden whom the registry may know: no text makes an account of itself, and
    no register says who sits at the centre's desk."""
    return Acting(CENTRE if named == CENTRE.actor_id else Actor(ActorKind.WARDEN, named))


def _signature(context: WebContext, named: str) -> str:
    return hmac.new(context.key, named.encode(), hashlib.sha256).hexdigest()
