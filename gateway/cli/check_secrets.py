"""What `menshen check` finds about secrets and certificates: who may read them, when they end."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from gateway.cli import check_console
from gateway.cli.check_result import CheckResult, Mark
from gateway.ingest import connection_cause
from gateway.provisioning.site_authority import two_authorities
from gateway.settings import Settings, secret
from gateway.settings.sections import Broker

ENDS_SOON = timedelta(days=30)
HELLO_S = 3.0


def parts(settings: Settings) -> Iterator[CheckResult]:
    """The files that hold secrets, and the certificates that the gateway relies on."""
    pair = settings.console.pair
    yield secrets(settings.broker.folder, dict(os.environ), *(() if pair is None else (pair[1],)))
    if pair is not None:
        yield check_console.certificate(settings.console, datetime.now(UTC))
    if settings.broker.tls:
        yield certificates(settings.broker, datetime.now(UTC))


def secrets(folder: Path, environment: dict[str, str], *more: Path) -> CheckResult:
    """Whether others on this machine may read a file that holds a secret: those of the broker's
    folder, those that the environment names, and `more`."""
    files = [
        *secret.files(environment),
        *(folder / name for name in PRIVATE_IN_BROKER_FOLDER),
        *more,
    ]
    open_files = [str(path) for path in files if secret.is_open(path)]
    if open_files:
        words = f"others may read {', '.join(open_files)}: chmod 600 {' '.join(open_files)}"
        return CheckResult("secrets", Mark.FAIL, words, {"open": open_files})
    there = sum(path.exists() for path in files)
    words = f"{there} files with secrets, none open to others" if there else "in no file"
    return CheckResult("secrets", Mark.OK, words)


PRIVATE_IN_BROKER_FOLDER = ("ca.key", "server.key", "gateway.password", "passwd")


def certificates(broker: Broker, now: datetime) -> CheckResult:
    """When the broker's certificate ends, and that of its authority: then no seal is heard."""
    ends: dict[str, datetime] = {}
    two = two_authorities(broker)
    if two:
        return CheckResult("certs", Mark.FAIL, two)
    if broker.ca is not None and broker.ca.is_file():
        try:
            authority = x509.load_pem_x509_certificate(broker.ca.read_bytes())
        except ValueError:
            words = f"broker.ca: {broker.ca} holds no certificate in PEM form; it is ca.crt"
            return CheckResult("certs", Mark.FAIL, words)
        ends["the authority's certificate"] = authority.not_valid_after_utc
    try:
        shown = connection_cause.certificate_of(broker, HELLO_S)
    except OSError as error:
        words = connection_cause.of_error(error, broker)
        return CheckResult("certs", Mark.WARN, f"the broker shows none: {words}")
    ends["the broker's certificate"] = x509.load_der_x509_certificate(shown).not_valid_after_utc
    facts = {what: end.isoformat() for what, end in ends.items()}
    what, first = min(ends.items(), key=lambda item: item[1])
    day = first.date().isoformat()
    if first <= now:
        words = f"{what} ended on {day}; run `menshen broker-config` with its names again"
        return CheckResult("certs", Mark.FAIL, words, facts)
    if first - now < ENDS_SOON:
        words = f"{what} ends on {day}; run `menshen broker-config` with its names before"
        return CheckResult("certs", Mark.WARN, words, facts)
    return CheckResult("certs", Mark.OK, f"good until {day}", facts)
