import { useQuery } from '@tanstack/react-query';
import { api, body } from '../api/client';
import { openPaper, pdf } from '../api/paper';
import type { ClosingAsk, OpeningSignature, Report } from '../api/model';

/** The reports that can be read, in the order of the choice. */
export const reportNames = ['takings', 'collection-rate', 'arrears-age', 'advances', 'deposits', 'online-share'] as const;
export type ReportName = (typeof reportNames)[number];

const closingsShown = 50;

export const useClosings = (community: string | undefined, cursor: string | undefined) =>
  useQuery({
    queryKey: ['closing', 'list', community, cursor],
    queryFn: () => body(api.GET('/api/v1/closings', { params: { query: { community_id: community ?? '', limit: closingsShown, ...(cursor ? { cursor } : {}) } } })),
    enabled: community !== undefined,
  });

export const previewClosing = (ask: ClosingAsk) => body(api.POST('/api/v1/closings/preview', { body: ask }));

export const closePeriod = (ask: ClosingAsk) => body(api.POST('/api/v1/closings', { body: ask }));

/** Opens the sheet of a closing, to be signed and kept. */
export const printClosing = (id: string) => openPaper(() => api.GET('/api/v1/closings/{id}', { params: { path: { id } }, headers: pdf, parseAs: 'blob' }));

/** What a report is asked for; without days it is the month so far. */
export interface ReportAsk {
  community_id: string;
  from?: string;
  to?: string;
}

export const useReport = (name: ReportName, ask: ReportAsk | undefined) =>
  useQuery<Report>({
    queryKey: ['report', name, ask],
    queryFn: () => body(api.GET('/api/v1/reports/{name}', { params: { path: { name }, query: ask ?? {} } })) as Promise<Report>,
    enabled: ask !== undefined,
    placeholderData: (before) => (before?.name === name ? before : undefined),
  });

const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** Fetches a report as a file and hands it to the browser to be kept. */
export async function downloadReport(name: ReportName, ask: ReportAsk, fileName: string): Promise<void> {
  const call = api.GET('/api/v1/reports/{name}', { params: { path: { name }, query: ask }, headers: { Accept: xlsx }, parseAs: 'blob' });
  const content = (await body(call)) as unknown as Blob;
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const useOpening = (community: string | undefined) =>
  useQuery({
    queryKey: ['community', 'opening', community],
    queryFn: () => body(api.GET('/api/v1/communities/{id}/opening-balances', { params: { path: { id: community ?? '' } } })),
    enabled: community !== undefined,
  });

export const signOpening = (community: string, signature: OpeningSignature) =>
  body(api.POST('/api/v1/communities/{id}/opening-balances/sign-off', { params: { path: { id: community } }, body: signature }));
