"""The private authority of one site, and the certificates that it signs: broker's and console's.

A seal is given the authority's certificate when it is flashed and trusts nothing else, so the
authority is made once and never replaced behind anybody's back: every seal would have to be
flashed again. The broker's own certificate may be renewed at any time.

Both begin in 1970. A seal has no battery for a clock: after a power cut it believes that it is
1970 or 2000, and would refuse a certificate that begins this year. For the same reason it does
not notice an expired one; the end of validity binds the gateway, which has a clock.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from gateway.store.private_file import write_private, write_public

CA_CRT, CA_DER, CA_KEY = "ca.crt", "ca.der", "ca.key"
SERVER_CRT, SERVER_KEY = "server.crt", "server.key"
CONSOLE_CRT, CONSOLE_KEY = "console.crt", "console.key"
ALWAYS_NAMED = ("localhost", "127.0.0.1")  # the gateway sits beside its broker

_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_RENEW_BEFORE = timedelta(days=60)
BROWSERS_TAKE = timedelta(days=397)  # in all, from its first moment to its last
_CLOCKS_DIFFER = timedelta(hours=1)  # so much a phone's clock may be behind
_DAYS_A_YEAR = 365
YEARS_MAX = 30


@dataclass(frozen=True)
class _Authority:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure_certificates(directory: Path, names: Sequence[str], years: int, now: datetime) -> bool:
    """Make what is missing in `directory`: the authority, and a server certificate for `names`.

    The authority is kept if it is there. The server certificate is made anew if it is missing, if
    it names other hosts, or if it ends within 60 days of `now`; the answer is whether it was.
    ValueError if `names` or `years` cannot be used, or if something is to be signed and half of the
    authority is away.
    """
    if not 1 <= years <= YEARS_MAX:
        raise ValueError(f"years is {years}; a certificate lasts 1 to {YEARS_MAX} years")
    wanted = _wanted(names)
    directory.mkdir(parents=True, exist_ok=True)  # not before: a wrong name leaves nothing behind
    if _still_good(directory, wanted, now):  # told without the authority's key, which may be away
        return False
    authority = _load_authority(directory) or _make_authority(directory, years, now)
    write_public(directory / CA_DER, authority.certificate.public_bytes(serialization.Encoding.DER))
    _make_server(directory, authority, wanted, now + timedelta(days=years * _DAYS_A_YEAR))
    return True


def check_names(names: Sequence[str]) -> None:
    """ValueError with a sentence if one of them is neither a host name nor an address."""
    _wanted(names)


def is_server_good(directory: Path, names: Sequence[str], now: datetime) -> bool:
    """Whether the server's certificate in `directory` is the authority's, is for `names` and lasts
    longer than 60 days. ValueError for a name that is none."""
    return _still_good(directory, _wanted(names), now)


def make_console_certificate(
    authority_in: Path, directory: Path, names: Sequence[str], now: datetime
) -> datetime:
    """Make the console's certificate and key anew in `directory`; when it ends.

    `console.crt` holds the certificate and, after it, the authority's own, which phones come to
    trust. A console that runs takes both files by itself. ValueError if `names` cannot be used, or
    if the authority in `authority_in` cannot sign.
    """
    wanted = _wanted(names)
    authority = _load_authority(authority_in)
    if authority is None:
        raise ValueError(
            f"the folder {authority_in.absolute()} holds no authority of a site, for neither "
            f"{CA_CRT} nor {CA_KEY} is there; `menshen broker-config` makes both, or name the "
            "folder that has them with --authority"
        )
    if authority.certificate.not_valid_after_utc <= now:
        raise ValueError(f"the authority in {authority_in} has ended; phones would refuse it")
    begin = now - _CLOCKS_DIFFER
    end = min(begin + BROWSERS_TAKE, authority.certificate.not_valid_after_utc)
    certificate, key = _signed(authority, "Menshen console", wanted, begin, end)
    chain = _pem(certificate) + _pem(authority.certificate)
    directory.mkdir(parents=True, exist_ok=True)
    # The key first: for the moment between, a console keeps what it has, for they do not match.
    write_private(directory / CONSOLE_KEY, _key_pem(key))
    write_public(directory / CONSOLE_CRT, chain)
    return end


def named_alike(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    """Whether a certificate is for just these names, and this machine's own."""
    return set(names_in(certificate)) == {*names, *ALWAYS_NAMED}


def names_in(certificate: x509.Certificate) -> list[str]:
    """The host names and addresses that a certificate is for."""
    try:
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    names = [str(name) for name in named.get_values_for_type(x509.DNSName)]
    return names + [str(address) for address in named.get_values_for_type(x509.IPAddress)]


def chain_in(path: Path) -> list[x509.Certificate]:
    """The certificates in a PEM file, the server's own first. OSError, or ValueError if it holds
    none."""
    return x509.load_pem_x509_certificates(path.read_bytes())


def authority_in(chain: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The private authority that a chain ends in, which a phone must come to trust; None where
    there is none in it, as with a public authority's."""
    last = chain[-1]
    if len(chain) < 2 or last.issuer != last.subject:
        return None
    return last


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate in hex pairs, as phones show it, for people to compare."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def _wanted(names: Sequence[str]) -> x509.SubjectAlternativeName:
    names = tuple(dict.fromkeys((*names, *ALWAYS_NAMED)))
    return x509.SubjectAlternativeName([_general_name(name) for name in names])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    if not name or any(c not in _HOST_CHARACTERS for c in name.lower()):
        raise ValueError(f"{name!r} is neither a host name nor an IP address")
    return x509.DNSName(name)


_HOST_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-."


def _load_authority(directory: Path) -> _Authority | None:
    crt, key = directory / CA_CRT, directory / CA_KEY
    if not crt.exists() and (not key.exists() or _is_broken_off(directory)):
        return None
    if not crt.exists() or not key.exists():
        missing = directory / (CA_KEY if crt.exists() else CA_CRT)
        raise ValueError(
            f"{missing} is missing, one half of an authority. Bring it back from where you keep "
            "it; a new authority would mean flashing every seal again."
        )
    loaded = serialization.load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key} does not hold an elliptic-curve key")  # noqa: TRY004 - a bad file
    return _Authority(x509.load_pem_x509_certificate(crt.read_bytes()), loaded)


def _is_broken_off(directory: Path) -> bool:
    """Whether the making of an authority ended after its key, so that nobody has ever seen it."""
    return not any((directory / name).exists() for name in (CA_DER, SERVER_CRT))


def _make_authority(directory: Path, years: int, now: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Menshen authority of one site")
    # Twice as long as what it signs, so that the server can be renewed without touching a seal.
    end = now + timedelta(days=2 * years * _DAYS_A_YEAR)
    certificate = (
        _builder(name, name, key.public_key(), _BEGIN, end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    write_private(directory / CA_KEY, _key_pem(key))
    write_public(directory / CA_CRT, _pem(certificate))
    return _Authority(certificate, key)


def _make_server(
    directory: Path,
    authority: _Authority,
    names: x509.SubjectAlternativeName,
    end: datetime,
) -> None:
    end = min(end, authority.certificate.not_valid_after_utc)
    certificate, key = _signed(authority, "Menshen broker", names, _BEGIN, end)
    write_private(directory / SERVER_KEY, _key_pem(key))
    write_public(directory / SERVER_CRT, _pem(certificate))


def _signed(
    authority: _Authority,
    name: str,
    names: x509.SubjectAlternativeName,
    begin: datetime,
    end: datetime,
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A server's certificate for `names`, and its fresh key."""
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(name), authority.certificate.subject, key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()), False
        )
        .sign(authority.key, hashes.SHA256())
    )
    return certificate, key


def _still_good(directory: Path, wanted: x509.SubjectAlternativeName, now: datetime) -> bool:
    crt, ca = directory / SERVER_CRT, directory / CA_CRT
    if not (crt.exists() and ca.exists() and (directory / SERVER_KEY).exists()):
        return False
    certificate = x509.load_pem_x509_certificate(crt.read_bytes())
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(ca.read_bytes()))
    except (ValueError, TypeError, InvalidSignature):
        return False
    named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    if not _is_key_of(directory / SERVER_KEY, certificate):
        return False
    return named == wanted and certificate.not_valid_after_utc > now + _RENEW_BEFORE


def _is_key_of(path: Path, certificate: x509.Certificate) -> bool:
    """Whether a key is a certificate's: not where a renewal was broken off between the two. One
    that we may not read is believed to be."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError:
        return True
    except ValueError:
        return False
    return key.public_key() == certificate.public_key()


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    begin: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
