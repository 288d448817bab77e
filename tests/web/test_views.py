"""What people read comes in bounded lists, in the order in which they want it."""

from contextlib import closing
from pathlib import Path

from sqlalchemy import insert

from gateway.core.model import Door
from gateway.store import case_views, tables, views
from tests.web.web_site import console, first_case, new_store


async def test_short_labels_stand_before_long_ones_and_pages_do_not_overlap(tmp_path: Path) -> None:
    with closing(new_store(tmp_path, doors=12)) as store, store.reading() as connection:
        whole = views.doors(connection, 100)
        assert [row.label for row in whole if len(row.label) < 7][:2] == ["3-101", "3-201"]
        assert [row.label for row in whole][-4:-1] == ["3-1001", "3-1101", "3-1201"]
        half = views.doors(connection, 6)
        last = views.door_place(connection, half[-1].door_id)
        assert half + views.doors(connection, 7, after=last) == whole
        assert views.door_count(connection) == 12


async def test_a_door_that_nobody_has_heard_of_has_an_empty_state(tmp_path: Path) -> None:
    with closing(new_store(tmp_path)) as store, store.reading() as connection:
        assert views.doors_of(connection, ["d0", "none"])[0].state == Door("d0")
        assert views.doors_of(connection, []) == []
        assert views.warden(connection, "none") is None


async def test_closed_cases_come_page_by_page_even_where_times_are_equal(tmp_path: Path) -> None:
    with closing(new_store(tmp_path)) as store:
        row = {"grid_id": "g1", "state": "closed", "reason": "no_permit", "openings": 1}
        row |= {
            "since_ms": 8,
            "moved_ms": 9,
            "subject_kind": "door",
            "subject_id": "d0",
            "door_id": "d0",
            "outcome": "lawful",
            "closed_by": "wang",
        }
        with store.writing() as connection:
            for n in range(7):
                connection.execute(
                    insert(tables.cases), row | {"case_id": f"c{n}", "raised_ms": n // 3}
                )
        with store.reading() as connection:
            seen: list[str] = []
            last = None
            while page := case_views.closed_cases(connection, 2, last):
                seen += [case.case_id for case in page]
                last = page[-1].raised_ms, page[-1].case_id
            assert seen == ["c6", "c5", "c4", "c3", "c2", "c1", "c0"]


async def test_who_waits_stands_before_who_is_looked_after(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        for number in range(3):
            await site.seal(number)
            await site.opens(number)
        await site.act(first_case(2), "acknowledge")
        with site.store.reading() as connection:
            ids = [case.case_id for case in case_views.open_cases(connection, 10)]
            assert ids[-1] == first_case(2)
            assert len(case_views.open_cases(connection, 1)) == 1
            counts = case_views.case_counts(connection)
            assert counts == case_views.CaseCounts(waiting=2, in_hand=1)


async def test_openings_go_back_from_the_newest(tmp_path: Path) -> None:
    async with console(new_store(tmp_path)) as site:
        await site.seal(0)
        for age_ms in (150_000, 80_000, 10_000):
            await site.opens(0, age_ms=age_ms)
            await site.shuts(0, age_ms=age_ms - 5_000)
        with site.store.reading() as connection:
            whole = views.openings(connection, "d0", 10)
            assert len(whole) == 3
            assert whole == sorted(whole, key=lambda opening: -opening.opened_ms)
            older = views.openings(connection, "d0", 10, before_ms=whole[0].opened_ms)
            assert older == whole[1:]
