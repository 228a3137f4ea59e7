-- steward:expand
-- +goose Up

ALTER TABLE import_job
  ADD COLUMN notices JSON NULL,
  ADD COLUMN save_mapping BOOLEAN NOT NULL DEFAULT FALSE,
  ADD COLUMN rolled_back_at DATETIME(6) NULL,
  ADD COLUMN rolled_back_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- What an import does with its rows, some hundreds to a run, sealed (old and new values hold names and phones). writes_enc
-- is what was written, with the values before: a rollback goes by it; NULL for a dry run.
CREATE TABLE import_effect (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  import_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  n INT NOT NULL,
  row_from INT NOT NULL,
  row_to INT NOT NULL,
  created_n INT NOT NULL,
  updated_n INT NOT NULL,
  doubts_n INT NOT NULL DEFAULT 0,
  effects_enc MEDIUMBLOB NOT NULL,
  writes_enc MEDIUMBLOB NULL,
  PRIMARY KEY (org_id, import_id, n)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Which header of a community's files is which column, as a person settled it. The community may not exist yet.
CREATE TABLE import_mapping (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_key VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  mapping JSON NOT NULL,
  saved_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  saved_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY import_mapping_natural (org_id, community_key, kind)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Two records that may be one person: a person decides. person_id is the smaller id. why: same-phone, same-id-no.
CREATE TABLE person_match (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  import_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  person_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  other_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  why VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  status VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'open',
  noted_at DATETIME(6) NOT NULL,
  decided_by CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  decided_at DATETIME(6) NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY person_match_pair (org_id, person_id, other_id),
  KEY person_match_other (org_id, other_id),
  KEY person_match_open (org_id, status, community_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- A person who was found to be another one keeps the record and points at it.
ALTER TABLE person ADD COLUMN merged_into CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- What only a parking space has; the space itself is a unit of kind 'parking'. level: ground, underground, mechanical, ''.
CREATE TABLE parking_space (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  level VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, unit_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- unit_id is the household's unit, space_id the parking space.
CREATE TABLE vehicle (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  plate_enc VARBINARY(128) NOT NULL,
  plate_bidx BINARY(16) NOT NULL,
  person_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  space_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'car',
  brand VARCHAR(60) NULL,
  colour VARCHAR(20) NULL,
  from_on DATE NULL,
  to_on DATE NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY vehicle_plate (org_id, community_id, plate_bidx),
  KEY vehicle_person (org_id, person_id),
  KEY vehicle_unit (org_id, unit_id),
  KEY vehicle_space (org_id, space_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Which fee item a unit pays, from when to when; price_yuan NULL is the item's own price.
CREATE TABLE unit_fee (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  from_on DATE NOT NULL,
  to_on DATE NULL,
  price_yuan DECIMAL(14,6) NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY unit_fee_natural (org_id, unit_id, fee_item_id, from_on),
  KEY unit_fee_item (org_id, fee_item_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- unit_id NULL is a meter of the common parts. kind: water, hot_water, electricity, gas, heat, other. mode: reading, prepaid.
CREATE TABLE meter (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  unit_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  serial VARCHAR(60) NOT NULL DEFAULT '',
  serial_key VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  name VARCHAR(80) NULL,
  mode VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'reading',
  fee_item_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  maker VARCHAR(80) NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  KEY meter_serial (org_id, community_id, kind, serial_key),
  KEY meter_unit (org_id, unit_id),
  KEY meter_fee_item (org_id, fee_item_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- reset_kind: why a reading may be lower than the one before: replaced, rollover, ''.
CREATE TABLE meter_reading (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  meter_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  read_on DATE NOT NULL,
  reading DECIMAL(14,3) NOT NULL,
  reset_kind VARCHAR(12) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  source_kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  source_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY meter_reading_day (org_id, meter_id, read_on)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- 设备台账. inspect_by is when the certificate ends; maintenance_days is the interval of upkeep.
CREATE TABLE equipment (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  code VARCHAR(60) NOT NULL,
  code_key VARCHAR(60) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  name VARCHAR(120) NOT NULL,
  category VARCHAR(60) NULL,
  location VARCHAR(160) NULL,
  maker VARCHAR(120) NULL,
  model VARCHAR(120) NULL,
  serial VARCHAR(80) NULL,
  maintainer VARCHAR(120) NULL,
  status VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'in_use',
  installed_on DATE NULL,
  warranty_to DATE NULL,
  inspected_on DATE NULL,
  inspect_by DATE NULL,
  maintenance_days INT NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY equipment_code (org_id, community_id, code_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- Who works in a community. identity: the staff number, else name with phone. user_id is the sign-in, where there is one.
CREATE TABLE staff (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  community_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  identity_bidx BINARY(16) NOT NULL,
  staff_no VARCHAR(40) NULL,
  name_enc VARBINARY(512) NOT NULL,
  name_bidx BINARY(16) NOT NULL,
  phone_enc VARBINARY(128) NULL,
  phone_bidx BINARY(16) NULL,
  phone_last4_bidx BINARY(16) NULL,
  post VARCHAR(60) NULL,
  role VARCHAR(24) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  team VARCHAR(60) NULL,
  skills VARCHAR(200) NULL,
  joined_on DATE NULL,
  left_on DATE NULL,
  user_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY staff_identity (org_id, community_id, identity_bidx),
  KEY staff_phone (org_id, phone_bidx),
  KEY staff_user (org_id, user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

-- What a rollback asks: does anything still name this row?
CREATE INDEX unit_entrance ON unit (org_id, entrance_id);
CREATE INDEX payment_unit ON payment (org_id, unit_id);
CREATE INDEX bill_fee_item ON bill (org_id, fee_item_id);
CREATE INDEX bill_fee_item_version ON bill (org_id, fee_item_version_id);
CREATE INDEX person_merged ON person (org_id, merged_into);
CREATE INDEX payment_source ON payment (org_id, source_id);

ALTER TABLE import_problem ADD COLUMN sheet VARCHAR(60) NOT NULL DEFAULT '';

-- Further phones of a person, beside the one in person that messages go to.
CREATE TABLE person_phone (
  org_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  person_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  phone_enc VARBINARY(128) NOT NULL,
  phone_bidx BINARY(16) NOT NULL,
  phone_last4_bidx BINARY(16) NULL,
  created_at DATETIME(6) NOT NULL,
  version INT NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, id),
  UNIQUE KEY person_phone_natural (org_id, person_id, phone_bidx),
  KEY person_phone_number (org_id, phone_bidx),
  KEY person_phone_last4 (org_id, phone_last4_bidx)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;
