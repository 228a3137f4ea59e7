import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { PayOrder } from '../api/model';

/** What an order is asked for; the amount is what is owed today unless it is given. */
export interface OrderAsk {
  debtor_id?: string;
  unit_id?: string;
  community_id?: string;
  bill_ids?: string[];
  amount_fen?: number;
}

export type PayOrderStatus = PayOrder['status'];

/** Whether the order may still be paid. */
export const isLive = (order: PayOrder): boolean => order.status === 'created' || order.status === 'waiting';

const lookEveryMs = 800;

/** The newest orders, by status or those that need attention. */
export const usePayOrders = (filter: { status?: PayOrderStatus; needs_attention?: boolean }, cursor: string | undefined) =>
  useQuery({
    queryKey: ['pay-order', filter, cursor],
    queryFn: () => body(api.GET('/api/v1/pay-orders', { params: { query: { ...filter, ...(cursor ? { cursor } : {}), limit: 50 } } })),
    placeholderData: keepPreviousData,
  });

/** One order, looked at until it has ended. */
export const usePayOrder = (id: string | undefined) =>
  useQuery({
    queryKey: ['pay-order', id],
    queryFn: () => readPayOrder(id as string),
    enabled: id !== undefined,
    refetchInterval: (query) => (query.state.data && !isLive(query.state.data) ? false : lookEveryMs),
  });

export const readPayOrder = (id: string): Promise<PayOrder> => body(api.GET('/api/v1/pay-orders/{id}', { params: { path: { id } } }));
export const createPayOrder = (ask: OrderAsk): Promise<PayOrder> => body(api.POST('/api/v1/pay-orders', { body: { ...ask } }));
export const closePayOrder = (id: string): Promise<PayOrder> => body(api.POST('/api/v1/pay-orders/{id}/close', { params: { path: { id } } }));
export const lookAtPayOrder = (id: string): Promise<PayOrder> => body(api.POST('/api/v1/pay-orders/{id}/look', { params: { path: { id } } }));

/** Makes a link by which a debtor pays without signing in; the community is needed only for a debtor of several. */
export const makePayLink = (debtorId: string, community_id?: string) =>
  body(api.POST('/api/v1/debtors/{id}/pay-link', { params: { path: { id: debtorId } }, body: community_id ? { community_id } : {} }));

/** Waits until an order is in one of the statuses, and gives it; what ends otherwise is given too. */
export async function untilOrder(order: PayOrder, statuses: readonly PayOrderStatus[], patienceMs: number): Promise<PayOrder> {
  const began = Date.now();
  let seen = order;
  while (!statuses.includes(seen.status) && isLive(seen) && Date.now() - began < patienceMs) {
    await new Promise((next) => setTimeout(next, lookEveryMs / 2));
    seen = await readPayOrder(order.id);
  }
  return seen;
}
