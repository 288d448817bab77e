"""The certificates of seals as they were signed: which seal passed its walk test at which door."""

from typing import Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    select,
)

from gateway.store import tables
from gateway.store.records import records
from gateway.store.tables import metadata

SEAL_CERTIFICATES: Final = Table(
    "seal_certificates",
    metadata,
    Column("certificate_id", String(64), primary_key=True),
    Column("seal_id", String(16), nullable=False),
    Column("door_id", String(64), ForeignKey("doors.door_id"), nullable=False),
    Column("issued_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # what is signed, as JSON (registry/certificates.py)
    Column("signature", Text, nullable=False),  # Ed25519, in base64; empty: nobody had the key
    Column("public_key", Text, nullable=False),  # of the site then, likewise
    Index("ix_seal_certificates_door_id", "door_id", "issued_ms"),
)


class CertificateRow(msgspec.Struct, frozen=True):
    """A certificate as it is kept."""

    certificate_id: str
    seal_id: str
    door_id: str
    issued_ms: int
    ends_ms: int
    body: str
    signature: str
    public_key: str


def latest(connection: Connection, door_id: str, seal_id: str = "") -> CertificateRow | None:
    """The newest of a door; of one seal there, if it is named. None where there is none."""
    c = SEAL_CERTIFICATES.c
    query = select(SEAL_CERTIFICATES).where(c.door_id == door_id)
    if seal_id:
        query = query.where(c.seal_id == seal_id)
    found = records(connection, query.order_by(c.issued_ms.desc()).limit(1), CertificateRow)
    return next(iter(found), None)


def find(connection: Connection, certificate_id: str) -> CertificateRow | None:
    """The certificate of this id; None where there is none."""
    query = select(SEAL_CERTIFICATES).where(
        SEAL_CERTIFICATES.c.certificate_id == certificate_id,
        SEAL_CERTIFICATES.c.door_id == tables.doors.c.door_id,
    )
    return next(iter(records(connection, query, CertificateRow)), None)


def public_keys(connection: Connection) -> set[str]:
    """Those that this site ever signed with."""
    return set(connection.execute(select(SEAL_CERTIFICATES.c.public_key).distinct()).scalars())
