"""The tables, in SQLAlchemy Core, for SQLite today and PostgreSQL later.

Times are whole milliseconds of UTC. The journal is the truth; `doors.state` is what the core made
of it up to the last commit; openings, cases, permits and pages are written in the same commit, for
reading. What identifies a household, and what people write, is stored sealed with the key of its
order (`sealed_columns`, `sealing`). Who works for the site (`wardens`) stands there as it is.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from gateway.store.sealed_columns import SealedString, SealedText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Bytes(LargeBinary):
    """Bytes as they stand there. SQLite takes anything into any column; SQLAlchemy's own type would
    raise at a text, and cost the whole query for the one cell."""

    cache_ok = True

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        """None is made of it."""


# SQLite gives AUTOINCREMENT only to INTEGER; PostgreSQL wants 64 bits.
BigId = BigInteger().with_variant(Integer(), "sqlite")
_IN_USE: Any = {f"{name}_where": text("ended_ms IS NULL") for name in ("sqlite", "postgresql")}


def _ended() -> Column[int]:
    """When it was taken out of use. Its row stays, for its history hangs on it."""
    return Column("ended_ms", BigInteger, nullable=True)


site = Table(
    "site",
    metadata,
    Column("site_id", String(16), primary_key=True),  # random; also the gateway's id on the broker
    Column("made_ms", BigInteger, nullable=False),
    # How events and states are written (store.database.STORED_FORMAT), apart from the tables.
    Column("stored_format", Integer, nullable=False),
    Column("release", String(32), nullable=True),  # of Menshen, that started here last
    # Random, of the latest start. The marker beside the file says the same, or this is a copy.
    Column("life", String(32), nullable=True),
)

grids = Table(
    "grids",
    metadata,
    Column("grid_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    _ended(),
)

households = Table(
    "households",  # who is under an order: one, whatever the number of its contacts
    metadata,
    Column("household_id", String(64), primary_key=True),  # its door's own, where nothing else says
    Column("language", String(8), nullable=False, server_default="zh"),  # in which it is told
    Column("state", Bytes, nullable=True),  # what is the household's own, as JSON; NULL: nothing
    Column("made_ms", BigInteger, nullable=False),
    _ended(),  # since when no door is its
)

doors = Table(
    "doors",
    metadata,
    Column("door_id", String(64), primary_key=True),
    Column("label", SealedText, nullable=False),  # what a person calls it: "3-201"
    Column("grid_id", String(64), ForeignKey("grids.grid_id"), nullable=False),
    # Whose contact it is: a second leaf, a back door, a window may be the same household's.
    Column("household_id", String(64), ForeignKey("households.household_id"), nullable=False),
    Column("state", Bytes, nullable=True),  # core.model.Door as JSON; NULL: nothing yet
    Column("door_class", String(32), nullable=False, server_default=""),  # whose settings hold
    # Where it lies, and by what its seal is heard: what may silence it together with others.
    Column("building", String(64), nullable=True),
    Column("stair", String(64), nullable=True),
    Column("point", String(64), nullable=True),  # access point
    # The household's, to be rung at a case; gone when the order there is over.
    Column("telephone", SealedText().with_variant(SealedString(32), "sqlite"), nullable=True),
    _ended(),
    Index("ix_doors_household_id", "household_id"),
    Index("ix_doors_grid_id", "grid_id", **_IN_USE),  # a list is read grid by grid
)

seals = Table(
    "seals",
    metadata,
    Column("seal_id", String(16), primary_key=True),
    Column("door_id", String(64), ForeignKey("doors.door_id"), nullable=True),
    Column("key", Bytes(32), nullable=False),
    Column("broker_hash", Text, nullable=False, server_default=""),  # mosquitto's password hash
    Column("enrolled_ms", BigInteger, nullable=False),
    # The receiver's mark: only what lies above it is accepted (sealwire/README.md).
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("counter", Integer, nullable=False, server_default="0"),
    # Numbers journaled: the highest, and a bit for each of the 62 below it.
    Column("seq_top", Integer, nullable=False, server_default="0"),
    Column("seq_seen", BigInteger, nullable=False, server_default="0"),
    Column("batch", String(32), nullable=True),
    Column("heartbeat_ms", BigInteger, nullable=True),  # how often it promised a heartbeat
    # Of a contact of another maker (core.makes): whose, and how it is addressed there. Its key is
    # no seal's: empty, or the bind key under which it speaks. Empty both: a seal of ours.
    Column("make", String(16), nullable=False, server_default=""),
    Column("address", String(128), nullable=False, server_default=""),
    _ended(),
    # Its mark may be behind since then, and nothing is believed of it; NULL: it is proved.
    Column("unproved_ms", BigInteger, nullable=True),
    Column(
        "follows", String(16), nullable=True
    ),  # the seal that is to be this one, once it says so
    Index("ix_seals_door_id", "door_id"),
)

orders = Table(
    "orders",
    metadata,
    Column("order_id", String(64), primary_key=True),
    Column("household_id", String(64), ForeignKey("households.household_id"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("policy", Text, nullable=False, server_default="{}"),  # core.model.Policy as JSON
    Index("ix_orders_household_id", "household_id"),
)

permits = Table(
    "permits",
    metadata,
    Column("permit_id", String(64), primary_key=True),
    Column("household_id", String(64), ForeignKey("households.household_id"), nullable=False),
    Column("from_ms", BigInteger, nullable=False),
    Column("to_ms", BigInteger, nullable=False),
    Column("openings", Integer, nullable=False),  # still allowed
    Column("longest_ms", BigInteger, nullable=False),
    Column("who", SealedText, nullable=False),
    Column("why", SealedText, nullable=False),
    Column("daily", Text, nullable=False, server_default="[]"),  # windows of a day, as JSON
    Column("days", Integer, nullable=False, server_default="127"),  # Monday is bit 0
    Index("ix_permits_household_id", "household_id"),
)

journal = Table(
    "journal",
    metadata,
    Column("journal_id", BigId, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),  # the event's tag (core.events.kind_of)
    Column("subject_kind", String(8), nullable=True),  # core.subject; NULL: of nobody that we know
    Column("subject_id", String(64), nullable=True),
    Column("cause_id", BigInteger, nullable=True),  # the row from whose event this one followed
    Column("seal_id", String(16), nullable=True),
    Column("seq", Integer, nullable=True),  # NULL where the report has no number
    Column("reason", String(24), nullable=True),  # why refused, or what it was
    Column("body", Bytes, nullable=False),  # the event as JSON (core.events)
    Index("ix_journal_subject", "subject_kind", "subject_id", "journal_id"),
    # One report is journaled once, whatever brokers and seals repeat.
    Index(
        "uq_journal_seal_seq",
        "seal_id",
        "seq",
        unique=True,
        sqlite_where=text("seq IS NOT NULL"),
        postgresql_where=text("seq IS NOT NULL"),
    ),
    Index(
        "ix_journal_reason",
        "reason",
        sqlite_where=text("kind = 'refused'"),
        postgresql_where=text("kind = 'refused'"),
    ),
)

refusals = Table(
    "refusals",  # how many, exactly; the journal keeps only so many of them a minute
    metadata,
    Column("hour_ms", BigInteger, primary_key=True),
    Column("reason", String(24), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("latest_ms", BigInteger, nullable=False),
)

openings = Table(
    "openings",
    metadata,
    Column("opening_id", String(80), primary_key=True),
    Column("door_id", String(64), ForeignKey("doors.door_id"), nullable=False),
    Column("opened_ms", BigInteger, nullable=False),
    Column("latest_ms", BigInteger, nullable=False),  # later than opened_ms: only an interval
    Column("heard_ms", BigInteger, nullable=False),
    Column("shut_from_ms", BigInteger, nullable=True),  # it shut between this
    Column("shut_ms", BigInteger, nullable=True),  # and this
    Column("joined", Integer, nullable=False, server_default="0"),
    Column("edges", Integer, nullable=False, server_default="1"),
    Column("inferred", Boolean, nullable=False, server_default=false()),  # nobody heard it shut
    Column("reason", String(24), nullable=False),
    Column("permit_id", String(64), nullable=True),
    # The household's opening at another contact that it is part of, by its id: then it is none of
    # its own, and has that one's reason and permit.
    Column("beside", String(80), nullable=True),
    Index("ix_openings_door_id", "door_id", "opened_ms"),
    sqlite_with_rowid=False,
)

# What is done to a case, by whom, when, and when that was heard of (a handheld may have been
# offline); a later move never forgets it.
DONE_TO_CASE = (
    "acknowledged",
    "on_the_way",
    "on_site",
    "reported",
    "assessed",
    "signed_off",
    "closed",
)
WHO_OF_CASE = tuple(f"{did}_{what}" for did in DONE_TO_CASE for what in ("by", "ms", "arrived_ms"))

cases = Table(
    "cases",
    metadata,
    Column("case_id", String(80), primary_key=True),
    Column("subject_kind", String(8), nullable=False),  # whose it is: the site's, of an outage
    Column("subject_id", String(64), nullable=False),
    # Of an outage: the first of its silent doors, and the area that is silent. Of a trouble: no
    # door, the whole site, and which of its kind it is.
    Column("door_id", String(64), ForeignKey("doors.door_id"), nullable=True),
    Column("area", String(80), nullable=True),
    Column("about", String(40), nullable=False, server_default=""),
    Column("grid_id", String(64), nullable=False),  # empty where it is all of them
    Column("state", String(16), nullable=False),
    Column("reason", String(24), nullable=False),
    Column("raised_ms", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("openings", Integer, nullable=False),
    Column("moved_ms", BigInteger, nullable=False),
    Column("locked", Boolean, nullable=False, server_default=false()),
    Column("cleared_ms", BigInteger, nullable=True),  # since when what raised it is over
    Column("refers_to", String(80), nullable=True),  # the case before it
    Column("raised_again_ms", BigInteger, nullable=True),  # the last time
    Column("returned_ms", BigInteger, nullable=True),  # likewise, as nobody had finished it
    Column("shelved_by", Text, nullable=True),
    Column("shelved_why", SealedText, nullable=True),
    Column("shelved_until_ms", BigInteger, nullable=True),
    *(Column(f"{did}_by", Text, nullable=True) for did in DONE_TO_CASE),
    *(Column(f"{did}_ms", BigInteger, nullable=True) for did in DONE_TO_CASE),
    *(Column(f"{did}_arrived_ms", BigInteger, nullable=True) for did in DONE_TO_CASE),
    Column("outcome", Text, nullable=True),
    Column("despite_seal", Boolean, nullable=False, server_default=false()),  # it said otherwise
    Column("note", SealedText, nullable=False, server_default=""),  # of who reported it
    Column("reported_from", String(16), nullable=True),  # the state before, until it is assessed
    Column("handed_to", Text, nullable=False, server_default=""),  # and has not answered yet
    Column("proof", String(16), nullable=True),  # core.proof.Proof of the latest arrival
    # The household's other contacts that it is about too, by door_id, as a JSON list.
    Column("contacts", Text, nullable=False, server_default="[]"),
    Column("make", String(16), nullable=False, server_default=""),  # whose contact (core.makes)
    Column("number", String(7), nullable=False, server_default="", index=True),  # core.cases
    *(Index(f"ix_cases_{by}", by, "raised_ms") for by in ("state", "door_id", "grid_id")),
    sqlite_with_rowid=False,
)

outages = Table(
    "outages",
    metadata,
    Column("outage_id", String(96), primary_key=True),
    Column("area", String(80), nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("over_ms", BigInteger, nullable=True),
    Column("doors", Text, nullable=False),  # all that were silent from it, as a JSON list
)

states = Table(
    "states",  # what is known of the site as a whole, by name: "outages", "troubles"
    metadata,
    Column("name", String(16), primary_key=True),
    Column("state", Bytes, nullable=False),
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
    _ended(),
)

people = Table(
    "people",  # how much each person was told, what waits for them, whether they can be reached
    metadata,
    Column("warden_id", String(64), primary_key=True),
    Column("state", Bytes, nullable=False),  # core.paging.person.Person as JSON
)

outbox = Table(
    "outbox",  # one row a page and channel; done only after it went out
    metadata,
    Column("entry_id", BigId, primary_key=True, autoincrement=True),
    Column("page_id", String(96), nullable=False),
    Column("case_id", String(80), nullable=False),
    Column("door_id", String(64), nullable=False),  # empty where it is about no door
    Column("warden_id", String(64), nullable=True),
    Column("channel", String(16), nullable=False),  # inbox, webhook, apprise
    Column("address", Text, nullable=False, server_default=""),
    Column("language", String(8), nullable=False, server_default="zh"),
    Column("reason", String(24), nullable=False),
    Column("since_ms", BigInteger, nullable=False),  # when the thing happened
    Column("made_ms", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("next_ms", BigInteger, nullable=False),
    Column("done_ms", BigInteger, nullable=True),
    Column("gave_up", Boolean, nullable=False, server_default=false()),
    Column("error", Text, nullable=True),
    # By which the other end knows it; the only number of it that leaves the house.
    Column("sent_id", String(96), nullable=False, server_default=""),
    Column("evidence", String(16), nullable=True),  # core.evidence.Evidence
    Column("ended", String(16), nullable=True),  # core.evidence.Ended; gave_up is then set
    # Of a grouped page: what is in it, as JSON (store.outbox.Group).
    Column("about", Text, nullable=False, server_default=""),
    Column("received_ms", BigInteger, nullable=True),  # when the person's handheld signed for it
    Column("pressed_ms", BigInteger, nullable=True),  # of a test: when the person said "got it"
    # On which step of the escalation it was told, and by the duty of which role.
    Column("step_index", Integer, nullable=True),
    Column("round", Integer, nullable=False, server_default="0"),
    Column("role", String(16), nullable=False, server_default=""),
    Index("uq_outbox_page_channel", "page_id", "channel", "address", "warden_id", unique=True),
    Index(  # what a start takes up again, whatever the table's size
        "ix_outbox_undelivered",
        "channel",
        "entry_id",
        sqlite_where=text("done_ms IS NULL AND gave_up = 0"),
        postgresql_where=text("done_ms IS NULL AND NOT gave_up"),
    ),
    Index("ix_outbox_sent_id", "sent_id"),
    Index("ix_outbox_warden_id", "warden_id", "made_ms"),
)

pending_events = Table(
    # events from other programs (enrolment); the gateway takes them into its loop
    "pending_events",
    metadata,
    Column("pending_id", BigId, primary_key=True, autoincrement=True),
    Column("subject_kind", String(8), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("body", Bytes, nullable=False),  # core.events as JSON
    sqlite_autoincrement=True,
)

enrolments = Table(
    "enrolments",  # one row each time that another program changed the registry
    metadata,
    Column("enrolment_id", BigId, primary_key=True, autoincrement=True),
    Column("at_ms", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

cursors = Table(
    "cursors",  # how far a reader of the journal has got
    metadata,
    Column("reader", String(32), primary_key=True),
    Column("journal_id", BigInteger, nullable=False),
)

poisoned = Table(
    "poisoned",  # stored things that could not be read or stepped (store/poisoned.py)
    metadata,
    Column("source", String(32), primary_key=True),  # the table it stood in
    Column("row_key", String(96), primary_key=True),
    Column("at_ms", BigInteger, nullable=False),  # when it was found
    Column("words", Text, nullable=False),  # what is wrong with it
    Column("body", Bytes, nullable=False),  # its bytes
    Index("ix_poisoned_at_ms", "at_ms"),
)
