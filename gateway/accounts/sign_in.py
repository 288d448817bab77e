"""Signing in with a name and a password, then with a one-time code; and proving the same again.

`tries` counts them, so that whoever guesses locks no known browser out; a phone that is signed in
is not asked at all. Passwords are checked one at a time, in the order that `checking` has.
"""

import asyncio
import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Final, NamedTuple

from sqlalchemy import Connection

from gateway.accounts import one_time_codes, passwords, persons, sessions
from gateway.accounts.checking import Checking
from gateway.accounts.file import key
from gateway.accounts.patience import Patience, digest
from gateway.accounts.persons import Account
from gateway.accounts.roles import sees_names
from gateway.accounts.sessions import Session
from gateway.accounts.tries import Tries
from gateway.store.database import Store

CODES_MAX: Final = 5  # different wrong codes of an account; then one every CODE_SLOW_S
CODE_SLOW_S: Final = 30.0
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
        self.tries = Tries(key(store, "browsers"), steady_s)
        self._codes = Patience(CODES_MAX, CODE_SLOW_S)
        self._checking = Checking()

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
        one = self.tries.made(name, password.encode()[:PASSWORD_BYTES_MAX], known, source)
        whose, is_known = one.known or source, one.known is not None
        if not await self.tries.turn(one) or not self._checking.has_room(whose, is_known=is_known):
            return Outcome(Result.LATER)
        account = await self._checked(name, password, whose, is_known=is_known)
        if account is None:
            self.tries.wrong(one)
            return Outcome(Result.WRONG)
        return await self.begun(account, now_ms, now_ms)

    async def begun(
        self, account: Account, now_ms: int, proved_ms: int | None, is_second: bool = False
    ) -> Outcome:
        """Let in somebody who has shown who they are, as far as that is enough.

        Args:
            account: who it is.
            now_ms: the time, in ms of UTC.
            proved_ms: when they showed it, as a dangerous act asks; None where nobody knows.
            is_second: whether a second factor was among what they showed.
        """
        is_enough = is_second or (account.code_key is None and not self.needs_code(account))
        kind = sessions.Kind.DESK if is_enough else sessions.Kind.CODE
        token = await asyncio.to_thread(self._begin, account, kind, now_ms, proved_ms)
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

        def use(connection: Connection) -> str | None:
            account = _spent(connection, session.account, code_key, code, now_ms)
            if account is None:
                return None
            sessions.end(connection, account, session.session_id, now_ms)
            return sessions.begin(
                connection, account, sessions.Kind.DESK, phone, now_ms, proved_ms=now_ms
            )

        return await self._coded(session.account, code, use, self.tries.own(known, session.account))

    async def prove(self, session: Session, password: str, code: str, now_ms: int) -> Outcome:
        """Try what the owner of a session knows and has: the password where the account has one,
        a one-time code where it has that. The token is the session's new one; WRONG where the
        account has neither.

        Args:
            session: of whoever is signed in.
            password: as it was typed.
            code: likewise.
            now_ms: the time, in ms of UTC.
        """
        account, secret = session.account, password.encode()[:PASSWORD_BYTES_MAX]
        if account.password is None and account.code_key is None:
            return Outcome(Result.WRONG, account=account)
        if account.password is not None:
            one = self.tries.of_session(account.name, secret, session.session_id)
            whose = account.account_id
            if not await self.tries.turn(one) or not self._checking.has_room(whose, is_known=True):
                return Outcome(Result.LATER, account=account)
            if await self._checked(account.name, password, whose, is_known=True) is None:
                self.tries.wrong(one)
                return Outcome(Result.WRONG, account=account)

        def use(connection: Connection) -> str | None:
            if account.code_key and _spent(connection, account, None, code, now_ms) is None:
                return None
            return sessions.prove(connection, session, now_ms)

        own = session.session_id.encode()
        return await self._coded(account, code if account.code_key else "", use, own)

    async def new_code_key(
        self, session: Session, code_key: str, code: str, now_ms: int
    ) -> Outcome:
        """Set up another second factor, for somebody who has just proved who they are: only with a
        code of the new one."""

        def use(connection: Connection) -> str | None:
            step = one_time_codes.step_of(code_key, code, now_ms, 0)
            if step is None:
                return None
            persons.set_code_key(connection, session.account, code_key, step)
            return sessions.prove(connection, session, now_ms)

        return await self._coded(session.account, code, use, session.session_id.encode())

    async def new_password(self, session: Session, password: str, site: str, now_ms: int) -> str:
        """Another password, for somebody who has just proved who they are; all their other sessions
        end. The session's new token.

        Args:
            session: theirs.
            password: as it was typed.
            site: its name, which is no password there.
            now_ms: the time, in ms of UTC.

        Raises:
            PasswordError: it is not taken.
        """
        account = session.account
        passwords.check(password, (account.name, site))
        async with self._checking.turn(account.account_id, is_known=True):
            stored = await asyncio.to_thread(passwords.kept, password)

        def change(connection: Connection) -> str | None:
            persons.set_password(connection, account, stored)
            sessions.end_all(connection, account, now_ms, but=session.session_id)
            return sessions.prove(connection, session, now_ms)

        return await asyncio.to_thread(self._written, change) or ""

    def needs_code(self, account: Account) -> bool:
        """Whether the account signs in with a second factor."""
        return self._needs_code and sees_names(account.roles)

    async def _coded(
        self, account: Account, code: str, use: Callable[[Connection], str | None], own: bytes
    ) -> Outcome:
        """What comes of a code, whose guessing is counted by account; and apart from all others
        where it comes from a browser or session that is the account's `own`."""
        tried, place = digest(code.encode()[:PASSWORD_BYTES_MAX]), (account.account_id, digest(own))
        wait_s = self._codes.wait_s(place, tried, self._steady_s())
        if wait_s is None:
            return Outcome(Result.LATER, account=account)
        await asyncio.sleep(wait_s)
        token = await asyncio.to_thread(self._written, use)
        if token is None:
            self._codes.wrong(place, tried, self._steady_s())
            return Outcome(Result.WRONG, account=account)
        return Outcome(Result.IN, token, account)

    async def _checked(
        self, name: str, password: str, whose: str, *, is_known: bool
    ) -> Account | None:
        """The account, if that is its password."""

        def check() -> Account | None:
            account = self._named(name)
            is_person = account is not None and account.kind is persons.Kind.PERSON
            stored = account.password if account and is_person and not account.ended_ms else None
            return account if passwords.is_right(password, stored) else None

        async with self._checking.turn(whose, is_known=is_known):
            return await asyncio.to_thread(check)

    def _begin(
        self, account: Account, kind: sessions.Kind, now_ms: int, proved_ms: int | None
    ) -> str:
        with self._store.writing() as connection:
            return sessions.begin(connection, account, kind, "", now_ms, proved_ms)

    def _written(self, use: Callable[[Connection], str | None]) -> str | None:
        with self._store.writing() as connection:
            return use(connection)

    def _named(self, name: str) -> Account | None:
        with self._store.reading() as connection:
            return persons.named(connection, name)


def _spent(
    connection: Connection, known: Account, code_key: str | None, code: str, now_ms: int
) -> Account | None:
    """The account, if that is a code of its second factor, or of one that it sets up."""
    account = persons.of_id(connection, known.account_id)
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
    return account
