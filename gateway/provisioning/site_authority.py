"""One authority a site, in one folder: what would make a second, and what tells that there are two.

A seal trusts the authority that it was flashed with and nothing else. A second one, made by a slip
in another folder, would be trusted by no seal that hangs, and seals flashed with it would trust no
broker.
"""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.provisioning.broker_config import BrokerConfigError
from gateway.provisioning.certificates import CA_CRT, CA_DER
from gateway.settings.sections import Broker


def need_one_authority(target: Path, broker: Broker, config: Path) -> None:
    """BrokerConfigError if writing into `target` would part the site's files, or make a second
    authority; its sentence says where the first lies. `config` is the settings' file."""
    known = [broker.folder / CA_CRT, *([broker.ca] if broker.ca else [])]
    for first in known:
        if first.exists() and not _is_same(first, target / CA_CRT):
            raise BrokerConfigError(
                f"this site's authority is {first}, and no seal would trust a second one in "
                f"{target}. {_remedy(target, broker, config)}"
            )
    if target.resolve() != broker.folder.resolve() and not (broker.folder / CA_CRT).exists():
        raise BrokerConfigError(
            f"every command looks for the broker's files in {broker.folder}, and not in {target}. "
            f"{_remedy(target, broker, config)}"
        )


def two_authorities(broker: Broker) -> str:
    """A sentence if the folder's authority, the form that seals are given and the one that the
    gateway trusts are not all the same; nothing if they are, as far as they are there."""
    files = [broker.folder / CA_CRT, broker.folder / CA_DER, *([broker.ca] if broker.ca else [])]
    there = [(file, der) for file in files if (der := _der(file)) is not None]
    for file, der in there[1:]:
        if der != there[0][1]:
            return (
                f"{there[0][0]} and {file} are two authorities, and a seal trusts one: bring the "
                "one back that the seals were flashed with, and take the other away"
            )
    return ""


def _remedy(target: Path, broker: Broker, config: Path) -> str:
    if target.resolve() == broker.folder.resolve():
        return f"Let folder under [broker] in {config} name the folder that it lies in."
    return (
        f'Leave --out away; or, if the files lie there, write folder = "{target}" under [broker] '
        f"in {config}. --second-authority makes another one all the same."
    )


def _is_same(first: Path, second: Path) -> bool:
    der = _der(second)
    return der is not None and der == _der(first)


def _der(path: Path) -> bytes | None:
    """A certificate as DER, whatever its form; None if there is none."""
    try:
        content = path.read_bytes()
        if content.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_certificate(content).public_bytes(Encoding.DER)
        return x509.load_der_x509_certificate(content).public_bytes(Encoding.DER)
    except (OSError, ValueError):
        return None
