-- +goose Up

-- How long the case had been paused and held in all when it entered, and when its last stage was done: the difference to
-- now is what shifts offsets from start and from previous.
ALTER TABLE dunning_case
  ADD COLUMN entered_paused_s BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN stage_paused_s BIGINT NOT NULL DEFAULT 0;

-- The funnel sums collected money by campaign and stage.
ALTER TABLE case_event
  ADD COLUMN campaign_id CHAR(26) CHARACTER SET ascii COLLATE ascii_bin NULL,
  ADD KEY case_event_campaign (org_id, campaign_id, kind, stage);

-- +goose Down
-- Expand-only: a migration that has landed is never taken back; restore a backup instead.
SELECT 1;
