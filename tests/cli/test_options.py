"""Which settings hold where nobody names any; whose the files are that root's commands leave."""

import os

import pytest

from gateway.cli import options


@pytest.fixture
def installed(folder, monkeypatch):
    """A machine that `menshen install` made a gateway."""
    (folder / "etc").mkdir()
    (folder / "data").mkdir()
    config = folder / "etc/menshen.toml"
    config.write_text(f'[store]\npath = "{folder}/data/menshen.db"\n')
    monkeypatch.setattr(options, "INSTALLED", config)
    return config


def test_the_machines_own_settings_hold_where_no_others_are_at_hand(menshen, installed, folder):
    database = str(folder / "data/menshen.db")
    assert menshen("settings", "--json").json["store"]["path"] == database
    here = folder / "menshen.toml"
    here.write_text("")
    assert menshen("settings", "--json").json["store"]["path"] == str(folder / "menshen.db")
    here.unlink()
    answer = menshen("settings", "-c", "menshen.toml")  # who names a file means it
    assert (answer.code, f"{here} is not there" in answer.err) == (2, True)


def test_who_is_not_root_is_told_to_begin_with_sudo(menshen, installed, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "access", lambda *_: False)
    answer = menshen("doors")
    assert answer.code == 1
    assert answer.err == (
        f"menshen: the site of this machine ({installed}) is its gateway's: begin with sudo\n"
    )


def test_what_roots_commands_leave_is_the_services(menshen, installed, folder, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(folder / "data", 12_345, 12_346)
    (folder / "data/foreign").write_text("")
    os.link(folder / "data/foreign", folder / "elsewhere")  # what a link leads to stays root's
    (folder / "data/link").symlink_to(folder / "etc/menshen.toml")
    assert menshen("enrol", "--seal", "new").code == 0
    assert menshen("account", "add", "admin", "--role", "administrator").code == 0

    def owner(path):
        return path.lstat().st_uid, path.lstat().st_gid

    for name in ("menshen.db", "menshen-accounts.db", ".menshen-accounts.db.marker"):
        assert owner(folder / "data" / name) == (12_345, 12_346)
    assert owner(folder / "etc/.menshen-accounts.db.marker") == (12_345, 12_346)
    for path in (folder / "data/foreign", folder / "data/link", installed):
        assert owner(path) == (0, 0)
