import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { MoneyEffect, Refund } from '../api/model';

/** What is put right, and of what it is a correction. */
export type PaymentCorrection = 'reverse' | 'transfer' | 'refund';
export type BillCorrection = 'waivers' | 'adjustments' | 'void';
export type CorrectionKind = PaymentCorrection | BillCorrection;

/** A payment or a bill that is to be put right. */
export interface CorrectionSubject {
  kind: CorrectionKind;
  id: string;
  title: string;
}

/** What is asked for. */
export interface CorrectionAsk {
  reason?: string;
  amount_fen?: number;
  late_fee_fen?: number;
  unit_id?: string;
  debtor_id?: string;
  community_id?: string;
}

/** What became of it: done, or asked of a checker. */
export interface Corrected {
  effect?: MoneyEffect;
  approval_id?: string;
}

const ofPayment: readonly CorrectionKind[] = ['reverse', 'transfer', 'refund'];

const noun = (kind: CorrectionKind) => (ofPayment.includes(kind) ? 'payments' : 'bills');

/** The effect that a correction would have now; nothing is done. */
export function previewCorrection(subject: CorrectionSubject, ask: CorrectionAsk): Promise<MoneyEffect> {
  const init = { params: { path: { id: subject.id } }, body: { ...ask } };
  switch (subject.kind) {
    case 'reverse':
      return body(api.POST('/api/v1/payments/{id}/reverse/preview', init));
    case 'transfer':
      return body(api.POST('/api/v1/payments/{id}/transfer/preview', init));
    case 'refund':
      return body(api.POST('/api/v1/payments/{id}/refund/preview', init));
    case 'waivers':
      return body(api.POST('/api/v1/bills/{id}/waivers/preview', init));
    case 'adjustments':
      return body(api.POST('/api/v1/bills/{id}/adjustments/preview', init));
    case 'void':
      return body(api.POST('/api/v1/bills/{id}/void/preview', init));
  }
}

/** Does it, or asks for it where a checker is needed. */
export function correct(subject: CorrectionSubject, ask: CorrectionAsk): Promise<Corrected> {
  const init = { params: { path: { id: subject.id } }, body: { ...ask } };
  switch (subject.kind) {
    case 'reverse':
      return body<Corrected>(api.POST('/api/v1/payments/{id}/reverse', init));
    case 'transfer':
      return body<Corrected>(api.POST('/api/v1/payments/{id}/transfer', init));
    case 'refund':
      return body<Corrected>(api.POST('/api/v1/payments/{id}/refund', init));
    case 'waivers':
      return body<Corrected>(api.POST('/api/v1/bills/{id}/waivers', init));
    case 'adjustments':
      return body<Corrected>(api.POST('/api/v1/bills/{id}/adjustments', init));
    case 'void':
      return body<Corrected>(api.POST('/api/v1/bills/{id}/void', init));
  }
}

/** The effect of what is being typed, read anew whenever it changes. */
export const useEffectOf = (subject: CorrectionSubject, ask: CorrectionAsk | undefined) =>
  useQuery({
    queryKey: ['payment', 'correction', noun(subject.kind), subject, ask],
    queryFn: () => previewCorrection(subject, ask ?? {}),
    enabled: ask !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
  });

/** What was corrected on a bill. */
export const useCorrections = (billId: string) =>
  useQuery({ queryKey: ['payment', 'corrections', billId], queryFn: () => body(api.GET('/api/v1/bills/{id}/corrections', { params: { path: { id: billId } } })) });

/** Units whose room is written like the text. */
export const useUnitSearch = (text: string) =>
  useQuery({
    queryKey: ['unit', 'search', text],
    queryFn: () => body(api.GET('/api/v1/units', { params: { query: { q: text, limit: 20 } } })),
    enabled: text.trim().length > 1,
    placeholderData: keepPreviousData,
  });

/** Households that somebody looks for by room, name or phone. */
export const useHouseholdSearch = (text: string) =>
  useQuery({
    queryKey: ['desk', 'households', undefined, text],
    queryFn: () => body(api.GET('/api/v1/desk/households', { params: { query: { q: text } } })),
    enabled: text.trim().length > 1,
    placeholderData: keepPreviousData,
  });

export const useRefunds = (status: Refund['status'] | undefined, cursor: string | undefined) =>
  useQuery({
    queryKey: ['payment', 'refunds', status, cursor],
    queryFn: () => body(api.GET('/api/v1/refunds', { params: { query: { ...(status ? { status } : {}), ...(cursor ? { cursor } : {}), limit: 50 } } })),
    placeholderData: keepPreviousData,
  });

export const payRefund = (id: string, how: { serial?: string; channel?: string }): Promise<Refund> => body(api.POST('/api/v1/refunds/{id}/pay', { params: { path: { id } }, body: how }));
export const dropRefund = (id: string, reason: string): Promise<Refund> => body(api.POST('/api/v1/refunds/{id}/drop', { params: { path: { id } }, body: { reason } }));
