"""What `menshen check` says of secrets, certificates and InfluxDB, at the real servers."""

from datetime import UTC, datetime, timedelta

from gateway.cli import check_secrets
from gateway.cli.check_result import Mark
from gateway.settings.sections import Broker
from tests import neighbours
from tests.provisioning.site_broker import new_site


def part(answer, name):
    (result,) = [result for result in answer.json if result["part"] == name]
    return result


def test_i15_a_secret_that_others_may_read_fails(menshen, store, settings, folder, monkeypatch):
    secret = folder / "password"
    secret.write_text("a long password\n")
    secret.chmod(0o600)
    monkeypatch.setenv("MENSHEN_CONSOLE_PASSWORD_FILE", str(secret))
    assert part(menshen("check", "--json"), "secrets")["mark"] == "ok"
    secret.chmod(0o644)
    result = part(menshen("check", "--json"), "secrets")
    assert result["mark"] == "fail"
    assert f"others may read {secret}: chmod 600 {secret}" in result["text"]


def test_i15_the_authoritys_key_counts_as_a_secret(menshen, store, settings, folder):
    menshen("broker-config", "pi.local")
    assert part(menshen("check", "--json"), "secrets")["mark"] == "ok"
    (folder / "broker/ca.key").chmod(0o644)
    assert "ca.key" in part(menshen("check", "--json"), "secrets")["text"]


def test_two_authorities_at_one_site_fail_and_are_named(menshen, store, settings, folder):
    menshen("broker-config", "pi.local")
    other = ("broker-config", "pi.local", "--out", "other", "--second-authority")
    menshen(*other)
    trusted = f'[broker]\ntls = true\nca = "{folder}/other/ca.crt"\n'
    settings.write_text(settings.read_text().replace("[broker]\n", trusted))
    result = part(menshen("check", "--json"), "certs")
    assert result["mark"] == "fail"
    named = f"{folder}/broker/ca.crt and {folder}/other/ca.crt are two authorities"
    assert named in result["text"]


def test_h1_a_certificate_that_ends_is_told_before(tmp_path, free_port, keep):
    program = neighbours.or_skip(
        neighbours.find("mosquitto"), "mosquitto", "`make neighbours` installs it on Debian"
    )
    site = new_site(program, tmp_path, free_port())
    keep(site.broker)
    broker = Broker(host="127.0.0.1", port=site.port, tls=True, ca=site.ca)
    now = datetime.now(UTC)
    assert check_secrets.certificates(broker, now).mark is Mark.OK
    years = timedelta(days=5 * 365)
    soon = check_secrets.certificates(broker, now + years - timedelta(days=10))
    assert (soon.mark, "run `menshen broker-config`" in soon.text) == (Mark.WARN, True)
    assert check_secrets.certificates(broker, now + years * 2).mark is Mark.FAIL


def test_h1_an_influxdb_that_is_away_or_too_old_fails(menshen, store, settings, influxd, free_port):
    def influx(url):
        text = settings.read_text().partition("[influx]")[0]
        settings.write_text(f'{text}[influx]\nurl = "{url}"\norg = "o"\nbucket = "b"\n')
        return part(menshen("check", "--json"), "influx")

    away = influx(f"http://127.0.0.1:{free_port()}")
    assert (away["mark"], "none answers" in away["text"]) == ("fail", True)
    old = influx(influxd().url)
    assert (old["mark"], "which is older than 1.8" in old["text"]) == ("fail", True)


def test_a_home_assistant_that_cannot_be_told_fails_and_one_that_can_is_named(
    menshen, store, settings, mosquitto, free_port
):
    def told(port):
        text = settings.read_text().partition("[home_assistant]")[0]
        settings.write_text(
            f'{text}[home_assistant]\nhost = "127.0.0.1"\nport = {port}\nlabels = true\n'
        )
        return part(menshen("check", "--json"), "home_assistant")

    away = told(free_port())
    assert (away["mark"], "shows no door" in away["text"]) == ("fail", True)
    there = told(mosquitto().port)
    assert (there["mark"], "with the doors' labels" in there["text"]) == ("ok", True)
