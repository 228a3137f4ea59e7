import { Alert, Button } from 'antd';
import { useState } from 'react';
import type { ImportNotice } from '../api/model';
import { useTexts } from '../i18n';

const fewNotices = 5;

/** What a person should know about a file although no row is wrong for it. */
export function NoticeList({ notices }: { notices: ImportNotice[] }) {
  const { t } = useTexts();
  const [all, setAll] = useState(false);
  if (notices.length === 0) return null;
  const sheets = new Set(notices.map((notice) => notice.sheet));
  const where = (notice: ImportNotice) => [sheets.size > 1 ? notice.sheet : '', notice.column].filter(Boolean).join(' · ');
  const shown = all ? notices : notices.slice(0, fewNotices);
  return (
    <Alert
      className="section"
      type="info"
      role="note"
      data-testid="notices"
      message={t('imports.notices', { n: notices.length })}
      description={
        <>
          <ul className="notice-list">
            {shown.map((notice, i) => (
              <li key={i}>
                {where(notice) && <span className="muted where">{where(notice)}</span>}
                {notice.message}
              </li>
            ))}
          </ul>
          {notices.length > shown.length && (
            <Button type="link" size="small" onClick={() => setAll(true)}>
              {t('imports.noticesMore', { n: notices.length - shown.length })}
            </Button>
          )}
        </>
      }
    />
  );
}
