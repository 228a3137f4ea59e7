-- steward:expand
-- +goose Up

-- For how many days something that was asked may be decided in a community (business time).
ALTER TABLE community ADD COLUMN approval_days SMALLINT NOT NULL DEFAULT 7;

-- note: why a refund by the provider failed or takes long. A failed one waits for a person: paid another way, or dropped.
ALTER TABLE refund ADD COLUMN note VARCHAR(500) NULL;

-- What waits, by community; and what is asked of one subject, so that it is not asked twice.
CREATE INDEX approval_community ON approval (org_id, community_id, status, id);

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
