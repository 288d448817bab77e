"""`menshen enrol`: tables of rows, all or nothing, and one seal with its private settings."""

import gc
import json
import os
import stat
import threading

GRIDS = "grid_id,name\ng1,一网格\n"


def test_enrolling_files_reports_rows_and_makes_a_database(menshen, settings, folder):
    (folder / "grids.csv").write_text(GRIDS)
    answer = menshen("enrol", "grids.csv")
    assert answer.code == 0
    assert "grids  1      0        0" in answer.out
    assert f"A new database was made: {folder / 'menshen.db'}" in answer.out
    assert stat.S_IMODE((folder / "menshen.db").stat().st_mode) == 0o600
    assert menshen("enrol", "grids.csv", "--json").json == {
        "written": True,
        "counts": {"grids": {"unchanged": 1}},
        "mistakes": [],
    }


def test_mistakes_are_listed_and_exit_with_1(menshen, settings, folder):
    (folder / "grids.csv").write_text(GRIDS + "g 2,x\n")
    answer = menshen("enrol", "grids.csv", "nope.csv")
    assert answer.code == 1
    assert answer.out == (
        "nope.csv: cannot be read: No such file or directory\nNothing was enrolled: 1 mistake.\n"
    )
    (mistake,) = menshen("enrol", "grids.csv", "--json").json["mistakes"]
    assert (mistake["file"], mistake["line"], mistake["column"]) == ("grids.csv", 3, "grid_id")
    assert menshen("enrol", "grids.csv", "--json").code == 1


def test_many_mistakes_are_cut_short(menshen, settings, folder):
    (folder / "grids.csv").write_text("grid_id,name\n" + ",x\n" * 99)
    answer = menshen("enrol", "grids.csv")
    assert "… and 49 more; --json tells all" in answer.out
    assert "Nothing was enrolled: 99 mistakes." in answer.out


def test_a_dry_run_leaves_not_even_a_database(menshen, settings, folder):
    (folder / "grids.csv").write_text(GRIDS)
    answer = menshen("enrol", "grids.csv", "--dry-run")
    assert answer.code == 0
    assert "this was a dry run" in answer.out
    assert not (folder / "menshen.db").exists()


def test_examples_of_tables(menshen):
    assert menshen("enrol", "--example", "grids").out.startswith("grid_id,name\n")
    answer = menshen("enrol", "--example", "foo")
    assert (answer.code, answer.err[:30]) == (2, "menshen: foo is no table; ther")


def test_what_a_kill_left_of_a_seal_that_was_never_enrolled_is_written_anew(menshen, store, folder):
    (folder / "key").write_text("11" * 32)
    words = ["enrol", "--seal", "dd" * 8, "--key-file", "key"]
    left = folder / f"seal-{'dd' * 8}.json"
    left.write_text(json.dumps({"id": "dd" * 8, "password": "old"}))
    assert menshen(*words).code == 0
    assert json.loads(left.read_text())["password"] != "old"
    assert menshen(*words).code == 2, "of one that is enrolled it is the only copy"
    left.write_text("somebody's notes")
    other = folder / f"seal-{'cc' * 8}.json"
    other.write_text("somebody's notes")
    assert menshen("enrol", "--seal", "cc" * 8, "--key-file", "key").code == 2
    assert other.read_text() == "somebody's notes"


def test_one_fresh_seal_and_its_private_settings(menshen, store, folder):
    answer = menshen("enrol", "--seal", "new", "--door", "d2")
    assert answer.code == 0
    (path,) = folder.glob("seal-*.json")
    held = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert held["key"] not in answer.out
    assert f"Seal {held['id']} is enrolled on door d2 (3-202)." in answer.out
    assert menshen("doors", "--json").json[1]["seal_id"] == held["id"]


def test_a_seal_that_does_not_fit_leaves_no_file(menshen, store, folder):
    answer = menshen("enrol", "--seal", "new", "--door", "d1")
    assert answer.code == 1
    assert "carries seal 00112233445566aa already, at 3-201; say --replace" in answer.err
    assert list(folder.glob("seal-*.json")) == []
    assert menshen("enrol", "--seal", "new", "--door", "d1", "--replace").code == 0


def test_a_known_seal_needs_its_key_in_a_file(menshen, store, folder):
    (folder / "key").write_text("ab" * 32 + "\n")
    assert menshen("enrol", "--seal", "ff" * 8).code == 2
    assert menshen("enrol", "--seal", "ff" * 8, "--key-file", "nope").code == 2
    assert menshen("enrol", "--seal", "new", "--key-file", "key").code == 2
    assert menshen("enrol", "--seal", "ff" * 8, "--key-file", "key", "--door", "d2").code == 0
    (folder / "key").write_text("ab")
    answer = menshen("enrol", "--seal", "ee" * 8, "--key-file", "key")
    assert (answer.code, answer.err) == (2, "menshen: key: allowed are 64 hexadecimal digits\n")


def test_a_new_sites_table_may_come_through_a_pipe_which_is_read_once(menshen, settings, folder):
    """Tried first and then enrolled, so that no mistake leaves a database: by one reading."""
    os.mkfifo(folder / "grids.csv")
    writing = threading.Thread(
        target=lambda: (folder / "grids.csv").write_text("grid_id,name\ng1,一网格\n"), daemon=True
    )
    writing.start()
    answer = menshen("enrol", "grids.csv")
    assert (answer.code, "A new database was made" in answer.out) == (0, True)
    assert gc.isenabled()
