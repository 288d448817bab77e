"""`menshen install` on a machine whose root is a folder: real files, users, links and databases."""

import os
import stat
from contextlib import closing

import pytest

from gateway.accounts import passwords, persons
from gateway.accounts.file import AccountsFile
from gateway.installation import machine as machines
from gateway.installation.place import Place
from gateway.installation.steps import InstallError
from gateway.provisioning.certificates import chain_in, names_in
from gateway.settings import load
from gateway.store import tables
from gateway.store.database import Store
from tests.installation.conftest import NAMES, PASSWORD, run

STEPS = (
    "user menshen",
    "folders /etc/menshen and /var/lib/menshen",
    "settings",
    "broker's authority, certificate, logins and configuration",
    "console's certificate",
    "database",
    "first administrator, admin",
    "units of systemd",
    "start with the machine",
)
WANTED = "etc/systemd/system/multi-user.target.wants"


def test_a_dry_run_says_each_step_and_changes_nothing(machine):
    before = machine.tree()
    code, said = machine.menshen("install", *NAMES, "--dry-run", typed="")
    assert code == 0
    for step in STEPS:
        assert f"to make  {step}" in said
    assert said.endswith("Nothing was changed.\n")
    assert machine.tree() == before


def test_one_command_makes_a_gateway_of_it(machine):
    said = machine.install()
    for step in STEPS:
        assert f"made     {step}" in said
    assert "Pages: https://pi.local:8443\n" in said
    assert f"Take {machine / 'etc/menshen/broker/ca.key'} off this machine" in said
    config = machine / "etc/menshen/menshen.toml"
    site = load(config)
    assert str(site.broker.folder) == "/etc/menshen/broker"
    assert str(site.store.path) == "/var/lib/menshen/menshen.db"
    assert (machine / "etc/menshen/broker/server.crt").exists()
    for file in ("broker/server.crt", "console/console.crt"):
        named = names_in(chain_in(machine / "etc/menshen" / file)[0])
        assert set(named) == {*NAMES, "localhost", "127.0.0.1"}
    database = machine / "var/lib/menshen/menshen.db"
    with (
        closing(AccountsFile(database, config.parent)) as file,
        file.store().reading() as connection,
    ):
        (admin,) = persons.everybody(connection)
    assert (admin.name, admin.roles) == ("admin", ("administrator",))
    assert passwords.is_right(PASSWORD, admin.password)
    for unit in ("menshen.service", "menshen-broker-reload.path", "mosquitto.service"):
        assert (machine / WANTED / unit).is_symlink()
    assert (machine / "etc/systemd/system/timers.target.wants/menshen-rotate.timer").is_symlink()


def test_whose_each_file_is(machine):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    machine.install()
    rows = (machine / "etc/passwd").read_text().splitlines()
    (uid, gid) = next(row.split(":")[2:4] for row in rows if row.startswith("menshen:"))
    service, root = (int(uid), int(gid)), 0

    def of(path):
        status = (machine / path).lstat()
        return status.st_uid, status.st_gid, oct(stat.S_IMODE(status.st_mode))

    assert of("etc/menshen") == (root, service[1], "0o1775")
    assert of("etc/menshen/menshen.toml") == (root, root, "0o644")
    assert of("etc/menshen/broker/ca.key") == (root, root, "0o600")
    assert of("etc/menshen/broker/server.key") == (root, 107, "0o640")
    assert of("etc/menshen/broker/passwd") == (root, 107, "0o640")
    assert of("etc/menshen/broker/gateway.password") == (root, service[1], "0o640")
    assert of("etc/menshen/console/console.key") == (root, service[1], "0o640")
    assert of("var/lib/menshen") == (*service, "0o700")
    for file in ("menshen.db", "menshen-accounts.db", ".menshen-accounts.db.marker"):
        assert of(f"var/lib/menshen/{file}") == (*service, "0o600")
    assert of("etc/menshen/.menshen-accounts.db.marker") == (*service, "0o600")


def test_a_renewed_certificate_of_the_console_is_the_services_too(machine):
    """By the command of its own, which root gives."""
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    machine.install()
    key, before = machine / "etc/menshen/console/console.key", machine.tree()
    settings = machine / "etc/menshen/menshen.toml"
    said = settings.read_text()
    # Whoever is on the machine has its database where the settings say.
    settings.write_text(said.replace("/var/lib/menshen", str(machine / "var/lib/menshen")))
    authority = str(machine / "etc/menshen/broker")
    code, _ = run("console-certificate", "-c", str(settings), "--authority", authority)
    settings.write_text(said)
    assert (code, oct(stat.S_IMODE(key.stat().st_mode))) == (0, "0o640")
    assert (key.stat().st_uid, key.stat().st_gid) == (0, (machine / "etc/menshen").stat().st_gid)
    assert machine.tree() != before
    assert "there    console's certificate" in machine.install(typed="")


def test_a_second_run_changes_nothing(machine):
    machine.install()
    before = machine.tree()
    said = machine.install(typed="")
    assert "made" not in said
    assert said.endswith("All of it was there already; nothing was changed.\n")
    code, said = machine.menshen("install", typed="")  # nor does one that says no names
    assert (code, "made" in said) == (0, False)
    assert machine.tree() == before


def test_a_run_that_is_broken_off_at_any_file_can_be_repeated(machine, new, monkeypatch):
    """The disk refuses each file once, just before it has its name."""
    whole = new("other")
    whole.install()
    replace, failed = os.replace, set()

    def once(source, target, **more):
        if str(target).startswith(str(machine.root)) and str(target) not in failed:
            failed.add(str(target))
            raise OSError(28, "No space left on device", str(target))
        replace(source, target, **more)

    monkeypatch.setattr(os, "replace", once)
    runs = []
    while not runs or runs[-1][0] != 0:
        runs.append(machine.menshen("install", *NAMES))
        assert len(runs) < 60
    assert len(failed) > 12
    assert "Nothing after it was begun; mend that, then the same command again" in runs[0][1]
    for code, said in runs[:-1]:
        assert code == 1
        assert "No space left on device" in said
    beside = "etc/menshen/.menshen-accounts.db.marker"  # the second one: it may be missing
    assert set(machine.tree()) | {beside} == set(whole.tree())
    before = machine.tree()
    machine.install(typed="")
    assert machine.tree() == before


def test_who_is_killed_in_any_step_goes_on_there(machine, monkeypatch):
    """Ctrl-C just after each step's work, before anything is said of it."""
    from gateway.installation import steps

    step = steps.Step
    done: set[str] = set()

    def killing(what, is_done, do):
        def once():
            do()
            if what not in done:
                done.add(what)
                raise KeyboardInterrupt

        return step(what, is_done, once)

    for module in ("site", "services"):
        monkeypatch.setattr(f"gateway.installation.{module}.Step", killing)
    for _ in range(40):
        if machine.menshen("install", *NAMES)[0] == 0:
            break
    assert len(done) >= len(STEPS)
    assert "made" not in machine.install(typed="")


def test_other_names_make_other_certificates_under_the_same_authority(machine):
    machine.install()
    authority = (machine / "etc/menshen/broker/ca.crt").read_bytes()
    said = machine.install("gate.local", typed="")
    assert "made     broker's authority, certificate" in said
    assert "there    database" in said
    for file in ("broker/server.crt", "console/console.crt"):
        assert "gate.local" in names_in(chain_in(machine / "etc/menshen" / file)[0])
    assert (machine / "etc/menshen/broker/ca.crt").read_bytes() == authority
    (machine / "etc/menshen/broker/ca.key").unlink()
    machine.install("gate.local", typed="")  # which wants no signature
    code, said = machine.menshen("install", "other.local")
    assert (code, "ca.key is missing, one half of an authority" in said) == (1, True)


def test_settings_that_are_there_stay_and_hold(machine):
    machine.install()
    config = machine / "etc/menshen/menshen.toml"
    edited = config.read_text().replace('name = "Menshen"', 'name = "梁溪"')
    config.write_text(edited)
    machine.install(typed="")
    assert config.read_text() == edited
    config.write_text(edited.replace("port = 8883", "port = 8884"))
    assert "made     broker's authority" in machine.install(typed="")
    assert "listener 8884\n" in (machine / "etc/menshen/broker/mosquitto.conf").read_text()
    config.write_text(edited + "\n[rules]\nburst_count = 0\n")
    code, said = machine.menshen("install")
    assert (code, "rules.burst_count is 0; allowed is" in said) == (2, True)


def test_a_unit_that_was_changed_by_hand_stays_and_is_named(machine):
    machine.install()
    unit = machine / "etc/systemd/system/menshen.service"
    unit.write_text(unit.read_text() + "# mine\n")
    drop_in = machine / "etc/systemd/system/mosquitto.service.d/menshen.conf"
    drop_in.unlink()
    said = machine.install(typed="")
    assert f"{unit} was changed by hand, so it stays as it is" in said
    assert unit.read_text().endswith("# mine\n")
    assert drop_in.exists()
    code, said = machine.menshen("uninstall")
    assert (code, f"{unit} was changed by hand, so it stays; remove it" in said) == (0, True)
    assert unit.exists()
    assert not drop_in.exists()


@pytest.mark.parametrize(
    ("words", "typed", "code", "sentence"),
    [
        ((), "", 2, "name the hosts and addresses by which seals and phones will reach"),
        (("a b",), "", 2, "'a b' is neither a host name nor an IP address"),
        (("pi.local", "--administrator", "x y"), "", 2, "'x y' is no name to sign in by"),
        (("pi.local",), "", 2, "admin, needs a password: run it in a terminal, or give"),
        (("pi.local",), "short\n", 1, "the password of admin: "),
        (("pi.local", "--language", "fr"), "", 2, "'fr' is not one of"),
    ],
)
def test_what_cannot_be_is_said_before_anything_is_changed(machine, words, typed, code, sentence):
    before = machine.tree()
    answer = machine.menshen("install", *words, typed=typed)
    assert (answer[0], sentence in " ".join(answer[1].split())) == (code, True), answer[1]
    assert machine.tree() == before


def test_packages_that_are_missing_are_named_with_what_to_type(machine):
    (machine / machines.PACKAGES["mosquitto"]).unlink()
    code, said = machine.menshen("install", *NAMES)
    assert code == 1
    assert "mosquitto is not installed: sudo apt install mosquitto, then the same" in said


def test_a_program_that_the_service_cannot_reach_is_refused(tmp_path):
    for part in (tmp_path, *(folder / "menshen" for folder in machines.HIDDEN)):
        with pytest.raises(InstallError, match=r"own user cannot reach it\. Install it for every"):
            machines.need_reachable([part])
    machines.need_reachable([machines.Path("/usr/bin/env")])


def test_it_wants_root(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(InstallError, match=r"only root may do this: sudo menshen install pi"):
        machines.need_root("menshen install pi.local")


def test_what_was_put_back_from_a_copy_is_the_services_again(machine):
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    machine.install()
    data = machine / "var/lib/menshen"
    photo = data / "menshen-photos/ab/cd.jpg"
    photo.parent.mkdir(parents=True)
    photo.write_bytes(b"")
    for path in (data / "menshen.db", photo):
        os.chown(path, 4_321, 4_321)  # by another machine's numbers
    assert "made     owners of all these files" in machine.install(typed="")
    for path in (data / "menshen.db", photo, photo.parent):
        assert path.stat().st_uid == data.stat().st_uid
    assert "made" not in machine.install(typed="")


def test_seals_that_trust_another_authority_are_not_shut_out(machine):
    """A database from a backup, and the broker's folder forgotten."""
    machine.install()
    database = machine / "var/lib/menshen/menshen.db"
    with closing(Store.open(database)) as store, store.writing() as connection:
        row = {
            "seal_id": "00112233445566aa",
            "key": b"k" * 32,
            "heartbeat_ms": 1000,
            "enrolled_ms": 1,
        }
        row["broker_hash"] = "$7$101$AAAAAAAAAAAAAAAA$" + "A" * 86 + "=="
        connection.execute(tables.seals.insert(), row)
    (machine / "etc/menshen/broker").rename(machine / "elsewhere")
    code, said = machine.menshen("install", *NAMES)
    assert code == 1
    assert "knows seals that trust an authority, and" in said
    assert "Put back the folder from your copy" in said
    assert not (machine / "etc/menshen/broker/ca.crt").exists()
    (machine / "elsewhere").rename(machine / "etc/menshen/broker")
    assert "00112233445566aa:" in _passwd_after(machine)


def _passwd_after(machine):
    machine.install(typed="")
    return (machine / "etc/menshen/broker/passwd").read_text()


def test_an_older_site_is_told_to_move_its_settings(machine):
    older = machine / "var/lib/menshen/menshen.toml"
    older.parent.mkdir(parents=True)
    older.write_text("")
    code, said = machine.menshen("install", *NAMES)
    assert (code, f"with the settings {older}. Move them to" in said) == (1, True)


def test_a_database_that_is_away_is_not_made_anew(machine):
    machine.install()
    for name in ("menshen-accounts.db",):
        (machine / "var/lib/menshen" / name).rename(machine / name)
    code, said = machine.menshen("install", *NAMES)
    assert (code, "there was one" in said) == (1, True)


def test_uninstalled_it_leaves_the_data_and_installed_again_it_takes_it_up(machine):
    machine.install()
    authority = (machine / "etc/menshen/broker/ca.crt").read_bytes()
    code, said = machine.menshen("uninstall", "--dry-run")
    assert (code, "to go    units of systemd" in said) == (0, True)
    code, said = machine.menshen("uninstall")
    assert code == 0
    assert f"data stays in {machine / 'etc/menshen'} and {machine / 'var/lib/menshen'}" in said
    left = [path for path in machine.tree() if "systemd/system/menshen" in path]
    assert left == []
    assert not (machine / WANTED / "menshen.service").is_symlink()
    assert not list(machine.root.rglob("menshen-rotate*"))
    said = machine.install(typed="")
    assert "made     units of systemd" in said
    assert "there    database" in said
    assert (machine / "etc/menshen/broker/ca.crt").read_bytes() == authority


def test_the_data_goes_only_where_it_is_said_twice(machine):
    if os.geteuid() != 0:
        pytest.skip("only root takes a user off a machine")
    before = set(machine.tree())
    machine.install()
    code, said = machine.menshen("uninstall", "--with-data", typed="yes\n")
    assert (code, "nothing was changed" in said) == (1, True)
    assert (machine / "var/lib/menshen/menshen.db").exists()
    code, said = machine.menshen("uninstall", "--with-data", typed="destroy\n")
    assert code == 0, said
    left = [path for path in set(machine.tree()) - before if "menshen" in path]
    assert left == []
    assert "menshen" not in (machine / "etc/passwd").read_text()


def test_places_of_this_machine_and_of_a_folder(tmp_path):
    place = Place(tmp_path)
    settings = machines.Path("/etc/menshen/menshen.toml")
    assert place.inside(settings) == tmp_path / "etc/menshen/menshen.toml"
    assert place.inside(place.inside(settings)) == place.inside(settings)
    assert place.outside(place.inside(settings)) == settings
    assert Place().inside(settings) == Place().outside(settings) == settings
    assert Place().user("root") == (0, 0)
    assert Place().user("no such user") is None
    assert Place().group("no such group") is None
