"""What `menshen check` says of households under an order: can each be told, and say something?"""

import base64

from sqlalchemy import insert, update

from gateway.cli.output import now_ms
from gateway.store import tables
from gateway.store.resident_tables import resident_codes

TEXTS = '[household]\nsms_url = "http://127.0.0.1:9/texts"\n'
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def households(answer):
    return [one for one in answer.json if one["part"] == "households"]


def has_sheet(store, door_id):
    with store.writing() as connection:
        row = {"household_id": door_id, "code_hash": door_id, "code_id": door_id, "notice": "v"}
        row |= {"order_id": f"o-{door_id}", "made_ms": now_ms()}
        connection.execute(insert(resident_codes), row)


def test_a_household_without_a_sheet_is_named_where_a_site_prints_them(menshen, under_order):
    assert households(menshen("check", "--json")) == []
    has_sheet(under_order, "d1")
    (line,) = households(menshen("check", "--json"))
    assert (line["mark"], line["facts"]["without_sheet"]) == ("warn", ["d8"])
    assert "menshen notice" in line["text"]
    has_sheet(under_order, "d8")
    (line,) = households(menshen("check", "--json"))
    assert line["mark"] == "ok"


def test_a_household_without_a_telephone_is_named_where_a_site_sends_texts(
    menshen, under_order, settings, monkeypatch
):
    settings.write_text(settings.read_text() + TEXTS)
    monkeypatch.setenv("MENSHEN_HOUSEHOLD_SMS_SECRET", SECRET)
    with under_order.writing() as connection:
        its = update(tables.doors).where(tables.doors.c.door_id == "d8")
        connection.execute(its.values(telephone="13812345678"))
    (line,) = households(menshen("check", "--json"))
    assert (line["mark"], line["facts"]["without_telephone"]) == ("warn", ["d1"])


def test_a_household_that_is_asked_and_cannot_answer_is_named(menshen, under_order):
    with under_order.writing() as connection:
        its = update(tables.orders).where(tables.orders.c.order_id == "o-d8")
        connection.execute(its.values(policy='{"health_daily":true}'))
    (line,) = households(menshen("check", "--json"))
    assert (line["mark"], line["facts"]["cannot_report"]) == ("warn", ["d8"])
    has_sheet(under_order, "d8")
    (line,) = households(menshen("check", "--json"))
    assert line["facts"]["cannot_report"] == []
