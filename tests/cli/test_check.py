"""`menshen check`: a line for each part, and an exit code that a script can trust."""

import sys

from gateway.cli import check_machine
from gateway.settings import load
from tests import neighbours
from tests.waiting import block_until

GATEWAY_S = 120.0  # it and its console, which are two programs, where others want the machine too


def marks(answer):
    return {result["part"]: result["mark"] for result in answer.json}


def test_every_part_has_a_line_with_its_mark(menshen, store):
    answer = menshen("check")
    assert answer.code == 1  # no broker
    *rows, last = answer.out.splitlines()
    assert last == "1 fail: broker; 6 warn: gateway, copies, key copy, doors, staff, seals"
    lines = {line[7:17].strip(): line[2:7].strip() for line in rows}
    assert lines == {
        "settings": "ok",
        "database": "ok",
        "accounts": "ok",
        "gateway": "warn",
        "broker": "fail",
        "disk": "ok",
        "copies": "warn",
        "ended": "ok",
        "keys": "ok",
        "key copy": "warn",
        "clock": lines["clock"],
        "stored": "ok",
        "secrets": "ok",
        "links": "ok",
        "doors": "warn",
        "wardens": "ok",
        "staff": "warn",
        "seals": "warn",
        "spares": "ok",
        "tests": "ok",
        "refusals": "ok",
        "pages": "ok",
        "channels": "ok",
    }
    assert "Connection refused" in answer.out
    assert "Errno" not in answer.out


def test_wrong_settings_are_the_only_lines(menshen, folder):
    (folder / "menshen.toml").write_text("[site]\nname = 1\n[rules]\nburst_count = 0\n")
    answer = menshen("check", "--json")
    assert answer.code == 2
    assert [(f["part"], f["mark"]) for f in answer.json] == [("settings", "fail")] * 2


def test_a_missing_database_fails_and_the_rest_is_still_looked_at(menshen, settings):
    answer = menshen("check", "--json")
    assert answer.code == 1
    assert marks(answer)["database"] == "fail"
    assert marks(answer)["disk"] == "ok"


def test_with_broker_and_gateway_all_is_well(
    menshen, store, settings, folder, mosquitto, keep, free_port, monkeypatch
):
    broker = mosquitto()
    port = free_port()
    settings.write_text(f"[broker]\nport = {broker.port}\n[console]\nport = {port}\n")
    places = f"{neighbours.ROOT}:{neighbours.ROOT / 'firmware'}"
    monkeypatch.setenv("PYTHONPATH", places)
    command = [sys.executable, "-m", "gateway", "run", "-c", str(settings)]

    site = load(settings)

    def ready():  # not the whole check: it tries the broker as the gateway, and pushes that off
        return neighbours.answers(port) and check_machine.gateway(site).mark == "ok"

    keep(neighbours.Neighbour("gateway", command, folder, ready, GATEWAY_S))
    answers = []

    def all_is_well():  # however late a busy machine lets the gateway answer
        answers.append(menshen("check"))
        return answers[-1].code == 0

    assert block_until(all_is_well, GATEWAY_S), answers[-1].out
    assert "the gateway is connected" in answers[-1].out
    parts = marks(menshen("check", "--json"))
    assert (parts["gateway"], parts["broker"]) == ("ok", "ok")
    answer = menshen("run")
    assert answer.code == 1
    assert (
        "another program listens there, perhaps this gateway itself; change console.host"
        in answer.err
    )


def test_without_a_gateway_the_broker_is_tried_out(menshen, store, settings, mosquitto):
    settings.write_text(f"[broker]\nport = {mosquitto().port}\n")
    assert "lets us in" in menshen("check").out


def test_the_broker_may_refuse_us(menshen, store, settings, mosquitto, monkeypatch):
    broker = mosquitto("listener {port} 127.0.0.1\nallow_anonymous false\n")
    settings.write_text(f'[broker]\nport = {broker.port}\nuser = "gateway"\n')
    monkeypatch.setenv("MENSHEN_BROKER_PASSWORD", "wrong")
    (result,) = [f for f in menshen("check", "--json").json if f["part"] == "broker"]
    assert result["mark"] == "fail"
    assert "refused us" in result["text"]


def test_a_stranger_at_the_consoles_port_is_told(menshen, store, settings, free_port, keep, folder):
    port = free_port()
    settings.write_text(f"[console]\nport = {port}\n")
    command = [sys.executable, "-m", "http.server", "-b", "127.0.0.1", str(port)]

    site = load(settings)

    def ready():
        return "answers 404" in check_machine.gateway(site).text

    keep(neighbours.Neighbour("stranger", command, folder, ready))
    assert "answers 404" in menshen("check").out
