"""Sessions: who is signed in on which phone or screen, until when.

The browser has a random token, the table its SHA-256. A session is over when it was not seen for
its idle time, at its absolute end, or when somebody ended it; and with every rise in rights it gets
another token. `LIMITS` says how long each kind lasts.

At a desk a session is *proved* for a while after its owner signed in or proved anew that it is
theirs: dangerous acts want that (`is_proved`). A phone that was invited never is.
"""

import hashlib
import secrets
from enum import StrEnum
from typing import Any, Final, NamedTuple

from msgspec import Struct
from sqlalchemy import Connection, func, select, update

from gateway.accounts import persons, tables
from gateway.accounts.persons import Account
from gateway.accounts.roles import Role
from gateway.accounts.scopes import Scope, scopes_in
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.store.records import whole

TOKEN_BYTES: Final = 32
TOKEN_MAX: Final = 64  # characters that are looked at
PHONE_NAME_MAX: Final = 40
OF_ACCOUNT_MAX: Final = 20  # live at once, of each kind; the one longest unseen ends
SEEN_EVERY_MS: Final = MINUTE_MS  # how exactly it is kept when one was last seen
LISTED_MAX: Final = 100  # of an account: as many as it can have
AHEAD_MS: Final = DAY_MS  # so far, and its idle time, a session may lie ahead of a clock set back
PROVED_MS: Final = 10 * MINUTE_MS  # then a dangerous act asks again who it is
_s = tables.sessions.c


class Kind(StrEnum):
    """By what somebody signed in."""

    PHONE = "phone"  # an invitation: a warden's own phone
    DESK = "desk"  # a password, a passkey, or the site's provider
    PROGRAM = "program"  # a token of its own
    READER = "reader"  # the same, and it reads only
    CODE = "code"  # the password was right; a one-time code is still asked for


OF_PROGRAMS: Final = frozenset({Kind.PROGRAM, Kind.READER})


class Limit(NamedTuple):
    """How long a session lasts unseen, and at all."""

    idle_ms: int
    absolute_ms: int


LIMITS: Final = {
    Kind.PHONE: Limit(14 * DAY_MS, 90 * DAY_MS),
    Kind.DESK: Limit(HOUR_MS, 12 * HOUR_MS),
    Kind.PROGRAM: Limit(90 * DAY_MS, 400 * DAY_MS),
    Kind.READER: Limit(90 * DAY_MS, 400 * DAY_MS),
    Kind.CODE: Limit(10 * MINUTE_MS, 10 * MINUTE_MS),
}


class Session(Struct, frozen=True):
    """One phone, screen or program that is signed in."""

    session_id: str
    account: Account
    kind: Kind
    phone: str
    made_ms: int
    seen_ms: int
    ends_ms: int  # at the latest
    proved_ms: int | None = None  # when its owner last proved it theirs
    scopes: frozenset[Scope] | None = None  # of a token; None: all that its account may


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(
    connection: Connection,
    account: Account,
    kind: Kind,
    phone: str,
    now_ms: int,
    proved_ms: int | None = None,
    scopes: frozenset[Scope] | None = None,
    lasts_ms: int | None = None,
) -> str:
    """A new session; its token, which nobody can read again. It lasts as its kind does, or less.
    `proved_ms`: when its owner proved who they are, if they did."""
    _make_room(connection, account, kind, now_ms)
    token, limit = secrets.token_urlsafe(TOKEN_BYTES), LIMITS[kind]
    row = {
        "token": digest(token),
        "session_id": secrets.token_hex(8),
        "account_id": account.account_id,
        "kind": kind.value,
        "phone": phone[:PHONE_NAME_MAX],
        "made_ms": now_ms,
        "seen_ms": now_ms,
        "idle_ms": limit.idle_ms,
        "ends_ms": now_ms + min(limit.absolute_ms, lasts_ms or limit.absolute_ms),
        "proved_ms": proved_ms,
        "scopes": None if scopes is None else " ".join(sorted(scopes)),
    }
    connection.execute(tables.sessions.insert(), row)
    return token


def prove(connection: Connection, session: Session, now_ms: int) -> str | None:
    """Its owner has proved it theirs; its new token. None if it is over, or no desk's."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    is_it = _s.session_id == session.session_id, _s.kind == Kind.DESK.value, is_live(now_ms)
    query = update(tables.sessions).where(*is_it)
    proved = connection.execute(query.values(token=digest(token), proved_ms=now_ms))
    return token if proved.rowcount == 1 else None


def is_proved(session: Session, now_ms: int) -> bool:
    """Whether its owner proved it theirs lately enough for a dangerous act."""
    proved_ms = session.proved_ms
    is_lately = proved_ms is not None and 0 <= now_ms - proved_ms < PROVED_MS
    return is_lately and session.kind is Kind.DESK


def of_token(connection: Connection, token: str, now_ms: int) -> Session | None:
    """The live session with this token."""
    if not 0 < len(token) <= TOKEN_MAX:
        return None
    query = select(tables.sessions).where(_s.token == digest(token), is_live(now_ms))
    row = connection.execute(query).first()
    return None if row is None else _session(connection, row._mapping)


def see(connection: Connection, session: Session, now_ms: int) -> None:
    """It was seen now."""
    query = update(tables.sessions).where(_s.session_id == session.session_id)
    connection.execute(query.values(seen_ms=now_ms))


def is_seen_lately(session: Session, now_ms: int) -> bool:
    """Whether `see` has nothing new to say; a clock that was set back has."""
    return 0 <= now_ms - session.seen_ms < SEEN_EVERY_MS


def of_account(connection: Connection, account: Account, now_ms: int) -> list[Session]:
    """Its live sessions, the one last seen first."""
    query = select(tables.sessions).where(_s.account_id == account.account_id, is_live(now_ms))
    rows = connection.execute(query.order_by(_s.seen_ms.desc(), _s.session_id).limit(LISTED_MAX))
    found = [_session(connection, row._mapping) for row in rows]
    return [session for session in found if session is not None]


class Rights(NamedTuple):
    """What decides what a session may: who it is, their roles, and the grids beside their own."""

    warden_id: str | None
    roles: tuple[Role, ...]
    grids: frozenset[str]


def live(connection: Connection, now_ms: int) -> dict[str, Rights]:
    """The live sessions of accounts that have not ended, by id, with what they may now."""
    a = tables.accounts.c
    query = (
        select(_s.session_id, a.warden_id, a.roles, a.grids)
        .join(tables.accounts, a.account_id == _s.account_id)
        .where(is_live(now_ms), a.ended_ms.is_(None))
    )
    return {
        session_id: Rights(warden_id, persons.roles_in(roles), frozenset(persons.words_in(grids)))
        for session_id, warden_id, roles, grids in connection.execute(query)
    }


def end(connection: Connection, account: Account, session_id: str, now_ms: int) -> bool:
    """End one session of the account; whether there was such a one."""
    its = _s.account_id == account.account_id, _s.session_id == session_id
    return _revoke(connection, now_ms, *its) > 0


def was(connection: Connection, account: Account, session_id: str) -> bool:
    """Whether the account has or had such a session."""
    its = _s.account_id == account.account_id, _s.session_id == session_id
    return connection.execute(select(_s.session_id).where(*its)).first() is not None


def end_all(connection: Connection, account: Account, now_ms: int, but: str | None = None) -> int:
    """End every session of the account, but one if it is named; how many were live."""
    its = _s.account_id == account.account_id, _s.session_id != (but or "")
    live = select(func.count()).where(*its, is_live(now_ms))
    count: int = connection.execute(live).scalar() or 0
    _revoke(connection, now_ms, *its)
    return count


def _revoke(connection: Connection, now_ms: int, *which: Any) -> int:
    """These are over from now on, whatever this clock makes of their times: that of the gateway may
    be another, and a phone was lost. How many that were."""
    query = update(tables.sessions).where(*which, _s.revoked_ms.is_(None))
    return connection.execute(query.values(revoked_ms=now_ms)).rowcount


def _make_room(connection: Connection, account: Account, kind: Kind, now_ms: int) -> None:
    """Among its own kind: who knows a password and no code, or signs in at a desk by a script, ends
    no phone that rings."""
    kinds = OF_PROGRAMS if kind in OF_PROGRAMS else {kind}
    its = _s.account_id == account.account_id, _s.kind.in_([one.value for one in kinds])
    query = select(_s.session_id).where(*its, is_live(now_ms)).order_by(_s.seen_ms.desc())
    ids = connection.execute(query.order_by(_s.session_id)).scalars().all()
    for session_id in ids[OF_ACCOUNT_MAX - 1 :]:
        end(connection, account, session_id, now_ms)


def is_live(now_ms: int) -> Any:
    """The clause by which a row of `sessions` is one that is not over. A clock that is set back by
    some hours throws nobody out; but what one wrote that was days ahead keeps no desk open until
    that time comes."""
    is_seen = (_s.seen_ms + _s.idle_ms > now_ms) & (_s.seen_ms - _s.idle_ms < now_ms + AHEAD_MS)
    is_made = _s.made_ms - _s.idle_ms < now_ms + AHEAD_MS
    return _s.revoked_ms.is_(None) & (_s.ends_ms > now_ms) & is_seen & is_made


class _Row(Struct, frozen=True):
    """A session as it is stored."""

    session_id: str
    account_id: str
    kind: Kind
    phone: str
    made_ms: int
    seen_ms: int
    idle_ms: int
    ends_ms: int
    proved_ms: int | None
    scopes: str | None


def _session(connection: Connection, cells: Any) -> Session | None:
    row = whole(cells, _Row)
    account = None if row is None else persons.of_id(connection, row.account_id)
    if row is None or account is None or account.ended_ms is not None:
        return None
    return Session(
        row.session_id,
        account,
        row.kind,
        row.phone,
        row.made_ms,
        row.seen_ms,
        min(row.ends_ms, row.seen_ms + row.idle_ms),
        row.proved_ms,
        None if row.scopes is None else scopes_in(row.scopes),
    )
