-- +goose Up

-- The tenant. Every other table carries its id, leading in its keys.
CREATE TABLE organization (
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(120) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE region (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(120) NOT NULL,
  name_key VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  parent_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY region_name (org_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- name_key columns hold the name normalised in Go (width, case, blanks); the collation would take too much for equal.
CREATE TABLE community (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  region_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  name VARCHAR(120) NOT NULL,
  name_key VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  allocation_order VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'law',
  guard BOOLEAN NOT NULL DEFAULT FALSE,
  test_phones JSON NULL,
  signed_off_at DATETIME(6) NULL,
  signed_off_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  quiet_from VARCHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '22:00',
  quiet_to VARCHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '08:00',
  closed_weekends BOOLEAN NOT NULL DEFAULT TRUE,
  mute_days_before TINYINT NOT NULL DEFAULT 0,
  mute_days_after TINYINT NOT NULL DEFAULT 0,
  created_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY community_name (org_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE building (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) NOT NULL,
  name_key VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY building_name (org_id, community_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- name_key '' stands for a building without entrances.
CREATE TABLE entrance (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  building_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) NOT NULL,
  name_key VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY entrance_name (org_id, building_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- 网格: the units one steward looks after.
CREATE TABLE grid (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(60) NOT NULL,
  name_key VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY grid_name (org_id, community_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- unit_key is the normalised room, building-entrance-room ('3-2-1501'), '-' joined, empty entrance kept ('3--101').
CREATE TABLE unit (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  building_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  entrance_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  grid_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  unit_key VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  room VARCHAR(60) NOT NULL,
  display VARCHAR(160) NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'home',
  floor VARCHAR(16) NULL,
  built_area_m2 DECIMAL(12,2) NULL,
  inner_area_m2 DECIMAL(12,2) NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'occupied',
  delivered_on DATE NULL,
  keys_on DATE NULL,
  fee_start_on DATE NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY unit_natural (org_id, community_id, unit_key),
  KEY unit_building (org_id, building_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- *_enc: AES-256-GCM; *_bidx: keyed blind index (HMAC-SHA-256, 16 bytes) of the normalised value. identity_bidx is the natural key: name with phone, else name with ID number, else name with unit.
CREATE TABLE person (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'person',
  identity_bidx BINARY(16) NOT NULL,
  name_enc VARBINARY(512) NOT NULL,
  name_bidx BINARY(16) NOT NULL,
  phone_enc VARBINARY(128) NULL,
  phone_bidx BINARY(16) NULL,
  phone_last4_bidx BINARY(16) NULL,
  id_no_enc VARBINARY(128) NULL,
  id_no_bidx BINARY(16) NULL,
  id_no_last4_bidx BINARY(16) NULL,
  email_enc VARBINARY(512) NULL,
  email_bidx BINARY(16) NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY person_identity (org_id, identity_bidx),
  KEY person_phone (org_id, phone_bidx),
  KEY person_phone_last4 (org_id, phone_last4_bidx),
  KEY person_id_no (org_id, id_no_bidx),
  KEY person_id_no_last4 (org_id, id_no_last4_bidx),
  KEY person_name (org_id, name_bidx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE person_flag (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  person_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  flag VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(500) NOT NULL,
  until_on DATE NULL,
  set_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  set_at DATETIME(6) NOT NULL,
  cleared_at DATETIME(6) NULL,
  PRIMARY KEY (org_id, id),
  KEY person_flag_person (org_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE occupancy (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  person_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_on DATE NOT NULL,
  to_on DATE NULL,
  share DECIMAL(9,6) NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY occupancy_natural (org_id, unit_id, person_id, role, from_on),
  KEY occupancy_person (org_id, person_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE fee_item (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(80) NOT NULL,
  name_key VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY fee_item_name (org_id, community_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- formula: built_area, inner_area, fixed, given, rent_steps, metered, usage, shared_area, shared_household, expression.
CREATE TABLE fee_item_version (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no INT NOT NULL,
  formula VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  parameters JSON NOT NULL,
  rounding VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'half_up',
  cycle VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'month',
  prepaid BOOLEAN NOT NULL DEFAULT FALSE,
  debtor_role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'owner',
  from_on DATE NOT NULL,
  created_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY fee_item_version_no (org_id, fee_item_id, no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One line: one debtor, unit, fee item and period. Never rewritten: paid, waived and adjusted move, amount_fen does not.
CREATE TABLE bill (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  period VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  line_no SMALLINT NOT NULL DEFAULT 0,
  period_from DATE NULL,
  period_to DATE NULL,
  billed_on DATE NOT NULL,
  due_on DATE NOT NULL,
  grace_end_on DATE NULL,
  late_fee_from_on DATE NULL,
  amount_fen BIGINT NOT NULL,
  paid_fen BIGINT NOT NULL DEFAULT 0,
  adjusted_fen BIGINT NOT NULL DEFAULT 0,
  waived_fen BIGINT NOT NULL DEFAULT 0,
  unpaid_fen BIGINT AS (amount_fen + adjusted_fen - paid_fen - waived_fen) STORED,
  disputed BOOLEAN NOT NULL DEFAULT FALSE,
  voided_at DATETIME(6) NULL,
  basis JSON NULL,
  source_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  source_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  issued_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY bill_natural (org_id, unit_id, fee_item_id, period, debtor_id, line_no),
  KEY bill_arrears (org_id, community_id, debtor_id, due_on, unpaid_fen, disputed),
  KEY bill_debtor (org_id, debtor_id, due_on),
  KEY bill_source (org_id, source_id),
  CONSTRAINT bill_paid_range CHECK (paid_fen >= 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- unallocated_fen is what is left of it as the debtor's advance. external_no is compared byte for byte.
CREATE TABLE payment (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  amount_fen BIGINT NOT NULL,
  unallocated_fen BIGINT NOT NULL,
  method VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  external_no VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  paid_at DATETIME(6) NOT NULL,
  known_at DATETIME(6) NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reversed_at DATETIME(6) NULL,
  reversed_why VARCHAR(500) NULL,
  source_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  source_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  recorded_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY payment_external (org_id, channel, external_no),
  KEY payment_debtor (org_id, debtor_id, community_id),
  KEY payment_day (org_id, community_id, paid_at),
  CONSTRAINT payment_amount CHECK (amount_fen > 0),
  CONSTRAINT payment_rest CHECK (unallocated_fen BETWEEN 0 AND amount_fen)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- A reversal writes the same row with the opposite sign and points at the one it takes back.
CREATE TABLE allocation (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bill_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  principal_fen BIGINT NOT NULL,
  late_fee_fen BIGINT NOT NULL DEFAULT 0,
  entry_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reverses_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  allocated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY allocation_reverses (org_id, reverses_id),
  KEY allocation_payment (org_id, payment_id),
  KEY allocation_bill (org_id, bill_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE receipt_book (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  code VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  next_no BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY receipt_book_code (org_id, community_id, code)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE receipt (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  book_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no BIGINT NOT NULL,
  display_no VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  issued_at DATETIME(6) NOT NULL,
  voided_at DATETIME(6) NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY receipt_no (org_id, book_id, no),
  UNIQUE KEY receipt_display (org_id, display_no, book_id),
  KEY receipt_payment (org_id, payment_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- 待认领款: money that matches nobody yet.
CREATE TABLE suspense (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  external_no VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  amount_fen BIGINT NOT NULL,
  method VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  paid_at DATETIME(6) NOT NULL,
  received_at DATETIME(6) NOT NULL,
  reference JSON NULL,
  why VARCHAR(200) NOT NULL,
  entry_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  keeper_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  payment_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY suspense_external (org_id, channel, external_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Double entry, append only. Accounts: receivable, revenue, cash:<channel>, advance, suspense.
CREATE TABLE ledger_entry (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  occurred_at DATETIME(6) NOT NULL,
  posted_at DATETIME(6) NOT NULL,
  posted_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reverses_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY ledger_entry_reverses (org_id, reverses_id),
  KEY ledger_entry_subject (org_id, subject_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE ledger_posting (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  entry_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  line SMALLINT NOT NULL,
  account VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  bill_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  amount_fen BIGINT NOT NULL,
  PRIMARY KEY (org_id, entry_id, line),
  KEY ledger_posting_account (org_id, account, debtor_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Statutory days off and make-up workdays; provisional ones are an administrator's until the notice is out.
CREATE TABLE holiday (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  on_date DATE NOT NULL,
  name VARCHAR(40) NOT NULL,
  off BOOLEAN NOT NULL,
  provisional BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (org_id, on_date)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- login is unique over all organizations: a sign-in names no organization.
CREATE TABLE app_user (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  login VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(80) NOT NULL,
  password_hash VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  person_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  disabled_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY app_user_login (login)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE role_grant (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  role VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  level VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  scope_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  money VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  granted_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  granted_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY role_grant_user (org_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Wall time: sessions do not follow the business clock.
CREATE TABLE session (
  token_sha256 BINARY(32) NOT NULL,
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  user_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  PRIMARY KEY (token_sha256),
  KEY session_user (org_id, user_id),
  KEY session_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What a caller asked for under an Idempotency-Key, and the answer it got. Wall time.
CREATE TABLE request (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  caller_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  route VARCHAR(160) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  idempotency_key VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  body_sha256 BINARY(32) NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  response_code SMALLINT NULL,
  response_body MEDIUMBLOB NULL,
  result_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(6) NOT NULL,
  lease_until DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, caller_id, route, idempotency_key),
  KEY request_age (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE audit (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  at DATETIME(6) NOT NULL,
  actor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  actor_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  action VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  why VARCHAR(500) NULL,
  detail JSON NULL,
  request_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (org_id, id),
  KEY audit_subject (org_id, subject_id),
  KEY audit_actor (org_id, actor_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What changed, for /events. Rows are written with the change; one relay numbers committed rows (seq), because auto-increment order is not commit order.
CREATE TABLE change_feed (
  id BIGINT NOT NULL AUTO_INCREMENT,
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  seq BIGINT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY change_feed_seq (seq)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- A word that Temporal still has to be given, written in the transaction that made it necessary; delivered at least once. Wall time.
CREATE TABLE delivery (
  id BIGINT NOT NULL AUTO_INCREMENT,
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  target VARCHAR(160) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  next_try_at DATETIME(6) NOT NULL,
  attempts INT NOT NULL DEFAULT 0,
  last_error VARCHAR(500) NULL,
  delivered_at DATETIME(6) NULL,
  PRIMARY KEY (id),
  KEY delivery_open (delivered_at, next_try_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What shows that a program holds the key with which this database's personal data is sealed.
CREATE TABLE data_key (
  generation TINYINT NOT NULL,
  proof VARBINARY(120) NOT NULL,
  PRIMARY KEY (generation)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The one anchor between wall and business time (a single row). seen_business_at is where it stood when last written, so that time stands still while dev is stopped.
CREATE TABLE business_clock (
  id TINYINT NOT NULL,
  wall_at DATETIME(6) NOT NULL,
  business_at DATETIME(6) NOT NULL,
  speed DOUBLE NOT NULL,
  seen_business_at DATETIME(6) NOT NULL,
  rev BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE import_job (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_name VARCHAR(120) NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  file_name VARCHAR(255) NOT NULL,
  file_sha256 BINARY(32) NOT NULL,
  file_bytes INT NOT NULL,
  mapping JSON NULL,
  dry_run BOOLEAN NOT NULL,
  partial BOOLEAN NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  error_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  rows_read INT NOT NULL DEFAULT 0,
  created_n INT NOT NULL DEFAULT 0,
  updated_n INT NOT NULL DEFAULT 0,
  unchanged_n INT NOT NULL DEFAULT 0,
  rejected_n INT NOT NULL DEFAULT 0,
  done_n INT NOT NULL DEFAULT 0,
  total_n INT NOT NULL DEFAULT 0,
  requested_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  requested_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  rev BIGINT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The uploaded file in pieces of at most 1 MiB, encrypted; removed when the import has ended.
CREATE TABLE import_file (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  import_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n INT NOT NULL,
  piece_enc MEDIUMBLOB NOT NULL,
  PRIMARY KEY (org_id, import_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Checked rows waiting to be applied, some hundreds a batch, encrypted (they hold names and phones).
CREATE TABLE import_batch (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  import_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n INT NOT NULL,
  rows_n INT NOT NULL,
  rows_enc MEDIUMBLOB NOT NULL,
  applied_at DATETIME(6) NULL,
  PRIMARY KEY (org_id, import_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE import_problem (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  import_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n INT NOT NULL,
  row_no INT NOT NULL,
  column_name VARCHAR(80) NOT NULL,
  code VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  message VARCHAR(300) NOT NULL,
  PRIMARY KEY (org_id, import_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE dunning_policy (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(80) NOT NULL,
  name_key VARCHAR(80) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  current_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY dunning_policy_name (org_id, name_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE dunning_policy_version (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policy_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no INT NOT NULL,
  body JSON NOT NULL,
  created_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY dunning_policy_version_no (org_id, policy_id, no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE campaign_preview (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request JSON NOT NULL,
  result JSON NOT NULL,
  fingerprint BINARY(32) NOT NULL,
  created_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE campaign_preview_item (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  preview_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n INT NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen BIGINT NOT NULL,
  due_on DATE NULL,
  excluded VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  first_stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  first_at DATETIME(6) NULL,
  PRIMARY KEY (org_id, preview_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- epoch rises with every pause, resume, cancel and change of policy; what was decided under an older one is refused.
CREATE TABLE campaign (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(120) NOT NULL,
  policy_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  policy_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request JSON NOT NULL,
  from_stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  status VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  why VARCHAR(500) NULL,
  epoch INT NOT NULL DEFAULT 1,
  start_at DATETIME(6) NOT NULL,
  paused_at DATETIME(6) NULL,
  paused_s BIGINT NOT NULL DEFAULT 0,
  selected_at DATETIME(6) NULL,
  households INT NOT NULL DEFAULT 0,
  amount_fen BIGINT NOT NULL DEFAULT 0,
  cohorts INT NOT NULL DEFAULT 0,
  created_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  created_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  KEY campaign_status (org_id, status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE campaign_community (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (org_id, campaign_id, community_id),
  KEY campaign_community_of (org_id, community_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One debtor in one community on a ladder; the record of the process. stage is the last stage done ('' before the first), next_stage the one that comes at next_at.
-- open_slot is 1 while the case is open, held or in need of attention and NULL afterwards: the unique key allows one such case per debtor and community.
-- entered_paused_s and stage_paused_s: how long the case had been paused and held in all when it entered, and when its last stage was done; the difference to now shifts offsets from start and from previous.
-- held_s: how long the case was held in all, without the campaign's pauses in those times; while it is held, how long it had stood still in all when the hold began.
-- policy_version_id is the version that a case keeps when its campaign changed to a newer one for others; NULL: the campaign's.
CREATE TABLE dunning_case (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  cohort_no INT NOT NULL,
  policy_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  stage_at DATETIME(6) NULL,
  next_stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  next_at DATETIME(6) NULL,
  planned_epoch INT NOT NULL DEFAULT 0,
  due_on DATE NOT NULL,
  entered_fen BIGINT NOT NULL,
  arrears_fen BIGINT NOT NULL,
  collected_fen BIGINT NOT NULL DEFAULT 0,
  touches INT NOT NULL DEFAULT 0,
  hold_kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL,
  hold_why VARCHAR(500) NULL,
  hold_until DATETIME(6) NULL,
  held_at DATETIME(6) NULL,
  held_s BIGINT NOT NULL DEFAULT 0,
  entered_paused_s BIGINT NOT NULL DEFAULT 0,
  stage_paused_s BIGINT NOT NULL DEFAULT 0,
  assignee_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  opened_at DATETIME(6) NOT NULL,
  closed_at DATETIME(6) NULL,
  version INT NOT NULL DEFAULT 1,
  open_slot TINYINT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY dunning_case_open (org_id, community_id, debtor_id, open_slot),
  UNIQUE KEY dunning_case_member (org_id, campaign_id, community_id, debtor_id),
  KEY dunning_case_due (org_id, campaign_id, cohort_no, status, next_at),
  KEY dunning_case_status (org_id, campaign_id, status, stage),
  KEY dunning_case_debtor (org_id, debtor_id, community_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One row per case, stage and touch: what was decided. A repeat reads it instead of deciding again.
CREATE TABLE case_outcome (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  case_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  touch SMALLINT NOT NULL,
  campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  why VARCHAR(200) NULL,
  arrears_fen BIGINT NOT NULL,
  planned_at DATETIME(6) NOT NULL,
  decided_at DATETIME(6) NOT NULL,
  epoch INT NOT NULL,
  PRIMARY KEY (org_id, case_id, stage, touch),
  KEY case_outcome_campaign (org_id, campaign_id, stage, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The rest of a case's timeline: commands, payments, holds.
CREATE TABLE case_event (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  case_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  at DATETIME(6) NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  amount_fen BIGINT NULL,
  why VARCHAR(500) NULL,
  who_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (org_id, id),
  KEY case_event_case (org_id, case_id),
  KEY case_event_campaign (org_id, campaign_id, kind, stage)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- status: queued, parked (campaign paused or case held), sending, sent, delivered, failed, unknown, cancelled. not_before, sent_at (of an unknown one: when it may have been), receipt_at are business time; lease_until and claimed_at wall time.
CREATE TABLE outbox (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  case_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  touch SMALLINT NOT NULL,
  channel VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  then_channels VARCHAR(80) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  recipient_enc VARBINARY(512) NOT NULL,
  recipient_bidx BINARY(16) NOT NULL,
  text VARCHAR(1000) NOT NULL,
  text_sha256 BINARY(32) NOT NULL,
  status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  why VARCHAR(200) NULL,
  epoch INT NOT NULL,
  not_before DATETIME(6) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  claim CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  claimed_at DATETIME(6) NULL,
  lease_until DATETIME(6) NULL,
  attempts SMALLINT NOT NULL DEFAULT 0,
  provider_id VARCHAR(96) CHARACTER SET ascii COLLATE ascii_bin NULL,
  sent_at DATETIME(6) NULL,
  receipt_at DATETIME(6) NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY outbox_once (org_id, case_id, stage, touch, channel, recipient_bidx),
  KEY outbox_queue (channel, status, not_before),
  KEY outbox_campaign (org_id, campaign_id, stage, status),
  KEY outbox_debtor (org_id, debtor_id, created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE task (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  case_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  stage VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  assignee_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  due_at DATETIME(6) NULL,
  outcome VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  note VARCHAR(1000) NULL,
  script VARCHAR(1000) NULL,
  created_at DATETIME(6) NOT NULL,
  completed_at DATETIME(6) NULL,
  completed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY task_stage (org_id, case_id, stage, kind),
  KEY task_status (org_id, status, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE channel_setting (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  channel VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  price_fen INT NOT NULL DEFAULT 0,
  per_second INT NOT NULL DEFAULT 0,
  resend_unknown BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (org_id, channel)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The sandbox provider's own side (dev and tests): how a channel behaves, and what reached whose phone.
CREATE TABLE sandbox_channel (
  channel VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mode VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'ok',
  dedupe BOOLEAN NOT NULL DEFAULT TRUE,
  delay_ms INT NOT NULL DEFAULT 0,
  repeats BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (channel)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE sandbox_message (
  id BIGINT NOT NULL AUTO_INCREMENT,
  channel VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  message_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  recipient VARCHAR(200) NOT NULL,
  text VARCHAR(1000) NOT NULL,
  business_at DATETIME(6) NOT NULL,
  wall_at DATETIME(6) NOT NULL,
  repeated BOOLEAN NOT NULL DEFAULT FALSE,
  first_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  PRIMARY KEY (id),
  UNIQUE KEY sandbox_message_first (channel, first_key),
  KEY sandbox_message_recipient (channel, recipient)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Refused webhook calls: only counted, nothing of them is kept.
CREATE TABLE webhook_refusal (
  provider VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  on_date DATE NOT NULL,
  n BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (provider, reason, on_date)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
