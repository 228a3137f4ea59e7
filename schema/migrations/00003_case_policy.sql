-- +goose Up

-- The policy version that a case keeps when its campaign changed to a newer one for untouched cases only; NULL: the campaign's.
ALTER TABLE dunning_case
  ADD COLUMN policy_version_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL;

-- What the person is to say or write, from the stage's template.
ALTER TABLE task
  ADD COLUMN script VARCHAR(1000) NULL;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
