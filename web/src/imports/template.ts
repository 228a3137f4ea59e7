import { api, body } from '../api/client';
import type { Kind } from './kinds';

/** Fetches the template of a kind and hands it to the browser to be kept. */
export async function downloadTemplate(kind: Kind, name: string): Promise<void> {
  const content = (await body(api.GET('/api/v1/import-templates/{kind}', { params: { path: { kind } }, parseAs: 'blob' }))) as unknown as Blob;
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
