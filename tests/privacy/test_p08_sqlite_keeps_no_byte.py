"""P8: what is deleted is overwritten at once, the log is cut to nothing, and free pages go back."""

from pathlib import Path

from gateway.store.database import Store
from tests.ending.ended_site import found
from tests.engine.small_site import new_store

CANARY = "canary-in-a-page"
ROWS = 2_000


def written(store: Store) -> None:
    with store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO grids VALUES ('stays', 'stays', NULL)")
        connection.exec_driver_sql(
            "INSERT INTO grids WITH RECURSIVE n(i) AS "
            "(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "SELECT ? || i, ? || hex(randomblob(40)), NULL FROM n",
            (ROWS, CANARY, CANARY),
        )


def test_p08_no_byte_of_what_is_deleted_stays_in_file_or_log(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    written(store)
    assert found(tmp_path, (CANARY,)), "it can be found while it is there"
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM grids WHERE grid_id != 'stays'")
    assert store.cut_log()
    assert found(tmp_path, (CANARY,)) == {}
    assert (tmp_path / "menshen.db-wal").stat().st_size == 0
    store.close()


def test_p08_free_pages_are_given_back_a_few_at_a_time(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    written(store)
    with store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM grids WHERE grid_id != 'stays'")
    store.cut_log()
    before = (tmp_path / "menshen.db").stat().st_size
    steps = 1
    while store.give_back(16):
        steps += 1
    store.cut_log()
    after = (tmp_path / "menshen.db").stat().st_size
    assert steps > 1
    assert after < before
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT grid_id FROM grids").scalars().all() == ["stays"]
    store.close()


def test_p08_while_somebody_reads_an_older_state_the_log_says_that_it_is_not_cut(
    tmp_path: Path,
) -> None:
    store = new_store(tmp_path)
    with store.reading() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM grids").scalar()
        written(store)
        assert not store.cut_log()
    assert store.cut_log()
    store.close()
