"""A private authority for a test's broker, P-256 like a site's own."""

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# A seal's clock may stand at 2000, so a site's certificates begin long before.
_BEGIN = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_END = datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Certificate:
    """Files of one broker: its certificate, its key, and its authority in PEM and DER."""

    certificate: Path
    key: Path
    ca_pem: Path
    ca_der: Path


def make(folder: Path, name: str, begin: datetime.datetime = _BEGIN) -> Certificate:
    """A fresh authority in `folder`, and one certificate for the host `name` and for loopback."""
    folder.mkdir(parents=True)
    ca_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's authority")])
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    ca = _builder(ca_name, ca_name, ca_key, begin).add_extension(constraints, critical=True)
    names = x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    own = _builder(subject, ca_name, key, begin).add_extension(names, critical=False)
    ca_signed = ca.sign(ca_key, hashes.SHA256())
    made = Certificate(folder / "own.crt", folder / "own.key", folder / "ca.crt", folder / "ca.der")
    pem = serialization.Encoding.PEM
    made.certificate.write_bytes(own.sign(ca_key, hashes.SHA256()).public_bytes(pem))
    made.key.write_bytes(
        key.private_bytes(
            pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    made.ca_pem.write_bytes(ca_signed.public_bytes(pem))
    made.ca_der.write_bytes(ca_signed.public_bytes(serialization.Encoding.DER))
    return made


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    begin: datetime.datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(_END)
    )
