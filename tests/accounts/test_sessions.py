"""Sessions and invitations, as a table: what makes one live, and what ends it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from gateway.accounts import invitations, persons, sessions, tables
from gateway.accounts.persons import Account, AccountError, Kind
from gateway.accounts.roles import Role
from gateway.accounts.sessions import LIMITS
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.store.database import Store
from tests.accounts.people_file import NOW_MS, add, new_accounts

PHONE, DESK = LIMITS[sessions.Kind.PHONE], LIMITS[sessions.Kind.DESK]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return new_accounts(tmp_path / "menshen.db")


def begun(store: Store, account: Account, kind: sessions.Kind = sessions.Kind.PHONE) -> str:
    with store.writing() as connection:
        return sessions.begin(connection, account, kind, "Mi 9", NOW_MS)


def live(store: Store, token: str, now_ms: int = NOW_MS) -> sessions.Session | None:
    with store.reading() as connection:
        return sessions.of_token(connection, token, now_ms)


@pytest.mark.parametrize(
    ("kind", "after_ms", "is_live"),
    [
        (sessions.Kind.PHONE, PHONE.idle_ms - 1, True),
        (sessions.Kind.PHONE, PHONE.idle_ms, False),
        (sessions.Kind.DESK, DESK.idle_ms - 1, True),
        (sessions.Kind.DESK, DESK.idle_ms, False),
        (sessions.Kind.CODE, LIMITS[sessions.Kind.CODE].absolute_ms, False),
    ],
)
def test_unseen_it_ends(store: Store, kind: sessions.Kind, after_ms: int, is_live: bool) -> None:
    token = begun(store, add(store, "wang", Role.WARDEN), kind)
    assert (live(store, token, NOW_MS + after_ms) is not None) is is_live


@pytest.mark.parametrize(
    ("kind", "is_live"), [(sessions.Kind.DESK, False), (sessions.Kind.PHONE, True)]
)
@pytest.mark.parametrize("made_before", [True, False])
def test_what_a_clock_wrote_that_was_days_ahead_keeps_no_desk_open(
    store: Store, kind: sessions.Kind, made_before: bool, is_live: bool
) -> None:
    """A phone stays signed in: its warden would else be without pages for it."""
    token = begun(store, add(store, "wang", Role.WARDEN), kind)
    with store.writing() as connection:
        ahead_ms = {"seen_ms": NOW_MS + 10 * DAY_MS, "ends_ms": NOW_MS + 11 * DAY_MS}
        made_ms = {} if made_before else {"made_ms": NOW_MS + 10 * DAY_MS}
        connection.execute(tables.sessions.update().values(**ahead_ms, **made_ms))
    session = live(store, token)
    assert (session is not None) is is_live
    if session is not None:
        with store.writing() as connection:
            sessions.see(connection, session, NOW_MS)
        assert live(store, token, NOW_MS + PHONE.idle_ms) is None


def test_what_is_revoked_is_over_whatever_the_clock_of_who_revokes_it(store: Store) -> None:
    """A command goes by the machine's clock, the console by the gateway's."""
    account = add(store, "wang", Role.WARDEN)
    for apart_ms in (-90 * DAY_MS, 0, 90 * DAY_MS):
        tokens = [begun(store, account) for _ in range(2)]
        with store.writing() as connection:
            first = sessions.of_token(connection, tokens[0], NOW_MS)
            assert first is not None
            assert sessions.end(connection, account, first.session_id, NOW_MS + apart_ms)
            assert not sessions.end(connection, account, first.session_id, NOW_MS + apart_ms)
            sessions.end_all(connection, account, NOW_MS + apart_ms)
        assert [live(store, token) for token in tokens] == [None, None]


def test_an_invitation_of_a_clock_that_was_ahead_is_over(store: Store) -> None:
    account = add(store, "wang", Role.WARDEN)
    with store.writing() as connection:
        token = invitations.make(connection, account, "adm", NOW_MS + DAY_MS)
        assert invitations.whose(connection, token, NOW_MS + DAY_MS) is not None
        assert invitations.whose(connection, token, NOW_MS) is None
        assert invitations.use(connection, token, NOW_MS) is None


def test_seen_it_lasts_but_not_past_its_absolute_end(store: Store) -> None:
    token = begun(store, add(store, "wang", Role.WARDEN), sessions.Kind.DESK)
    now_ms = NOW_MS
    while now_ms + HOUR_MS - 1 < NOW_MS + DESK.absolute_ms:
        now_ms += HOUR_MS - 1
        session = live(store, token, now_ms)
        assert session is not None
        with store.writing() as connection:
            sessions.see(connection, session, now_ms)
    assert live(store, token, NOW_MS + DESK.absolute_ms) is None


def _sign_out(connection: Connection, account: Account) -> None:
    own = sessions.of_account(connection, account, NOW_MS)[0]
    assert sessions.end(connection, account, own.session_id, NOW_MS)


def _lost(connection: Connection, account: Account) -> None:
    assert sessions.end_all(connection, account, NOW_MS) == 1


def _dismissed(connection: Connection, account: Account) -> None:
    persons.end(connection, account, NOW_MS)


@pytest.mark.parametrize("ended_by", [_sign_out, _lost, _dismissed])
def test_a_stolen_token_is_worth_nothing_after(
    store: Store, ended_by: Callable[[Connection, Account], None]
) -> None:
    wang = add(store, "wang", Role.WARDEN)
    token = begun(store, wang)
    assert live(store, token) is not None
    with store.writing() as connection:
        ended_by(connection, wang)
    assert live(store, token) is None
    with store.reading() as connection:
        assert sessions.live(connection, NOW_MS) == {}


def test_nobody_ends_another_s(store: Store) -> None:
    wang, li = add(store, "wang", Role.WARDEN), add(store, "li", Role.WARDEN)
    token = begun(store, wang)
    session = live(store, token)
    assert session is not None
    with store.writing() as connection:
        assert not sessions.end(connection, li, session.session_id, NOW_MS)
    assert live(store, token) is not None


def test_no_token_stands_in_the_file_and_each_has_256_bits(store: Store, tmp_path: Path) -> None:
    wang = add(store, "wang", Role.WARDEN)
    tokens = [begun(store, wang) for _ in range(5)]
    assert len(set(tokens)) == 5
    assert {len(token) for token in tokens} == {43}
    store.settle()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(token.encode() in content for token in tokens)


@pytest.mark.parametrize("token", ["", "x", "x" * 64, "x" * 100_000, "' OR 1=1 --", "\x00"])
def test_what_was_never_given_opens_nothing(store: Store, token: str) -> None:
    begun(store, add(store, "wang", Role.WARDEN))
    assert live(store, token) is None


def test_an_account_has_twenty_at_most_and_the_longest_unseen_goes(store: Store) -> None:
    wang = add(store, "wang", Role.WARDEN)
    first = begun(store, wang)
    with store.writing() as connection:
        for number in range(1, sessions.OF_ACCOUNT_MAX + 1):
            sessions.begin(connection, wang, sessions.Kind.PHONE, "", NOW_MS + number)
        listed = sessions.of_account(connection, wang, NOW_MS + 100)
    assert len(listed) == sessions.OF_ACCOUNT_MAX
    assert live(store, first, NOW_MS + 100) is None


def test_an_invitation_is_good_once_and_looking_spends_nothing(store: Store) -> None:
    wang = add(store, "wang", Role.WARDEN)
    with store.writing() as connection:
        token = invitations.make(connection, wang, "admin", NOW_MS)
        for _ in range(3):
            assert invitations.whose(connection, token, NOW_MS) is not None
        used = invitations.use(connection, token, NOW_MS)
        assert used is not None
        assert used.name == "wang"
        assert invitations.use(connection, token, NOW_MS) is None
        assert invitations.whose(connection, token, NOW_MS) is None


@pytest.mark.parametrize("case", ["too late", "a newer one", "dismissed", "guessed"])
def test_an_invitation_that_is_over_signs_nobody_in(store: Store, case: str) -> None:
    wang, at_ms = add(store, "wang", Role.WARDEN), NOW_MS
    with store.writing() as connection:
        token = invitations.make(connection, wang, "admin", NOW_MS)
        if case == "too late":
            at_ms = NOW_MS + 10 * MINUTE_MS
        elif case == "a newer one":
            invitations.make(connection, wang, "admin", NOW_MS)
        elif case == "dismissed":
            persons.end(connection, wang, NOW_MS)
        else:
            token = token[:-1] + ("A" if token[-1] != "A" else "B")
        assert invitations.use(connection, token, at_ms) is None


@pytest.mark.parametrize(
    ("name", "roles", "warden_id", "says"),
    [
        ("wang", [Role.ENGINEER], None, "already"),
        ("Wang", [Role.ENGINEER], None, "no name to sign in by"),
        ("x" * 33, [Role.ENGINEER], None, "no name to sign in by"),
        ("@chen", [Role.ENGINEER], None, "no name to sign in by"),
        ("chen", [], None, "at least one role"),
        ("chen", [Role.CAPTAIN, Role.ENGINEER], None, "captain is somebody of the registry"),
        ("chen", [Role.DEPUTY], "wang", "wang has the account wang already"),
    ],
)
def test_an_account_that_cannot_be_is_told(
    store: Store, name: str, roles: list[Role], warden_id: str | None, says: str
) -> None:
    add(store, "wang", Role.WARDEN)
    with pytest.raises(AccountError, match=says), store.writing() as connection:
        persons.add(connection, name, roles, NOW_MS, warden_id)


def test_a_name_is_given_once_and_an_ended_account_is_remembered(store: Store) -> None:
    wang = add(store, "wang", Role.WARDEN)
    with store.writing() as connection:
        persons.end(connection, wang, NOW_MS)
        assert persons.everybody(connection) == []
        with pytest.raises(AccountError, match="not given twice"):
            persons.add(connection, "wang", [Role.ENGINEER], NOW_MS)
        persons.add(connection, "wang2", [Role.DEPUTY], NOW_MS, "wang")  # who came back


def test_a_role_that_this_release_does_not_know_gives_no_right(store: Store) -> None:
    add(store, "lin", Role.ENGINEER)
    with store.writing() as connection:
        connection.execute(tables.accounts.update().values(roles="engineer superuser"))
        lin = persons.named(connection, "lin")
    assert lin is not None
    assert (lin.roles, lin.kind) == ((Role.ENGINEER,), Kind.PERSON)
    with store.reading() as connection:
        assert connection.execute(select(tables.accounts.c.password)).scalar() is None


def test_a_kind_of_session_makes_room_among_its_own(store: Store) -> None:
    """Who knew her password and had no code ended her phone with twenty tries, and it rang no
    more; so did a script that signed in at a desk."""
    wang = add(store, "wang", Role.WARDEN)
    phone = begun(store, wang)
    for kind in (sessions.Kind.CODE, sessions.Kind.DESK):
        tokens = [begun(store, wang, kind) for _ in range(sessions.OF_ACCOUNT_MAX + 5)]
        assert sum(live(store, token) is not None for token in tokens) == sessions.OF_ACCOUNT_MAX
    assert live(store, phone) is not None
