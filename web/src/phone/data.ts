import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';

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

/** A payment as the resident's payment provider would report it, made at this moment of business time. */
export async function pay(ask: { debtor_id: string; amount_fen: number; method: string; external_no: string }) {
  const { now } = await body(api.GET('/api/v1/clock'));
  return body(api.POST('/api/v1/payments', { body: { ...ask, channel: 'simulator', paid_at: now } }));
}
