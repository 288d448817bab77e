-- all migrations up to 0007_days
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE accounts (
	account_id VARCHAR(16) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	warden_id VARCHAR(64), 
	roles TEXT NOT NULL, 
	grids TEXT DEFAULT '' NOT NULL, 
	password TEXT, 
	code_key TEXT, 
	code_step BIGINT DEFAULT '0' NOT NULL, 
	made_ms BIGINT NOT NULL, 
	ended_ms BIGINT, 
	PRIMARY KEY (account_id), 
	UNIQUE (name)
);
CREATE TABLE sessions (
	token VARCHAR(64) NOT NULL, 
	session_id VARCHAR(16) NOT NULL, 
	account_id VARCHAR(16) NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	phone TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	seen_ms BIGINT NOT NULL, 
	idle_ms BIGINT NOT NULL, 
	ends_ms BIGINT NOT NULL, 
	revoked_ms BIGINT, proved_ms BIGINT, scopes TEXT, 
	PRIMARY KEY (token), 
	UNIQUE (session_id)
);
CREATE TABLE invitations (
	token VARCHAR(64) NOT NULL, 
	account_id VARCHAR(16) NOT NULL, 
	"by" VARCHAR(64) NOT NULL, 
	made_ms BIGINT NOT NULL, 
	ends_ms BIGINT NOT NULL, 
	used_ms BIGINT, 
	PRIMARY KEY (token)
);
CREATE TABLE keys (
	name VARCHAR(16) NOT NULL, 
	"key" BLOB NOT NULL, 
	PRIMARY KEY (name)
);
CREATE TABLE audit (
	entry_id INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	account VARCHAR(64) NOT NULL, 
	what VARCHAR(96) NOT NULL, 
	about TEXT NOT NULL, 
	why TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (entry_id)
);
CREATE TABLE anchors (
	day VARCHAR(10) NOT NULL, 
	entry_id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	PRIMARY KEY (day)
);
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END;
CREATE TRIGGER anchors_no_update BEFORE UPDATE ON anchors BEGIN SELECT RAISE(ABORT, 'anchors is only ever added to'); END;
CREATE TRIGGER anchors_no_delete BEFORE DELETE ON anchors BEGIN SELECT RAISE(ABORT, 'anchors is only ever added to'); END;
CREATE TABLE subscriptions (
	session_id VARCHAR(16) NOT NULL, 
	endpoint TEXT NOT NULL, 
	point BLOB NOT NULL, 
	secret BLOB NOT NULL, 
	made_ms BIGINT NOT NULL, 
	rang_ms BIGINT, 
	ended_ms BIGINT, 
	PRIMARY KEY (session_id), 
	UNIQUE (endpoint)
);
CREATE TABLE passkeys (
	credential_id BLOB NOT NULL, 
	passkey_id VARCHAR(16) NOT NULL, 
	account_id VARCHAR(16) NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	public_key BLOB NOT NULL, 
	uses BIGINT NOT NULL, 
	name TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	used_ms BIGINT, 
	PRIMARY KEY (credential_id), 
	UNIQUE (passkey_id)
);
CREATE INDEX ix_passkeys_account_id ON passkeys (account_id);
CREATE TABLE identities (
	issuer VARCHAR(255) NOT NULL, 
	subject VARCHAR(255) NOT NULL, 
	account_id VARCHAR(16) NOT NULL, 
	made_ms BIGINT NOT NULL, 
	used_ms BIGINT, 
	PRIMARY KEY (issuer, subject), 
	UNIQUE (account_id, issuer)
);
CREATE TABLE cuts (
	entry_id INTEGER NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	cut_ms BIGINT NOT NULL, 
	PRIMARY KEY (entry_id)
);
CREATE TRIGGER cuts_no_update BEFORE UPDATE ON cuts BEGIN SELECT RAISE(ABORT, 'cuts is only ever added to'); END;
CREATE TRIGGER cuts_no_delete BEFORE DELETE ON cuts BEGIN SELECT RAISE(ABORT, 'cuts is only ever added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit WHEN OLD.entry_id > coalesce((SELECT max(entry_id) FROM cuts), 0) BEGIN SELECT RAISE(ABORT, 'audit is only ever added to'); END;
CREATE TABLE audit_things (
	thing TEXT NOT NULL, 
	entry_id INTEGER NOT NULL, 
	PRIMARY KEY (thing, entry_id)
)
 WITHOUT ROWID

;
CREATE TRIGGER audit_things_no_update BEFORE UPDATE ON audit_things BEGIN SELECT RAISE(ABORT, 'audit_things is only ever added to'); END;
CREATE TRIGGER audit_things_no_delete BEFORE DELETE ON audit_things WHEN OLD.entry_id > coalesce((SELECT max(entry_id) FROM cuts), 0) BEGIN SELECT RAISE(ABORT, 'audit_things is only ever added to'); END;
CREATE INDEX ix_audit_account ON audit (account);
CREATE INDEX ix_sessions_account_id ON sessions (account_id, ends_ms);
CREATE INDEX ix_sessions_ends_ms ON sessions (ends_ms);
CREATE INDEX ix_audit_at_ms ON audit (at_ms);
INSERT INTO alembic_version (version_num) VALUES ('0007_days');
