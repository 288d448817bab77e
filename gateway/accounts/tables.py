"""The tables of the accounts' own file, in SQLAlchemy Core. Times are whole ms of UTC.

No password, token or invitation stands here, only what can check one. The second factor's key must
stand as it is, so the file is readable by its owner alone.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from gateway.store.tables import Bytes

metadata = MetaData()

accounts = Table(
    "accounts",
    metadata,
    Column("account_id", String(16), primary_key=True),  # random: what leaves this file of it
    Column("name", String(64), nullable=False, unique=True),  # by which one signs in
    Column("kind", String(8), nullable=False),  # persons.Kind: a person, or a program
    Column("warden_id", String(64), nullable=True),  # who it is in the registry
    Column("roles", Text, nullable=False),  # roles.Role, with spaces between
    Column("grids", Text, nullable=False, server_default=""),  # beside the registry's own
    Column("password", Text, nullable=True),  # argon2's own form
    Column("code_key", Text, nullable=True),  # of the one-time codes, base32
    Column("code_step", BigInteger, nullable=False, server_default="0"),  # the last one used
    Column("made_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger, nullable=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of it
    Column("session_id", String(16), nullable=False, unique=True),  # by which people end it
    Column("account_id", String(16), nullable=False),
    Column("kind", String(8), nullable=False),  # sessions.Kind
    Column("phone", Text, nullable=False),  # what its owner calls the phone or screen
    Column("made_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("idle_ms", BigInteger, nullable=False),  # so long unseen, and it is over
    Column("ends_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=True),
    Column("proved_ms", BigInteger, nullable=True),  # when its owner last proved it theirs
    Column("scopes", Text, nullable=True),  # of a token: scopes.Scope; none, and it has no limit
    Index("ix_sessions_account_id", "account_id", "ends_ms"),
    Index("ix_sessions_ends_ms", "ends_ms"),
)

subscriptions = Table(
    "subscriptions",  # a phone that rings, by its browser's push service
    metadata,
    Column("session_id", String(16), primary_key=True),  # it lasts as long as the session
    Column("endpoint", Text, nullable=False, unique=True),
    Column("point", Bytes, nullable=False),  # the browser's public key, uncompressed
    Column("secret", Bytes, nullable=False),  # and what it shares with us
    Column("made_ms", BigInteger, nullable=False),
    Column("rang_ms", BigInteger, nullable=True),  # when its last receipt came
    Column("ended_ms", BigInteger, nullable=True),  # when its push service knew it no more
)

invitations = Table(
    "invitations",
    metadata,
    Column("token", String(64), primary_key=True),  # SHA-256 of it
    Column("account_id", String(16), nullable=False),
    Column("by", String(64), nullable=False),  # who made it
    Column("made_ms", BigInteger, nullable=False),
    Column("ends_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("credential_id", Bytes, primary_key=True),  # the authenticator's own name for it
    Column("passkey_id", String(16), nullable=False, unique=True),  # by which people remove it
    Column("account_id", String(16), nullable=False),
    Column("host", String(255), nullable=False),  # the console's name for which it is good
    Column("public_key", Bytes, nullable=False),  # COSE
    Column("uses", BigInteger, nullable=False),  # its counter; 0 where it counts nothing
    Column("name", Text, nullable=False),  # what its owner calls the device
    Column("made_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True),
    Index("ix_passkeys_account_id", "account_id"),
)

identities = Table(
    "identities",  # who an account is at the site's OpenID provider
    metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("account_id", String(16), nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger, nullable=True),
    UniqueConstraint("account_id", "issuer"),
)

keys = Table(
    "keys",  # random keys of this site, by what they are for
    metadata,
    Column("name", String(16), primary_key=True),
    Column("key", Bytes, nullable=False),
)

audit = Table(
    "audit",  # only ever added to; triggers keep it so, and the hashes show what got past them
    metadata,
    Column("entry_id", Integer, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("account", String(64), nullable=False),  # its name; empty for nobody known
    Column("what", String(96), nullable=False),
    Column("about", Text, nullable=False),  # which door, case, person …
    Column("why", Text, nullable=False),
    Column("status", Integer, nullable=False),  # what was answered; 0 where it was not yet
    Column("hash", String(64), nullable=False),  # over this row and the hash before it
    Index("ix_audit_account", "account"),
    Index("ix_audit_at_ms", "at_ms"),
)

audit_things = Table(
    "audit_things",  # what each entry is about, thing by thing, by which years of them are found
    metadata,
    Column("thing", Text, primary_key=True),  # "door d1", as it stands in the audit
    Column("entry_id", Integer, primary_key=True),
    sqlite_with_rowid=False,
)

anchors = Table(
    "anchors",  # the chain's last link of each day, to be printed
    metadata,
    Column("day", String(10), primary_key=True),  # of UTC
    Column("entry_id", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)

cuts = Table(
    "cuts",  # up to where the audit was forgotten, for its age; the chain begins after the last
    metadata,
    Column("entry_id", Integer, primary_key=True),  # the last entry that went,
    Column("hash", String(64), nullable=False),  # its hash, over which the next one's was taken,
    Column("at_ms", BigInteger, nullable=False),  # and its time
    Column("cut_ms", BigInteger, nullable=False),  # when that was
)

APPEND_ONLY: Final = ("audit", "audit_things", "anchors")
