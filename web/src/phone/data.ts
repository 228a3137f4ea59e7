import { useQuery } from '@tanstack/react-query';
import { get, post } from '../api/client';
import type { CaseDetail, Message, Page, PaymentTaken, Received, SandboxState } from '../api/model';

/** The channels that a simulated phone can show. */
export const channels = ['sms', 'wechat', 'app', 'mail', 'sandbox'] as const;
export type Channel = (typeof channels)[number];

/** Who was told anything over a channel, and how often. */
export const useRecipients = (channel: Channel) =>
  useQuery({ queryKey: ['message', 'recipients', channel], queryFn: () => get<SandboxState>(`/dev/sandbox/${channel}`) });

/** What one recipient's phone shows, newest first. */
export const useReceived = (channel: Channel, recipient: string) =>
  useQuery({
    queryKey: ['message', 'received', channel, recipient],
    queryFn: () => get<Page<Received>>(`/dev/sandbox/${channel}/messages`, { recipient, limit: 100 }),
  });

/** The message of the console behind one on a phone; the phone's key is its id. */
export const readMessage = (id: string) => get<Message>(`/messages/${id}`);
export const readCase = (id: string) => get<CaseDetail>(`/cases/${id}`);

/** A payment as the sandbox provider would report it. */
export interface PaymentAsk {
  debtor_id: string;
  amount_fen: number;
  method: string;
  channel: string;
  external_no: string;
  paid_at: string;
}
export const pay = (ask: PaymentAsk) => post<PaymentTaken>('/payments', ask);
