"""Signing in with a name and a password, then with a one-time code.

Tries are counted by account and address, and by account alone from all addresses that are not
known: so many guess from everywhere that the account is slowed for strangers. A browser that came
in before has a token of its own, by which its tries are its own: whoever guesses locks no known
phone out, and a phone that is signed in is not asked at all. Checking one password is a thread's
work and some 19 MiB, so they are checked one at a time.
"""

import asyncio
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from gateway.accounts import one_time_codes, passwords, persons, sessions
from gateway.accounts.file import key
from gateway.accounts.patience import KnownBrowsers, Patience, digest
from gateway.accounts.persons import Account
from gateway.accounts.roles import sees_names
from gateway.accounts.sessions import Session
from gateway.store.database import Store

ANYWHERE: Final = "anywhere"  # the place of all addresses that are not known
ANYWHERE_MAX: Final = 50  # different wrong ones from all of them together
CODES_MAX: Final = 5  # different wrong codes of an account; then one every CODE_SLOW_S
CODE_SLOW_S: Final = 30.0
WAITING_MAX: Final = 32  # passwords that wait to be checked; who comes then is told to come again
NAME_MAX: Final = 64
PASSWORD_BYTES_MAX: Final = 1_024


class Result(Enum):
    """What came of a try."""

    IN = auto()  # signed in
    CODE = auto()  # the password is right; a one-time code is asked for
    WRONG = auto()
    LATER = auto()  # too many wait already; this one was not looked at


class Outcome(NamedTuple):
    """What came of a try, the new session's token, and for whom."""

    result: Result
    token: str = ""
    account: Account | None = None


class SignIn:
    """Signs people in.

    Args:
        store: The accounts' file.
        needs_code: Whether who sees names signs in with a second factor.
        steady_s: A clock that only ever goes forward.
    """

    def __init__(
        self, store: Store, needs_code: bool, steady_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._store, self._needs_code, self._steady_s = store, needs_code, steady_s
        self._patience, self._anywhere = Patience(), Patience(ANYWHERE_MAX)
        self._codes = Patience(CODES_MAX, CODE_SLOW_S)
        self._browsers = KnownBrowsers(key(store, "browsers"))
        self._checking = asyncio.Lock()
        self._waiting = 0

    async def with_password(
        self, name: str, password: str, known: str | None, source: str, now_ms: int
    ) -> Outcome:
        """Try a name and a password.

        Args:
            name: of the account, in any case.
            password: as it was typed.
            known: the token of a browser that came in before, if it says one.
            source: the address whose tries are counted together.
            now_ms: the time, in ms of UTC.
        """
        name = name.strip().casefold()[:NAME_MAX]
        tried = digest(password.encode()[:PASSWORD_BYTES_MAX])
        is_known = self._browsers.knows(known, name)
        if not await self._turn(name, tried, known if is_known else None, source):
            return Outcome(Result.LATER)
        account = await self._checked(name, password)
        if account is None:
            self._count(name, tried, known if is_known else None, source)
            return Outcome(Result.WRONG)
        is_enough = account.code_key is None and not self.needs_code(account)
        kind = sessions.Kind.DESK if is_enough else sessions.Kind.CODE
        token = await asyncio.to_thread(self._begin, account, kind, "", now_ms)
        return Outcome(Result.IN if is_enough else Result.CODE, token, account)

    async def with_code(
        self,
        session: Session,
        code_key: str | None,
        code: str,
        phone: str,
        now_ms: int,
        known: str | None = None,
    ) -> Outcome:
        """Try a one-time code, for somebody whose password was right.

        Args:
            session: the one that the password began; it ends with a right code.
            code_key: of a second factor that is being set up; None for the account's own.
            code: as it was typed.
            phone: what its owner calls the screen.
            now_ms: the time, in ms of UTC.
            known: the token of a browser that came in before: it does not wait for who guesses
                elsewhere.
        """
        tried = digest(code.encode()[:PASSWORD_BYTES_MAX])
        is_known = self._browsers.knows(known, session.account.name)
        place = session.account.account_id, digest((known or "").encode()) if is_known else b""
        wait_s = self._codes.wait_s(place, tried, self._steady_s())
        if wait_s is None:
            return Outcome(Result.LATER)
        await asyncio.sleep(wait_s)
        token = await asyncio.to_thread(self._spend, session, code_key, code, phone, now_ms)
        if token is None:
            self._codes.wrong(place, tried, self._steady_s())
            return Outcome(Result.WRONG, account=session.account)
        return Outcome(Result.IN, token, session.account)

    def needs_code(self, account: Account) -> bool:
        """Whether the account signs in with a second factor."""
        return self._needs_code and sees_names(account.roles)

    def new_known(self, name: str) -> str:
        """A token for a browser that came in by this account."""
        return self._browsers.new_token(name)

    async def _turn(self, name: str, tried: bytes, known: str | None, source: str) -> bool:
        """Wait for the turn of this try; whether it gets one."""
        now_s, account = self._steady_s(), digest(name.encode())
        if known is not None:
            waits = [self._patience.wait_s((f"known {known}", account), tried, now_s)]
        else:
            waits = [
                self._patience.wait_s((source, account), tried, now_s),
                self._anywhere.wait_s((ANYWHERE, account), tried, now_s),
            ]
        given = [wait_s for wait_s in waits if wait_s is not None]
        if len(given) < len(waits) or self._waiting >= WAITING_MAX:
            return False
        await asyncio.sleep(max(given))
        return True

    def _count(self, name: str, tried: bytes, known: str | None, source: str) -> None:
        now_s, account = self._steady_s(), digest(name.encode())
        if known is not None:
            self._patience.wrong((f"known {known}", account), tried, now_s)
            return
        self._patience.wrong((source, account), tried, now_s)
        self._anywhere.wrong((ANYWHERE, account), tried, now_s)

    async def _checked(self, name: str, password: str) -> Account | None:
        """The account, if that is its password."""

        def check() -> Account | None:
            account = self._named(name)
            is_person = account is not None and account.kind is persons.Kind.PERSON
            stored = account.password if account and is_person and not account.ended_ms else None
            return account if passwords.is_right(password, stored) else None

        self._waiting += 1
        try:
            async with self._checking:
                return await asyncio.to_thread(check)
        finally:
            self._waiting -= 1

    def _begin(self, account: Account, kind: sessions.Kind, phone: str, now_ms: int) -> str:
        with self._store.writing() as connection:
            return sessions.begin(connection, account, kind, phone, now_ms)

    def _spend(
        self, session: Session, code_key: str | None, code: str, phone: str, now_ms: int
    ) -> str | None:
        with self._store.writing() as connection:
            account = persons.of_id(connection, session.account.account_id)
            if account is None:
                return None
            secret = account.code_key or code_key
            step = secret and one_time_codes.step_of(secret, code, now_ms, account.code_step)
            if not secret or not step:
                return None
            if account.code_key is None:
                persons.set_code_key(connection, account, secret, step)
            elif not persons.spend_step(connection, account, step):
                return None
            sessions.end(connection, account, session.session_id, now_ms)
            return sessions.begin(connection, account, sessions.Kind.DESK, phone, now_ms)

    def _named(self, name: str) -> Account | None:
        with self._store.reading() as connection:
            return persons.named(connection, name)
