-- steward:expand
-- +goose Up

-- round_off_fen: what was left off for the payer's sake (抹零); the bills' part of it stands in bill_correction.
ALTER TABLE payment ADD COLUMN round_off_fen BIGINT NOT NULL DEFAULT 0;

CREATE INDEX bill_correction_payment ON bill_correction (org_id, payment_id);

-- A cashier's time at the desk of one community. no counts a community's shifts without gaps and names the pay-in slip.
-- open_for is the cashier while the shift is open, NULL afterwards: one open shift for each cashier and community.
-- expected_fen: what should lie in the drawer; denominations: pieces by face value in fen. A closed shift is final.
CREATE TABLE cashier_shift (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no INT NOT NULL,
  cashier_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  open_for CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  book_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  float_fen BIGINT NOT NULL DEFAULT 0,
  opened_at DATETIME(6) NOT NULL,
  closed_at DATETIME(6) NULL,
  expected_fen BIGINT NULL,
  counted_fen BIGINT NULL,
  denominations JSON NULL,
  takings JSON NULL,
  note VARCHAR(500) NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY cashier_shift_open (org_id, community_id, open_for),
  UNIQUE KEY cashier_shift_no (org_id, community_id, no),
  KEY cashier_shift_cashier (org_id, cashier_id, opened_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What a cashier has booked, for the count of the drawer.
CREATE INDEX ledger_entry_poster ON ledger_entry (org_id, posted_by, posted_at);

-- Numbers of a paper book that were spoiled at the printer and never became a receipt.
CREATE TABLE receipt_spoiled (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  book_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no BIGINT NOT NULL,
  display_no VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  reason VARCHAR(500) NOT NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY receipt_spoiled_no (org_id, book_id, no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Every print of a receipt; the first is the original, the others are marked.
CREATE TABLE receipt_print (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  receipt_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  no INT NOT NULL,
  paper VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  printed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  printed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY receipt_print_no (org_id, receipt_id, no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Where the values go on a community's printed forms; book_id is empty for the one that counts for all its books.
-- body: domain/money ReceiptLayout.
CREATE TABLE receipt_layout (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  book_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  body JSON NOT NULL,
  version INT NOT NULL DEFAULT 1,
  changed_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  changed_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, community_id, book_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
