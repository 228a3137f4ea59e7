-- steward:expand
-- +goose Up

-- A closed day or month of a community. What was open before and up to through_on, from the day after after_on (NULL: from
-- the beginning), was closed by it; entries and cash_fen are what was booked on those days, and never change. figures:
-- domain/money ClosingFigures as they were at closing.
CREATE TABLE closing (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_on DATE NOT NULL,
  through_on DATE NOT NULL,
  after_on DATE NULL,
  entries BIGINT NOT NULL,
  cash_fen BIGINT NOT NULL,
  figures JSON NOT NULL,
  note VARCHAR(500) NULL,
  closed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  closed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY closing_period (org_id, community_id, kind, through_on)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The opening balances of a community as a named person found them right. figures: domain/money OpeningBalances.
CREATE TABLE opening_sign_off (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  principal_fen BIGINT NOT NULL,
  advance_fen BIGINT NOT NULL,
  fingerprint CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  figures JSON NOT NULL,
  note VARCHAR(500) NULL,
  signed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  signed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  KEY opening_sign_off_community (org_id, community_id, signed_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
