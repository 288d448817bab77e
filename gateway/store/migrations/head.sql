-- all migrations up to 0023_asked
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE cursors (
	reader VARCHAR(32) NOT NULL, 
	journal_id BIGINT NOT NULL, 
	CONSTRAINT pk_cursors PRIMARY KEY (reader)
);
CREATE TABLE enrolments (
	enrolment_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at_ms BIGINT NOT NULL
);
CREATE TABLE grids (
	grid_id VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, ended_ms BIGINT, 
	CONSTRAINT pk_grids PRIMARY KEY (grid_id)
);
CREATE TABLE journal (
	journal_id INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	kind VARCHAR(24) NOT NULL, 
	subject_kind VARCHAR(8), 
	subject_id VARCHAR(64), 
	cause_id BIGINT, 
	seal_id VARCHAR(16), 
	seq INTEGER, 
	reason VARCHAR(24), 
	body BLOB NOT NULL, 
	CONSTRAINT pk_journal PRIMARY KEY (journal_id)
);
CREATE INDEX ix_journal_subject ON journal (subject_kind, subject_id, journal_id);
CREATE INDEX ix_journal_reason ON journal (reason) WHERE kind = 'refused';
CREATE UNIQUE INDEX uq_journal_seal_seq ON journal (seal_id, seq) WHERE seq IS NOT NULL;
CREATE TABLE pending_events (
	pending_id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	subject_kind VARCHAR(8) NOT NULL, 
	subject_id VARCHAR(64) NOT NULL, 
	body BLOB NOT NULL
);
CREATE TABLE outages (
	outage_id VARCHAR(96) NOT NULL, 
	area VARCHAR(80) NOT NULL, 
	since_ms BIGINT NOT NULL, 
	over_ms BIGINT, 
	doors TEXT NOT NULL, 
	CONSTRAINT pk_outages PRIMARY KEY (outage_id)
);
CREATE TABLE outbox (
	entry_id INTEGER NOT NULL, 
	page_id VARCHAR(96) NOT NULL, 
	case_id VARCHAR(80) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	warden_id VARCHAR(64), 
	channel VARCHAR(16) NOT NULL, 
	address TEXT DEFAULT '' NOT NULL, 
	language VARCHAR(8) DEFAULT 'zh' NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	since_ms BIGINT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	tries INTEGER DEFAULT '0' NOT NULL, 
	next_ms BIGINT NOT NULL, 
	done_ms BIGINT, 
	gave_up BOOLEAN DEFAULT 0 NOT NULL, 
	error TEXT, 
	about TEXT DEFAULT '' NOT NULL, 
	received_ms BIGINT, sent_id VARCHAR(96) DEFAULT '' NOT NULL, evidence VARCHAR(16), ended VARCHAR(16), pressed_ms BIGINT, step_index INTEGER, round INTEGER DEFAULT '0' NOT NULL, role VARCHAR(16) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_outbox PRIMARY KEY (entry_id)
);
CREATE INDEX ix_outbox_warden_id ON outbox (warden_id, made_ms);
CREATE UNIQUE INDEX uq_outbox_page_channel ON outbox (page_id, channel, address, warden_id);
CREATE TABLE refusals (
	hour_ms BIGINT NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	count INTEGER NOT NULL, 
	latest_ms BIGINT NOT NULL, 
	CONSTRAINT pk_refusals PRIMARY KEY (hour_ms, reason)
);
CREATE TABLE site (
	site_id VARCHAR(16) NOT NULL, 
	made_ms BIGINT NOT NULL, 
	stored_format INTEGER NOT NULL, release VARCHAR(32), life VARCHAR(32), 
	CONSTRAINT pk_site PRIMARY KEY (site_id)
);
CREATE TABLE states (
	name VARCHAR(16) NOT NULL, 
	state BLOB NOT NULL, 
	CONSTRAINT pk_states PRIMARY KEY (name)
);
CREATE TABLE wardens (
	warden_id VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	language VARCHAR(8) DEFAULT 'zh' NOT NULL, 
	channels TEXT DEFAULT '["inbox"]' NOT NULL, 
	role VARCHAR(16) DEFAULT 'warden' NOT NULL, ended_ms BIGINT, 
	CONSTRAINT pk_wardens PRIMARY KEY (warden_id), 
	CONSTRAINT fk_wardens_grid_id FOREIGN KEY(grid_id) REFERENCES grids (grid_id)
);
CREATE TABLE overrides (
	warden_id VARCHAR(64) NOT NULL, 
	from_ms BIGINT NOT NULL, 
	to_ms BIGINT NOT NULL, 
	"by" VARCHAR(64), 
	CONSTRAINT pk_covers PRIMARY KEY (warden_id, from_ms), 
	CONSTRAINT fk_covers_by FOREIGN KEY("by") REFERENCES wardens (warden_id), 
	CONSTRAINT fk_covers_warden_id FOREIGN KEY(warden_id) REFERENCES wardens (warden_id)
);
CREATE TABLE people (
	warden_id VARCHAR(64) NOT NULL, 
	state BLOB NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (warden_id)
);
CREATE TABLE shifts (
	grid_id VARCHAR(64) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	warden_id VARCHAR(64) NOT NULL, 
	days INTEGER NOT NULL, 
	from_min INTEGER NOT NULL, 
	to_min INTEGER NOT NULL, 
	CONSTRAINT pk_shifts PRIMARY KEY (grid_id, role, warden_id, days, from_min, to_min), 
	CONSTRAINT fk_shifts_grid_id FOREIGN KEY(grid_id) REFERENCES grids (grid_id), 
	CONSTRAINT fk_shifts_warden_id FOREIGN KEY(warden_id) REFERENCES wardens (warden_id)
);
CREATE TABLE late_refusals (
	case_id VARCHAR(80) NOT NULL, 
	action_id VARCHAR(80) NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	"by" TEXT NOT NULL, 
	done_ms BIGINT NOT NULL, 
	arrived_ms BIGINT NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	CONSTRAINT pk_late_refusals PRIMARY KEY (case_id, action_id)
)
 WITHOUT ROWID

;
CREATE TABLE openings (
	opening_id VARCHAR(80) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	opened_ms BIGINT NOT NULL, 
	latest_ms BIGINT NOT NULL, 
	heard_ms BIGINT NOT NULL, 
	shut_from_ms BIGINT, 
	shut_ms BIGINT, 
	joined INTEGER DEFAULT '0' NOT NULL, 
	edges INTEGER DEFAULT '1' NOT NULL, 
	inferred BOOLEAN DEFAULT 0 NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	permit_id VARCHAR(64), beside VARCHAR(80), 
	CONSTRAINT pk_openings PRIMARY KEY (opening_id), 
	CONSTRAINT fk_openings_door_id FOREIGN KEY(door_id) REFERENCES doors (door_id)
)
 WITHOUT ROWID

;
CREATE INDEX ix_openings_door_id ON openings (door_id, opened_ms);
CREATE TABLE seals (
	seal_id VARCHAR(16) NOT NULL, 
	door_id VARCHAR(64), 
	"key" BLOB NOT NULL, 
	broker_hash TEXT DEFAULT '' NOT NULL, 
	enrolled_ms BIGINT NOT NULL, 
	epoch INTEGER DEFAULT '0' NOT NULL, 
	counter INTEGER DEFAULT '0' NOT NULL, 
	seq_top INTEGER DEFAULT '0' NOT NULL, 
	seq_seen BIGINT DEFAULT '0' NOT NULL, 
	batch VARCHAR(32), 
	heartbeat_ms BIGINT, unproved_ms BIGINT, ended_ms BIGINT, follows VARCHAR(16), make VARCHAR(16) DEFAULT '' NOT NULL, address VARCHAR(128) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_seals PRIMARY KEY (seal_id), 
	CONSTRAINT fk_seals_door_id FOREIGN KEY(door_id) REFERENCES doors (door_id)
);
CREATE INDEX ix_seals_door_id ON seals (door_id);
CREATE TABLE "cases" (
	case_id VARCHAR(80) NOT NULL, 
	subject_kind VARCHAR(8) NOT NULL, 
	subject_id VARCHAR(64) NOT NULL, 
	door_id VARCHAR(64), 
	area VARCHAR(80), 
	about VARCHAR(40) DEFAULT '' NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	raised_ms BIGINT NOT NULL, 
	since_ms BIGINT NOT NULL, 
	openings INTEGER NOT NULL, 
	moved_ms BIGINT NOT NULL, 
	locked BOOLEAN DEFAULT 0 NOT NULL, 
	cleared_ms BIGINT, 
	refers_to VARCHAR(80), 
	shelved_by TEXT, 
	shelved_why TEXT, 
	shelved_until_ms BIGINT, 
	acknowledged_by TEXT, 
	on_site_by TEXT, 
	reported_by TEXT, 
	assessed_by TEXT, 
	signed_off_by TEXT, 
	closed_by TEXT, 
	acknowledged_ms BIGINT, 
	on_site_ms BIGINT, 
	reported_ms BIGINT, 
	assessed_ms BIGINT, 
	signed_off_ms BIGINT, 
	closed_ms BIGINT, 
	acknowledged_arrived_ms BIGINT, 
	on_site_arrived_ms BIGINT, 
	reported_arrived_ms BIGINT, 
	assessed_arrived_ms BIGINT, 
	signed_off_arrived_ms BIGINT, 
	closed_arrived_ms BIGINT, 
	outcome TEXT, 
	raised_again_ms BIGINT, 
	returned_ms BIGINT, despite_seal BOOLEAN DEFAULT 0 NOT NULL, on_the_way_by TEXT, on_the_way_ms BIGINT, on_the_way_arrived_ms BIGINT, note TEXT DEFAULT '' NOT NULL, reported_from VARCHAR(16), handed_to TEXT DEFAULT '' NOT NULL, proof VARCHAR(16), contacts TEXT DEFAULT '[]' NOT NULL, make VARCHAR(16) DEFAULT '' NOT NULL, number VARCHAR(7) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_cases PRIMARY KEY (case_id), 
	CONSTRAINT fk_cases_door_id FOREIGN KEY(door_id) REFERENCES doors (door_id)
)
 WITHOUT ROWID

;
CREATE INDEX ix_cases_state ON cases (state, raised_ms);
CREATE INDEX ix_outbox_undelivered ON outbox (channel, entry_id) WHERE done_ms IS NULL AND gave_up = 0;
CREATE INDEX ix_cases_door_id ON cases (door_id, raised_ms);
CREATE INDEX ix_outbox_sent_id ON outbox (sent_id);
CREATE TABLE poisoned (
	source VARCHAR(32) NOT NULL, 
	row_key VARCHAR(96) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	words TEXT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_poisoned PRIMARY KEY (source, row_key)
);
CREATE INDEX ix_poisoned_at_ms ON poisoned (at_ms);
CREATE TABLE feed_keys (
	reader VARCHAR(32) NOT NULL, 
	"key" BLOB NOT NULL, 
	CONSTRAINT pk_feed_keys PRIMARY KEY (reader)
);
CREATE TABLE detours (
	case_id VARCHAR(80) NOT NULL, 
	action_id VARCHAR(80) NOT NULL, 
	action VARCHAR(16) NOT NULL, 
	"by" TEXT NOT NULL, 
	done_ms BIGINT NOT NULL, 
	arrived_ms BIGINT NOT NULL, 
	"to" TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	note TEXT NOT NULL, 
	CONSTRAINT pk_detours PRIMARY KEY (case_id, action_id)
)
 WITHOUT ROWID

;
CREATE TABLE photos (
	case_id VARCHAR(80) NOT NULL, 
	photo_id VARCHAR(80) NOT NULL, 
	"by" TEXT NOT NULL, 
	taken_ms BIGINT NOT NULL, 
	arrived_ms BIGINT NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	destroyed_ms BIGINT, 
	CONSTRAINT pk_photos PRIMARY KEY (case_id, photo_id)
)
 WITHOUT ROWID

;
CREATE TABLE heartbeat_spans (
	door_id VARCHAR(64) NOT NULL, 
	from_id BIGINT NOT NULL, 
	to_id BIGINT NOT NULL, 
	from_ms BIGINT NOT NULL, 
	len_ms BIGINT NOT NULL, 
	seal_id VARCHAR(16) NOT NULL, 
	contact VARCHAR(8) NOT NULL, 
	edges INTEGER NOT NULL, 
	beats INTEGER NOT NULL, 
	battery_last INTEGER, 
	gap_max_ms BIGINT NOT NULL, 
	packed BLOB NOT NULL, 
	CONSTRAINT pk_heartbeat_spans PRIMARY KEY (door_id, from_id), 
	CONSTRAINT fk_heartbeat_spans_door_id FOREIGN KEY(door_id) REFERENCES doors (door_id)
)
 WITHOUT ROWID

;
CREATE TABLE seal_paths (
	seal_id VARCHAR(16) NOT NULL, 
	path VARCHAR(8) NOT NULL, 
	heard_ms BIGINT NOT NULL, 
	signal_dbm INTEGER, 
	CONSTRAINT pk_seal_paths PRIMARY KEY (seal_id, path), 
	CONSTRAINT fk_seal_paths_seal_id FOREIGN KEY(seal_id) REFERENCES seals (seal_id)
)
 WITHOUT ROWID

;
CREATE TABLE seal_certificates (
	certificate_id VARCHAR(64) NOT NULL, 
	seal_id VARCHAR(16) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	issued_ms BIGINT NOT NULL, 
	ends_ms BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	signature TEXT NOT NULL, 
	public_key TEXT NOT NULL, 
	CONSTRAINT pk_seal_certificates PRIMARY KEY (certificate_id), 
	CONSTRAINT fk_seal_certificates_door_id_doors FOREIGN KEY(door_id) REFERENCES doors (door_id)
);
CREATE INDEX ix_seal_certificates_door_id ON seal_certificates (door_id, issued_ms);
CREATE TABLE releases (
	release_id VARCHAR(12) NOT NULL, 
	counter BIGINT NOT NULL, 
	kind VARCHAR(8) NOT NULL, 
	version VARCHAR(32) NOT NULL, 
	file BLOB NOT NULL, 
	added_ms BIGINT NOT NULL, 
	CONSTRAINT pk_releases PRIMARY KEY (release_id), 
	CONSTRAINT uq_releases_counter UNIQUE (counter)
);
CREATE TABLE rollouts (
	rollout_id INTEGER NOT NULL, 
	release_id VARCHAR(12) NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	why VARCHAR(200) NOT NULL, 
	at_once INTEGER NOT NULL, 
	share_percent INTEGER NOT NULL, 
	stop_percent INTEGER NOT NULL, 
	started_ms BIGINT NOT NULL, 
	changed_ms BIGINT NOT NULL, 
	CONSTRAINT pk_rollouts PRIMARY KEY (rollout_id), 
	CONSTRAINT fk_rollouts_release_id FOREIGN KEY(release_id) REFERENCES releases (release_id)
);
CREATE TABLE seal_updates (
	rollout_id INTEGER NOT NULL, 
	seal_id VARCHAR(16) NOT NULL, 
	stage INTEGER NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	have_bytes BIGINT NOT NULL, 
	tries INTEGER NOT NULL, 
	reason VARCHAR(16) NOT NULL, 
	changed_ms BIGINT NOT NULL, asked BIGINT DEFAULT '0' NOT NULL, heard_ms BIGINT, 
	CONSTRAINT pk_seal_updates PRIMARY KEY (rollout_id, seal_id), 
	CONSTRAINT fk_seal_updates_rollout_id FOREIGN KEY(rollout_id) REFERENCES rollouts (rollout_id)
)
 WITHOUT ROWID

;
CREATE TABLE seal_readings (
	seal_id VARCHAR(16) NOT NULL, 
	heard_ms BIGINT NOT NULL, 
	battery_mv INTEGER, 
	signal_dbm INTEGER, 
	firmware VARCHAR(16), 
	reset_cause VARCHAR(16), 
	booted_ms BIGINT, battery_percent INTEGER, release BIGINT, 
	CONSTRAINT pk_seal_readings PRIMARY KEY (seal_id), 
	CONSTRAINT fk_seal_readings_seal_id FOREIGN KEY(seal_id) REFERENCES seals (seal_id)
)
 WITHOUT ROWID

;
CREATE TABLE seal_commands (
	command_id INTEGER NOT NULL, 
	seal_id VARCHAR(16) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	ticket BIGINT NOT NULL, 
	plain BLOB, 
	state VARCHAR(16) NOT NULL, 
	about VARCHAR(64) DEFAULT '' NOT NULL, 
	made_ms BIGINT NOT NULL, 
	ends_ms BIGINT NOT NULL, 
	sent_ms BIGINT, 
	moved_ms BIGINT, 
	CONSTRAINT pk_seal_commands PRIMARY KEY (command_id), 
	CONSTRAINT fk_seal_commands_seal_id FOREIGN KEY(seal_id) REFERENCES seals (seal_id)
);
CREATE INDEX ix_seal_commands_state ON seal_commands (state);
CREATE INDEX ix_seal_commands_seal_id ON seal_commands (seal_id);
CREATE TABLE "milestones" (
	journal_id BIGINT NOT NULL, 
	part INTEGER NOT NULL, 
	at_ms BIGINT NOT NULL, 
	happened VARCHAR(16) NOT NULL, 
	case_id VARCHAR(80) NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	reason VARCHAR(24) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	since_ms BIGINT NOT NULL, 
	openings INTEGER NOT NULL, 
	proof VARCHAR(16), 
	raised_ms BIGINT, 
	step_index INTEGER, 
	role VARCHAR(16) DEFAULT '' NOT NULL, 
	by_person BOOLEAN DEFAULT 0 NOT NULL, 
	outcome VARCHAR(24), 
	CONSTRAINT pk_milestones PRIMARY KEY (journal_id, part)
)
 WITHOUT ROWID

;
CREATE TABLE unwritten (
	reader VARCHAR(32) NOT NULL, 
	journal_id BIGINT NOT NULL, 
	at_ms BIGINT NOT NULL, 
	line TEXT NOT NULL, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_unwritten PRIMARY KEY (reader, journal_id)
);
CREATE TABLE archives (
	month VARCHAR(7) NOT NULL, 
	from_id BIGINT NOT NULL, 
	to_id BIGINT NOT NULL, 
	rows INTEGER NOT NULL, 
	spans INTEGER NOT NULL, 
	made_ms BIGINT NOT NULL, 
	moved_ms BIGINT, 
	ended_ms BIGINT, 
	CONSTRAINT pk_archives PRIMARY KEY (month)
);
CREATE TABLE households (
	household_id VARCHAR(64) NOT NULL, 
	language VARCHAR(8) DEFAULT 'zh' NOT NULL, 
	state BLOB, 
	made_ms BIGINT NOT NULL, 
	ended_ms BIGINT, 
	CONSTRAINT pk_households PRIMARY KEY (household_id)
);
CREATE TABLE "doors" (
	door_id VARCHAR(64) NOT NULL, 
	label TEXT NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	state BLOB, 
	door_class VARCHAR(32) DEFAULT ('') NOT NULL, 
	building VARCHAR(64), 
	stair VARCHAR(64), 
	point VARCHAR(64), 
	ended_ms BIGINT, 
	telephone VARCHAR(32), 
	household_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_doors PRIMARY KEY (door_id), 
	CONSTRAINT fk_doors_grid_id FOREIGN KEY(grid_id) REFERENCES grids (grid_id), 
	CONSTRAINT fk_doors_household_id FOREIGN KEY(household_id) REFERENCES households (household_id)
);
CREATE INDEX ix_doors_household_id ON doors (household_id);
CREATE TABLE "orders" (
	order_id VARCHAR(64) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	from_ms BIGINT NOT NULL, 
	to_ms BIGINT NOT NULL, 
	policy TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_orders PRIMARY KEY (order_id), 
	CONSTRAINT fk_orders_household_id FOREIGN KEY(household_id) REFERENCES households (household_id)
);
CREATE INDEX ix_orders_household_id ON orders (household_id);
CREATE TABLE "permits" (
	permit_id VARCHAR(64) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	from_ms BIGINT NOT NULL, 
	to_ms BIGINT NOT NULL, 
	openings INTEGER NOT NULL, 
	longest_ms BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	why TEXT NOT NULL, 
	daily TEXT DEFAULT '[]' NOT NULL, 
	days INTEGER DEFAULT '127' NOT NULL, 
	CONSTRAINT pk_permits PRIMARY KEY (permit_id), 
	CONSTRAINT fk_permits_household_id FOREIGN KEY(household_id) REFERENCES households (household_id)
);
CREATE INDEX ix_permits_household_id ON permits (household_id);
CREATE TABLE door_codes (
	order_id VARCHAR(64) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	code VARCHAR(16) NOT NULL, 
	made_ms BIGINT NOT NULL, 
	printed_ms BIGINT, 
	CONSTRAINT pk_door_codes PRIMARY KEY (order_id, door_id), 
	CONSTRAINT fk_door_codes_door_id FOREIGN KEY(door_id) REFERENCES doors (door_id)
);
CREATE UNIQUE INDEX ix_door_codes_code ON door_codes (code);
CREATE INDEX ix_door_codes_door_id ON door_codes (door_id);
CREATE TABLE order_keys (
	key_id VARCHAR(16) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	order_id VARCHAR(64), 
	made_ms BIGINT NOT NULL, 
	destroyed_ms BIGINT, 
	CONSTRAINT pk_order_keys PRIMARY KEY (key_id)
);
CREATE INDEX ix_order_keys_household_id ON order_keys (household_id);
CREATE UNIQUE INDEX uq_order_keys_order_id ON order_keys (order_id) WHERE order_id IS NOT NULL AND destroyed_ms IS NULL;
CREATE TABLE requests (
	request_id VARCHAR(80) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	permit_id VARCHAR(64) DEFAULT '' NOT NULL, 
	said_way VARCHAR(16) NOT NULL, 
	booked_by TEXT, 
	asked_ms BIGINT NOT NULL, 
	moved_ms BIGINT NOT NULL, 
	taken_by TEXT, 
	done_ms BIGINT, 
	why TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_requests PRIMARY KEY (request_id)
);
CREATE INDEX ix_requests_household_id ON requests (household_id, asked_ms);
CREATE INDEX ix_requests_state ON requests (state, asked_ms);
CREATE TABLE disputes (
	dispute_id VARCHAR(80) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	record VARCHAR(16) NOT NULL, 
	record_id VARCHAR(80) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	said_way VARCHAR(16) NOT NULL, 
	booked_by TEXT, 
	raised_ms BIGINT NOT NULL, 
	answer_by_ms BIGINT NOT NULL, 
	moved_ms BIGINT NOT NULL, 
	is_late BOOLEAN DEFAULT 0 NOT NULL, 
	parties TEXT DEFAULT '[]' NOT NULL, 
	assigned_to TEXT, 
	answered_by TEXT, 
	answer TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_disputes PRIMARY KEY (dispute_id)
);
CREATE INDEX ix_disputes_household_id ON disputes (household_id, raised_ms);
CREATE INDEX ix_disputes_record ON disputes (record, record_id);
CREATE INDEX ix_disputes_state ON disputes (state, answer_by_ms);
CREATE TABLE corrections (
	record VARCHAR(16) NOT NULL, 
	record_id VARCHAR(80) NOT NULL, 
	dispute_id VARCHAR(80) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	corrected_by TEXT NOT NULL, 
	at_ms BIGINT NOT NULL, 
	CONSTRAINT pk_corrections PRIMARY KEY (record, record_id)
);
CREATE TABLE health_reports (
	report_id VARCHAR(80) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	said_way VARCHAR(16) NOT NULL, 
	booked_by TEXT, 
	is_well BOOLEAN NOT NULL, 
	symptoms TEXT DEFAULT '[]' NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_health_reports PRIMARY KEY (report_id)
);
CREATE INDEX ix_health_reports_household_id ON health_reports (household_id, at_ms);
CREATE TABLE health_questions (
	question_id VARCHAR(96) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	grid_id VARCHAR(64) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	asked_ms BIGINT NOT NULL, 
	moved_ms BIGINT NOT NULL, 
	is_unwell BOOLEAN NOT NULL, 
	taken_by TEXT, 
	outcome VARCHAR(16), 
	is_over BOOLEAN DEFAULT 0 NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_health_questions PRIMARY KEY (question_id)
);
CREATE INDEX ix_health_questions_household_id ON health_questions (household_id, asked_ms);
CREATE INDEX ix_health_questions_is_over ON health_questions (is_over, asked_ms);
CREATE TABLE seal_answers (
	answer_id VARCHAR(80) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	door_id VARCHAR(64) NOT NULL, 
	at_ms BIGINT NOT NULL, 
	said_way VARCHAR(16) NOT NULL, 
	booked_by TEXT, 
	answer VARCHAR(16) NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_seal_answers PRIMARY KEY (answer_id)
);
CREATE INDEX ix_seal_answers_door_id ON seal_answers (door_id, at_ms);
CREATE TABLE deliveries (
	day INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	count INTEGER NOT NULL, 
	CONSTRAINT pk_deliveries PRIMARY KEY (day, kind, state)
);
CREATE TABLE resident_codes (
	household_id VARCHAR(64) NOT NULL, 
	code_hash VARCHAR(64) NOT NULL, 
	code_id VARCHAR(16) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	made_ms BIGINT NOT NULL, 
	notice VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_resident_codes PRIMARY KEY (household_id)
);
CREATE UNIQUE INDEX ix_resident_codes_code_hash ON resident_codes (code_hash);
CREATE TABLE notices (
	version VARCHAR(16) NOT NULL, 
	text BLOB NOT NULL, 
	made_ms BIGINT NOT NULL, 
	CONSTRAINT pk_notices PRIMARY KEY (version)
);
CREATE TABLE consents (
	consent_id INTEGER NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	notice VARCHAR(16) NOT NULL, 
	given_ms BIGINT NOT NULL, 
	given_by VARCHAR(16) NOT NULL, 
	withdrawn_ms BIGINT, 
	withdrawn_by VARCHAR(16), 
	CONSTRAINT pk_consents PRIMARY KEY (consent_id)
);
CREATE INDEX ix_consents_household_id ON consents (household_id);
CREATE TABLE endings (
	order_id VARCHAR(64) NOT NULL, 
	ending_id VARCHAR(32) NOT NULL, 
	household_id VARCHAR(64) NOT NULL, 
	over_ms BIGINT NOT NULL, 
	linked_ms BIGINT, 
	step VARCHAR(32) DEFAULT '' NOT NULL, 
	counts TEXT DEFAULT '{}' NOT NULL, 
	before_ms BIGINT, 
	names TEXT DEFAULT '{}' NOT NULL, 
	CONSTRAINT pk_endings PRIMARY KEY (order_id), 
	CONSTRAINT uq_endings_ending_id UNIQUE (ending_id)
);
CREATE INDEX ix_endings_household_id ON endings (household_id);
CREATE TABLE holds (
	hold_id VARCHAR(32) NOT NULL, 
	order_id VARCHAR(64) NOT NULL, 
	"by" VARCHAR(64) NOT NULL, 
	why TEXT NOT NULL, 
	made_ms BIGINT NOT NULL, 
	until_ms BIGINT NOT NULL, 
	ended_ms BIGINT, 
	CONSTRAINT pk_holds PRIMARY KEY (hold_id)
);
CREATE INDEX ix_holds_order_id ON holds (order_id);
CREATE TABLE checkpoints (
	kind VARCHAR(8) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	journal_id BIGINT NOT NULL, 
	state BLOB, 
	CONSTRAINT pk_checkpoints PRIMARY KEY (kind, name)
)
 WITHOUT ROWID

;
CREATE INDEX ix_cases_grid_id ON cases (grid_id, raised_ms);
CREATE INDEX ix_requests_moved_ms ON requests (moved_ms);
CREATE INDEX ix_requests_grid_id ON requests (grid_id, moved_ms);
CREATE INDEX ix_disputes_moved_ms ON disputes (moved_ms);
CREATE INDEX ix_disputes_grid_id ON disputes (grid_id, moved_ms);
CREATE INDEX ix_doors_grid_id ON doors (grid_id) WHERE ended_ms IS NULL;
CREATE INDEX ix_cases_number ON cases (number);
INSERT INTO alembic_version (version_num) VALUES ('0023_asked');
