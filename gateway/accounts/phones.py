"""The phones of people of the registry: on which they are signed in, and whether those ring."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from sqlalchemy import Connection, func, select

from gateway.accounts import persons, sessions, tables
from gateway.accounts.persons import Account
from gateway.accounts.sessions import Kind
from gateway.core.duration import HOUR_MS
from gateway.store.records import whole

OLD_MS: Final = 36 * HOUR_MS  # the daily test comes each day; so long without a receipt is a sign
PEOPLE_MAX: Final = 1_000  # in one look
_a, _s, _p = tables.accounts.c, tables.sessions.c, tables.subscriptions.c


class Phone(Struct, frozen=True):
    """A phone or screen on which somebody is signed in. `subscribed_ms`: since when its push
    service brings it our pages; `rang_ms`: when it last signed that one rang it; `ended_ms`: since
    when its push service knows it no more."""

    session_id: str
    name: str
    kind: Kind
    seen_ms: int
    subscribed_ms: int | None
    rang_ms: int | None
    ended_ms: int | None

    @property
    def rings(self) -> bool:
        """Whether our pages go to it."""
        return self.subscribed_ms is not None and self.ended_ms is None

    def is_unproved(self, now_ms: int) -> bool:
        """Whether it should ring, and has not signed for long that it did."""
        since_ms = max(self.rang_ms or 0, self.subscribed_ms or 0)
        return self.rings and now_ms - since_ms > OLD_MS


def account_of(connection: Connection, warden_id: str) -> Account | None:
    """The account of somebody of the registry; None if they have none."""
    query = select(_a.account_id).where(_a.warden_id == warden_id, _a.ended_ms.is_(None)).limit(1)
    account_id = connection.execute(query).scalar()
    return None if account_id is None else persons.of_id(connection, account_id)


def of_people(
    connection: Connection, warden_ids: Iterable[str], now_ms: int
) -> dict[str, list[Phone]]:
    """Their live phones and screens, the one last seen first; of whom has none, nothing."""
    query = (
        select(
            _a.warden_id,
            _s.session_id,
            _s.phone,
            _s.kind,
            _s.seen_ms,
            _p.made_ms,
            _p.rang_ms,
            _p.ended_ms,
        )
        .join(tables.accounts, _a.account_id == _s.account_id)
        .join(tables.subscriptions, _p.session_id == _s.session_id, isouter=True)
        .where(_a.warden_id.in_(list(warden_ids)[:PEOPLE_MAX]), _a.ended_ms.is_(None))
        .where(sessions.is_live(now_ms), _s.kind != Kind.CODE.value)
        .order_by(_s.seen_ms.desc(), _s.session_id)
    )
    found: dict[str, list[Phone]] = {}
    for warden_id, session_id, name, kind, *times in connection.execute(query):
        cells = dict(zip(Phone.__struct_fields__, (session_id, name, kind, *times), strict=True))
        if (phone := whole(cells, Phone)) is not None:
            found.setdefault(warden_id, []).append(phone)
    return found


def with_accounts(connection: Connection, warden_ids: Iterable[str]) -> frozenset[str]:
    """Those of them who have an account."""
    query = select(func.distinct(_a.warden_id)).where(
        _a.warden_id.in_(list(warden_ids)[:PEOPLE_MAX]), _a.ended_ms.is_(None)
    )
    return frozenset(connection.execute(query).scalars())
