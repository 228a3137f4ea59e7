import { Button } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';

/** The pages gone through so far; the last entry is the cursor of the page that is shown. */
export function useCursors() {
  const [trail, setTrail] = useState<(string | undefined)[]>([undefined]);
  return {
    cursor: trail[trail.length - 1],
    page: trail.length,
    forward: (next: string) => setTrail((before) => [...before, next]),
    backward: () => setTrail((before) => (before.length > 1 ? before.slice(0, -1) : before)),
    restart: () => setTrail([undefined]),
  };
}

/** Moves through a list that is cut by cursors. */
export function CursorPager({ cursors, next }: { cursors: ReturnType<typeof useCursors>; next: string | null | undefined }) {
  const { t } = useTexts();
  if (cursors.page === 1 && !next) return null;
  return (
    <div className="pager">
      <Button disabled={cursors.page === 1} onClick={cursors.backward}>
        {t('common.previous')}
      </Button>
      <span className="muted">{t('common.page', { n: cursors.page })}</span>
      <Button disabled={!next} onClick={() => next && cursors.forward(next)}>
        {t('common.next')}
      </Button>
    </div>
  );
}
