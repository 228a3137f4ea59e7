import type { components } from './schema';

/** A schema as written in the OpenAPI file, without the clause that more fields may be added: naming one that is not there is an error. */
type Closed<T> = T extends readonly (infer Item)[]
  ? Closed<Item>[]
  : T extends object
    ? { [Key in keyof T as string extends Key ? never : Key]: Closed<T[Key]> }
    : T;
type Schema<Name extends keyof components['schemas']> = Closed<components['schemas'][Name]>;

export type SessionUser = Schema<'User'>;
export type Campaign = Schema<'Campaign'>;
export type CampaignDetail = Schema<'CampaignDetail'>;
export type StageCount = Schema<'StageFunnel'>;
export type CampaignAsk = Schema<'PreviewRequest'>;
export type Preview = Schema<'Preview'>;
export type CampaignStart = Schema<'NewCampaignBody'>;
export type CaseRow = Schema<'Case'>;
export type CaseDetail = Schema<'CaseDetail'>;
export type TimelineEntry = Schema<'TimelineEntry'>;
export type Message = Schema<'OutboxMessage'>;
export type ImportJob = Schema<'Job'>;
export type ImportProblem = Schema<'ImportingProblem'>;
export type ImportNotice = Schema<'Notice'>;
export type Effect = Schema<'Effect'>;
export type Inspection = Schema<'Inspection'>;
export type SheetView = Schema<'SheetView'>;
export type ColumnView = Schema<'ColumnView'>;
export type DemoLogin = Schema<'DemoLogin'>;
export type Received = Schema<'Received'>;
export type PayOrder = Schema<'Order'>;
export type Unit = Schema<'Unit'>;
export type AccountView = Schema<'AccountView'>;
export type Bill = Schema<'Bill'>;
export type BillAllocation = Schema<'BillAllocation'>;
export type LateFeeSegment = Schema<'LateFeeSegment'>;
export type Payment = Schema<'Payment'>;
export type MoneyEffect = Schema<'MoneyEffect'>;
export type BillEffect = Schema<'BillEffect'>;
export type CaseEffect = Schema<'CaseEffect'>;
export type Correction = Schema<'Correction'>;
export type Approval = Schema<'Approval'>;
export type Refund = Schema<'Refund'>;
export type DeskHousehold = Schema<'DeskHousehold'>;
export type ReceiptBook = Schema<'ReceiptBook'>;
export type ReceiptLayout = Schema<'ReceiptLayout'>;
export type Shift = Schema<'Shift'>;
export type Statement = Schema<'Statement'>;
export type StatementVersion = Schema<'StatementVersion'>;
export type Vehicle = Schema<'Vehicle'>;
export type FeeItem = Schema<'FeeItem'>;
export type FeeItemDetail = Schema<'FeeItemDetail'>;
export type FeeItemVersion = Schema<'FeeItemVersion'>;
export type FeeTerms = Schema<'FeeTerms'>;
export type Settlement = Schema<'Settlement'>;
export type SettlementDraft = Schema<'SettlementDraft'>;
export type SettlementVersion = Schema<'SettlementVersion'>;
export type MeterReading = Schema<'MeterReading'>;
export type Meter = Schema<'Meter'>;
export type NewMeter = Schema<'NewMeter'>;
export type ReadingRule = Schema<'Set-reading-ruleRequest'>;
export type ReadingEntry = Schema<'MeteringEntry'>;
export type SuspenseItem = Schema<'SuspenseItem'>;
export type Equipment = Schema<'Equipment'>;
export type Staff = Schema<'Staff'>;
export type PersonMatch = Schema<'PersonMatch'>;
export type MatchedPerson = Schema<'MatchedPerson'>;
export type Closing = Schema<'Closing'>;
export type ClosingAsk = Schema<'ClosingBody'>;
export type ChannelTakings = Schema<'ChannelTakings'>;
export type OpeningSignature = Schema<'SignOpeningBody'>;
export type ReportColumn = Schema<'Column'>;
export type ReportSection = components['schemas']['Section'];
export type Report = components['schemas']['Report'];
export type BillingRun = Schema<'Run'>;
export type BillingRunDetail = Schema<'Detail'>;
export type BillingPreview = Schema<'BillingrunPreview'>;
export type BillingTotals = Schema<'Totals'>;
export type BillingItemSum = Schema<'ItemSum'>;
export type BillingLine = Schema<'Line'>;
/** Which lines of a billing run a list shows; empty is all. */
export type BillingOnly = '' | 'problems' | 'changed' | 'new' | 'gone' | 'same' | 'nothing';
