-- steward:expand
-- +goose Up

-- What somebody entered for a fee item and a period. kind: amount (yuan, of a unit), quantity (of a unit), total (yuan that
-- units share; unit_id ''). A figure that issued bills stand on is not changed.
CREATE TABLE fee_entry (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  period VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  value DECIMAL(16,4) NOT NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY fee_entry_natural (org_id, fee_item_id, period, kind, unit_id),
  KEY fee_entry_unit (org_id, unit_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The fee item versions that a proposed or signed settlement names: as long as it does, they stay as they are.
CREATE TABLE settlement_item (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  settlement_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY settlement_item_natural (org_id, settlement_id, fee_item_version_id),
  KEY settlement_item_version (org_id, fee_item_version_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
