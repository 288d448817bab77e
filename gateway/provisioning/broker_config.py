"""The mosquitto configuration of a site: a rendering of data.

    ca.crt ca.der ca.key      the private authority; ca.der is what a seal is given
    server.crt server.key     the broker's own certificate
    mosquitto.conf acl        from the templates in `broker_config/`
    passwd                    one line for the gateway and one for every seal, hashes only
    gateway.password          the gateway's password in clear text, for the gateway's settings
    written.json              what was chosen, and what the two templates became (broker_record.py)

`write_broker_config` makes what is missing and keeps what must not change: the authority, the
gateway's password, and a file that somebody edited by hand. `write_passwords` alone is enough after
a seal was enrolled or retired. Either way the broker takes the new files on SIGHUP, without
dropping a connection.
"""

import grp
import ipaddress
import re
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from string import Template

from gateway.provisioning import broker_record, certificates
from gateway.registry.credentials import (
    fresh_password,
    hash_password,
    is_password_hash,
    password_matches,
)
from gateway.settings.secret import GATEWAY_PASSWORD
from gateway.store.private_file import (
    share_with_group,
    write_for_group,
    write_private,
    write_public,
)
from sealwire import topics

CONFIG, ACL, PASSWORDS = "mosquitto.conf", "acl", "passwd"
SERVICE = "service.conf"  # for systemd: above all, how many files the broker may open
_USER_FORM = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,31}")
INSTALLED_AT = Path("/etc/mosquitto/menshen")
PRIVILEGED_PORTS = 1_024


class BrokerConfigError(ValueError):
    """What was asked for cannot be made; the text is a sentence for the operator."""


def group_id(user: str) -> int | None:
    """The group through which the broker reads its secrets, or None where there is none."""
    try:
        return grp.getgrnam(user).gr_gid
    except KeyError:
        return None


@dataclass(frozen=True)
class Login:
    """One name that the broker lets in. The hash has mosquitto's form `$7$`, see credentials."""

    user: str
    password_hash: str


@dataclass(frozen=True)
class BrokerPlan:
    """What an operator chooses. `names` are the host names and addresses that seals connect to."""

    names: Sequence[str]
    installed_at: Path = INSTALLED_AT  # where the broker will find the files
    state_directory: Path = Path("/var/lib/mosquitto")
    address: str | None = None  # one interface to listen on; None: all
    port: int = 8883
    years: int = 5
    user: str = "mosquitto"  # the system's user and group that the broker runs as
    gateway_user: str = "gateway"
    overwrite: bool = False  # also what somebody changed by hand
    group_of: Callable[[str], int | None] = group_id  # the id of that group, where the broker runs


def write_broker_config(
    target: Path, plan: BrokerPlan, seals: Iterable[Login], now: datetime
) -> list[str]:
    """Make or renew everything in `target`; sentences about what there is to know.

    Raises BrokerConfigError, or OSError where `target` cannot be written.
    """
    _check(plan)
    try:
        renewed = certificates.ensure_certificates(target, plan.names, plan.years, now)
    except ValueError as wrong:
        raise BrokerConfigError(str(wrong)) from wrong
    share_with_group(target / certificates.SERVER_KEY, plan.group_of(plan.user))
    record, kept = broker_record.read(target), []
    for file, content in _rendered(plan).items():
        if plan.overwrite or not record.is_edited(target / file):
            write_public(target / file, content)
            (target / f"{file}.new").unlink(missing_ok=True)
            record = record.wrote(file, content)
        elif (target / file).read_bytes() != content:
            write_public(target / f"{file}.new", content)
            kept.append(file)
    record.chose(plan.port, plan.address, str(plan.installed_at), plan.user).write(target)
    count = write_passwords(target, plan, seals)
    return _sentences(target, plan, count, renewed, kept)


def write_passwords(target: Path, plan: BrokerPlan, seals: Iterable[Login]) -> int:
    """Render the password file anew from `seals`; how many seals it lets in.

    Raises BrokerConfigError if one of them is not a seal's id or not a hash that mosquitto reads.
    """
    known: set[str] = set()
    lines = [_line_of_gateway(target, plan)]
    for seal in seals:
        if not topics.is_id(seal.user) or seal.user in known:
            raise BrokerConfigError(f"{seal.user!r} is no seal's id, or is there twice")
        if not is_password_hash(seal.password_hash):
            raise BrokerConfigError(f"the password hash of seal {seal.user} is not of form $7$")
        known.add(seal.user)
        lines.append(f"{seal.user}:{seal.password_hash}")
    content = ("\n".join(lines) + "\n").encode()
    write_for_group(target / PASSWORDS, content, plan.group_of(plan.user))
    return len(known)


def is_written(target: Path, plan: BrokerPlan, seals: Iterable[Login], now: datetime) -> bool:
    """Whether `target` holds just this already, so that to write it would change nothing. A file
    that was changed by hand counts as it is."""
    _check(plan)
    if not (target / GATEWAY_PASSWORD).exists():
        return False
    wanted = [_line_of_gateway(target, plan), *(f"{s.user}:{s.password_hash}" for s in seals)]
    try:
        record, passwords = broker_record.read(target), (target / PASSWORDS).read_text("ascii")
        same = passwords.splitlines() == wanted and all(
            record.is_edited(target / file) or (target / file).read_bytes() == content
            for file, content in _rendered(plan).items()
        )
    except OSError:
        return False
    return same and certificates.is_server_good(target, plan.names, now)


def gateway_password(target: Path) -> str:
    """The gateway's password at the broker of `target`, made once and kept in a private file."""
    path = target / GATEWAY_PASSWORD
    if not path.exists():
        write_private(path, fresh_password().encode() + b"\n")
    return path.read_text(encoding="ascii").strip()


def _line_of_gateway(target: Path, plan: BrokerPlan) -> str:
    """As it stands there, where it is right: what changes nothing makes no broker reload."""
    password = gateway_password(target)
    try:
        line = (target / PASSWORDS).read_text("ascii").partition("\n")[0]
    except OSError:
        line = ""
    user, _, password_hash = line.partition(":")
    if user == plan.gateway_user and password_matches(password, password_hash):
        return line
    return f"{plan.gateway_user}:{hash_password(password)}"


def _rendered(plan: BrokerPlan) -> dict[str, bytes]:
    """The templates with what was chosen, by file name."""
    low = plan.port < PRIVILEGED_PORTS
    names = {
        "installed_at": str(plan.installed_at),
        "state_directory": str(plan.state_directory).rstrip("/"),
        "listener": f"{plan.port} {plan.address}" if plan.address else str(plan.port),
        "user": plan.user,
        "gateway_user": plan.gateway_user,
        "capabilities": "CAP_NET_BIND_SERVICE" if low else "",
        "private_users": "no" if low else "yes",  # a capability would not reach the machine's port
    }
    return {
        file: Template((_templates() / file).read_text("utf-8")).substitute(names).encode()
        for file in (CONFIG, ACL, SERVICE)
    }


def _check(plan: BrokerPlan) -> None:
    if not 1 <= plan.port <= 65535:
        raise BrokerConfigError(f"port is {plan.port}; allowed are 1 to 65535")
    if not plan.names:
        raise BrokerConfigError("no name was given; name the host that the seals connect to")
    if plan.address is not None and not _is_address(plan.address):
        raise BrokerConfigError(f"{plan.address!r} is not an IP address")
    for path in (plan.installed_at, plan.state_directory):
        if not path.is_absolute() or any(c.isspace() for c in str(path)):
            raise BrokerConfigError(f"{path} must be an absolute path without spaces")
    for word in (plan.user, plan.gateway_user):
        if _USER_FORM.fullmatch(word) is None or topics.is_id(word):
            raise BrokerConfigError(f"{word!r} is not a user's name, or one that a seal could have")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _templates() -> Path:
    """`broker_config/`: inside the installed package, or at the top of a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "broker_config"
    return installed if installed.is_dir() else here.parents[1] / "broker_config"


def _sentences(
    target: Path, plan: BrokerPlan, count: int, renewed: bool, kept: list[str]
) -> list[str]:
    said = [f"{target} lets in the gateway ({plan.gateway_user!r}) and {count} seals."]
    said += [
        f"{target / file} was changed by hand, so it stays as it is. What would be written lies "
        f"beside it as {file}.new; --overwrite takes it."
        for file in kept
    ]
    if renewed:
        said.append(
            f"The server's certificate is new, for {', '.join(plan.names)}: restart the broker."
        )
    said.append(
        f"Keep {target / certificates.CA_KEY} off this machine and safe: without it the "
        "certificate cannot be renewed, and who has it can stand in for the broker."
    )
    if not (target / PASSWORDS).stat().st_mode & stat.S_IRGRP:
        said.append(
            f"{target / certificates.SERVER_KEY} and {target / PASSWORDS} are readable by you "
            f"alone: let the group {plan.user!r} read them where the broker runs."
        )
    return said
