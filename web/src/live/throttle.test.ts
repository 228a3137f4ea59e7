import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collector } from './throttle';

describe('collector', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hands on the first at once and the rest of a burst together', () => {
    const flushed: string[][] = [];
    const kinds = collector(1000, (names) => flushed.push([...names].sort()));
    kinds.add('case');
    for (let i = 0; i < 500; i++) kinds.add(i % 2 ? 'message' : 'case');
    expect(flushed).toEqual([['case']]);
    vi.advanceTimersByTime(1000);
    expect(flushed).toEqual([['case'], ['case', 'message']]);
    vi.advanceTimersByTime(5000);
    kinds.add('campaign');
    expect(flushed[2]).toEqual(['campaign']);
  });

  it('hands on nothing after it was stopped', () => {
    const flush = vi.fn();
    const kinds = collector(1000, flush);
    kinds.add('a');
    kinds.add('b');
    kinds.stop();
    vi.advanceTimersByTime(5000);
    expect(flush).toHaveBeenCalledTimes(1);
  });
});
