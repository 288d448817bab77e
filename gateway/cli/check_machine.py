"""What `menshen check` checks on this machine: settings, database, gateway, clock."""

import base64
import json
import ssl
import stat
import urllib.error
import urllib.request
from datetime import tzinfo
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import text

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import span, when
from gateway.core.duration import DAY_MS
from gateway.core.model import SURE, Doubt
from gateway.engine import time_service
from gateway.engine.clock_states import NEAR_MS, RELEASED_MS, TOLD_WIDE_MS
from gateway.link.client import ask
from gateway.link.place import socket_path
from gateway.settings import Settings
from gateway.settings.sections import Console, Influx
from gateway.settings.values import is_loopback, reached
from gateway.store.database import HEAD, Store

MIB = 1024 * 1024
ANSWER_S = 3.0
SIGN_IN_FIRST = (401, 403)
_TRUST = "`menshen clock --trust`"
TIME_SERVICE = Path("/run/systemd/timesync")


def settings(site: Settings, config: Path) -> CheckResult:
    """They are right, or they would not be here; what is unwise about them."""
    unwise = []
    broker = site.broker
    if not broker.tls and not is_loopback(broker.host):
        unwise.append("broker.tls is false, so the gateway's password crosses the network readable")
    if broker.user and not broker.password:
        unwise.append("broker.user is set without MENSHEN_BROKER_PASSWORD")
    if broker.ca and not broker.ca.is_file():
        return CheckResult("settings", Mark.FAIL, f"broker.ca: there is no file {broker.ca}")
    if unwise:
        return CheckResult("settings", Mark.WARN, "; ".join(unwise))
    return CheckResult("settings", Mark.OK, f"{config} is right")


def database(store: Store) -> CheckResult:
    """It opened. Whether it can be written now, and how large it is."""
    with store.writing() as connection:
        connection.execute(text("SELECT 1"))  # the transaction alone shows that we get our turn
    status = store.path.stat()
    facts = {"path": str(store.path), "bytes": status.st_size, "migration": HEAD}
    if stat.S_IMODE(status.st_mode) & 0o077:
        words = f"others may read the seals' keys there: chmod 600 {store.path}"
        return CheckResult("database", Mark.WARN, words, facts)
    size = f"{status.st_size / MIB:.1f} MiB"
    return CheckResult("database", Mark.OK, f"{store.path} can be read and written, {size}", facts)


def gateway(site: Settings) -> CheckResult:
    """Whether a gateway runs with these settings, and how it feels."""
    host = reached(site.console.host)
    host = f"[{host}]" if ":" in host else host
    scheme = "http" if site.console.pair is None else "https"
    address = f"{scheme}://{host}:{site.console.port}"
    request = urllib.request.Request(address + "/api/v1/health")  # noqa: S310 - http(s), built here
    if site.console.password:
        login = base64.b64encode(f"menshen:{site.console.password}".encode()).decode()
        request.add_header("Authorization", f"Basic {login}")
    try:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),  # never by a proxy
            urllib.request.HTTPSHandler(context=_our_own(site.console)),
        )
        with opener.open(request, timeout=ANSWER_S) as answer:
            health = json.load(answer)["health"]
    except urllib.error.HTTPError as error:
        error.close()
        beat = ask(site.store.path, ANSWER_S) if error.code in SIGN_IN_FIRST else None
        if beat is not None:  # its console wants to know who asks; the gateway itself does not
            return _felt(msgspec.to_builtins(beat.health), address, site.zone)
        return _without_console(site, f"{address} answers {error.code}", "is it another's?")
    except (OSError, ValueError, LookupError, TypeError):
        return _without_console(
            site, f"none answers at {address}", "`menshen run` starts the gateway"
        )
    return _felt(health, address, site.zone)


def _our_own(console: Console) -> ssl.SSLContext:
    """Believes the console's own certificate and no other, under whatever name: the password goes
    to nobody else. OSError if it cannot be read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if console.pair is not None:
        context.load_verify_locations(console.pair[0])
    return context


def _without_console(site: Settings, found: str, advice: str) -> CheckResult:
    """The console does not tell how the gateway does; the gateway itself may."""
    beat = ask(site.store.path, ANSWER_S)
    if beat is not None:
        health = msgspec.to_builtins(beat.health)
        words = f"it runs, but its console does not: {found}; look into the log"
        return CheckResult("gateway", Mark.FAIL, words, health)
    if socket_path(site.store.path).exists():
        words = f"it does not answer ({found}); stop it and start it again"
        return CheckResult("gateway", Mark.FAIL, words)
    return CheckResult("gateway", Mark.WARN, f"{found}; {advice}")


def _felt(health: dict[str, object], address: str, zone: tzinfo) -> CheckResult:
    if not health.get("store_ok"):
        return CheckResult(
            "gateway", Mark.FAIL, f"it cannot store: {health.get('store_error')}", health
        )
    if not health.get("broker_connected"):
        return CheckResult("gateway", Mark.FAIL, "it runs, but has lost its broker", health)
    started_ms = health.get("started_ms")
    since = f" since {when(started_ms, zone)}" if isinstance(started_ms, int) else ""
    return CheckResult("gateway", Mark.OK, f"runs{since}, console at {address}", health)


def ping(gateway: CheckResult) -> CheckResult:
    """Whether the service that calls people when it hears nothing hears us, as a running gateway
    says: where it does not know us, nobody is told of the gateway's death."""
    if "ping_unheard" not in gateway.facts:
        return CheckResult("ping", Mark.WARN, "only a gateway that runs is heard, or is not", {})
    unheard = gateway.facts["ping_unheard"]
    if unheard:
        words = f"{unheard}, so nobody is called when this gateway dies; see ping.url"
        return CheckResult("ping", Mark.FAIL, words, {"unheard": unheard})
    return CheckResult("ping", Mark.OK, "whoever calls when it hears nothing hears us", {})


def clock(newest_ms: int, now: int, zone: tzinfo, doubt: Doubt = SURE) -> CheckResult:
    """Whether the machine's clock and the gateway's can be believed.

    Args:
        newest_ms: the latest time in the journal, 0 if there is none.
        now: what the machine says.
        zone: where the site's clocks stand.
        doubt: what the gateway made of its clock.
    """
    is_vouched = time_service.is_vouched()
    facts = {"now_ms": now, "newest_ms": newest_ms, **msgspec.structs.asdict(doubt)}
    facts["vouched"] = is_vouched
    if now < RELEASED_MS:
        words = f"it says {when(now, zone)}, which is long past; set it, then {_TRUST}"
        return CheckResult("clock", Mark.FAIL, words, facts)
    if max(doubt.behind_ms, doubt.ahead_ms) > TOLD_WIDE_MS:
        words = (
            f"in doubt: the gateway's may be {span(doubt.behind_ms)} behind or"
            f" {span(doubt.ahead_ms)} ahead; compare with a right one, set this machine's"
            f" ({when(now, zone)}), then {_TRUST}"
        )
        return CheckResult("clock", Mark.FAIL, words, facts)
    if newest_ms > now + NEAR_MS:
        behind = span(newest_ms - now)
        words = (
            f"it is {behind} behind the journal; the gateway goes on from there; if this"
            f" machine's {when(now, zone)} is right, {_TRUST}"
        )
        return CheckResult("clock", Mark.FAIL, words, facts)
    if newest_ms and now - newest_ms > DAY_MS and not is_vouched:
        words = (
            f"{when(now, zone)}, which nobody vouches for, and the journal ends"
            f" {span(now - newest_ms)} ago: a gateway that starts now doubts it; if it is right,"
            f" {_TRUST}"
        )
        return CheckResult("clock", Mark.WARN, words, facts)
    if is_vouched:
        return CheckResult("clock", Mark.OK, f"{when(now, zone)}, by its time service", facts)
    if TIME_SERVICE.is_dir():
        words = f"{when(now, zone)}, not set by a time server since the machine started"
        return CheckResult("clock", Mark.WARN, words, facts)
    words = f"{when(now, zone)}; no time service vouches for it, and nothing contradicts it"
    return CheckResult("clock", Mark.OK, words, facts)


def history(influx: Influx) -> CheckResult:
    """Whether InfluxDB is there, and new enough. Without it charts wait, and nothing else."""
    from gateway.feeds.influx_server import Server  # most of a second, for those who use it

    server = Server(influx, ANSWER_S)
    try:
        version, old = server.version(), server.too_old()
    finally:
        server.close()
    host = urlsplit(influx.url).hostname
    if version is None:
        words = f"none answers at {host}; reports are kept, and the charts wait"
        return CheckResult("influx", Mark.FAIL, words)
    if old is not None:
        return CheckResult("influx", Mark.FAIL, f"{host} {old}", {"version": version})
    return CheckResult(
        "influx", Mark.OK, f"{host} answers, version {version}", {"version": version}
    )
