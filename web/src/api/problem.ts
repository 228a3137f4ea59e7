import { translate } from '../i18n';

/** One field of the input that the service did not accept. */
export interface FieldProblem {
  location: string;
  message: string;
  value?: unknown;
}

/** The body of application/problem+json (RFC 9457) as the service sends it; further members depend on the code. */
export interface ProblemBody {
  status?: number;
  title?: string;
  detail?: string;
  code?: string;
  request_id?: string;
  errors?: FieldProblem[] | null;
  [extra: string]: unknown;
}

/** A refusal or failure of the service. `message` is meant for the user. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly fields: FieldProblem[];
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody = {}) {
    super(sentence(status, body));
    this.name = 'Problem';
    this.status = status;
    this.code = body.code ?? (status === 0 ? 'network' : `http-${status}`);
    this.requestId = body.request_id;
    this.fields = body.errors ?? [];
    this.body = body;
  }
}

function sentence(status: number, body: ProblemBody): string {
  if (body.detail) return body.detail;
  if (status === 0) return translate('problem.network');
  if (status === 401) return translate('problem.signedOut');
  if (status === 403) return translate('problem.forbidden');
  if (status === 404) return translate('problem.notFound');
  if (status === 413) return translate('problem.tooLarge');
  if (status === 429) return translate('problem.tooMany');
  if (status === 503) return translate('problem.unavailable');
  return body.title && status < 500 ? body.title : translate('problem.internal');
}

/** Reads the problem out of an answer that is not 2xx; an answer that is no JSON still gives a sentence for the user. */
export async function problemOf(response: Response): Promise<Problem> {
  let body: ProblemBody = {};
  try {
    const parsed: unknown = await response.json();
    if (parsed && typeof parsed === 'object') body = parsed as ProblemBody;
  } catch {
    body = {};
  }
  return new Problem(response.status, body);
}

/** The sentence for the user about any failure. */
export function messageOf(cause: unknown): string {
  return cause instanceof Problem ? cause.message : translate('problem.internal');
}
