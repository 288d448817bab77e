"""Why a broker cannot be reached: the likely cause, found at a real mosquitto with TLS."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.engine.health import Metrics
from gateway.ingest.mqtt import Broker as MqttBroker
from gateway.ingest.mqtt_probe import probe
from gateway.provisioning.certificates import ensure_certificates
from gateway.settings.sections import Broker
from tests.conftest import MosquittoFactory
from tests.provisioning.site_broker import Site
from tests.waiting import until

HOST = "127.0.0.1"


def settings(site: Site, **changes: object) -> Broker:
    return Broker.model_validate({"host": HOST, "port": site.port, **changes})


def test_h7_plain_mqtt_against_the_port_that_speaks_tls(site: Site) -> None:
    problem = probe(settings(site))
    assert problem is not None
    assert f"port {site.port} speaks TLS, and broker.tls is false; set tls = true" in problem


def test_h7_tls_without_an_authority(site: Site) -> None:
    problem = probe(settings(site, tls=True))
    assert problem is not None
    assert "no authority that this machine knows; set broker.ca to the ca.crt" in problem


def test_h7_the_authority_of_another_site(site: Site, tmp_path: Path) -> None:
    ensure_certificates(tmp_path, ["other.example"], 1, datetime.now(UTC))
    problem = probe(settings(site, tls=True, ca=tmp_path / "ca.crt"))
    assert problem is not None
    assert f"is not signed by {tmp_path / 'ca.crt'}; that is the ca.crt of another" in problem


def test_h7_a_name_that_the_certificate_does_not_have(site: Site) -> None:
    alias = "127.1"  # another way to write the address
    problem = probe(settings(site, host=alias, tls=True, ca=site.ca))
    assert problem is not None
    assert "its certificate is for other" in problem
    assert f"give {alias} to `menshen broker-config`" in problem


def test_h7_tls_against_a_port_without_it(mosquitto: MosquittoFactory, tmp_path: Path) -> None:
    port = mosquitto().port
    problem = probe(Broker(host=HOST, port=port, tls=True))
    assert problem is not None
    assert f"port {port} does not speak TLS, and broker.tls is true" in problem


def test_h7_the_gateways_own_log_says_it_too(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    async def tried() -> None:
        broker = MqttBroker(settings(site), "00" * 8, lambda *_: True, Metrics(lambda: 0))
        task = asyncio.create_task(broker.run())
        await until(lambda: "speaks TLS, and broker.tls is false" in caplog.text)
        task.cancel()

    asyncio.run(tried())


def test_h7_nobody_there(free_port) -> None:  # type: ignore[no-untyped-def]
    problem = probe(Broker(host=HOST, port=free_port()))
    assert problem is not None
    assert problem.startswith("Connection refused: nothing listens on that port")


@pytest.mark.parametrize("host", ["nobody.invalid"])
def test_h7_a_name_that_nobody_has(host: str) -> None:
    problem = probe(Broker(host=host, port=1883))
    assert problem is not None
    assert "no host is called nobody.invalid" in problem
