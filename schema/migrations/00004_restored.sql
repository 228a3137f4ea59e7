-- steward:expand
-- +goose Up

-- One row for every time that this database was filled from a backup. Wall time, except business_at. state: loading (half
-- filled, no program works on it), restored (whole, but nobody has compared it with Temporal yet), reconciled. `steward
-- restore` makes the table itself, because it must be there before anything else is; a dump never holds it.
CREATE TABLE IF NOT EXISTS restore_mark (
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  backup_name VARCHAR(120) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  taken_at DATETIME(6) NOT NULL,
  business_at DATETIME(6) NOT NULL,
  restored_at DATETIME(6) NOT NULL,
  reconciled_at DATETIME(6) NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Business time until which this campaign's messages may have gone out without this database knowing it: when it was reconciled
-- after a restore.
ALTER TABLE campaign ADD COLUMN restored_at DATETIME(6) NULL;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
