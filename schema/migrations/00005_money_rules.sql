-- steward:expand
-- +goose Up

-- What a community has agreed: its fee items, late fee, allocation, small change. Proposed, shown on examples, signed by a
-- named person who is not the proposer; a version is never rewritten. body and examples: domain/money Settlement, Example.
-- status: proposed, signed, withdrawn. The one in force is named by community.settlement_id.
CREATE TABLE settlement_version (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no INT NOT NULL,
  status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_on DATE NOT NULL,
  body JSON NOT NULL,
  examples JSON NOT NULL,
  note VARCHAR(500) NULL,
  proposed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  proposed_at DATETIME(6) NOT NULL,
  decided_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  decided_at DATETIME(6) NULL,
  signed_names VARCHAR(500) NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY settlement_version_no (org_id, community_id, no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- closed_through: the last day that is closed and locked; entries of an earlier value date post in the open period.
ALTER TABLE community
  ADD COLUMN settlement_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN closed_through DATE NULL,
  ADD COLUMN month_closed_through DATE NULL;

-- late_fee_final_fen: the late fee in all, fixed on the day when no principal was owed any more; NULL while it can grow.
ALTER TABLE bill
  ADD COLUMN late_fee_paid_fen BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN late_fee_waived_fen BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN late_fee_final_fen BIGINT NULL;

-- purpose_id: the fee item whose bills alone the rest of this payment may pay; NULL: any. deposit_fen: what is held as a
-- deposit of that kind. A payment is used up by its allocations, unallocated_fen, deposit_fen and refunded_fen.
-- moved_from_id: the payment that this one replaces after a transfer.
ALTER TABLE payment
  ADD COLUMN purpose_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN deposit_kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN deposit_fen BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN refunded_fen BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN shift_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN moved_from_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL;
CREATE INDEX payment_moved_from ON payment (org_id, moved_from_id);
CREATE INDEX payment_shift ON payment (org_id, shift_id);

-- value_on: the day from which the money counts for the late fee; NULL: the payment's day. A reversal keeps the value day of
-- what it takes back.
ALTER TABLE allocation ADD COLUMN value_on DATE NULL;

CREATE INDEX ledger_entry_day ON ledger_entry (org_id, community_id, occurred_at);

-- Days on which a bill bears no late fee, because it was disputed; both days included, to_on NULL while it lasts.
CREATE TABLE bill_freeze (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bill_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_on DATE NOT NULL,
  to_on DATE NULL,
  why VARCHAR(200) NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY bill_freeze_bill (org_id, bill_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- One correction of a bill. kind: adjustment (principal_fen either sign), waiver, round_off, void. What it does to the
-- principal is in the ledger too (entry_id); a waived late fee is not, because late fees are booked when they are paid.
CREATE TABLE bill_correction (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bill_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  principal_fen BIGINT NOT NULL DEFAULT 0,
  late_fee_fen BIGINT NOT NULL DEFAULT 0,
  value_on DATE NOT NULL,
  reason VARCHAR(500) NOT NULL,
  entry_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  approval_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  payment_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  reverses_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY bill_correction_reverses (org_id, reverses_id),
  KEY bill_correction_bill (org_id, bill_id),
  KEY bill_correction_day (org_id, community_id, made_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Something that one person asks and another decides. status: asked, approved, rejected, timed_out, withdrawn. request is
-- what is carried out on approval, effect what it would do when it was asked.
CREATE TABLE approval (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  subject_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen BIGINT NOT NULL DEFAULT 0,
  reason VARCHAR(500) NOT NULL,
  request JSON NOT NULL,
  effect JSON NULL,
  status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  decided_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  decided_at DATETIME(6) NULL,
  decided_why VARCHAR(500) NULL,
  result_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  KEY approval_status (org_id, status, expires_at),
  KEY approval_subject (org_id, subject_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Money given back. source: advance, deposit. route: the channel by which it had come. status: due (approved, not handed
-- out yet), paying (asked of the provider), paid, failed. serial is the key under which the provider is asked.
CREATE TABLE refund (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  payment_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen BIGINT NOT NULL,
  source VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  route VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  why VARCHAR(500) NULL,
  approval_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  entry_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  paid_entry_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  provider_no VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_at DATETIME(6) NOT NULL,
  paid_at DATETIME(6) NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  KEY refund_payment (org_id, payment_id),
  KEY refund_status (org_id, status, route),
  CONSTRAINT refund_amount CHECK (amount_fen > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What a unit was on which days, where that changed: the state from from_on on. A unit without rows always was what its own
-- row says.
CREATE TABLE unit_change (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_on DATE NOT NULL,
  built_area_m2 DECIMAL(12,2) NULL,
  inner_area_m2 DECIMAL(12,2) NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY unit_change_day (org_id, unit_id, from_on)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- to_on: the last day of a version that ends by itself; a later version ends an open one the day before it begins.
-- vacant_share: what a vacant unit pays of the price, a decimal up to 1. prorate: actual, days30, days365, none.
ALTER TABLE fee_item_version
  ADD COLUMN to_on DATE NULL,
  ADD COLUMN prorate VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'actual',
  ADD COLUMN bill_day SMALLINT NOT NULL DEFAULT 1,
  ADD COLUMN due_days SMALLINT NOT NULL DEFAULT 30,
  ADD COLUMN vacant_share DECIMAL(7,6) NOT NULL DEFAULT 1;

-- kind: electronic (one for each community, without end; its row is the lock of the community's money), paper (first_no to
-- last_no as printed). status: open, used_up, closed.
ALTER TABLE receipt_book
  ADD COLUMN kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'electronic',
  ADD COLUMN first_no BIGINT NOT NULL DEFAULT 1,
  ADD COLUMN last_no BIGINT NULL,
  ADD COLUMN status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'open';
ALTER TABLE receipt ADD COLUMN prints INT NOT NULL DEFAULT 0;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
