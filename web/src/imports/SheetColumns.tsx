import { Alert, Button, Tag } from 'antd';
import { useState } from 'react';
import type { Inspection, SheetView } from '../api/model';
import { useTexts } from '../i18n';
import { ColumnList } from './ColumnList';
import { columnsOf, needsLook } from './mapping';
import type { Settling } from './settling';

/** So many columns are looked through at a glance; of more, those to check can be shown alone. */
const glance = 8;

interface Props {
  sheet: SheetView;
  first: Inspection;
  seen: Inspection;
  settling: Settling;
  several: boolean;
  choose: (name: string, value: string) => void;
}

/** The columns of one sheet, what is missing among them, and how many want a look. */
export function SheetColumns({ sheet, first, seen, settling, several, choose }: Props) {
  const { t } = useTexts();
  const [onlyLook, setOnlyLook] = useState(false);
  const columns = columnsOf(first, seen, sheet, settling.chosen, settling.mapping);
  const proposed = columns.filter((column) => column.standing === 'proposed').length;
  const unknown = columns.filter((column) => column.standing === 'unknown').length;
  const known = columns.filter((column) => column.value && column.standing !== 'proposed').length;
  const missing = sheet.missing ?? [];
  const own = several && sheet.looks_like !== seen.kind;
  const targets = own ? (sheet.columns ?? []).filter((column) => column.column).map((column) => ({ key: column.column, title: column.title, required: false })) : (seen.choices ?? []);
  const narrowed = onlyLook && proposed + unknown > 0;
  return (
    <section className="section" aria-label={sheet.name || t('imports.step.columns')}>
      <div className="sheet-head">
        {sheet.name && <h2>{sheet.name}</h2>}
        {several && <Tag color={sheet.used ? 'success' : 'default'}>{t(sheet.used ? 'imports.sheetUsed' : 'imports.sheetNotUsed')}</Tag>}
        <span className="muted">{t('imports.sheetLine', { header: sheet.header_row, rows: sheet.rows.toLocaleString('zh-CN') })}</span>
      </div>
      <div className="sheet-head" role="status" data-testid="columns-summary">
        <span>{t('imports.columnsSummary', { all: columns.length, known })}</span>
        {proposed > 0 && <Tag color="warning">{t('imports.columnsProposed', { n: proposed })}</Tag>}
        {unknown > 0 && <Tag color="error">{t('imports.columnsUnknown', { n: unknown })}</Tag>}
        {columns.length > glance && proposed + unknown > 0 && (
          <Button type="link" size="small" onClick={() => setOnlyLook(!onlyLook)}>
            {t(onlyLook ? 'imports.columnsAll' : 'imports.columnsLook')}
          </Button>
        )}
      </div>
      {missing.length > 0 && (
        <Alert
          className="section"
          type="error"
          showIcon
          role="alert"
          message={t('imports.missing')}
          description={
            <>
              <div className="missing-list">
                {missing.map((column) => (
                  <Tag key={column.key} color="error">
                    {column.title}
                  </Tag>
                ))}
              </div>
              <div style={{ marginTop: 6 }}>{t('imports.missingHint')}</div>
            </>
          }
        />
      )}
      <ColumnList columns={columns} shown={narrowed ? columns.filter(needsLook) : columns} targets={targets} choose={choose} />
    </section>
  );
}
