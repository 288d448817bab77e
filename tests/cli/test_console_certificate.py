"""`menshen console-certificate`: what the console needs to speak HTTPS, and what `check` says of
it."""

import os
import sys
from datetime import UTC, datetime, timedelta

import pytest

from gateway.cli import check_console
from gateway.cli.check_result import Mark
from gateway.provisioning.certificates import chain_in, ensure_certificates, names_in
from gateway.settings import load
from gateway.settings.sections import Console
from tests import neighbours, waiting

IN_SETTINGS = 'certificate = "console/console.crt"\nkey = "console/console.key"\n'


def test_from_nothing_to_settings_that_hold(menshen, store, folder, monkeypatch):
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD", "a long one for a test")
    settings = folder / "menshen.toml"
    menshen("broker-config", "pi.local")
    settings.write_text('[console]\nhost = "0.0.0.0"\n')
    refused = menshen("check")  # and yet the command that it names works
    assert refused.code == 2
    assert "menshen console-certificate" in refused.out
    answer = menshen("console-certificate", "pi.local", "192.168.1.20")
    assert answer.code == 0
    assert "for pi.local, localhost, 192.168.1.20, 127.0.0.1" in answer.out
    for line in IN_SETTINGS.splitlines():
        assert line in answer.out
    settings.write_text(f'[console]\nhost = "0.0.0.0"\n{IN_SETTINGS}')
    certificate, key = load(settings).console.pair
    assert (certificate, key) == (folder / "console/console.crt", folder / "console/console.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert [part["mark"] for part in of_https(menshen)] == ["ok"]
    key.chmod(0o644)
    (secrets,) = [r for r in menshen("check", "--json").json if r["part"] == "secrets"]
    assert "console.key" in secrets["text"]


def of_https(menshen):
    return [part for part in menshen("check", "--json").json if part["part"] == "https"]


def test_without_names_it_is_renewed_for_those_it_had(menshen, store, folder):
    menshen("broker-config", "pi.local")
    menshen("console-certificate", "pi.local", "192.168.1.20")
    before = chain_in(folder / "console/console.crt")
    assert menshen("console-certificate").code == 0
    after = chain_in(folder / "console/console.crt")
    assert names_in(after[0]) == names_in(before[0])
    assert after[0] != before[0]
    assert after[1] == before[1]  # phones trust the authority, which stays


def test_a_missing_authority_is_named_by_its_whole_path_with_what_to_do(menshen, store, folder):
    answer = menshen("console-certificate", "pi.local")
    assert answer.code == 1
    assert f"the folder {folder}/broker holds no authority" in answer.err
    assert "`menshen broker-config` makes both, or name the folder" in answer.err
    answer = menshen("console-certificate", "pi.local", "--authority", "elsewhere")
    assert f"the folder {folder}/elsewhere holds no authority" in answer.err


def test_what_it_cannot_do_is_told_and_leaves_nothing_behind(menshen, store, folder):
    answer = menshen("console-certificate")
    assert (answer.code, "name the hosts and addresses" in answer.err) == (2, True)
    answer = menshen("console-certificate", "pi.local")
    assert (answer.code, "`menshen broker-config` makes both" in answer.err) == (1, True)
    menshen("broker-config", "pi.local")
    answer = menshen("console-certificate", "a b")
    assert (answer.code, "neither a host name nor an IP address" in answer.err) == (1, True)
    (folder / "broker/ca.key").unlink()
    answer = menshen("console-certificate", "pi.local")
    assert (answer.code, "ca.key is missing" in answer.err) == (1, True)
    assert not (folder / "console").exists()


def test_a_console_that_runs_shows_it_and_takes_the_next(
    menshen, store, folder, free_port, keep, monkeypatch
):
    """The real process: `check` speaks HTTPS with it, and believes its own certificate alone."""
    port = free_port()
    menshen("broker-config", "pi.local")
    menshen("console-certificate", "pi.local")
    settings = folder / "menshen.toml"
    settings.write_text(f"[console]\nport = {port}\n{IN_SETTINGS}")
    command = [sys.executable, "-m", "gateway", "console", "--config", str(settings)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    keep(neighbours.Neighbour("console", command, folder, lambda: neighbours.answers(port)))

    def said():
        parts = {part["part"]: part for part in menshen("check", "--json").json}
        return parts["https"]["mark"], parts["gateway"]["text"]

    mark, gateway = said()
    assert mark == "ok"
    assert f"https://127.0.0.1:{port} answers 503" in gateway  # no gateway stands behind it
    menshen("console-certificate")
    assert waiting.block_until(lambda: said()[0] == "ok")


@pytest.fixture
def made(menshen, store, folder, free_port):
    """A console's settings, with a certificate for 192.168.1.20; none runs."""
    menshen("broker-config", "pi.local")
    menshen("console-certificate", "192.168.1.20")
    pair = {"certificate": folder / "console/console.crt", "key": folder / "console/console.key"}
    return Console(port=free_port(), password="a long one for a test", **pair)


@pytest.mark.parametrize(
    ("days", "mark", "words"),
    [
        (0, Mark.OK, "good until"),
        (370, Mark.WARN, "it ends on"),
        (400, Mark.FAIL, "it ended on"),
        (-2, Mark.FAIL, "not valid yet"),
    ],
)
def test_its_end_is_told_before(made, monkeypatch, days, mark, words):
    result = check_console.certificate(made, datetime.now(UTC) + timedelta(days=days))
    assert (result.mark, words in result.text) == (mark, True), result.text


def test_names_pair_and_chain_are_looked_at(made, folder):
    now = datetime.now(UTC)

    def said(**changed):
        result = check_console.certificate(made.model_copy(update=changed), now)
        return result.mark, result.text

    mark, text = said(host="192.168.1.21")
    assert (mark, "not for console.host, 192.168.1.21" in text) == (Mark.FAIL, True)
    mark, text = said(key=folder / "broker/server.key")
    assert (mark, "is not the key of" in text) == (Mark.FAIL, True)
    mark, text = said(key=folder / "none.key")
    assert (mark, "cannot be read: No such file" in text) == (Mark.FAIL, True)
    leaf, _ = made.certificate.read_text().split("-----END CERTIFICATE-----\n")[:2]
    end = "-----END CERTIFICATE-----\n"
    made.certificate.write_text(leaf + end)
    mark, text = said()
    assert (mark, "no certificate of who signed it" in text) == (Mark.WARN, True)
    ensure_certificates(folder / "other", ["x"], 1, now)
    made.certificate.write_text(leaf + end + (folder / "other/ca.crt").read_text())
    mark, text = said()
    assert (mark, "is no chain" in text) == (Mark.FAIL, True)


def test_a_long_lived_one_of_somebody_elses_is_warned_of(made, folder):
    ensure_certificates(folder / "old", ["192.168.1.20"], 3, datetime.now(UTC))
    pair = {
        "certificate": folder / "old/server.crt",
        "key": folder / "old/server.key",
    }
    result = check_console.certificate(made.model_copy(update=pair), datetime.now(UTC))
    assert result.mark is Mark.WARN
    assert "longer than 397 days" in result.text


def test_check_says_where_the_links_in_pages_lead(menshen, store, folder):
    def public_address(**console):
        found = check_console.public_address(Console(**console))
        return found.mark, found.text

    assert public_address() == (Mark.OK, "none, so pages carry no link")
    assert public_address(proxies=["127.0.0.1"])[0] is Mark.WARN
    mark, text = public_address(public_url="https://pi.example.org/")
    assert (mark, "this machine alone" in text) == (Mark.WARN, True)
    assert public_address(public_url="https://pi.example.org/door/", proxies=["127.0.0.1"]) == (
        Mark.OK,
        "pages link to https://pi.example.org/door",
    )
    menshen("broker-config", "pi.local")
    menshen("console-certificate", "pi.example.org")
    pair = {"certificate": folder / "console/console.crt", "key": folder / "console/console.key"}
    own = {"port": 8443, **pair}
    assert public_address(public_url="https://pi.example.org:8443", **own)[0] is Mark.OK
    mark, text = public_address(public_url="https://other.example.org:8443", **own)
    assert (mark, "phones refuse it there" in text) == (Mark.FAIL, True)
    assert public_address(public_url="https://pi.example.org", **own)[0] is Mark.WARN
    (line,) = [r for r in menshen("check", "--json").json if r["part"] == "links"]
    assert line["mark"] == "ok"
