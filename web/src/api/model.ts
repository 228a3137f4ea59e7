/** Names for what the API sends and takes. */

export interface SessionUser {
  id: string;
  login: string;
  name?: string;
  roles?: { role: string }[] | null;
}
export interface SessionOpened {
  token: string;
  expires_at: string;
  user: SessionUser;
}
export interface Clock {
  now: string;
  speed: number;
}
export interface Page<T> {
  items: T[];
  next_cursor?: string;
}
export interface Community {
  id: string;
  name: string;
}
export interface Building {
  id: string;
  name: string;
}
export interface CommunityDetail extends Community {
  building_list: Building[] | null;
}
export interface PolicyStage {
  key: string;
  offset_days: number;
  offset_from: string;
  action: string;
  channels: string[] | null;
}
export interface Policy {
  id: string;
  name: string;
  version_id: string;
  version: number;
  stages: PolicyStage[] | null;
}
export interface StageCount {
  key: string;
  due: number;
  queued: number;
  unknown: number;
  tasks: number;
  sent: number;
  delivered: number;
  failed: number;
  skipped: number;
  paid_after: number;
  collected_fen: number;
}
export interface Campaign {
  id: string;
  name: string;
  status: string;
  households: number;
  amount_fen: number;
  collected_fen: number;
  open: number;
  paid: number;
  held: number;
  needs_attention: number;
  why?: string;
  created_at: string;
  start_at: string;
}
export interface CampaignDetail extends Campaign {
  stages: StageCount[] | null;
}
export interface CampaignAsk {
  community_ids: string[];
  building_ids?: string[];
  policy_id: string;
  filter: { min_amount_fen?: number; min_overdue_days?: number };
  from_stage?: string;
}
export interface CampaignStart extends CampaignAsk {
  name: string;
  preview_id?: string;
  confirm_changes?: boolean;
}
export interface Preview {
  preview_id: string;
  households: number;
  amount_fen: number;
  schedule: { stage: string; date: string; touches: number; by_channel: Record<string, number> | null; tasks: number; skipped: number; cost_fen: number }[] | null;
  excluded: { reason: string; households: number }[] | null;
  warnings: { code: string; message: string }[] | null;
}
export interface CaseRow {
  id: string;
  campaign_id: string;
  debtor_id: string;
  unit_ids: string[] | null;
  units: string[] | null;
  household: string;
  status: string;
  stage: string;
  next_action: string;
  next_at: string | null;
  arrears_fen: number | null;
  version: number;
}
export interface TimelineEntry {
  at: string;
  kind: string;
  stage?: string;
  what: string;
  why: string;
  who: string;
}
export interface CaseDetail extends CaseRow {
  holds: { kind: string; why: string; since: string; until: string | null }[] | null;
  timeline: TimelineEntry[] | null;
}
export interface BatchResult {
  done: number;
  refused: { case_id: string; code: string }[] | null;
}
export interface Message {
  id: string;
  case_id: string;
  stage: string;
  channel: string;
  to: string;
  text: string;
  status: string;
  sent_at?: string | null;
  receipt_at?: string | null;
  why?: string;
}
export interface ImportJob {
  id: string;
  status: string;
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
  problems: { row: number; column: string; code: string; message: string }[] | null;
  progress: { done: number; total: number };
}
export interface PaymentTaken {
  id: string;
  receipt_no: string;
}
export interface SandboxState {
  received: number;
  duplicates: number;
  by_recipient: Record<string, number> | null;
}
export interface Received {
  id: string;
  key: string;
  recipient: string;
  text: string;
  at: string;
  repeated: boolean;
}
