-- steward:expand
-- +goose Up

-- digits: how many whole digits the display has before it begins at zero again; NULL while nobody has said it.
ALTER TABLE meter ADD COLUMN digits SMALLINT NULL;

-- status: accepted, review (abnormal, waits for somebody), rejected (counts as if it were not there). review_why: the rule
-- that asks. final_reading is what the old meter showed when it went, start_reading what the one after it showed then; both
-- only of a replacement. digits: of the display, of a rollover.
ALTER TABLE meter_reading
  ADD COLUMN status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'accepted',
  ADD COLUMN review_why VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  ADD COLUMN final_reading DECIMAL(14,3) NULL,
  ADD COLUMN start_reading DECIMAL(14,3) NULL,
  ADD COLUMN digits SMALLINT NULL,
  ADD COLUMN note VARCHAR(200) NULL,
  ADD COLUMN entered_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN reviewed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN reviewed_at DATETIME(6) NULL,
  ADD COLUMN reviewed_note VARCHAR(200) NULL;
CREATE INDEX meter_reading_review ON meter_reading (org_id, status);

-- Which readings an issued line stands on, by fee item: water and sewage may go by one meter. Such a reading is frozen.
CREATE TABLE reading_billed (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reading_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  run_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (org_id, reading_id, fee_item_id),
  KEY reading_billed_run (org_id, run_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- When a reading waits for review, for a fee item or (fee_item_id '') for the others of a community. body: metering.Rule.
CREATE TABLE reading_rule (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  body JSON NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, community_id, fee_item_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Money that no unit or debtor could be found for. community_id: where it was imported for, NULL when nobody knows. payer_enc
-- and note_enc: what the bank wrote, sealed. source: of a statement the import.
ALTER TABLE suspense
  ADD COLUMN community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN payer_enc VARBINARY(768) NULL,
  ADD COLUMN payer_bidx BINARY(16) NULL,
  ADD COLUMN note_enc VARBINARY(2048) NULL,
  ADD COLUMN source_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD COLUMN source_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL;
CREATE INDEX suspense_status ON suspense (org_id, status, community_id);
CREATE INDEX suspense_source ON suspense (org_id, source_id);

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
