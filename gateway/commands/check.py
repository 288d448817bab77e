"""`menshen check`: is all well? One line for each part, and an exit code for scripts.

The parts are looked at from outside, with or without a running gateway. A part that cannot be
looked at because an earlier one failed is left out.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.commands import check_machine, check_site
from gateway.commands.finding import Finding, Mark
from gateway.commands.terminal import console, now_ms, say_json
from gateway.commands.verdict import FAILED, MISUSED, OK
from gateway.ingest.probe import probe
from gateway.settings import Settings, SettingsError, load
from gateway.store.engine import Store, StoreError

_ERRNO = re.compile(r"^\[Errno -?\d+\] ")  # of no use to a person
_LOOKS = {Mark.OK: ("✓", "green"), Mark.WARN: ("!", "yellow"), Mark.FAIL: ("✗", "red")}


def check(config: Path, as_json: bool) -> int:
    """Look at everything; the exit code."""
    findings = []
    for finding in _look(config):
        findings.append(finding)
        if not as_json:
            _print(finding)
    if as_json:
        say_json(json.loads(msgspec.json.encode(findings)))
    failed = {finding.part for finding in findings if finding.mark is Mark.FAIL}
    if "settings" in failed:
        return MISUSED
    return FAILED if failed else OK


def _look(config: Path) -> Iterator[Finding]:
    try:
        settings = load(config)
    except SettingsError as error:
        yield from (Finding("settings", Mark.FAIL, text) for text in error.sentences)
        return
    yield check_machine.settings(settings, config)
    store: Store | None = None
    try:
        store = Store.open(settings.store.path, create=False)
        yield check_machine.database(store)
    except StoreError as error:
        yield Finding("database", Mark.FAIL, str(error))
    gateway = check_machine.gateway(settings)
    yield gateway
    yield _broker(settings, gateway)
    yield check_machine.disk(settings.store.path.parent)
    if store is None:
        yield check_machine.clock(0, now_ms(), settings.zone)
        return
    try:
        yield from check_site.parts(store, bool(settings.webhook.url), now_ms(), settings.zone)
    except StoreError as error:
        yield Finding("database", Mark.FAIL, str(error))
    finally:
        store.close()


def _broker(settings: Settings, gateway: Finding) -> Finding:
    """What a running gateway says of it, else a connection of our own under the gateway's name.

    Not both: our mosquitto takes the user's name for the client's id, so that a second connection
    under one name pushes the first one off.
    """
    broker = settings.broker
    place = f"{broker.host}:{broker.port}" + (" with TLS" if broker.tls else "")
    if gateway.mark is Mark.OK:
        echo_ms = gateway.facts.get("echo_ms")
        took = "" if echo_ms is None else f", and heard itself after {echo_ms:.1f} ms"
        return Finding("broker", Mark.OK, f"{place}: the gateway is connected{took}")
    wrong = probe(broker)
    if wrong:
        return Finding("broker", Mark.FAIL, f"{place}: {_ERRNO.sub('', wrong)}")
    return Finding("broker", Mark.OK, f"{place} lets us in")


def _print(finding: Finding) -> None:
    sign, colour = _LOOKS[finding.mark]
    out = console()
    out.print(sign, style=colour, end=" ")
    out.print(f"{finding.mark:<5}{finding.part:<10}{finding.text}", soft_wrap=True)
