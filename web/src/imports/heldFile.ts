import { uuid } from '../api/keys';

/** The largest file that the service takes. */
export const mostMegabytes = 20;

/** A file as it was when it was chosen: read into memory, so that nothing that happens to it on disk changes what is sent. */
export interface HeldFile {
  id: string;
  name: string;
  size: number;
  content: Blob;
  /** Absent where the browser offers no digests, which is on plain HTTP. */
  sha256?: string;
}

/** Why a chosen file can not be taken: `unreadable` is a file that was changed, moved or locked since it was chosen. */
export type FileFault = 'unreadable' | 'too-large' | 'empty';

/** Says why a chosen file can not be taken. */
export class FileRefused extends Error {
  constructor(readonly fault: FileFault) {
    super(fault);
    this.name = 'FileRefused';
  }
}

type Digests = Pick<SubtleCrypto, 'digest'> | undefined | null;

/** Reads a chosen file into memory, whole. */
export async function holdFile(file: File, digests: Digests = globalThis.crypto?.subtle): Promise<HeldFile> {
  if (file.size === 0) throw new FileRefused('empty');
  if (file.size > mostMegabytes << 20) throw new FileRefused('too-large');
  const content = await file.arrayBuffer().catch(() => {
    throw new FileRefused('unreadable');
  });
  if (content.byteLength !== file.size) throw new FileRefused('unreadable');
  const sum = digests ? hex(await digests.digest('SHA-256', content)) : undefined;
  return { id: uuid(), name: file.name, size: file.size, content: new Blob([content], { type: file.type }), ...(sum ? { sha256: sum } : {}) };
}

function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Prints the size of a file as people read it. */
export function sizeOf(bytes: number): string {
  if (bytes >= 1 << 20) return `${(bytes / (1 << 20)).toFixed(1)} MB`;
  return `${Math.max(1, Math.round(bytes / 1024))} KB`;
}
