"""Cases and pages in the real InfluxDB: the whole way of each, and nobody named in it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from starlette.requests import Request

from gateway.channels.channel import DeliveryError
from gateway.channels.http_answer import Answer
from gateway.channels.verdict import need_no_page, need_status
from gateway.core.cases.number import case_number
from gateway.core.duration import MINUTE_MS, SECOND_MS
from gateway.core.events import PageReceived, StaffSet
from gateway.core.paging import staff
from gateway.core.paging.schedule import Role
from gateway.core.paging.staff import Member
from gateway.core.rules import Rules
from gateway.core.subject import SITE, of_door
from gateway.feeds.delivery_cause import Cause, cause_of
from gateway.feeds.influx_history import History
from gateway.feeds.influx_schema import CASE_EVENT, DELIVERY, Type
from gateway.settings.sections import Influx as InfluxSettings
from gateway.store import tables
from gateway.store.outbox import Entry
from gateway.store.place_names import NAME_CHARACTERS, legend
from tests.feeds.conftest import QUICK, Until
from tests.feeds.database import Database
from tests.feeds.front import TOKEN, Front
from tests.web.web_site import Console, console, first_case, new_store, now_ms, seal_id

SITE_ID = "00112233445566ff"
INSIDE = ("Wang", "wang", "3-101", "g1", "Grid One", first_case(0), "lawful time", "push.example")
Writing = Callable[[], contextlib.AbstractAsyncContextManager[History]]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Console]:
    store = new_store(tmp_path)
    async with console(store) as made:
        yield made
    store.close()


@pytest.fixture
def writing(site: Console, front: Front) -> Writing:
    """`async with writing(): ...` has the history of the site written."""

    @contextlib.asynccontextmanager
    async def run() -> AsyncIterator[History]:
        settings = InfluxSettings(url=front.url, org="menshen", bucket="seals", token=TOKEN)
        history = History(settings, site.store, site.engine.health, SITE_ID, QUICK)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(history.run())
            yield history
            task.cancel()

    return run


def rows_of(database: Database, query: str) -> list[dict[str, Any]]:
    return [row for series in database.ask(query) for row in series.rows]


def cases_of(database: Database) -> list[dict[str, Any]]:
    return rows_of(database, 'SELECT * FROM "case_event"')


def pages_of(database: Database) -> list[dict[str, Any]]:
    return rows_of(database, 'SELECT * FROM "delivery"')


async def lives(site: Console) -> None:
    """A door opens, nobody comes for a step, then somebody sees to it until the end."""
    case_id = first_case(0)
    team = {
        "li": Member("g1", Role.WARDEN, ("a",)),
        "wang": Member("g1", Role.DEPUTY, ("b",)),
    }
    await site.engine.submit(SITE, StaffSet(staff.of(team, [], [])))
    await site.seal(0)
    await site.opens(0)
    await site.engine.idle()
    rules = Rules()
    site.clock.advance(rules.deputy_ms + SECOND_MS)
    await site.engine.idle()
    await site.act(case_id, "acknowledge", by="wang")
    await site.act(case_id, "on_site", by="wang")
    await site.shuts(0)
    site.clock.advance(rules.off_delay_ms)
    await site.engine.idle()
    await site.act(case_id, "report", by="wang", outcome="false_child")
    await site.act(case_id, "assess", by="centre")
    await site.act(case_id, "sign_off", by="centre")


async def test_a_case_is_there_from_its_raising_to_its_close_with_who_answered_at_which_step(
    site: Console, database: Database, writing: Writing, until: Until, front: Front
) -> None:
    heard: list[str] = []

    async def listening(request: Request) -> None:
        heard.append((await request.body()).decode())

    front.weather = listening
    await lives(site)
    async with writing():
        await until(lambda: any(row["event"] == "closed" for row in cases_of(database)))
    rows = cases_of(database)
    by_event = {row["event"]: row for row in rows}
    number = case_number(first_case(0))
    assert {row["case"] for row in rows} == {number}
    assert {row["reason"] for row in rows} == {"no_permit"}
    raised, taken, closed = (by_event[name] for name in ("raised", "acknowledged", "closed"))
    assert (raised["new"], raised["after_ms"], raised["by_person"]) == (1, 0, 0)
    assert (raised["step"], raised["role"]) == ("-", "-")
    told = max(int(row["step"]) for row in rows if row["event"] == "escalated")
    assert (taken["step"], taken["role"], taken["by_person"]) == (str(told), "deputy", 1)
    assert taken["after_ms"] == Rules().deputy_ms + SECOND_MS
    assert by_event["assessed"]["role"] == "centre"
    assert (closed["outcome"], closed["false_page"]) == ("false_child", 1)
    assert len(taken["grid"]) == NAME_CHARACTERS
    with site.store.reading() as connection:
        assert {meaning.words: meaning.name for meaning in legend(connection)}["Grid One"] == (
            taken["grid"]
        )
    said = "\n".join(heard)
    assert not [name for name in INSIDE if name in said.replace(f"seal={seal_id(0)}", "")]


async def test_a_page_is_there_with_its_step_and_is_written_anew_when_it_is_signed_for(
    site: Console, database: Database, writing: Writing, until: Until
) -> None:
    await site.on_duty("wang")
    await site.seal(0)
    await site.opens(0, age_ms=40)
    await site.engine.idle()
    with site.store.reading() as connection:
        query = select(tables.outbox).where(tables.outbox.c.channel == "inbox")
        (page,) = connection.execute(query).mappings().all()
    async with writing():
        await until(lambda: any(row["channel"] == "inbox" for row in pages_of(database)))
        (before,) = [row for row in pages_of(database) if row["channel"] == "inbox"]
        assert (before["step"], before["role"], before["reason"]) == ("0", "warden", "no_permit")
        assert (before["pages"], before["sent"], before["received"]) == (1, 1, 0)
        assert before["edge_commit_ms"] == 40
        assert "sent_receipt_ms" not in before
        site.clock.advance(700)
        event = PageReceived(page["case_id"], page["page_id"], "wang")
        await site.engine.submit(of_door("d0"), event)
        await until(lambda: rows_of(database, 'SELECT sum("received") FROM "delivery"')[0]["sum"])
    (after,) = [row for row in pages_of(database) if row["channel"] == "inbox"]
    assert (after["time"], after["received"], after["seen"]) == (before["time"], 1, 0)
    assert (after["sent_receipt_ms"], after["edge_receipt_ms"]) == (700, 740)
    assert after["case"] == case_number(first_case(0))
    (hook,) = [row for row in pages_of(database) if row["channel"] == "webhook"] or [None]
    assert hook is None, "nobody has tried it yet"


def entry(number: int, made_ms: int, **more: Any) -> dict[str, Any]:
    plain = Entry(
        number, f"p{number}", "c", "d0", "wang", "webhook", "", "en", "no_permit", made_ms, made_ms,
        made_ms,
    )  # fmt: skip
    return {name: getattr(plain, name) for name in Entry.__struct_fields__} | more


async def test_failures_have_a_cause_and_what_goes_out_in_the_end_is_counted_once(
    site: Console, database: Database, writing: Writing, until: Until
) -> None:
    made_ms = now_ms() - MINUTE_MS
    rows = [
        entry(101, made_ms, tries=2, error="gate.example answered 429"),
        entry(102, made_ms, tries=3, gave_up=True, error="gate.example answered 503"),
        entry(103, made_ms, gave_up=True, ended="taken"),
        entry(104, made_ms),
    ]
    with site.store.writing() as connection:
        connection.execute(insert(tables.outbox), rows)
    count = 'SELECT sum("pages") AS "pages", sum("gave_up") AS "dead" FROM "delivery"'
    async with writing():
        await until(lambda: len(pages_of(database)) == 3)
        assert rows_of(database, count)[0] | {"time": 0} == {"pages": 2, "dead": 1, "time": 0}
        went = {"tries": 3, "done_ms": made_ms + 9_000, "error": None, "evidence": "accepted"}
        with site.store.writing() as connection:
            one = tables.outbox.c.entry_id == 101
            connection.execute(update(tables.outbox).where(one).values(**went))
        await until(lambda: rows_of(database, count)[0]["pages"] == 3)
    (row,) = [row for row in pages_of(database) if row["sent"]]
    assert (row["failures"], row["cause"], row["commit_sent_ms"]) == (2, "rate_limited", 9_000)
    causes = {row["cause"] for row in pages_of(database)}
    assert causes == {"rate_limited", "server_error", None}


async def test_a_gateway_that_comes_back_writes_pages_onto_themselves(
    site: Console, database: Database, writing: Writing, until: Until
) -> None:
    made_ms = now_ms() - 3 * MINUTE_MS
    done = {"done_ms": made_ms + 5, "tries": 1, "evidence": "accepted"}
    with site.store.writing() as connection:
        rows = [entry(200 + number, made_ms, **done) for number in range(250)]
        connection.execute(insert(tables.outbox), rows)
    for _ in range(2):
        async with writing():
            await until(lambda: len(pages_of(database)) == 250)
            await until(lambda: site.engine.health().outbox_due == 0)
    assert len(pages_of(database)) == 250


def test_every_tag_and_field_of_both_is_in_what_is_written() -> None:
    """The names that dashboards ask for; a test above has their values."""
    assert {"event", "step", "role", "reason", "grid"} <= {tag.name for tag in CASE_EVENT.tags}
    assert all(field.type in Type for field in (*CASE_EVENT.fields, *DELIVERY.fields))


@pytest.mark.parametrize(
    ("status", "cause"),
    [(429, Cause.RATE_LIMITED), (502, Cause.SERVER_ERROR), (404, Cause.REFUSED)],
)
def test_a_status_is_one_cause(status: int, cause: Cause) -> None:
    with pytest.raises(DeliveryError) as caught:
        need_status(Answer(status, {}, b""), "gate.example")
    assert cause_of(str(caught.value)) is cause


def test_every_other_failure_has_its_cause_and_success_has_none() -> None:
    with pytest.raises(DeliveryError) as caught:
        need_no_page(Answer(200, {}, b"<html>"), "gate.example")
    assert cause_of(str(caught.value)) is Cause.WEB_PAGE
    said = {
        "gate.example answered 200 with an error inside: no money": Cause.ERROR_INSIDE,
        "gate.example cannot be reached (ConnectError)": Cause.UNREACHABLE,
        "no answer within 10 s": Cause.NO_ANSWER,
        "its address is none: x": Cause.ADDRESS,
        "the gateway itself failed at it (KeyError)": Cause.OURS,
        "something else": Cause.OTHER,
    }
    assert {words: cause_of(words) for words in said} == said
    assert cause_of(None) is cause_of("") is None


async def test_whatever_is_spoilt_ends_no_history_and_holds_up_no_other_stream(
    site: Console,
    database: Database,
    writing: Writing,
    until: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Bytes in the place of a number or a word ended all of it, at each start anew."""
    await site.seal(0)
    await site.opens(0)
    await site.engine.idle()
    with site.store.writing() as connection:
        for words in (
            "UPDATE journal SET at_ms = x'ff00' WHERE kind = 'report'",
            "UPDATE journal SET body = 3.5 WHERE journal_id = 1",
            "UPDATE milestones SET case_id = x'ff00' WHERE happened = 'raised'",
            "UPDATE outbox SET case_id = x'ff00' WHERE channel = 'inbox'",
        ):
            connection.execute(text(words))
        made_ms = now_ms() - MINUTE_MS
        done = {"done_ms": made_ms + 5, "tries": 1, "evidence": "accepted"}
        connection.execute(insert(tables.outbox), [entry(300, made_ms, **done)])
    async with writing():
        await until(lambda: len(pages_of(database)) >= 1)
        figure = 'SELECT last("unwritten") AS "unwritten" FROM "gateway_stats"'
        await until(lambda: bool(rows_of(database, figure)))
        await until(lambda: rows_of(database, figure)[0]["unwritten"] >= 2)
    assert "a fault of ours" not in caplog.text


async def test_rows_that_somebody_spoilt_stop_nothing(
    site: Console, database: Database, writing: Writing, until: Until
) -> None:
    made_ms = now_ms() - MINUTE_MS
    done = {"done_ms": made_ms + 5, "tries": 1, "evidence": "accepted"}
    with site.store.writing() as connection:
        rows = [entry(300, made_ms, **done), entry(301, made_ms, **done)]
        connection.execute(insert(tables.outbox), rows)
        connection.execute(text("UPDATE outbox SET made_ms = 'x' WHERE entry_id = 300"))
        body = b'{"type":"report","seal_id":"a","seq":0,"contact":"shut","edges":0,"edge":false}'
        spoilt = {"k": "report", "b": body}
        sql = "INSERT INTO journal (at_ms, kind, subject_kind, subject_id, body) "
        connection.execute(text(sql + "VALUES ('y', :k, 'door', 'd0', :b)"), spoilt)
    async with writing():
        await until(lambda: len(pages_of(database)) == 1)
        await until(
            lambda: bool(rows_of(database, 'SELECT last("unwritten") FROM "gateway_stats"'))
        )
        figure = 'SELECT last("unwritten") AS "unwritten" FROM "gateway_stats"'
        await until(lambda: rows_of(database, figure)[0]["unwritten"] == 2)
