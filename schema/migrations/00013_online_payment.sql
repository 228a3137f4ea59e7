-- steward:expand
-- +goose Up

-- Money that a payment provider is asked to collect. id is the number under which the provider knows it. status: created
-- (the provider may not know of it yet), waiting, paid, closed, failed. bill_ids are the bills that the payer chose. The
-- instants of the conversation with the provider (created_at, expires_at, asked_at, ended_at) are wall time; paid_at is
-- business time. close_wanted and look_wanted are what the process does next. why explains needs_attention or failed.
CREATE TABLE pay_order (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  bill_ids JSON NOT NULL,
  amount_fen BIGINT NOT NULL,
  subject VARCHAR(100) NOT NULL,
  provider VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  provider_no VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  pay_url VARCHAR(1000) NULL,
  qr VARCHAR(1000) NULL,
  status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  close_wanted BOOLEAN NOT NULL DEFAULT FALSE,
  look_wanted BOOLEAN NOT NULL DEFAULT FALSE,
  needs_attention BOOLEAN NOT NULL DEFAULT FALSE,
  why VARCHAR(500) NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  asked_at DATETIME(6) NULL,
  ended_at DATETIME(6) NULL,
  external_no VARCHAR(96) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
  paid_fen BIGINT NULL,
  paid_at DATETIME(6) NULL,
  payment_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  link_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  KEY pay_order_debtor (org_id, debtor_id, community_id, status),
  KEY pay_order_community (org_id, community_id, id),
  KEY pay_order_unit (org_id, unit_id),
  KEY pay_order_status (status, org_id, id),
  CONSTRAINT pay_order_amount CHECK (amount_fen > 0)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- A way to pay without signing in: who holds the token sees and pays what one debtor owes in one community. Only the hash
-- of the token is kept. case_id: the collection case whose messages carry it. expires_at is business time.
CREATE TABLE pay_link (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  token_sha256 BINARY(32) NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  debtor_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  case_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  expires_at DATETIME(6) NOT NULL,
  made_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  made_at DATETIME(6) NOT NULL,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY pay_link_token (token_sha256),
  KEY pay_link_debtor (org_id, debtor_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- The sandbox provider's own books, in dev and tests only: what a real provider would keep on its side.
CREATE TABLE sandbox_pay_order (
  no VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  provider_no VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen BIGINT NOT NULL,
  subject VARCHAR(100) NOT NULL,
  notify_url VARCHAR(500) NOT NULL,
  return_url VARCHAR(500) NOT NULL,
  state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  transaction_no VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
  method VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NULL,
  paid_fen BIGINT NULL,
  paid_at DATETIME(6) NULL,
  PRIMARY KEY (no),
  UNIQUE KEY sandbox_pay_order_transaction (transaction_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

CREATE TABLE sandbox_pay_refund (
  refund_no VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  transaction_no VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  amount_fen BIGINT NOT NULL,
  state VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  done_at DATETIME(6) NOT NULL,
  PRIMARY KEY (refund_no)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- How the sandbox provider behaves (a single row).
CREATE TABLE sandbox_pay_mode (
  id TINYINT NOT NULL,
  mode VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  refunds VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  delay_ms INT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
