"""P5, P6 and P8: by the clock, everything that is known of a household goes from everywhere, and
nothing of its neighbour's. The same search finds it all while the keys live: the test can fail."""

import shutil
from pathlib import Path

from sqlalchemy import delete, func, insert, select

from gateway.backup import rotation
from gateway.core.actor import actor_of
from gateway.core.duration import DAY_MS, HOUR_MS, MINUTE_MS
from gateway.core.events import ClockDoubted, ClockSure
from gateway.core.households.events import DisputeAnswered, DisputeAssigned, DisputeRaised
from gateway.core.households.model import RecordKind
from gateway.core.subject import SITE, of_household
from gateway.ending import holds, records
from gateway.keys.unreadable import KeyState
from gateway.replay.replay import Apart
from gateway.store import archives, archiving, tables
from gateway.store import households as household_of
from gateway.store.archive_tables import archives as rows_of_archives
from gateway.store.database import Store
from gateway.store.ending_tables import endings
from gateway.store.file_copy import part, whole
from gateway.store.key_tables import order_keys
from tests.ending.ended_site import PHOTO, STAY, WORDS, Home, ended_site, found, readable
from tests.engine.small_site import new_store, rows

IDS = ("home-0", "office-file-0", "p-office-file-0")


async def test_p06_what_people_wrote_is_sealed_then_unreadable_then_gone(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    home, neighbour = Home(0), Home(1)
    async with ended_site(store) as site:
        await site.enrol([home])
        case_id = await site.lives(home)
        await site.later(DAY_MS)
        await site.enrol([neighbour])
        await site.lives(neighbour)
        # While it lives nothing stands there readable, and whoever has the keys reads all of it.
        assert found(tmp_path, (*WORDS, PHOTO)) == {}
        assert readable(store, WORDS) == set(WORDS)
        assert found(tmp_path, (*IDS, home.seal.seal_id, case_id))
        ending = site.ending()
        await site.later(STAY - DAY_MS - HOUR_MS)
        await ending.look()
        assert readable(store, WORDS) == set(WORDS), "the order holds"
        await site.later(DAY_MS + HOUR_MS)
        await ending.look()
        (door,) = [row for row in rows(store, tables.doors) if row["door_id"] == "home-0"]
        assert (door["label"], door["telephone"]) == ("", None)
        assert door["ended_ms"] is not None
        seals = {row["seal_id"]: row["door_id"] for row in rows(store, tables.seals)}
        assert seals == {home.seal.seal_id: None, neighbour.seal.seal_id: "home-1"}
        assert site.replayed() == Apart()
        # Only the neighbour's own can be read now.
        assert readable(store, WORDS) == set(WORDS)
        await site.later(12 * DAY_MS + HOUR_MS)
        await ending.look()
        assert site.replayed() == Apart()
        await ending.look()
        store.cut_log()
        left = found(tmp_path, (*IDS, case_id))
        assert left == {}, left
        assert [row["order_id"] for row in rows(store, tables.orders)] in ([], ["office-file-1"])
        await site.later(DAY_MS)
        await ending.look()
        await ending.look()
        store.cut_log()
        assert readable(store, WORDS) == set()
        assert found(tmp_path, ("home-1", "office-file-1", "p-office-file-1")) == {}
        assert rows(store, tables.openings) == rows(store, endings) == []
        assert {row["subject_kind"] for row in rows(store, tables.cases)} <= {"site"}
        assert site.replayed() == Apart()
        first, second = records.read(records.place(store.path))
        assert first.counts["cases"] == second.counts["cases"] == 1
        assert first.counts["journal"] > 5
        assert (first.late_ms, second.late_ms) == (0, 0)
    store.close()


async def test_p06_where_another_order_follows_only_what_was_before_it_goes(
    tmp_path: Path,
) -> None:
    store, home = new_store(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        first = await site.lives(home)
        await site.later(STAY)
        await site.order_again(home, "office-file-again")
        begins_ms = site.clock.now_ms()
        await site.later(HOUR_MS)
        second = await site.lives(home)
        ending = site.ending()
        await site.later(DAY_MS)
        await ending.look()
        assert readable(store, WORDS) == set(WORDS), "its second order holds"
        (key,) = [row for row in rows(store, order_keys) if row["order_id"] == "office-file-0"]
        assert store.keys.state(key["key_id"]) is KeyState.DESTROYED
        # It goes on under its second order, extended, while all of the first is destroyed.
        at = begins_ms - MINUTE_MS, begins_ms + 40 * DAY_MS
        await site.lasts(home, "office-file-again", *at)
        await site.later(13 * DAY_MS)
        await ending.look()
        store.cut_log()
        assert found(tmp_path, ("office-file-0", first)) == {}
        cases = [row for row in rows(store, tables.cases) if row["subject_kind"] == "door"]
        assert [row["case_id"] for row in cases] == [second]
        assert all(row["opened_ms"] >= begins_ms for row in rows(store, tables.openings))
        assert rows(store, tables.openings)
        assert readable(store, WORDS) == set(WORDS)
        door = site.engine.state.doors["home-0"]
        assert [order.order_id for order in door.orders] == ["office-file-again"]
        assert door.seal_id == home.seal.seal_id
        assert site.replayed() == Apart()
        await site.heard(home, home.seal.edge())
        assert site.engine.state.doors["home-0"].case is not None, "and it is watched"
        assert site.replayed() == Apart()
    store.close()


async def test_p06_orders_of_one_household_whose_time_comes_together_go_together(
    tmp_path: Path,
) -> None:
    """As after a gateway was off for weeks, or a doubt of its clock."""
    store, home = new_store(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        await site.later(STAY)
        await site.order_again(home, "office-file-again")
        await site.later(40 * DAY_MS)
        ending = site.ending()
        await ending.look()
        await ending.look()
        store.cut_log()
        assert readable(store, WORDS) == set()
        assert found(tmp_path, ("office-file-", "home-0")) == {}
        assert rows(store, tables.households) == rows(store, endings) == []
        assert site.replayed() == Apart()
    assert records.verify(records.place(store.path)).count == 2
    store.close()


async def test_p06_what_is_held_stays_whole_and_goes_when_its_hold_ends(tmp_path: Path) -> None:
    store, home = new_store(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        await site.lives(home)
        now_ms = site.clock.now_ms()
        with store.writing() as connection:
            holds.hold(
                connection, home.order_id, "Li Hua", "a lawsuit", now_ms + 30 * DAY_MS, now_ms
            )
        ending = site.ending()
        for _ in range(4):
            await site.later(7 * DAY_MS)
            await ending.look()
        assert readable(store, WORDS) == set(WORDS)
        with store.reading() as connection:
            (held,) = holds.of_order(connection, home.order_id)
        assert (held.by, held.why) == ("Li Hua", "a lawsuit")
        await site.later(3 * DAY_MS)
        await ending.look()
        await ending.look()
        store.cut_log()
        assert readable(store, WORDS) == set()
        assert found(tmp_path, ("home-0", home.order_id, "a lawsuit")) == {}
        (line,) = records.read(records.place(store.path))
        assert line.late_ms > 0, "the record says that it was late"
    store.close()


async def test_p06_what_is_contested_stays_until_somebody_has_answered(tmp_path: Path) -> None:
    store, home = new_store(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        case_id = await site.lives(home)
        with store.reading() as connection:
            (household_id,) = household_of.of_doors(connection, [home.door_id]).values()
        theirs, chen = of_household(household_id), actor_of("chen")
        contested = DisputeRaised(
            action_id="d", dispute_id="d", record=RecordKind.CASE, record_id=case_id,
            door_id=home.door_id, words="that was the nurse", parties=("wang",),
        )  # fmt: skip
        await site.engine.submit(theirs, contested)
        ending = site.ending()
        for _ in range(4):
            await site.later(7 * DAY_MS)
            await ending.look()
        assert readable(store, (*WORDS, "that was the nurse")) == {*WORDS, "that was the nurse"}
        assigned = DisputeAssigned(action_id="a", dispute_id="d", actor=chen, to=chen)
        await site.engine.submit(theirs, assigned)
        await ending.look()
        assert readable(store, WORDS) == set(WORDS), "named is not answered"
        answered = DisputeAnswered(
            action_id="b", dispute_id="d", actor=chen, is_upheld=True, words="it was"
        )
        await site.engine.submit(theirs, answered)
        await ending.look()
        assert readable(store, (*WORDS, "that was the nurse")) == set()
        store.cut_log()
        assert found(tmp_path, ("home-0", home.order_id, case_id)) == {}
    store.close()


async def test_p06_while_the_clock_is_in_doubt_nothing_is_destroyed(tmp_path: Path) -> None:
    store, home = new_store(tmp_path), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        await site.lives(home)
        await site.engine.submit(SITE, ClockDoubted(HOUR_MS, HOUR_MS))
        ending = site.ending()
        await site.later(40 * DAY_MS)
        await ending.look()
        assert readable(store, WORDS) == set(WORDS)
        await site.engine.submit(SITE, ClockSure())
        await ending.look()
        assert readable(store, WORDS) == set()
        assert found(tmp_path, ("office-file-0",)) == {}
    store.close()


async def test_p06_neither_an_old_month_nor_a_copy_that_is_put_back_gives_anything_back(
    tmp_path: Path,
) -> None:
    """The order's journal lies in an archive, and the site in a copy; both hold what was sealed."""
    folder, elsewhere = tmp_path / "site", tmp_path / "restored"
    folder.mkdir()
    store, home = new_store(folder), Home(0)
    async with ended_site(store) as site:
        await site.enrol([home])
        case_id = await site.lives(home)
        month = archiving.month_of(site.clock.now_ms())
        with store.reading() as connection:
            last_id = connection.execute(select(func.max(tables.journal.c.journal_id))).scalar()
        between = f"BETWEEN 1 AND {last_id - 1}"
        path = archives.file_of(store.path, month)
        parts = [
            (archiving.JOURNAL, f"journal_id {between}"),
            (archiving.SPANS, f"from_id {between}"),
        ]
        counts = part(store.path, path, parts)
        with store.writing() as connection:
            row = {"month": month, "from_id": 1, "to_id": last_id - 1, "made_ms": 0}
            its = {**row, "rows": counts[0], "spans": counts[1]}
            connection.execute(insert(rows_of_archives), its)
            old = tables.journal.c.journal_id < last_id
            connection.execute(delete(tables.journal).where(old))
        copies = folder / "backups"
        copies.mkdir()
        whole(store.path, copies / "menshen-20330518T033320Z.tar")
        assert set(found(folder, (case_id, "home-0"))) >= {
            f"menshen-journal/{month}.db",
            "backups/menshen-20330518T033320Z.tar",
        }
        await site.later(STAY + DAY_MS)
        ending = site.ending(backups=copies)
        await ending.look()
        await site.later(13 * DAY_MS)
        await ending.look()
        store.cut_log()
        left = found(folder, (case_id, "home-0", "office-file-0"))
        assert set(left) == {"backups/menshen-20330518T033320Z.tar"}
        assert readable(store, WORDS) == set(), "and nobody can read what stands in the copy"
        # It is put back beside the keys that the site has now.
        elsewhere.mkdir()
        shutil.copy(copies / "menshen-20330518T033320Z.tar", elsewhere / "menshen.db")
        shutil.copytree(folder / "keys", elsewhere / "keys")
        restored = Store.open(elsewhere / "menshen.db")
        assert rows(restored, tables.orders), "the copy is whole"
        assert readable(restored, WORDS) == set()
        restored.close()
        # A newer copy is made, and the one from before goes.
        made = rotation.name_of(site.clock.now_ms() + 1_000, is_encrypted=False)
        whole(store.path, copies / made)
        await ending.look()
        assert [path.name for path in copies.iterdir()] == [made]
        assert found(folder, (case_id, "home-0", "office-file-0")) == {}
    store.close()
