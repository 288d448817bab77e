"""What `menshen check` says of phones that ring."""

from contextlib import closing

from sqlalchemy import update

from gateway.accounts import sessions, subscriptions
from gateway.accounts.phones import OLD_MS
from gateway.accounts.roles import Role
from gateway.accounts.sessions import Kind
from gateway.accounts.subscriptions import Subscription
from gateway.cli.output import now_ms
from gateway.store import tables
from tests.accounts.people_file import add, new_accounts

PUSH = '[push]\ncontact = "mailto:it@liangxi.example.org"\n'


def ringing(answer):
    return [result for result in answer.json if result["part"] == "ringing"]


def test_somebody_whom_no_phone_can_wake_is_told(menshen, store, folder):
    assert ringing(menshen("check", "--json")) == []
    with store.writing() as connection:
        connection.execute(update(tables.wardens).values(channels='["inbox", "push"]'))
    (result,) = ringing(menshen("check", "--json"))
    assert result["mark"] == "fail"
    assert "push.contact is empty" in result["text"]
    (folder / "menshen.toml").write_text(PUSH)
    (result,) = ringing(menshen("check", "--json"))
    assert (result["mark"], result["facts"]["without"]) == ("warn", ["w1"])
    with closing(new_accounts(store.path)) as accounts:
        account = add(accounts, "w1", Role.WARDEN)
        with accounts.writing() as connection:
            sessions.begin(connection, account, Kind.PHONE, "Mi 9", now_ms())
            (session,) = sessions.of_account(connection, account, now_ms())
            phone = Subscription(session.session_id, "https://x.example/1", b"p", b"s", now_ms())
            subscriptions.keep(connection, phone)
    (result,) = ringing(menshen("check", "--json"))
    assert result["mark"] == "ok"


def test_a_phone_that_signs_for_nothing_any_more_is_told(menshen, store, folder):
    with store.writing() as connection:
        connection.execute(update(tables.wardens).values(channels='["push"]'))
    (folder / "menshen.toml").write_text(PUSH)
    old_ms = now_ms() - OLD_MS - 1
    with closing(new_accounts(store.path)) as accounts:
        account = add(accounts, "w1", Role.WARDEN)
        with accounts.writing() as connection:
            sessions.begin(connection, account, Kind.PHONE, "Mi 9", now_ms())
            (session,) = sessions.of_account(connection, account, now_ms())
            phone = Subscription(session.session_id, "https://x.example/1", b"p", b"s", old_ms)
            subscriptions.keep(connection, phone)
        (result,) = ringing(menshen("check", "--json"))
        assert (result["mark"], result["facts"]["silent"]) == ("warn", ["w1"])
        with accounts.writing() as connection:
            subscriptions.rang(connection, session.session_id, now_ms())
    (result,) = ringing(menshen("check", "--json"))
    assert result["mark"] == "ok"
