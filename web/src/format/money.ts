/** Prints integer fen as yuan with thousands separators: 123450 becomes ¥1,234.50. No float takes part. */
export function yuan(fen: number | undefined | null): string {
  if (fen === undefined || fen === null) return '—';
  const size = Math.abs(Math.trunc(fen));
  const whole = Math.floor(size / 100).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  const cents = (size % 100).toString().padStart(2, '0');
  return `${fen < 0 ? '-' : ''}¥${whole}.${cents}`;
}

/** Reads an amount in yuan as typed by a person into integer fen; undefined when it is not an amount with at most two decimals. */
export function fenOf(text: string): number | undefined {
  const match = /^\s*[¥￥]?\s*(\d{1,3}(?:,\d{3})+|\d{1,11})(?:\.(\d{1,2}))?\s*$/.exec(text);
  if (!match) return undefined;
  const whole = Number((match[1] ?? '0').replaceAll(',', ''));
  return whole * 100 + Number((match[2] ?? '').padEnd(2, '0'));
}

/** Prints a share as a whole percent; an empty base is 0 %. */
export function percent(part: number, base: number): number {
  if (base <= 0) return 0;
  return Math.min(100, Math.floor((part * 100) / base));
}
