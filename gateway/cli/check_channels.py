"""What `menshen check` finds about the ways to people: addresses, the last answers, the way out."""

import json
import socket
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from gateway.channels.kinds import problem_of
from gateway.channels.way_out import ProxyError, proxy_for
from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.output import counted, named
from gateway.core.duration import DAY_MS
from gateway.settings.web_address import WebAddress
from gateway.store import tables

LOOKED_AT_MS = 2 * DAY_MS  # a failing address was tried since, if only by the daily test
PROXY_S = 3.0


def parts(connection: Connection, site_webhook: str, now: int) -> Iterator[CheckResult]:
    """Whether every enrolled address can be used, what it answered last, and by which proxy."""
    yield channels(connection, now)
    uses_web = bool(site_webhook) or _uses_web(connection)
    yield from (way_out() if uses_web else ())


def channels(connection: Connection, now: int) -> CheckResult:
    """Each address as its channel looks at it, and the newest page to each that was answered."""
    w = tables.wardens.c
    enrolled = [
        (warden_id, text)
        for warden_id, texts in connection.execute(
            select(w.warden_id, w.channels).where(w.ended_ms.is_(None))
        )
        for text in json.loads(texts)
    ]
    wrong = {
        f"{warden_id}: {problem}" for warden_id, text in enrolled if (problem := problem_of(text))
    }
    failing = _failing(connection, now)
    facts = {"channels": len(enrolled), "wrong": sorted(wrong), "failing": failing}
    if wrong:
        words = f"nobody can be told by what is enrolled for {named(sorted(wrong))}"
        return CheckResult("channels", Mark.FAIL, words, facts)
    if failing:
        words = f"the newest page did not go out to {named(failing)}; menshen test-page tries now"
        return CheckResult("channels", Mark.FAIL, words, facts)
    words = f"{counted(len(enrolled), 'channel')}, all usable"
    return CheckResult("channels", Mark.OK, words, facts)


def _failing(connection: Connection, now: int) -> list[str]:
    """Whose newest page by a channel was refused, and with which words. No address stands there."""
    o = tables.outbox.c
    newest = (
        select(func.max(o.entry_id))
        .where(o.made_ms > now - LOOKED_AT_MS, o.ended.is_(None), o.tries > 0)
        .group_by(o.channel, o.address, o.warden_id)
    )
    rows = connection.execute(
        select(o.warden_id, o.channel, o.error)
        .where(o.entry_id.in_(newest), o.done_ms.is_(None), o.error.is_not(None))
        .order_by(o.warden_id, o.channel)
    )
    return [
        f"{warden_id or 'the site'} by {channel} ({error})" for warden_id, channel, error in rows
    ]


def _uses_web(connection: Connection) -> bool:
    w = tables.wardens.c
    query = select(w.channels).where(w.channels.contains("://"), w.ended_ms.is_(None))
    return connection.execute(query.limit(1)).first() is not None


def way_out() -> Iterator[CheckResult]:
    """Whether the proxy that the environment names can be reached; nothing where there is none."""
    proxies: dict[str, WebAddress] = {}
    for scheme, port in (("http", 80), ("https", 443)):
        try:
            proxy = proxy_for(WebAddress(scheme, "example.org", port, "/"))
        except ProxyError as error:
            yield CheckResult("way out", Mark.FAIL, str(error), {})
            return
        if proxy is not None:
            proxies[scheme] = proxy
    for place in {(proxy.host, proxy.port): None for proxy in proxies.values()}:
        try:
            socket.create_connection(place, timeout=PROXY_S).close()
        except OSError as error:
            words = (
                f"the environment names the proxy {place[0]}:{place[1]}, which cannot be reached "
                f"({error.strerror or type(error).__name__}); pages by webhook and Apprise go there"
            )
            yield CheckResult("way out", Mark.FAIL, words, {"proxy": place[0]})
            return
    if proxies:
        names = named(sorted({proxy.host_and_port for proxy in proxies.values()}))
        words = (
            f"webhooks and Apprise go out by {names}; the gateway must have the same environment"
        )
        yield CheckResult("way out", Mark.OK, words, {"proxy": names})
