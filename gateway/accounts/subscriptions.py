"""Phones that ring: what a browser gave us so that its push service brings it our pages.

One a session, and it ends with it: who signed out, whose phone was lost, who has left, is told
nothing any more. Of whom it is stands in the session alone.
"""

from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, delete, select, update

from gateway.accounts import sessions, tables
from gateway.store.records import whole

OF_PERSON_MAX: Final = 8  # phones of one person that ring
_p = tables.subscriptions.c


class Subscription(Struct, frozen=True):
    """A phone that rings. `point` and `secret` are its browser's: 65 bytes, an uncompressed point
    on P-256, and 16."""

    session_id: str
    endpoint: str
    point: bytes
    secret: bytes
    made_ms: int
    rang_ms: int | None = None  # when the phone last signed that a page rang it
    ended_ms: int | None = None


def keep(connection: Connection, subscription: Subscription) -> None:
    """Let the phone of a session ring by this, and by nothing that it had before. A browser in
    which another person has signed in is theirs from now on."""
    is_either = (_p.session_id == subscription.session_id) | (_p.endpoint == subscription.endpoint)
    connection.execute(delete(tables.subscriptions).where(is_either))
    names = Subscription.__struct_fields__
    row = {name: getattr(subscription, name) for name in names}
    connection.execute(tables.subscriptions.insert(), row)


def of_session(connection: Connection, session_id: str) -> Subscription | None:
    """What the phone of a session rings by, ended or not; None where it never asked to ring."""
    return next(iter(_read(connection, _p.session_id == session_id)), None)


def of_person(connection: Connection, warden_id: str, now_ms: int) -> list[Subscription]:
    """The phones by which somebody of the registry is told, the newest first: those whose session
    is not over and whose push service knows them."""
    s, a = tables.sessions.c, tables.accounts.c
    theirs = (
        select(s.session_id)
        .join(tables.accounts, a.account_id == s.account_id)
        .where(a.warden_id == warden_id, a.ended_ms.is_(None), sessions.is_live(now_ms))
    )
    return _read(connection, _p.session_id.in_(theirs), _p.ended_ms.is_(None))


def end(connection: Connection, endpoint: str, now_ms: int) -> None:
    """The push service knows it no more."""
    query = update(tables.subscriptions).where(_p.endpoint == endpoint)
    connection.execute(query.values(ended_ms=now_ms))


def rang(connection: Connection, session_id: str, now_ms: int) -> None:
    """The phone of this session signed for a page that rang it."""
    query = update(tables.subscriptions).where(_p.session_id == session_id)
    connection.execute(query.values(rang_ms=now_ms))


def forget(connection: Connection, session_id: str) -> None:
    """The phone is to ring no more."""
    connection.execute(delete(tables.subscriptions).where(_p.session_id == session_id))


def _read(connection: Connection, *which: Any) -> list[Subscription]:
    columns = [_p[name] for name in Subscription.__struct_fields__]
    query = select(*columns).where(*which).order_by(_p.made_ms.desc()).limit(OF_PERSON_MAX)
    found = (whole(row._mapping, Subscription) for row in connection.execute(query))
    return [subscription for subscription in found if subscription is not None]
