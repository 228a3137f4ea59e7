const shanghai = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

function parts(at: Date): Record<string, string> {
  return Object.fromEntries(shanghai.formatToParts(at).map((part) => [part.type, part.value]));
}

function instant(value: string | number | Date | undefined | null): Date | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const at = new Date(value);
  // The zero instant of the server stands for "never".
  return Number.isNaN(at.getTime()) || at.getUTCFullYear() <= 1 ? undefined : at;
}

/** Prints an instant in Shanghai as 2026-03-01 08:00; a dash when there is none. */
export function dateTime(value: string | number | Date | undefined | null): string {
  const at = instant(value);
  if (!at) return '—';
  const p = parts(at);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}`;
}

/** Prints the day of an instant in Shanghai as 2026-03-01. */
export function day(value: string | number | Date | undefined | null): string {
  return dateTime(value).slice(0, 10);
}

/** Tells whether two instants fall on the same day in Shanghai. */
export function sameDay(a: string | number | Date, b: string | number | Date): boolean {
  return day(a) === day(b);
}

/** The end of a day in Shanghai as an RFC 3339 instant, for "until that day". */
export function endOfDay(date: string): string {
  return `${date}T23:59:59+08:00`;
}
