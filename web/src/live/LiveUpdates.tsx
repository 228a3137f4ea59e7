import { useQueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react';
import { eventsAddress } from '../api/client';
import { collector } from './throttle';

/** The kinds of the change feed, each with the first parts of the query keys that it makes stale. */
const touched: Record<string, readonly string[]> = {
  campaign: ['campaign'],
  case: ['case', 'campaign'],
  message: ['message', 'case', 'campaign'],
  task: ['task', 'case'],
  import: ['import', 'community', 'meter', 'suspense'],
  fee_item: ['community'],
  settlement: ['community'],
  unit: ['unit', 'community'],
  meter_reading: ['meter', 'community'],
  'receipt-book': ['desk', 'book'],
  shift: ['desk'],
  closing: ['closing', 'report', 'desk'],
  approval: ['approval', 'payment', 'billing'],
  bill: ['payment', 'desk'],
  billing: ['billing', 'payment', 'desk'],
  payment: ['payment', 'desk', 'pay-order', 'suspense', 'closing', 'report', 'campaign', 'case', 'message'],
};

const refetchEveryMs = 900;
const retryAfterMs = 3_000;

const Connected = createContext(false);

/** Tells whether changes arrive at the moment. */
export function useLive(): boolean {
  return useContext(Connected);
}

/** Listens to the service's change feed for the signed-in caller and makes what changed be read again. */
export function LiveUpdates({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [connected, setConnected] = useState(false);

  useEffect(() => {
    let stream: EventSource | undefined;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let lost = false;
    const stale = collector(refetchEveryMs, (names) => {
      if (names.has('*')) return void queries.invalidateQueries();
      for (const name of names) void queries.invalidateQueries({ queryKey: [name] });
    });

    const connect = () => {
      stream = new EventSource(eventsAddress, { withCredentials: true });
      stream.onopen = () => {
        setConnected(true);
        if (lost) stale.add('*');
        lost = false;
      };
      stream.onerror = () => {
        setConnected(false);
        if (stream?.readyState !== EventSource.CLOSED) return;
        lost = true;
        retry = setTimeout(connect, retryAfterMs);
      };
      stream.addEventListener('reset', () => stale.add('*'));
      for (const [kind, keys] of Object.entries(touched)) {
        stream.addEventListener(kind, () => keys.forEach((key) => stale.add(key)));
      }
    };
    connect();
    return () => {
      clearTimeout(retry);
      stream?.close();
      stale.stop();
    };
  }, [queries]);

  return <Connected value={connected}>{children}</Connected>;
}
