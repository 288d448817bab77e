"""P7: InfluxDB holds only random ids, kinds and counters; and forgets an order's seals."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.core.duration import DAY_MS
from gateway.feeds.influx_schema import MEASUREMENTS, SEAL_EVENT
from gateway.feeds.influx_server import Server, Unavailable
from gateway.settings.sections import Influx as InfluxSettings
from tests.feeds.database import Database
from tests.feeds.front import TOKEN, Front, answering
from tests.neighbours import Influx
from tests.waiting import block_until

ENDED, STAYS = "c0ffee00c0ffee00", "00112233445566bb"
NOW_MS = 1_790_000_000_000
SEAL = "seal"


@pytest.fixture
def front(influxd: Callable[[], Influx], free_port: Callable[[], int]):
    """A real InfluxDB 1.x behind the address of newer ones."""
    server = influxd()
    database = Database(server.url, "seals")
    database.create()
    made = Front(server.url, free_port())
    made.start()
    made.database, made.server = database, server
    yield made
    made.stop()


@pytest.fixture
def history(front: Front):
    settings = InfluxSettings(url=front.url, org="menshen", bucket="seals", token=TOKEN)
    made = Server(settings, 10.0)
    yield made
    made.close()


def line(seal_id: str, at_ms: int) -> str:
    return f"seal_event,site=a,gateway=a,seal={seal_id} edges=1i,seq=7i {at_ms}000000"


def counts(front: Front) -> dict[str, int]:
    found = front.database.ask('SELECT count("seq") FROM "seal_event" GROUP BY "seal"')
    return {series.tags["seal"]: series.rows[0]["count"] for series in found}


def hits(folder: Path, word: str) -> int:
    return sum(
        path.read_bytes().count(word.encode()) for path in folder.rglob("*") if path.is_file()
    )


# All text in InfluxDB, which is all that `menshen fleet-report` and Grafana can draw: random ids,
# names of the legend, which are drawn with a key; and words of tables of ours.
RANDOM = {"site", "gateway", "seal", "grid", "building", "batch", "case"}
WORDS = {"reason", "event", "step", "role", "channel", "ev", "firmware", "outcome", "cause"}


def test_p07_no_tag_and_no_field_of_any_point_could_hold_a_name():
    tags = {tag.name for one in MEASUREMENTS for tag in one.tags}
    texts = {field.name for one in MEASUREMENTS for field in one.fields if field.type == "string"}
    assert tags | texts == RANDOM | WORDS
    assert {tag.name for tag in SEAL_EVENT.tags} == {"site", "gateway", "seal"}


def test_p07_the_points_of_an_orders_seal_are_deleted_and_no_others(front, history):
    points = [line(seal, NOW_MS + n) for seal in (ENDED, STAYS) for n in range(3)]
    assert history.write(points, NOW_MS) == []
    assert counts(front) == {ENDED: 3, STAYS: 3}
    assert hits(front.server.folder, ENDED) > 0
    history.forget(SEAL_EVENT.name, (SEAL, ENDED), None)
    assert counts(front) == {STAYS: 3}


def test_p07_of_a_seal_that_stays_for_another_order_only_what_was_before_it_goes(front, history):
    history.write([line(ENDED, NOW_MS + n * DAY_MS) for n in range(4)], NOW_MS)
    history.forget(SEAL_EVENT.name, (SEAL, ENDED), NOW_MS + 2 * DAY_MS)
    assert counts(front) == {ENDED: 2}


def test_p07_of_a_seal_that_hung_elsewhere_before_and_after_only_what_was_between_goes(
    front, history
):
    history.write([line(ENDED, NOW_MS + n * DAY_MS) for n in range(4)], NOW_MS)
    history.forget(SEAL_EVENT.name, (SEAL, ENDED), NOW_MS + 2 * DAY_MS, NOW_MS + DAY_MS)
    left = front.database.ask('SELECT "seq" FROM "seal_event"')
    assert len(left[0].rows) == 3
    history.forget(SEAL_EVENT.name, (SEAL, ENDED), NOW_MS + DAY_MS)
    assert counts(front) == {ENDED: 2}


def test_p07_a_server_that_does_not_say_that_it_did_is_asked_again(front, history):
    history.write([line(ENDED, NOW_MS)], NOW_MS)
    front.weather = answering(503, "busy")
    with pytest.raises(Unavailable):
        history.forget(SEAL_EVENT.name, (SEAL, ENDED), None)
    assert counts(front) == {ENDED: 1}


COLD = """compact-full-write-cold-duration = "1s"
  cache-snapshot-write-cold-duration = "1s"
"""


def test_p07_what_influxdb_keeps_is_the_name_of_a_series_and_no_point(front, history):
    """Measured, so that nobody promises more: after its compaction its files hold the seal's random
    id once, in the list of all series that ever were, and in its own log, which is to be off. Of
    the points nothing is left."""
    config = front.server.folder / "influxd.conf"
    config.write_text(config.read_text().replace("[data]\n", f"[data]\n  {COLD}"))
    front.server.kill()
    front.server.start()
    history.write([line(seal, NOW_MS + n) for seal in (ENDED, STAYS) for n in range(50)], NOW_MS)
    history.forget(SEAL_EVENT.name, (SEAL, ENDED), None)

    def places() -> set[str]:
        files = [path for path in front.server.folder.rglob("*") if path.is_file()]
        return {
            str(path.relative_to(front.server.folder).parent)
            for path in files
            if ENDED.encode() in path.read_bytes()
        }

    block_until(lambda: {part for part in places() if "_series" not in part} <= {"."}, 30.0)
    assert {part.rpartition("/")[0] or part for part in places()} <= {".", "data/seals/_series"}
    assert counts(front) == {STAYS: 50}
