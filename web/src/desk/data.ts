import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, body } from '../api/client';
import { openPaper, pdf } from '../api/paper';
import type { PayOrder } from '../api/model';

const mostRows = 200;

/** The households that a search finds in a community, with what they owe today. */
export const useHouseholds = (communityId: string | undefined, q: string) =>
  useQuery({
    queryKey: ['desk', 'households', communityId, q],
    queryFn: () => body(api.GET('/api/v1/desk/households', { params: { query: { q, ...(communityId ? { community_id: communityId } : {}) } } })),
    enabled: communityId !== undefined && q !== '',
    staleTime: 0,
  });

/** The caller's open shift in a community; null when there is none. */
export const useShift = (communityId: string | undefined) =>
  useQuery({
    queryKey: ['desk', 'shift', communityId],
    queryFn: async () => {
      const list = await body(api.GET('/api/v1/shifts', { params: { query: { status: 'open', mine: true, limit: 1, ...(communityId ? { community_id: communityId } : {}) } } }));
      return list.items?.[0] ?? null;
    },
    enabled: communityId !== undefined,
  });

/** The paper books of a community that still have numbers. */
export const useBooks = (communityId: string) =>
  useQuery({
    queryKey: ['desk', 'books', communityId],
    queryFn: async () => {
      const list = await body(api.GET('/api/v1/receipt-books', { params: { query: { community_id: communityId, limit: mostRows } } }));
      return (list.items ?? []).filter((book) => book.kind === 'paper' && book.status === 'open');
    },
  });

/** What was paid in a community on a day. */
export const usePayments = (communityId: string | undefined, date: string | undefined) =>
  useQuery({
    queryKey: ['desk', 'payments', communityId, date],
    queryFn: () => body(api.GET('/api/v1/payments', { params: { query: { limit: mostRows, ...(communityId ? { community_id: communityId } : {}), ...(date ? { date } : {}) } } })),
    enabled: communityId !== undefined && date !== undefined,
  });

/** The fee items of a community, for which money can be laid in advance. */
export const useFeeItems = (communityId: string) =>
  useQuery({
    queryKey: ['community', 'fee-items', communityId],
    queryFn: () => body(api.GET('/api/v1/fee-items', { params: { query: { community_id: communityId, limit: mostRows } } })),
  });

/** Makes everything that a payment or a shift changes be read again. */
export function useRefresh(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries();
}

/** What the cashier takes. */
export interface Taking {
  debtor_id: string;
  community_id: string;
  unit_id?: string;
  amount_fen: number;
  method: string;
  external_no: string;
  bill_ids?: string[];
  expected_fen?: number;
  round_off_fen?: number;
  purpose_id?: string;
  deposit_kind?: string;
}

/** Takes money at the counter, at this moment of business time. */
export const take = (ask: Taking) => body(api.POST('/api/v1/payments', { body: { ...ask, channel: ask.method === 'cash' ? 'counter' : `counter-${ask.method}` } }));

export const openShift = (ask: { community_id: string; float_fen: number; receipt_book_id?: string }) => body(api.POST('/api/v1/shifts/open', { body: ask }));
export const changeBook = (community_id: string, receipt_book_id: string) =>
  body(api.POST('/api/v1/shifts/book', { body: { community_id, ...(receipt_book_id ? { receipt_book_id } : {}) } }));
export const closeShift = (ask: { community_id: string; counted_fen: number; denominations?: { face_fen: number; pieces: number }[]; note?: string }) =>
  body(api.POST('/api/v1/shifts/close', { body: ask }));
export const spoil = (id: string, no: number, reason: string) => body(api.POST('/api/v1/receipt-books/{id}/spoil', { params: { path: { id } }, body: { no, reason } }));

/** Asks the provider to collect chosen bills by a code that the payer's phone scans. */
export const askByCode = (ask: { debtor_id: string; community_id: string; bill_ids: string[]; amount_fen: number }) => body(api.POST('/api/v1/pay-orders', { body: ask }));
export const usePayOrder = (id: string) =>
  useQuery({
    queryKey: ['pay-order', id],
    queryFn: () => body(api.GET('/api/v1/pay-orders/{id}', { params: { path: { id } } })),
    refetchInterval: (query) => (settled((query.state.data as PayOrder | undefined)?.status) ? false : 1_500),
  });
export const closeOrder = (id: string) => body(api.POST('/api/v1/pay-orders/{id}/close', { params: { path: { id } }, body: {} as never }));
export const settled = (status: string | undefined): boolean => status === 'paid' || status === 'closed' || status === 'failed';

/** Prints a receipt; every print after the first is marked by the service. */
export const printReceipt = (no: string, paper: 'plain' | 'preprinted') =>
  openPaper(() => api.GET('/api/v1/receipts/{no}', { params: { path: { no }, query: { paper } }, headers: pdf, parseAs: 'blob' }));

/** Prints the pay-in slip of a shift. */
export const printSlip = (id: string) => openPaper(() => api.GET('/api/v1/shifts/{id}', { params: { path: { id } }, headers: pdf, parseAs: 'blob' }));
