/** Collects names and hands them on together, at once for the first and then at most every `intervalMs`. */
export function collector(intervalMs: number, flush: (names: Set<string>) => void) {
  let waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tick = () => {
    timer = undefined;
    if (waiting.size === 0) return;
    const names = waiting;
    waiting = new Set();
    timer = setTimeout(tick, intervalMs);
    flush(names);
  };
  return {
    add(name: string) {
      waiting.add(name);
      if (timer === undefined) tick();
    },
    stop() {
      clearTimeout(timer);
      timer = undefined;
      waiting.clear();
    },
  };
}
