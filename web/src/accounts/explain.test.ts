import { expect, it } from 'vitest';
import { plainInputs, ratePercent } from './explain';

it('writes a daily rate as people say it', () => {
  expect(ratePercent('0.0005')).toBe('0.05 %');
  expect(ratePercent('0.000082191781')).toBe('0.00821918 %');
  expect(ratePercent('-')).toBe('-');
});

it('shows the inputs of a formula, fen in yuan', () => {
  expect(plainInputs({ area: '100.25', amount_fen: 25060, steps: [1], meter_id: '01J' })).toEqual([
    ['area', '100.25'],
    ['amount_fen', '¥250.60'],
    ['steps', '[1]'],
  ]);
  expect(plainInputs(undefined)).toEqual([]);
});
