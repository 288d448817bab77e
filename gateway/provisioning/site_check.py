"""What must be right at the site before the first byte goes to a board.

A seal holds for years what it is given at the cable. Each of these, found later, means the cable
again, at a door: a name that the certificate does not have, another site's authority, a Wi-Fi
password that no access point can have.
"""

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.language.error_words import why_not
from gateway.provisioning.certificates import SERVER_CRT, chain_in, names_in

SSID_BYTES_MAX = 32
PASSWORD_BYTES = range(8, 64)  # WPA's passphrases; 0 for an open network
_ONE_FILE_BYTES_MAX = 16_384


class SiteError(ValueError):
    """Something at the site is wrong; the text is a sentence for the installer."""


def authority(path: Path) -> bytes:
    """The authority's certificate in the form that a seal is given (DER), from DER or PEM.
    SiteError if the file is anything else, and OSError if it cannot be read."""
    content = path.read_bytes()
    if b"PRIVATE KEY" in content:
        raise SiteError(
            f"{path} holds a private key, which must never leave this machine; name the "
            "authority's certificate, ca.der or ca.crt"
        )
    try:
        found = _certificates(content)
    except ValueError:
        found = []
    if len(content) > _ONE_FILE_BYTES_MAX or len(found) != 1:
        raise SiteError(
            f"{path} is not the authority's certificate: it must be one certificate, in DER or PEM"
            + (f", and holds {len(found)}" if len(found) > 1 else "")
        )
    if not _signs(found[0]):
        raise SiteError(
            f"{path} is a server's certificate and no authority's: it ends with its server, and "
            "seals would have to be flashed again; name ca.der or ca.crt"
        )
    return found[0].public_bytes(Encoding.DER)


def need_trusted_by_gateway(der: bytes, path: Path, gateways: Path | None) -> None:
    """SiteError unless the gateway itself trusts this authority (`gateways` is its broker.ca)."""
    if gateways is None:
        return
    try:
        trusted = [c.public_bytes(Encoding.DER) for c in chain_in(gateways)]
    except (OSError, ValueError) as error:
        raise SiteError(
            f"broker.ca {gateways} cannot be read as a certificate ({why_not(error)})"
        ) from None
    if der not in trusted:
        raise SiteError(
            f"{path} is another authority than {gateways}, which the gateway trusts: a seal with "
            "it would never be heard here. Is it another site's?"
        )


def need_named(folder: Path, host: str) -> None:
    """SiteError if the broker's certificate lies here and is not for the name that seals are told.
    Where it lies elsewhere, the connection itself shows it."""
    try:
        names = names_in(chain_in(folder / SERVER_CRT)[0])
    except (OSError, ValueError):
        return
    if not any(_matches(name, host) for name in names):
        known = ", ".join(name for name in names if name not in ("localhost", "127.0.0.1"))
        raise SiteError(
            f"the broker's certificate is not for {host} but for {known or 'this machine alone'}: "
            f"name one of those with --broker, or run `menshen broker-config` with {host} added"
        )


def need_wifi(ssid: str | None, password: str) -> None:
    """SiteError unless an access point can have this name and this password."""
    if not ssid:
        raise SiteError("say with --wifi which Wi-Fi the seals shall join")
    if len(ssid.encode()) > SSID_BYTES_MAX:
        raise SiteError(f"--wifi {ssid!r} is longer than a Wi-Fi's name can be (32 bytes)")
    length = len(password.encode())
    if length and length not in PASSWORD_BYTES:
        raise SiteError(
            f"the password of {ssid} has {length} characters, and no Wi-Fi's has: 8 to 63, or none "
            "at all for an open network"
        )


def _certificates(content: bytes) -> list[x509.Certificate]:
    if b"-----BEGIN" in content:
        return x509.load_pem_x509_certificates(content)
    return [x509.load_der_x509_certificate(content)]


def _signs(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _matches(name: str, host: str) -> bool:
    if name.startswith("*."):
        return host.lower().partition(".")[2] == name[2:].lower()
    return name.lower() == host.lower()
