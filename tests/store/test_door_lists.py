"""A list opens no label that it does not show, but for those that stand beside what it shows."""

import random
from pathlib import Path

from gateway.store import door_lists, views
from gateway.store.database import Store
from gateway.store.door_lists import listed
from gateway.store.order_keys import OrderKeys
from gateway.store.tables import doors, grids, households

GRIDS = ("二网格", "一网格", "七网格", "一网格")  # two of one name
EACH = 6


def site(folder: Path) -> Store:
    """Doors in four grids, in no order, and one that is out of use."""
    store, chance = Store.open(folder / "menshen.db"), random.Random(7)  # noqa: S311 - a story
    labels = {f"d{n}": f"{chance.choice((1, 2, 10))}栋{n}" for n in range(len(GRIDS) * EACH)}
    names = [{"grid_id": f"g{n}", "name": name} for n, name in enumerate(GRIDS)]
    homes = list(labels)
    chance.shuffle(homes)
    with store.writing() as connection:
        connection.execute(grids.insert(), names)
        connection.execute(households.insert(), [{"household_id": h, "made_ms": 0} for h in homes])
        keys = OrderKeys(connection)
        keys.provide(homes)
        rows = [
            {
                "door_id": home,
                "household_id": home,
                "label": keys.seal(home, labels[home]),
                "grid_id": f"g{int(home[1:]) % len(GRIDS)}",
                "ended_ms": 5 if home == "d3" else None,
            }
            for home in homes
        ]
        connection.execute(doors.insert(), rows)
    store.keys.at_hand.clear()
    return store


def opened(store: Store) -> int:
    """How many labels are at hand; they are taken away again."""
    count = len(store.keys.at_hand) // 2
    store.keys.at_hand.clear()
    return count


def test_a_page_opens_the_labels_of_the_grids_that_it_shows(tmp_path: Path) -> None:
    store = site(tmp_path)
    with store.reading() as connection:
        whole = views.doors(connection, 1_000)
        assert opened(store) == len(whole) == len(GRIDS) * EACH - 1
        assert whole == sorted(whole, key=views.place_of)
        for limit in range(1, len(whole) + 2):
            assert views.doors(connection, limit) == whole[:limit]
            assert opened(store) <= min(limit + EACH - 1, len(whole))
            for number in (0, 4, 5, 6, 11, len(whole) - 1):
                after = views.place_of(whole[number])
                found = views.doors(connection, limit, after)
                assert found == whole[number + 1 : number + 1 + limit], (number, limit)
                assert opened(store) <= limit + 2 * EACH
        its = frozenset({"g1", "g2"})
        mine = [row for row in whole if row.grid_id in its]
        assert views.doors(connection, 3, None, its) == mine[:3]
        assert views.doors(connection, 99, views.place_of(mine[2]), its) == mine[3:]
    store.close()


def test_a_part_of_a_ranking_is_that_part_of_the_whole(tmp_path: Path) -> None:
    store = site(tmp_path)
    with store.reading() as connection:
        rows = {row.door_id: row for row in views.doors(connection, 1_000)}
        said = {door_id: int(door_id[1:]) % 3 for door_id in rows}
        places = {door_id: views.place_of(row) for door_id, row in rows.items()}
        whole = sorted(rows, key=lambda door_id: (-said[door_id], places[door_id]))
        opened(store)
        every = [listed(row, said[row.door_id]) for row in views.unnamed_doors(connection)]
        assert opened(store) == 0
        for begin in range(len(whole) + 2):
            for count in (1, 2, 7, 99):
                found = door_lists.part(connection, every, lambda n: -n, begin, count)
                names = [one.label for one in found]
                assert names == [rows[d].label for d in whole[begin : begin + count]]
                assert [one.said for one in found] == [
                    said[d] for d in whole[begin : begin + count]
                ]
                assert opened(store) <= count + 2 * EACH // 3
        assert {row.grid_id for row in views.unnamed_doors(connection, frozenset({"g1"}))} == {"g1"}
    store.close()


def test_a_door_whose_grid_is_spoilt_is_in_its_place_in_every_part(tmp_path: Path) -> None:
    """A cell that is no text cannot be asked for again, so all grids are looked through."""
    store = site(tmp_path)
    with store.writing() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        connection.exec_driver_sql(
            "INSERT INTO grids(grid_id, name) VALUES (CAST(x'ff' AS TEXT), '九')"
        )
        connection.exec_driver_sql(
            "UPDATE doors SET grid_id = CAST(x'ff' AS TEXT) WHERE door_id = 'd0'"
        )
    with store.reading() as connection:
        whole, parts, after = views.doors(connection, 1_000), [], None
        while found := views.doors(connection, 4, after):
            parts += found
            after = views.place_of(found[-1])
        assert "d0" in [row.door_id for row in whole]
        assert parts == whole
    store.close()
