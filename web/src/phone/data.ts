import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import { createPayOrder, untilOrder } from '../payments/data';

/** The channels that a simulated phone can show. */
export const channels = ['sms', 'wechat', 'app', 'mail', 'sandbox'] as const;
export type Channel = (typeof channels)[number];

const mostMessages = 100;

/** Who was told anything over a channel, and how often. */
export const useRecipients = (channel: Channel) =>
  useQuery({
    queryKey: ['message', 'recipients', channel],
    queryFn: () => body(api.GET('/api/v1/dev/sandbox/{channel}', { params: { path: { channel } } })),
  });

/** What one recipient's phone shows, newest first. */
export const useReceived = (channel: Channel, recipient: string) =>
  useQuery({
    queryKey: ['message', 'received', channel, recipient],
    queryFn: () => body(api.GET('/api/v1/dev/sandbox/{channel}/messages', { params: { path: { channel }, query: { recipient, limit: mostMessages } } })),
  });

/** The case behind a message on a phone; the phone's key is the id of the message. */
export async function caseBehind(messageId: string) {
  const message = await body(api.GET('/api/v1/messages/{id}', { params: { path: { id: messageId } } }));
  return body(api.GET('/api/v1/cases/{id}', { params: { path: { id: message.case_id } } }));
}

const startPatienceMs = 20_000;
const payPatienceMs = 40_000;

/** Pays as the resident would: an order with the sandbox provider, paid there, and followed until it is booked. */
export async function payOnline(ask: { debtor_id: string; community_id: string; amount_fen: number; method: 'wechat' | 'alipay' }) {
  const { method, ...wanted } = ask;
  const order = await untilOrder(await createPayOrder(wanted), ['waiting'], startPatienceMs);
  if (order.status !== 'waiting') return order;
  await body(api.POST('/api/v1/dev/sandbox/payments/{no}/pay', { params: { path: { no: order.id } }, body: { method } }));
  return untilOrder(order, ['paid'], payPatienceMs);
}
