"""A database from before cases stood there by their numbers: each is found by the one that people
call it by, and a list of doors goes grid by grid."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from gateway.core.cases.number import case_number
from gateway.store import case_views, database, page_views
from gateway.store.database import Store

CASE = (
    "INSERT INTO cases(case_id, subject_kind, subject_id, grid_id, state, reason, raised_ms,"
    " since_ms, openings, moved_ms) VALUES (:its, 'door', 'd', :grid, :state, 'no_permit', :at,"
    " 0, 1, 0)"
)


def shared_number() -> list[str]:
    """Three ids that share a number by chance."""
    known: dict[str, list[str]] = {}
    for one in range(10**7):
        alike = known.setdefault(case_number(f"c{one}"), [])
        alike.append(f"c{one}")
        if len(alike) == 3:
            return alike
    raise AssertionError


def test_a_case_of_before_is_found_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "menshen.db"
    path.touch(0o600)
    engine, config = create_engine(f"sqlite:///{path}"), Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0021_newest")
    old, new, going_on = shared_number()
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO site(site_id, made_ms, stored_format) VALUES (0,7,1)"))
        for its, grid, state, at in (
            (old, "g1", "closed", 1),
            (new, "g2", "closed", 2),
            (going_on, "g3", "raised", 0),
        ):
            rows = {"its": its, "grid": grid, "state": state, "at": at}
            connection.execute(text(CASE), rows)
    engine.dispose()
    store, number = Store.open(path), case_number(old)
    with store.reading() as connection:
        typed = number.replace("-", " ")
        assert case_views.all_numbered(connection, typed) == [going_on, new, old]
        assert case_views.numbered(connection, number, frozenset({"g1"})) == old
        assert case_views.numbered(connection, number, frozenset({"g9"})) is None
        assert case_views.numbered(connection, "12345") is None
        plan = connection.exec_driver_sql(
            "EXPLAIN QUERY PLAN SELECT grid_id, count(*) FROM doors WHERE ended_ms IS NULL "
            "GROUP BY grid_id"
        )
        assert "ix_doors_grid_id" in str(plan.all())
        assert page_views.numbered(connection, number, "w1") is None
    store.close()
