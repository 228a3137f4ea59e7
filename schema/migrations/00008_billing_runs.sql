-- steward:expand
-- +goose Up

-- One run of billing: a community's charges for one period are computed, looked at, approved and issued. status: computing,
-- ready, issuing, issued, cancelled, voiding, voided, needs_attention (parked_in says where it stood). timing: all, prepaid,
-- postpaid. computed_through, issued_through and voided_through are how far each chunked step is: a unit_key and two line ids.
-- due_key names what a schedule opened the run for, so that it is opened once. open_slot keeps a period and timing from two open runs.
CREATE TABLE billing_run (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  period VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  timing VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'all',
  settlement_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  parked_in VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  why VARCHAR(500) NULL,
  due_key VARCHAR(48) CHARACTER SET ascii COLLATE ascii_bin NULL,
  units_n INT NOT NULL DEFAULT 0,
  units_done INT NOT NULL DEFAULT 0,
  computed_through VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  issued_through CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  issued_n INT NOT NULL DEFAULT 0,
  issued_fen BIGINT NOT NULL DEFAULT 0,
  voided_through CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  voided_n INT NOT NULL DEFAULT 0,
  opened_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  opened_at DATETIME(6) NOT NULL,
  computed_at DATETIME(6) NULL,
  approved_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  approved_at DATETIME(6) NULL,
  issued_at DATETIME(6) NULL,
  void_why VARCHAR(500) NULL,
  void_asked_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  void_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  voided_at DATETIME(6) NULL,
  open_slot TINYINT AS (IF(status IN ('computing','ready','issuing') OR (status = 'needs_attention' AND parked_in <> 'voiding'), 1, NULL)) STORED,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY billing_run_open (org_id, community_id, period, timing, open_slot),
  UNIQUE KEY billing_run_due (org_id, community_id, due_key),
  KEY billing_run_status (org_id, status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What a run has computed, in the order of rooms; id is the id of the bill that it becomes. verdict: new, changed, same (with
-- the last period), gone, nothing (computed, and nothing is owed), problem, withheld (was billed by another way before it
-- could be issued). compared_fen and previous_fen are this and the last period's sums of the unit, fee item and debtor.
-- readings: the version of every meter reading that the line stands on, by id.
CREATE TABLE billing_line (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  run_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  verdict VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  period VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  line_no SMALLINT NOT NULL DEFAULT 0,
  from_on DATE NULL,
  to_on DATE NULL,
  billed_on DATE NULL,
  due_on DATE NULL,
  amount_fen BIGINT NOT NULL DEFAULT 0,
  basis JSON NULL,
  compared_fen BIGINT NULL,
  previous_fen BIGINT NULL,
  difference JSON NULL,
  readings JSON NULL,
  problem_code VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  problem VARCHAR(500) NULL,
  PRIMARY KEY (org_id, run_id, id),
  KEY billing_line_verdict (org_id, run_id, verdict, id),
  KEY billing_line_unit (org_id, unit_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What the lines of a run come to, kept with every chunk. A verdict "billed" counts lines that had a bill already.
CREATE TABLE billing_sum (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  run_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  verdict VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  lines_n INT NOT NULL DEFAULT 0,
  amount_fen BIGINT NOT NULL DEFAULT 0,
  previous_fen BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, run_id, fee_item_id, verdict)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
