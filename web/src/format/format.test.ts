import { describe, expect, it } from 'vitest';
import { fenOf, percent, yuan } from './money';
import { dateTime, day, sameDay } from './time';

describe('yuan', () => {
  it.each([
    [0, '¥0.00'],
    [5, '¥0.05'],
    [123450, '¥1,234.50'],
    [-123456789, '-¥1,234,567.89'],
    [900719925474099, '¥9,007,199,254,740.99'],
  ])('prints %d fen as %s', (fen, text) => expect(yuan(fen)).toBe(text));

  it('prints a dash for an unknown amount', () => expect(yuan(undefined)).toBe('—'));
});

describe('fenOf', () => {
  it.each([
    ['1234.5', 123450],
    ['¥1,234.50', 123450],
    ['0.07', 7],
    ['19.99', 1999],
    [' 8 ', 800],
  ])('reads %s', (text, fen) => expect(fenOf(text)).toBe(fen));

  it.each(['', '-1', '1.234', '1,23', 'abc', '1e3'])('refuses %s', (text) => expect(fenOf(text)).toBeUndefined());

  it('reads back what yuan prints', () => {
    for (let fen = 0; fen < 200_000; fen += 137) expect(fenOf(yuan(fen))).toBe(fen);
  });
});

describe('percent', () => {
  it('never rounds up to a hundred', () => expect(percent(999, 1000)).toBe(99));
  it('is zero for an empty base', () => expect(percent(1, 0)).toBe(0));
});

describe('time in Shanghai', () => {
  it('crosses midnight', () => {
    expect(dateTime('2026-02-28T16:00:00Z')).toBe('2026-03-01 00:00');
    expect(day('2026-02-28T15:59:59Z')).toBe('2026-02-28');
    expect(sameDay('2026-02-28T16:00:00Z', '2026-03-01T12:00:00+08:00')).toBe(true);
  });
  it('shows a dash for never', () => {
    expect(dateTime('0001-01-01T00:00:00Z')).toBe('—');
    expect(dateTime(null)).toBe('—');
    expect(dateTime('rubbish')).toBe('—');
  });
});
