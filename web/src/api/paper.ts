import { Problem, type ProblemBody } from './problem';

/** A paper as the service prints it; its window is opened before the answer, or the browser takes it for an unwanted one. */
export async function openPaper(read: () => Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<void> {
  const opened = window.open('', '_blank');
  try {
    const { data, error, response } = await read();
    if (!response.ok) throw new Problem(response.status, error && typeof error === 'object' ? (error as ProblemBody) : {});
    const address = URL.createObjectURL(data as Blob);
    if (opened) opened.location.href = address;
    else location.assign(address);
  } catch (cause) {
    opened?.close();
    throw cause;
  }
}

/** Asks for the paper instead of the figures. */
export const pdf = { Accept: 'application/pdf' };
