"""What `menshen check` finds about the console's certificate: pair, chain, names, end, and whether
the console shows it; and about the address by which pages link to it."""

import contextlib
import ssl
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from gateway.cli.check_result import CheckResult, Mark
from gateway.cli.exit_codes import sentence_of
from gateway.provisioning.certificates import (
    BROWSERS_TAKE,
    authority_in,
    chain_in,
    fingerprint,
    names_in,
)
from gateway.settings.sections import Console
from gateway.settings.values import reached
from gateway.settings.web_address import web_address
from gateway.web.tls import CertificateError, context_of

ENDS_SOON = timedelta(days=30)
HELLO_S = 3.0
RENEW = "`menshen console-certificate` renews one of the site's own"


def certificate(console: Console, now: datetime) -> CheckResult:
    """The first thing about it that keeps phones out, else what is unwise, else when it ends."""
    assert console.pair is not None  # noqa: S101 - who asks knows
    try:
        context_of(*console.pair)
        chain = chain_in(console.pair[0])
    except (CertificateError, OSError, ValueError) as error:
        return CheckResult("https", Mark.FAIL, sentence_of(error))
    leaf, authority = chain[0], authority_in(chain)
    names, day = names_in(leaf), leaf.not_valid_after_utc.date().isoformat()
    facts: dict[str, Any] = {"names": names, "ends": leaf.not_valid_after_utc.isoformat()}
    if authority is not None:
        facts["authority"] = fingerprint(authority)
    refused = _refused(console, chain, now)
    if refused:
        return CheckResult("https", Mark.FAIL, refused, facts)
    unwise = _unwise(console, chain, now)
    if unwise:
        return CheckResult("https", Mark.WARN, "; ".join(unwise), facts)
    return CheckResult("https", Mark.OK, f"{', '.join(names)}, good until {day}", facts)


def public_address(console: Console) -> CheckResult:
    """Whether the links in pages lead phones to the console, as far as that can be seen here."""
    facts = {"public_url": console.public_url}
    if not console.public_url:
        if console.is_local and not console.proxies:
            return CheckResult("links", Mark.OK, "none, so pages carry no link", facts)
        words = "pages carry no link: set console.public_url to where phones open the console"
        return CheckResult("links", Mark.WARN, words, facts)
    link = web_address(console.public_url)
    words = f"pages link to {console.public_url}"
    if console.proxies:
        return CheckResult("links", Mark.OK, words, facts)
    if console.pair is None:
        words += (
            ", but the console is for this machine alone: let a proxy with HTTPS stand there, and "
            "name it in console.proxies"
        )
        return CheckResult("links", Mark.WARN, words, facts)
    with contextlib.suppress(OSError, ValueError):  # the line about the certificate says so
        names = names_in(chain_in(console.pair[0])[0])
        if not any(_is_named(link.host, name) for name in names):
            words += f", but the certificate is for {', '.join(names)}: phones refuse it there"
            return CheckResult("links", Mark.FAIL, words, facts)
    if link.port != console.port:
        words += f", port {link.port}, but the console listens at port {console.port}"
        return CheckResult("links", Mark.WARN, words, facts)
    return CheckResult("links", Mark.OK, words, facts)


def _refused(console: Console, chain: list[x509.Certificate], now: datetime) -> str:
    """Why phones refuse it; nothing if they do not."""
    leaf = chain[0]
    if leaf.not_valid_after_utc <= now:
        return f"it ended on {leaf.not_valid_after_utc.date().isoformat()}; {RENEW}"
    if leaf.not_valid_before_utc > now:
        return "it is not valid yet: is this machine's clock right?"
    return _broken(console, chain, now) or _misnamed(console, names_in(leaf))


def _broken(console: Console, chain: list[x509.Certificate], now: datetime) -> str:
    for lower, upper in pairwise(chain):
        try:
            lower.verify_directly_issued_by(upper)
        except (ValueError, TypeError, InvalidSignature):
            return (
                f"console.certificate: {console.certificate} is no chain: each certificate must be "
                "followed by the one that signed it, the server's own first"
            )
        if upper.not_valid_after_utc <= now:
            ended = upper.not_valid_after_utc.date().isoformat()
            return f"the authority that signed it ended on {ended}"
    return ""


def _misnamed(console: Console, names: list[str]) -> str:
    if not names:
        return f"it names no host (no subjectAltName), so no browser takes it; {RENEW}"
    is_one = reached(console.host) == console.host and not console.is_local
    if is_one and not any(_is_named(console.host, name) for name in names):
        named = ", ".join(names)
        return f"it is for {named}, and not for console.host, {console.host}; {RENEW}"
    return ""


def _is_named(host: str, name: str) -> bool:
    """Whether a name of a certificate, `*.` included, is that host's."""
    host, name = host.lower(), name.lower()
    return host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:])


def _unwise(console: Console, chain: list[x509.Certificate], now: datetime) -> list[str]:
    leaf, unwise = chain[0], []
    if leaf.not_valid_after_utc - now < ENDS_SOON:
        unwise.append(f"it ends on {leaf.not_valid_after_utc.date().isoformat()}; {RENEW}")
    if leaf.not_valid_after_utc - leaf.not_valid_before_utc > BROWSERS_TAKE:
        unwise.append(f"it lasts longer than {BROWSERS_TAKE.days} days, so iPhones may refuse it")
    if len(chain) == 1:
        unwise.append("its file holds no certificate of who signed it, so phones may refuse it")
    shown = _shown(console)
    if shown is not None and shown != leaf:
        unwise.append("the console that runs still shows another one: look into its log")
    return unwise


def _shown(console: Console) -> x509.Certificate | None:
    """What the console shows now; None if none answers."""
    try:
        pem = ssl.get_server_certificate((reached(console.host), console.port), timeout=HELLO_S)
    except OSError:
        return None
    return x509.load_pem_x509_certificate(pem.encode())
