"""The tables of the household's page. They belong to those of `tables`.

No name, no telephone and no code stand here: of a code, only what can check one.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table

from gateway.store.tables import BigId, Bytes, metadata

resident_codes = Table(
    "resident_codes",  # the one that opens a household's page; a new one takes its place
    metadata,
    Column("household_id", String(64), primary_key=True),
    Column("code_hash", String(64), nullable=False),  # SHA-256 of the code
    Column("code_id", String(16), nullable=False),  # random: which one it is, for its sessions
    Column("order_id", String(64), nullable=False),  # with whose end it ends
    Column("made_ms", BigInteger, nullable=False),
    Column("notice", String(16), nullable=False),  # the version of the notice it was printed with
    Index("ix_resident_codes_code_hash", "code_hash", unique=True),
)

notices = Table(
    "notices",  # every version of the notice that was shown or printed
    metadata,
    Column("version", String(16), primary_key=True),  # of its text in all languages
    Column("text", Bytes, nullable=False),  # JSON: language -> lines
    Column("made_ms", BigInteger, nullable=False),
)

consents = Table(
    "consents",  # where the ground is consent: when it was given, and when withdrawn
    metadata,
    Column("consent_id", BigId, primary_key=True, autoincrement=True),
    Column("household_id", String(64), nullable=False),
    Column("order_id", String(64), nullable=False),
    Column("notice", String(16), nullable=False),  # to which version of the notice
    Column("given_ms", BigInteger, nullable=False),
    Column("given_by", String(16), nullable=False),  # registry.consents.Way: by which way
    Column("withdrawn_ms", BigInteger, nullable=True),
    Column("withdrawn_by", String(16), nullable=True),
    Index("ix_consents_household_id", "household_id"),
)
