"""Whatever ends a seal takes it off the broker, where the broker's files are at hand."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.provisioning.broker_config import Login, write_broker_config
from gateway.registry.credentials import hash_password
from gateway.registry.enrolment import Enrolment
from gateway.registry.rows import NewSeal
from gateway.store import tables
from tests import neighbours
from tests.cli.conftest import SEAL
from tests.provisioning.site_broker import Client, Site, new_site

OTHER, PASSWORD = "00112233445566bb", "a-random-password-of-43-characters-012345678"
BROKER = """\
[broker]
tls = true
ca = "{folder}/ca.crt"
folder = "{folder}"
pid_file = "{pid_file}"
port = {port}
[console]
port = {console}
"""


@pytest.fixture
def broker(store, settings, tmp_path: Path, free_port: Callable[[], int], keep) -> Site:
    """A broker that runs and lets in the two seals of the registry."""
    program = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    with store.writing() as connection:
        enrolment = Enrolment(connection, 1, UTC)
        enrolment.take(NewSeal(OTHER, bytes(range(1, 33)), "d2", PASSWORD))
        enrolment.write()
        c = tables.seals.c
        known = tables.seals.update().where(c.seal_id == SEAL)
        connection.execute(known.values(broker_hash=hash_password(PASSWORD)))
    (tmp_path / "room").mkdir()
    site = new_site(program, tmp_path / "room", free_port(), seals=0)
    logins = [Login(seal_id, hash_password(PASSWORD)) for seal_id in (SEAL, OTHER)]
    write_broker_config(site.directory, site.plan, logins, datetime.now(UTC))
    keep(site.broker)
    pid_file = tmp_path / "broker.pid"
    pid_file.write_text(str(site.broker.pid))
    places = {"folder": site.directory, "pid_file": pid_file, "port": site.port}
    settings.write_text(BROKER.format(**places, console=free_port()))
    return site


def lets_in(broker: Site, seal_id: str) -> bool:
    with Client(broker, seal_id, PASSWORD) as client:
        return client.connect() == "Success"


def test_a_seal_that_a_command_ends_is_let_in_no_more(menshen, broker: Site) -> None:
    assert lets_in(broker, SEAL)
    answer = menshen("end", "seal", SEAL)
    assert answer.code == 0, answer.err
    assert "The broker lets it in no more" in answer.out
    assert (lets_in(broker, SEAL), lets_in(broker, OTHER)) == (False, True)
    assert "had ended already" in menshen("end", "seal", SEAL).out


def test_seals_that_a_table_ends_are_let_in_no_more(menshen, broker: Site, folder: Path) -> None:
    table = folder / "seals.csv"
    table.write_text(f"seal_id,end\n{SEAL},yes\n{OTHER},yes\n")
    answer = menshen("enrol", table)
    assert answer.code == 0, answer.err
    assert "2 seals that ended left the broker." in answer.out
    assert not lets_in(broker, SEAL)
    assert not lets_in(broker, OTHER)
    assert (broker.directory / "passwd").read_text().count("\n") == 1  # the gateway's


def test_a_broker_that_does_not_run_is_told_and_the_seal_has_ended(menshen, broker: Site) -> None:
    broker.broker.stop()
    answer = menshen("end", "seal", SEAL)
    assert answer.code == 1
    assert "the broker may still let them in" in answer.err
    assert f"Then `menshen retire {SEAL}`" in answer.err
    assert [one["seal_id"] for one in menshen("seals", "--json").json] == [OTHER]
    broker.broker.start()


def test_where_the_files_are_elsewhere_it_is_said_who_does_it(menshen, store) -> None:
    answer = menshen("end", "seal", SEAL)
    assert answer.code == 0
    assert f"`menshen retire {SEAL}` takes it off the broker" in answer.out.replace("\n", " ")
