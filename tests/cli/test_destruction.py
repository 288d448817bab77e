"""`menshen destruction` and `menshen destroy-site`, as people type them."""

import time
from contextlib import closing
from pathlib import Path

from gateway.core.duration import DAY_MS
from gateway.ending import records
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewOrder
from gateway.store.database import Store

AT_MS = 1_790_000_000_000


def said(path: Path) -> records.Destruction:
    (line,) = records.append(path, AT_MS, [records.Said("a" * 32, "rule", 0, {"journal": 3})])
    return line


def test_a_third_party_verifies_with_nothing_but_the_file(menshen, folder) -> None:
    line = said(folder / "given.destructions")
    answer = menshen("destruction", "verify", "given.destructions", "--hash", line.hash)
    assert (answer.code, line.hash in answer.out) == (0, True)
    path = folder / "given.destructions"
    path.write_bytes(path.read_bytes().replace(b'"journal":3', b'"journal":2'))
    answer = menshen("destruction", "verify", "given.destructions")
    assert answer.code == 1
    assert "not what was written" in answer.err
    assert menshen("destruction", "verify", "no-such-file").code == 1


def test_what_was_destroyed_is_shown(menshen, store, folder) -> None:
    line = said(records.place(store.path))
    answer = menshen("destruction", "--json")
    assert answer.json[0]["hash"] == line.hash
    assert "journal 3" in " ".join(menshen("destruction").out.split())


def test_an_order_is_held_by_a_name_for_a_reason_and_released(menshen, store) -> None:
    now_ms = time.time_ns() // 1_000_000
    with store.writing() as connection:
        from datetime import UTC

        enrolment = Enrolment(connection, now_ms, UTC)
        enrolment.take(NewOrder("d1", now_ms, now_ms + DAY_MS, "o1"))
        enrolment.write()
    nameless = menshen("destruction", "hold", "o1", "--why", "lawsuit")
    assert (nameless.code, "name of who answers" in nameless.err) == (2, True)
    assert menshen("destruction", "hold", "o9", "--by", "Li", "--why", "x").code == 1
    for unseen in ("law\nsuit", "\u202ewsuit", "\x1b[31m", "x" * 301, "\udcff"):
        wrong = menshen("destruction", "hold", "o1", "--by", "Li", "--why", unseen)
        assert wrong.code == 2, "its household reads it"
    assert menshen("destruction", "hold", "o1", "--by", "Li Hua", "--why", "lawsuit").code == 0
    (held,) = menshen("destruction", "holds", "--json").json
    assert (held["order_id"], held["by"], held["why"]) == ("o1", "Li Hua", "lawsuit")
    assert menshen("destruction", "release", "o1").code == 0
    assert menshen("destruction", "release", "o1").code == 1
    assert menshen("destruction", "holds", "--json").json == []


def test_a_site_is_destroyed_only_by_its_name_and_its_report_verifies(
    menshen, settings, folder
) -> None:
    with closing(Store.open(folder / "menshen.db")):
        pass
    report = folder.parent / f"{folder.name}-report.json"
    wrong = menshen("destroy-site", "--report", report, "--name", "Another")
    assert (wrong.code, (folder / "menshen.db").exists()) == (2, True)
    assert menshen("destroy-site", "--name", "Menshen").code == 2
    done = menshen("destroy-site", "--report", report, "--name", "Menshen")
    assert done.code == 0, done.err
    assert not (folder / "menshen.db").exists()
    assert not settings.exists()
    assert menshen("destroy-site", "--verify", report).code == 0
    assert menshen("destroy-site", "--verify", report, "--key", "x" * 44).code == 1
