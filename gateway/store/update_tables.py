"""The tables of releases and roll-outs. They belong to those of `tables`."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Integer,
    String,
    Table,
    bindparam,
    literal_column,
    update,
)

from gateway.store.tables import Bytes, metadata

releases = Table(
    "releases",
    metadata,
    Column("release_id", String(12), primary_key=True),  # hexadecimal (sealwire.release.identify)
    Column("counter", BigInteger, nullable=False, unique=True),
    Column("kind", String(8), nullable=False),  # app, image
    Column("version", String(32), nullable=False),
    Column("file", Bytes, nullable=False),  # the whole release, as it goes to the seals
    Column("added_ms", BigInteger, nullable=False),
)

rollouts = Table(
    "rollouts",
    metadata,
    Column("rollout_id", Integer, primary_key=True),
    Column("release_id", String(12), ForeignKey("releases.release_id"), nullable=False),
    Column("state", String(8), nullable=False),  # updates.rollout.RolloutState
    Column("why", String(200), nullable=False),  # it stopped, in a sentence
    Column("at_once", Integer, nullable=False),
    Column("share_percent", Integer, nullable=False),
    Column("stop_percent", Integer, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
)

seal_updates = Table(
    "seal_updates",  # how each seal of a roll-out stands
    metadata,
    Column("rollout_id", Integer, ForeignKey("rollouts.rollout_id"), primary_key=True),
    Column("seal_id", String(16), primary_key=True),  # may be retired meanwhile
    Column("stage", Integer, nullable=False),
    Column("state", String(8), nullable=False),  # updates.rollout.SealState
    Column("have_bytes", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("reason", String(16), nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    # Its highest question, as (epoch << 24) + counter: none below it is answered. And when it was.
    Column("asked", BigInteger, nullable=False, server_default="0"),
    Column("heard_ms", BigInteger, nullable=True),
    sqlite_with_rowid=False,
)

# A seal goes by another id and key from now on: it numbers its questions anew.
RENAMED = (
    update(seal_updates)
    .where(seal_updates.c.seal_id == bindparam("b_seal_id"))
    .values(seal_id=bindparam("seal_id"), asked=literal_column("0"))
)
