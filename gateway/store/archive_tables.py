"""The table of the journal's months that were moved into files of their own. It belongs to those of
`tables`."""

from sqlalchemy import BigInteger, Column, Integer, String, Table

from gateway.store.tables import metadata

archives = Table(
    "archives",  # written before anything of a month is deleted here
    metadata,
    Column("month", String(7), primary_key=True),  # of UTC, such as 2026-11; also the file's name
    Column("from_id", BigInteger, nullable=False),  # its first and last row of the journal;
    Column("to_id", BigInteger, nullable=False),  # it also has the spans that begin among them
    Column("rows", Integer, nullable=False),
    Column("spans", Integer, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    # Since when its rows are nowhere but there; NULL while they still stand here too.
    Column("moved_ms", BigInteger, nullable=True),
    Column("ended_ms", BigInteger, nullable=True),  # when its file was destroyed, for its age
)
