import type { ColumnView, Inspection, SheetView } from '../api/model';

/** What headers are to be, by the name under which a mapping knows them; an empty text leaves the column out. */
export type Mapping = Record<string, string>;

/** The entry of a mapping that names the sheet to read. */
export const sheetKey = '@sheet';

/** How a column stands in the assistant: as the service says, and `unused` for one that is known and has no place in the system. */
export type Standing = ColumnView['how'] | 'unused';

/** One header of the file with what it is taken for now. */
export interface ColumnChoice {
  name: string;
  header: string;
  samples: string[];
  /** The key of the column that it will be read as, '' for none. */
  value: string;
  title: string;
  /** The key and title of the column that is proposed and not taken, if any. */
  proposal?: { key: string; title: string };
  standing: Standing;
  /** A column without a header cannot be named in a mapping. */
  nameless: boolean;
}

/** The sheets whose columns a person should see: those that are read, those that nearly are, and all where none is. */
export function sheetsToSettle(seen: Inspection): SheetView[] {
  const sheets = seen.sheets ?? [];
  const wanted = sheets.filter((sheet) => sheet.used || (seen.kind !== '' && sheet.looks_like === seen.kind));
  return wanted.length > 0 ? wanted : sheets.filter((sheet) => (sheet.columns ?? []).length > 0);
}

/** Names a header as a mapping does: by itself, or with its sheet where several sheets have it. */
export function nameOf(seen: Inspection, sheet: SheetView, header: string): string {
  const holders = (seen.sheets ?? []).filter((one) => (one.columns ?? []).some((column) => column.header === header));
  return holders.length > 1 ? `${sheet.name}!${header}` : header;
}

/**
 * The mapping to send: what the person chose, else what was kept from an earlier file, else what is proposed for a column that would be
 * missing; other proposals wait for the person. Headers that the file does not have are left away, so that a choice made for another file
 * stays without effect.
 */
export function mappingOf(first: Inspection, chosen: Mapping, sheet: string | undefined): Mapping {
  const mapping: Mapping = sheet ? { [sheetKey]: sheet } : {};
  const proposed = new Set<string>();
  for (const one of sheetsToSettle(first)) {
    const missing = new Set((one.missing ?? []).map((column) => column.key));
    for (const column of one.columns ?? []) {
      const name = nameOf(first, one, column.header);
      const target = `${one.name}!${column.column}`;
      const choice = chosen[name];
      if (choice !== undefined) mapping[name] = choice;
      else if (column.how === 'saved' || column.how === 'left-out') mapping[name] = column.column;
      else if (column.how === 'proposed' && missing.has(column.column) && !proposed.has(target)) {
        proposed.add(target);
        mapping[name] = column.column;
      }
    }
  }
  return mapping;
}

/** The columns of one sheet as they stand under a mapping. `first` is the inspection without one, `seen` the latest with it. */
export function columnsOf(first: Inspection, seen: Inspection, sheet: SheetView, chosen: Mapping, mapping: Mapping): ColumnChoice[] {
  const before = new Map((first.sheets?.find((one) => one.name === sheet.name)?.columns ?? []).map((column) => [column.header, column]));
  const titles = new Map((seen.choices ?? []).map((choice) => [choice.key, choice.title]));
  const nameless = new Set((seen.notices ?? []).filter((notice) => notice.code === 'unnamed-column').map((notice) => notice.column));
  // A sheet of another kind is read by that kind's headers, which say nothing about this one.
  const elsewhere = !sheet.used && sheet.looks_like !== seen.kind;
  return (sheet.columns ?? []).map((column) => {
    const name = nameOf(seen, sheet, column.header);
    const original = before.get(column.header) ?? column;
    const stranger = elsewhere && column.how === 'synonym' && !titles.has(column.column);
    const waits = column.how === 'proposed' && mapping[name] === undefined;
    const value = mapping[name] ?? (column.unused || stranger || waits ? '' : column.column);
    return {
      name,
      header: column.header,
      samples: [...new Set(column.samples ?? [])],
      value,
      title: titles.get(value) ?? (value === column.column ? column.title : value),
      ...(waits ? { proposal: { key: column.column, title: column.title } } : {}),
      standing: stranger && chosen[name] === undefined ? 'unknown' : standingOf(column, original, chosen[name], waits),
      nameless: nameless.has(column.header),
    };
  });
}

function standingOf(column: ColumnView, original: ColumnView, choice: string | undefined, waits: boolean): Standing {
  if (choice !== undefined) return choice === '' ? 'left-out' : 'given';
  if (column.unused) return 'unused';
  return waits ? 'proposed' : original.how;
}

/** Columns that a person should look at before going on. */
export function needsLook(column: ColumnChoice): boolean {
  return column.standing === 'unknown' || column.standing === 'proposed';
}

/** Puts one choice in place; choosing what the service found by itself takes the choice back. */
export function withChoice(chosen: Mapping, name: string, value: string, found: ColumnView | undefined): Mapping {
  const next = { ...chosen };
  if (found && value === found.column && (found.how === 'synonym' || found.how === 'saved') && !found.unused) delete next[name];
  else next[name] = value;
  return next;
}

/** Names what an import asks for, so that a dry run of something else is known to be out of date. */
export function askOf(parts: { kind: string; community: string; fileId: string; mapping: Mapping }): string {
  const mapping = Object.entries(parts.mapping).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([parts.kind, parts.community.trim(), parts.fileId, mapping]);
}
