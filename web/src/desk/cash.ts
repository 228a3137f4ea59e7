import type { Bill, DeskHousehold } from '../api/model';

/** What the cashier does with the money: pays bills, lays it in advance, or keeps it as a deposit. */
export type Purpose = 'bills' | 'advance' | 'deposit';

/** The notes and coins, in fen, the largest first. */
export const faces = [10000, 5000, 2000, 1000, 500, 100, 50, 10, 5, 2, 1] as const;

/** Kinds of deposits that can be chosen; the service takes others too. */
export const depositKinds = ['fit_out', 'access_card', 'key', 'parking'] as const;

/** The ways of paying at the counter; a code on a phone has its own way. */
export const methods = ['cash', 'wechat', 'alipay', 'card', 'transfer'] as const;
export type Method = (typeof methods)[number];

/** What a bill takes to be settled today. */
export const payable = (bill: Bill): number => bill.payable_fen;

/** The sum of what some bills take. */
export const owedBy = (bills: Bill[]): number => bills.reduce((sum, bill) => sum + payable(bill), 0);

/** The bills that are ticked when a household is opened: those that are due, else all. */
export function preselected(household: DeskHousehold): string[] {
  const bills = household.bills ?? [];
  const due = bills.filter((bill) => bill.due_date <= household.as_of);
  return (due.length > 0 ? due : bills).map((bill) => bill.id);
}

/** What the community's rule leaves off an amount that is paid in cash; 0 where there is nothing to leave off. */
export function smallChange(rule: string, owedFen: number): number {
  const step = rule === 'jiao' ? 10 : rule === 'yuan' ? 100 : 0;
  const off = step === 0 ? 0 : owedFen % step;
  return owedFen > off ? off : 0;
}

/** What the payer gets back of the notes handed over; undefined while they do not suffice. */
export const changeDue = (receivedFen: number, amountFen: number): number | undefined => (receivedFen >= amountFen ? receivedFen - amountFen : undefined);

/** The sum of a count by notes and coins. */
export const counted = (pieces: Record<number, number>): number => faces.reduce((sum, face) => sum + face * (pieces[face] ?? 0), 0);
