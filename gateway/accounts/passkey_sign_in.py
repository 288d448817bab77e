"""Adding a passkey, signing in with one, proving oneself with one; the standard is `webauthn`'s.

A passkey counts as both factors, for the device asks its owner too: who is only present is refused.
The library is read at the first use, for most sites start without it.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection

from gateway.accounts import passkeys, persons, sessions
from gateway.accounts.challenges import Challenges, Purpose
from gateway.accounts.passkeys import Passkey, PasskeyError
from gateway.accounts.persons import Account
from gateway.accounts.sessions import Session
from gateway.accounts.sign_in import Outcome, Result
from gateway.accounts.tries import Tries, Try
from gateway.store.database import Store

CREDENTIAL_MAX: Final = 12_000  # characters of what a browser sends of one
TIMEOUT_MS: Final = 120_000  # how long a browser asks its owner


class Place(NamedTuple):
    """Where the console was opened: its name, and its origin as a browser says it."""

    host: str
    origin: str


class Refused(Exception):
    """A passkey that was not taken; the text is a word for the audit."""


class _Shown(NamedTuple):
    """Whose passkey was shown, and what it claims."""

    passkey: Passkey
    account: Account
    credential: Any


_Use = Callable[[Connection, _Shown], str | None]  # what is done with a right one; its token


class PasskeySignIn:
    """Everything that passkeys do.

    Args:
        store: The accounts' file.
        tries: where wrong ones are counted.
    """

    def __init__(self, store: Store, tries: Tries) -> None:
        self._store, self._tries, self._challenges = store, tries, Challenges()

    def to_add(self, session: Session, place: Place, site: str, source: str, now_ms: int) -> str:
        """What a browser is to ask its owner for to make a passkey, in JSON."""
        from webauthn import generate_registration_options, options_to_json
        from webauthn.helpers import structs

        account = session.account
        with self._store.reading() as connection:
            known = passkeys.of_account(connection, account)
        wanted = structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        options = generate_registration_options(
            rp_id=place.host,
            rp_name=site,
            user_name=account.name,
            user_id=account.account_id.encode(),
            challenge=self._challenges.new(Purpose.ADD, session.session_id, source, now_ms),
            timeout=TIMEOUT_MS,
            authenticator_selection=wanted,
            exclude_credentials=_described(known),
        )
        return options_to_json(options)

    def to_show(self, session: Session | None, place: Place, source: str, now_ms: int) -> str:
        """What a browser is to ask its owner for to show one, in JSON: any, to sign in, or one of
        a session's account, to prove that it is theirs."""
        from webauthn import generate_authentication_options, options_to_json
        from webauthn.helpers import structs

        known: list[Passkey] = []
        if session is not None:
            with self._store.reading() as connection:
                known = passkeys.of_account(connection, session.account)
        purpose = Purpose.SIGN_IN if session is None else Purpose.PROVE
        whose = session.session_id if session else ""
        options = generate_authentication_options(
            rp_id=place.host,
            challenge=self._challenges.new(purpose, whose, source, now_ms),
            timeout=TIMEOUT_MS,
            allow_credentials=_described(known) or None,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        )
        return options_to_json(options)

    def add(self, session: Session, place: Place, text: str, name: str, now_ms: int) -> None:
        """Keep the passkey that a browser made. Refused if it is none that was asked for.

        Args:
            session: whose it becomes; its owner has just proved who they are.
            place: where the console is open.
            text: what the browser sent, JSON.
            name: what its owner calls the device.
            now_ms: the time, in ms of UTC.
        """
        from webauthn import verify_registration_response
        from webauthn.helpers.exceptions import WebAuthnException

        challenge = _challenge(text)
        if not self._challenges.spend(challenge, Purpose.ADD, session.session_id, now_ms):
            raise Refused("challenge")
        try:
            made = verify_registration_response(
                credential=text,
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            raise Refused("not verified") from error
        if (
            len(made.credential_id) > passkeys.CREDENTIAL_BYTES_MAX
            or len(made.credential_public_key) > passkeys.KEY_BYTES_MAX
        ):
            raise Refused("too long")
        passkey = Passkey(
            made.credential_id,
            passkeys.new_id(),
            session.account.account_id,
            place.host,
            made.credential_public_key,
            made.sign_count,
            name[: passkeys.NAME_MAX],
            now_ms,
            None,
        )
        try:
            with self._store.writing() as connection:
                passkeys.add(connection, passkey)
        except PasskeyError as error:
            raise Refused(str(error)) from error

    async def sign_in(
        self, place: Place, text: str, known: str | None, source: str, now_ms: int
    ) -> tuple[Outcome, str]:
        """Try a passkey that a browser shows; what came of it, and why not, for the audit.

        Args:
            place: where the console is open.
            text: what the browser sent, JSON.
            known: the token of a browser that came in before, if it says one.
            source: the address whose tries are counted together.
            now_ms: the time, in ms of UTC.
        """

        def begin(connection: Connection, shown: _Shown) -> str | None:
            kind, device = sessions.Kind.DESK, shown.passkey.name
            return sessions.begin(connection, shown.account, kind, device, now_ms, proved_ms=now_ms)

        name = await asyncio.to_thread(self._name, text)
        one = self._tries.made(name, text.encode(), known, source)
        return await self._tried(one, place, text, None, begin, now_ms)

    async def prove(
        self, session: Session, place: Place, text: str, now_ms: int
    ) -> tuple[Outcome, str]:
        """The same for somebody who is signed in, and proves it. The token is the session's new
        one."""

        def prove(connection: Connection, _: _Shown) -> str | None:
            return sessions.prove(connection, session, now_ms)

        one = self._tries.of_session(session.account.name, text.encode(), session.session_id)
        return await self._tried(one, place, text, session, prove, now_ms)

    async def _tried(
        self, one: Try, place: Place, text: str, session: Session | None, use: _Use, now_ms: int
    ) -> tuple[Outcome, str]:
        """What comes of one try, in its turn."""
        if not await self._tries.turn(one):
            return Outcome(Result.LATER), ""

        def on_thread() -> Outcome:
            shown = self._shown(text, session)
            uses = self._verified(shown, place, session, now_ms)
            with self._store.writing() as connection:
                if not passkeys.use(connection, shown.passkey, uses, now_ms):
                    raise Refused("its counter went back: is there a copy?")
                token = use(connection, shown)
            if token is None:
                raise Refused("session over")
            return Outcome(Result.IN, token, shown.account)

        try:
            return await asyncio.to_thread(on_thread), ""
        except Refused as refused:
            self._tries.wrong(one)
            return Outcome(Result.WRONG), str(refused)

    def _name(self, text: str) -> str:
        """The account whose passkey is shown, as tries are counted; empty for none."""
        try:
            return self._shown(text, None).account.name
        except Refused:
            return ""

    def _shown(self, text: str, session: Session | None) -> _Shown:
        """Whose passkey it claims to be. Refused if it is nobody's here, or another's."""
        from webauthn.helpers import parse_authentication_credential_json
        from webauthn.helpers.exceptions import WebAuthnException

        try:
            credential = parse_authentication_credential_json(text)
        except (WebAuthnException, ValueError, RecursionError) as error:
            raise Refused("not readable") from error
        with self._store.reading() as connection:
            passkey = passkeys.of_credential(connection, credential.raw_id)
            account = persons.of_id(connection, passkey.account_id) if passkey else None
        if passkey is None or account is None or account.ended_ms is not None:
            raise Refused("not known")
        handle = credential.response.user_handle
        is_own = session is None or session.account.account_id == account.account_id
        # Whoever signs in says whose it is too: without that no browser found it by itself.
        is_said = handle == account.account_id.encode() or (session is not None and not handle)
        if not is_own or not is_said:
            raise Refused("of another account")
        return _Shown(passkey, account, credential)

    def _verified(self, shown: _Shown, place: Place, session: Session | None, now_ms: int) -> int:
        """How often it says that it was used. Refused unless it is right, here and now."""
        from webauthn import verify_authentication_response
        from webauthn.helpers.exceptions import WebAuthnException

        purpose = Purpose.SIGN_IN if session is None else Purpose.PROVE
        challenge = _challenge_in(shown.credential.response.client_data_json)
        whose = session.session_id if session else ""
        if not self._challenges.spend(challenge, purpose, whose, now_ms):
            raise Refused("challenge")
        if shown.passkey.host != place.host:
            raise Refused("of another name")
        try:
            verified = verify_authentication_response(
                credential=shown.credential,
                expected_challenge=challenge,
                expected_rp_id=place.host,
                expected_origin=place.origin,
                credential_public_key=shown.passkey.public_key,
                credential_current_sign_count=0,  # `passkeys.use` holds it, for two at once too
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError) as error:
            raise Refused("not verified") from error
        return int(verified.new_sign_count)


def _described(known: Sequence[Passkey]) -> list[Any]:
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor

    return [PublicKeyCredentialDescriptor(id=one.credential_id) for one in known]


def _challenge(text: str) -> bytes:
    """The challenge that a new passkey answers. Refused if it says none."""
    from webauthn.helpers import base64url_to_bytes

    try:
        said = json.loads(text)["response"]["clientDataJSON"]
        return _challenge_in(base64url_to_bytes(said))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("not readable") from error


def _challenge_in(client_data: bytes) -> bytes:
    from webauthn.helpers import base64url_to_bytes

    try:
        return base64url_to_bytes(json.loads(client_data)["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused("not readable") from error
