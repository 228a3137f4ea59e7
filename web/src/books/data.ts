import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import type { ReceiptLayout } from '../api/model';

const mostBooks = 200;

/** Every book of a community: the electronic one and those of paper. */
export const useReceiptBooks = (communityId: string | undefined) =>
  useQuery({
    queryKey: ['book', 'list', communityId],
    queryFn: () => body(api.GET('/api/v1/receipt-books', { params: { query: { community_id: communityId as string, limit: mostBooks } } })),
    enabled: communityId !== undefined,
  });

export const addBook = (ask: { community_id: string; code: string; first_no: number; last_no: number }) => body(api.POST('/api/v1/receipt-books', { body: ask }));

/** How a community's receipts are laid out on paper; version 0 is the layout that nobody has changed. */
export const useLayout = (communityId: string | undefined) =>
  useQuery({
    queryKey: ['book', 'layout', communityId],
    queryFn: () => body(api.GET('/api/v1/communities/{id}/receipt-layout', { params: { path: { id: communityId as string } } })),
    enabled: communityId !== undefined,
  });

export const setLayout = (communityId: string, layout: ReceiptLayout) =>
  body(api.PUT('/api/v1/communities/{id}/receipt-layout', { params: { path: { id: communityId }, header: layout.version > 0 ? { 'If-Match': String(layout.version) } : {} }, body: layout }));
