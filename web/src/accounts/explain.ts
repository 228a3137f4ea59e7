import { yuan } from '../format/money';

/** A rate a day as people say it: 0.0005 is 0.05 %. */
export function ratePercent(rate: string): string {
  const value = Number(rate) * 100;
  return Number.isFinite(value) ? `${Number(value.toPrecision(6))} %` : rate;
}

/** The inputs of a formula as names and texts: amounts in fen are shown in yuan, ids are not for people. */
export function plainInputs(inputs: unknown): [string, string][] {
  if (typeof inputs !== 'object' || inputs === null) return [];
  return Object.entries(inputs).filter(([name]) => !name.endsWith('_id')).map(([name, value]) => {
    if (name.endsWith('_fen') && typeof value === 'number') return [name, yuan(value)];
    return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)];
  });
}
