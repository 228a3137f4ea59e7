import { api, body } from '../api/client';
import type { components } from '../api/schema';

export type Debts = components['schemas']['Debts'];
export type Debt = components['schemas']['Debt'];
export type LinkOrder = components['schemas']['LinkOrder'];

const withToken = (token: string) => ({ 'X-Pay-Link': token });

/** What the holder of a link may see. */
export const readDebts = (token: string): Promise<Debts> => body(api.GET('/api/v1/pay-link', { headers: withToken(token) }));

/** Starts paying chosen bills; where to pay follows in a moment. */
export const createOrder = (token: string, bill_ids: string[]): Promise<LinkOrder> => body(api.POST('/api/v1/pay-link/orders', { body: { token, bill_ids } }));

/** How an order of this link stands. */
export const readOrder = (token: string, id: string): Promise<LinkOrder> =>
  body(api.GET('/api/v1/pay-link/orders/{id}', { params: { path: { id } }, headers: withToken(token) }));

/** Remembers by which link an order was made, for the way back from the provider. */
export const rememberLink = (orderId: string, token: string): void => localStorage.setItem(`steward.pay.${orderId}`, token);

/** The link by which an order was made in this browser, if any. */
export const linkOf = (orderId: string): string | undefined => localStorage.getItem(`steward.pay.${orderId}`) ?? undefined;

/** Waits on the wall clock. */
export const wait = (milliseconds: number): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));
