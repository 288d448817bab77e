"""`menshen check`: is all well? One line for each part, and an exit code for scripts.

The parts are checked from outside, with or without a running gateway. A part that cannot be
checked because an earlier one failed is left out.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import typer

from gateway.cli import (
    check_accounts,
    check_ble,
    check_console,
    check_contacts,
    check_home_assistant,
    check_households,
    check_keeping,
    check_keys,
    check_leaving,
    check_machine,
    check_oidc,
    check_ringing,
    check_secrets,
    check_site,
    check_texts,
    check_webhooks,
)
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.check_stored import Look, guarded
from gateway.cli.exit_codes import FAILED, MISUSED, OK
from gateway.cli.options import CONFIG, Config, Json
from gateway.cli.output import console, now_ms, say_json
from gateway.ingest.mqtt_probe import probe
from gateway.settings import Settings, SettingsError, load
from gateway.store.database import Store, StoreError

_STYLES = {Mark.OK: ("✓", "green"), Mark.WARN: ("!", "yellow"), Mark.FAIL: ("✗", "red")}


def check(config: Config = CONFIG, as_json: Json = False) -> None:
    """Check all that makes a door not watched, or a warden not told: a line for each part.

    Exit code 0 if nothing failed (a warning is no failure), 1 if something did, 2 if the settings
    are wrong.
    """
    results = []
    for result in _inspect(config):
        results.append(result)
        if not as_json:
            _print(result)
    if as_json:
        say_json(msgspec.to_builtins(results))
    else:
        console().print(_summed_up(results), soft_wrap=True)
    failed = {result.part for result in results if result.mark is Mark.FAIL}
    raise typer.Exit(MISUSED if "settings" in failed else FAILED if failed else OK)


def _inspect(config: Path) -> Iterator[CheckResult]:
    try:
        settings = load(config)
    except SettingsError as error:
        yield from (CheckResult("settings", Mark.FAIL, text) for text in error.sentences)
        return
    yield check_machine.settings(settings, config)
    store: Store | None = None
    try:
        store = Store.open(*settings.store.place, create=False)
        yield check_machine.database(store)
    except StoreError as error:
        yield CheckResult("database", Mark.FAIL, str(error))
    yield from guarded("accounts", lambda: check_accounts.accounts(settings))
    if settings.oidc.issuer:
        yield check_oidc.provider(settings.oidc)
    gateway = check_machine.gateway(settings)
    yield gateway
    yield _broker(settings, gateway)
    if settings.ping.url:
        yield check_machine.ping(gateway)
    if settings.ble.enabled:
        yield check_ble.receiver(settings.ble)
    yield from check_secrets.parts(settings)
    yield check_console.public_address(settings.console)
    yield from _feeds(settings)
    yield check_keeping.disk(store, settings, now_ms())
    yield check_keeping.copies(settings, now_ms())
    if store is None:
        yield check_machine.clock(0, now_ms(), settings.zone)
        return
    with closing(store):
        try:
            yield from _stored(store, settings)
        except StoreError as error:
            yield CheckResult("database", Mark.FAIL, str(error))


def _stored(store: Store, settings: Settings) -> Iterator[CheckResult]:
    """What stands in the database. A part that what stands there makes no sense to fails by itself,
    and the others are looked at all the same."""
    webhook, rulebook = settings.webhook, settings.rulebook
    looks: tuple[tuple[str, Look], ...] = (
        ("months", lambda: check_keeping.months(store)),
        ("ended", lambda: check_keeping.ended(store, settings, now_ms())),
        ("keys", lambda: check_keys.parts(store, settings.keys.second)),
        ("events", lambda: check_webhooks.parts(store, webhook, now_ms())),
        ("ringing", lambda: check_ringing.parts(store, settings, now_ms())),
        ("texts", lambda: _texts(store, settings)),
        ("households", lambda: check_households.parts(store, settings, now_ms())),
        ("contacts", lambda: check_contacts.contacts(store, settings)),
        ("paths", lambda: check_ble.paths(store)),
        ("retired", lambda: check_leaving.retired(store, settings.broker.folder)),
    )
    for part, look in looks:
        yield from guarded(part, look)
    yield from check_site.parts(store, webhook.url, now_ms(), settings.zone, rulebook)


def _feeds(settings: Settings) -> Iterator[CheckResult]:
    if settings.influx.url:
        yield check_machine.history(settings.influx)
    if settings.home_assistant.host:
        yield check_home_assistant.broker(settings.home_assistant)


def _texts(store: Store, settings: Settings) -> Iterator[CheckResult]:
    with store.reading() as connection:
        found = check_texts.texts(connection, settings)
    if found is not None:
        yield found


def _broker(settings: Settings, gateway: CheckResult) -> CheckResult:
    """What a running gateway says of it, else a connection of our own under the gateway's name.

    Not both: our mosquitto takes the user's name for the client's id, so that a second connection
    under one name pushes the first one off.
    """
    broker = settings.broker
    place = f"{broker.host}:{broker.port}" + (" with TLS" if broker.tls else "")
    if gateway.facts.get("broker_connected"):
        echo_ms = gateway.facts.get("echo_ms")
        took = "" if echo_ms is None else f", and heard itself after {echo_ms:.1f} ms"
        weaker = gateway.facts.get("broker_weaker")
        if weaker:
            return CheckResult("broker", Mark.WARN, f"{place}: connected, but {weaker}")
        return CheckResult("broker", Mark.OK, f"{place}: the gateway is connected{took}")
    problem = probe(broker)
    if problem:
        return CheckResult("broker", Mark.FAIL, f"{place}: {problem}")
    return CheckResult("broker", Mark.OK, f"{place} lets us in")


def _summed_up(results: list[CheckResult]) -> str:
    """The last line: which parts want somebody, for the first of them may have run off the top."""
    parts = [
        f"{len(those)} {mark}: {', '.join(dict.fromkeys(those))}"
        for mark in (Mark.FAIL, Mark.WARN)
        if (those := [result.part for result in results if result.mark is mark])
    ]
    return "; ".join(parts) if parts else "all is well"


def _print(result: CheckResult) -> None:
    sign, colour = _STYLES[result.mark]
    out = console()
    out.print(sign, style=colour, end=" ")
    out.print(f"{result.mark:<5}{result.part:<10}{result.text}", soft_wrap=True)
