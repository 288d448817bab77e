"""Enrolling, announcing, labels and the broker, from the command line."""

import json
import stat
from datetime import UTC, datetime, timedelta

GRIDS = "grid_id,name\ng1,一网格\n"


def test_enrolling_files_reports_rows_and_makes_a_database(menshen, settings, folder):
    (folder / "grids.csv").write_text(GRIDS)
    said = menshen("enrol", "grids.csv")
    assert said.code == 0
    assert "grids  1      0        0" in said.out
    assert f"A new database was made: {folder / 'menshen.db'}" in said.out
    assert stat.S_IMODE((folder / "menshen.db").stat().st_mode) == 0o600
    assert menshen("enrol", "grids.csv", "--json").json == {
        "written": True,
        "counts": {"grids": {"unchanged": 1}},
        "mistakes": [],
    }


def test_mistakes_are_listed_and_exit_with_1(menshen, settings, folder):
    (folder / "grids.csv").write_text(GRIDS + "g 2,x\n")
    said = menshen("enrol", "grids.csv", "nope.csv")
    assert said.code == 1
    assert said.out == (
        "nope.csv: cannot be read: No such file or directory\nNothing was enrolled: 1 mistake.\n"
    )
    (mistake,) = menshen("enrol", "grids.csv", "--json").json["mistakes"]
    assert (mistake["file"], mistake["line"], mistake["column"]) == ("grids.csv", 3, "grid_id")
    assert menshen("enrol", "grids.csv", "--json").code == 1


def test_many_mistakes_are_cut_short(menshen, settings, folder):
    (folder / "grids.csv").write_text("grid_id,name\n" + ",x\n" * 99)
    said = menshen("enrol", "grids.csv")
    assert "… and 49 more; --json tells all" in said.out
    assert "Nothing was enrolled: 99 mistakes." in said.out


def test_a_dry_run_leaves_not_even_a_database(menshen, settings, folder):
    (folder / "grids.csv").write_text(GRIDS)
    said = menshen("enrol", "grids.csv", "--dry-run")
    assert said.code == 0
    assert "this was a dry run" in said.out
    assert not (folder / "menshen.db").exists()


def test_examples_of_tables(menshen):
    assert menshen("enrol", "--example", "grids").out.startswith("grid_id,name\n")
    said = menshen("enrol", "--example", "foo")
    assert (said.code, said.err[:30]) == (2, "menshen: foo is no table; ther")


def test_one_fresh_seal_and_its_private_settings(menshen, store, folder):
    said = menshen("enrol", "--seal", "new", "--door", "d2")
    assert said.code == 0
    (path,) = folder.glob("seal-*.json")
    held = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert held["key"] not in said.out
    assert f"Seal {held['id']} is enrolled on door d2." in said.out
    assert menshen("doors", "--json").json[1]["seal_id"] == held["id"]


def test_a_seal_that_does_not_fit_leaves_no_file(menshen, store, folder):
    said = menshen("enrol", "--seal", "new", "--door", "d1")
    assert said.code == 1
    assert "carries seal 00112233445566aa already; say --replace" in said.err
    assert list(folder.glob("seal-*.json")) == []
    assert menshen("enrol", "--seal", "new", "--door", "d1", "--replace").code == 0


def test_a_known_seal_needs_its_key_in_a_file(menshen, store, folder):
    (folder / "key").write_text("ab" * 32 + "\n")
    assert menshen("enrol", "--seal", "ff" * 8).code == 2
    assert menshen("enrol", "--seal", "ff" * 8, "--key-file", "nope").code == 2
    assert menshen("enrol", "--seal", "new", "--key-file", "key").code == 2
    assert menshen("enrol", "--seal", "ff" * 8, "--key-file", "key", "--door", "d2").code == 0
    (folder / "key").write_text("ab")
    said = menshen("enrol", "--seal", "ee" * 8, "--key-file", "key")
    assert (said.code, said.err) == (2, "menshen: key: allowed are 64 hexadecimal digits\n")


def test_announcing_an_opening(menshen, store):
    words = ["announce", "d1", "--to", "23:59:59", "--who", "李", "--why", "送餐", "--id", "p1"]
    assert "--to '23:59:59': allowed are" in menshen(*words).err
    words[3] = "2099-01-01"
    said = menshen(*words)
    assert (said.code, "A permit lasts 31 days at most" in said.err) == (1, True)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    words[3:4] = [f"{day} 12:30", "--from", f"{day} 11:30"]
    assert f"Announced: 1 opening of door d1 until {day} 12:30:00." in menshen(*words).out
    assert "Announced already" in menshen(*words).out
    assert menshen(*words, "--json").json["outcome"] == "unchanged"
    words[1] = "d9"
    assert "there is no door d9" in menshen(*words).err


def test_a_label_again(menshen, folder):
    assert "seal 0011 2233 4455 66aa" in menshen("label", "0011 2233 4455 66AA").out
    assert menshen("label", "00112233445566aa", "--out", "labels").code == 0
    assert (folder / "labels/seal-00112233445566aa.svg").exists()
    assert menshen("label", "12").code == 2
    (folder / "file").touch()
    said = menshen("label", "00112233445566aa", "--out", "file")
    assert (said.code, said.err) == (1, "menshen: file cannot be written: File exists\n")


def test_the_brokers_configuration(menshen, store, folder):
    assert menshen("broker-config").code == 2
    said = menshen("broker-config", "pi.local")
    assert said.code == 0
    assert "00112233445566aa:$7$" in (folder / "broker/passwd").read_text()
    menshen("enrol", "--seal", "new", "--door", "d2")
    assert "and 2 seals; reload the broker." in menshen("broker-config").out
    assert menshen("broker-config", "a b").code == 1


def test_flash_says_what_it_lacks_before_it_looks_for_a_board(menshen, store):
    assert "`menshen broker-config` makes it" in menshen("flash").err
    menshen("broker-config", "pi.local")
    said = menshen("flash")
    assert (said.code, "a seal cannot reach 127.0.0.1; say with --broker" in said.err) == (2, True)
    said = menshen("flash", "--broker", "pi.local", "--door", "d9")
    assert said.err == "menshen: there is no door d9; `menshen doors` lists them\n"
    said = menshen("flash", "--broker", "pi.local", "--door", "d1")
    assert "carries seal 00112233445566aa already" in said.err
