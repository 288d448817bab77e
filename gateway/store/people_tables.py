"""The tables of those who are told: grids, wardens, their shifts and overrides, what each was
told."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives AUTOINCREMENT only to INTEGER; PostgreSQL wants 64 bits.
BigId = BigInteger().with_variant(Integer(), "sqlite")

grids = Table(
    "grids",
    metadata,
    Column("grid_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
)

wardens = Table(
    "wardens",
    metadata,
    Column("warden_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("grid_id", String(64), ForeignKey("grids.grid_id"), nullable=False),
    Column("language", String(8), nullable=False, server_default="zh"),
    # JSON list of channel addresses: "inbox", "webhook:https://…", "apprise:ntfy://…"
    Column("channels", Text, nullable=False, server_default='["inbox"]'),
    # core.paging.schedule.Role
    Column("role", String(16), nullable=False, server_default="warden"),
)

shifts = Table(
    "shifts",  # weekly duties, by the clock on the wall
    metadata,
    Column("grid_id", String(64), ForeignKey("grids.grid_id"), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("warden_id", String(64), ForeignKey("wardens.warden_id"), primary_key=True),
    Column("days", Integer, primary_key=True),  # on which it begins; Monday is bit 0
    Column("from_min", Integer, primary_key=True),
    Column("to_min", Integer, primary_key=True),
)

overrides = Table(
    "overrides",  # who is away, and who has their duties meanwhile: nobody if NULL
    metadata,
    Column("warden_id", String(64), ForeignKey("wardens.warden_id"), primary_key=True),
    Column("from_ms", BigInteger, primary_key=True),
    Column("to_ms", BigInteger, nullable=False),
    Column("by", String(64), ForeignKey("wardens.warden_id"), nullable=True),
)

people = Table(
    "people",  # how much each person was told, what waits for them, whether they can be reached
    metadata,
    Column("warden_id", String(64), primary_key=True),
    Column("state", LargeBinary, nullable=False),  # core.paging.person.Person as JSON
)
