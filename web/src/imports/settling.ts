import { useInspection, type Subject } from './data';
import type { Draft } from './draft';
import { askOf, mappingOf, sheetKey } from './mapping';

/** How the draft's file is read: at first sight, and under the mapping that the choices make. */
export function useSettling(draft: Draft, subject: Subject) {
  const chosen = draft.chosen[subject.kind] ?? {};
  const first = useInspection(subject, draft.sheet ? { [sheetKey]: draft.sheet } : {});
  const mapping = first.data ? mappingOf(first.data, chosen, draft.sheet) : {};
  const latest = useInspection(subject, mapping, first.data !== undefined);
  return {
    chosen,
    mapping,
    first: first.data,
    seen: latest.data ?? first.data,
    error: first.error ?? latest.error,
    again: () => void (first.error ? first.refetch() : latest.refetch()),
    waiting: first.isFetching || latest.isFetching,
    ask: askOf({ kind: subject.kind, community: subject.community, fileId: subject.file.id, mapping }),
  };
}

export type Settling = ReturnType<typeof useSettling>;
