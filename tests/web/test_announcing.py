"""Announcing from the page and by programs: by the site's clocks, and within one law."""

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from gateway.core.doors.permits import PERMITS_MAX
from gateway.core.events import PermitAnnounced
from gateway.core.model import Permit
from gateway.core.subject import of_door
from gateway.language import times
from gateway.store import tables, views
from gateway.store.database import Store
from tests.web.web_site import HOUR_MS, console, new_store, now_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")
AT_SHANGHAI = {"name": "Liangxi", "language": "en", "zone": "Asia/Shanghai"}


@pytest.fixture(params=["UTC", "America/New_York"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The machine's clock on the wall is another than the site's."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def permits(store: Store, door_id: str) -> tuple[Permit, ...]:
    with store.reading() as connection:
        return views.doors_of(connection, [door_id])[0].state.permits


def meal(number: int, **changed: object) -> dict[str, object]:
    body = {"from_ms": now_ms(), "to_ms": now_ms() + HOUR_MS + number, "who": "Li", "why": "meal"}
    return body | {"permit_id": f"{number:016x}"} | changed


@pytest.mark.usefixtures("elsewhere")
async def test_a_meal_typed_as_half_past_eleven_is_then_by_the_sites_clocks(tmp_path: Path) -> None:
    tomorrow = datetime.now(SHANGHAI).date() + timedelta(days=1)
    form = {
        "from": f"{tomorrow}T11:30",
        "to": f"{tomorrow}T12:30",
        "who": "Li",
        "why": "noon meal",
    }
    async with console(new_store(tmp_path), site=AT_SHANGHAI) as site:
        assert (await site.client.post("/doors/d0/permits", data=form)).status_code == 303
        [permit] = permits(site.store, "d0")
        noon = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 11, 30, tzinfo=SHANGHAI)
        assert permit.from_ms == int(noon.timestamp() * 1000)
        page = await site.text("/doors/d0")
        assert f"{tomorrow.day} {tomorrow:%b} 11:30" in page
        assert times.field(now_ms(), SHANGHAI)[:13] in page  # the form offers from now on


async def test_the_33rd_permit_is_refused_in_a_sentence_and_todays_meal_stands(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        for number in range(PERMITS_MAX):
            answer = await site.client.post("/api/v1/doors/d0/permits", json=meal(number))
            assert answer.json()["changed"]
        answer = await site.client.post("/api/v1/doors/d0/permits", json=meal(99))
        assert answer.status_code == 409
        assert answer.json()["detail"] == "The door has 32 permits already, which is the limit."
        form = {
            "from": times.field(now_ms(), site.zone),
            "to": times.field(now_ms() + HOUR_MS, site.zone),
            "who": "Li",
            "why": "meal",
        }
        page = await site.client.post("/doors/d0/permits", data=form)
        assert page.status_code == 409
        assert "32 permits already" in page.text
        assert len(permits(site.store, "d0")) == PERMITS_MAX
        assert permits(site.store, "d0")[0].permit_id == f"{0:016x}"


async def test_what_passes_no_check_is_refused_by_the_core_and_leaves_no_row(
    tmp_path: Path,
) -> None:
    async with console(new_store(tmp_path)) as site:
        wanted = [
            Permit(f"p{n}", now_ms(), now_ms() + HOUR_MS + n, 1, 60_000, "Li", "meal")
            for n in range(PERMITS_MAX + 1)
        ]
        pressed = [site.engine.submit(of_door("d0"), PermitAnnounced(permit)) for permit in wanted]
        changed = [answer.changed for answer in await asyncio.gather(*pressed)]
        assert changed == [True] * PERMITS_MAX + [False]
        with site.store.reading() as connection:
            rows = connection.execute(select(tables.permits.c.permit_id)).scalars().all()
            j = tables.journal.c
            why = select(j.reason).where(j.kind == "permit").order_by(j.journal_id.desc())
            assert connection.execute(why.limit(1)).scalar() == "permits_full"
        assert sorted(rows) == sorted(permit.permit_id for permit in wanted[:-1])


async def test_two_at_once_for_the_last_room_and_one_is_told_why_not(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in range(PERMITS_MAX - 1):
            await site.client.post("/api/v1/doors/d0/permits", json=meal(number))
        answers = await asyncio.gather(
            *(site.client.post("/api/v1/doors/d0/permits", json=meal(n)) for n in (90, 91))
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
        assert len(permits(site.store, "d0")) == PERMITS_MAX


async def test_an_id_that_says_something_else_already_is_refused(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        first = meal(1)
        assert (await site.client.post("/api/v1/doors/d0/permits", json=first)).json()["changed"]
        again = await site.client.post("/api/v1/doors/d0/permits", json=first)
        assert (again.status_code, again.json()["changed"]) == (200, False)
        other = await site.client.post("/api/v1/doors/d0/permits", json=first | {"why": "test"})
        assert other.status_code == 409
        assert "announced already" in other.json()["detail"]


def announcement(**changed: object) -> dict[str, object]:
    body = {"from_ms": now_ms(), "to_ms": now_ms() + HOUR_MS, "who": "Zhang", "why": "meals"}
    return body | changed


async def test_a_permit_recurs_for_programs_and_on_the_doors_page(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        daily = announcement(daily=[[420, 510], [1380, 60]], days=0b0011111, openings=2)
        assert (await site.client.post("/api/v1/doors/d0/permits", json=daily)).json()["changed"]
        page = await site.text("/doors/d0")
        assert "Mon, Tue, Wed, Thu, Fri 07:00–08:30, 23:00–01:00" in page
        assert "2 openings each time" in page
        form = {
            "from": times.field(now_ms(), site.zone),
            "to": times.field(now_ms() + HOUR_MS, site.zone),
            "who": "Zhang",
            "why": "meals",
            "daily": "07:00-08:30, 11:30-13:00",
            "days": ["5", "6"],
        }
        assert (await site.client.post("/doors/d1/permits", data=form)).status_code == 303
        with site.store.reading() as connection:
            [row] = views.doors_of(connection, ["d1"])
        [permit] = row.state.permits
        assert (permit.daily, permit.days) == (((420, 510), (690, 780)), 0b1100000)
        bad = await site.client.post("/doors/d1/permits", data=form | {"daily": "morning"})
        assert (bad.status_code, "Times of the day" in bad.text) == (422, True)


@pytest.mark.parametrize("daily", [[[420]], [[0, 1440]], [[-1, 5]], [[1, 2]] * 9, "07:00"])
async def test_windows_that_cannot_be_are_refused(daily: object, tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        answer = await site.client.post("/api/v1/doors/d0/permits", json=announcement(daily=daily))
        assert answer.status_code == 422


async def test_a_courier_is_announced_for_a_whole_stair(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        with site.store.writing() as connection:
            placed = update(tables.doors).values(building="3", stair="2")
            connection.execute(placed.where(tables.doors.c.door_id.in_(["d0", "d2"])))
        body = announcement(permit_id="0123456789abcdef")
        told = (await site.client.post("/api/v1/areas/stair:3/2/permits", json=body)).json()
        assert told == {"changed": True, "permit_id": "0123456789abcdef", "doors": ["d0", "d2"]}
        with site.store.reading() as connection:
            rows = views.doors_of(connection, ["d0", "d1", "d2"])
        ids = {row.door_id: [p.permit_id for p in row.state.permits] for row in rows}
        assert ids == {"d0": ["0123456789abcdef-1"], "d1": [], "d2": ["0123456789abcdef-2"]}
        missing = await site.client.post("/api/v1/areas/building:9/permits", json=body)
        assert missing.status_code == 404
