-- steward:expand
-- +goose Up

-- billing_looked_at is when a community's calendar was last looked at for bills that have fallen due (business time); it
-- tells whether the schedule in Temporal still does its work. NULL: not since this column is there.
ALTER TABLE community ADD COLUMN billing_looked_at DATETIME(6) NULL;

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
