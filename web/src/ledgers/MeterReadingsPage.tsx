import { Tag } from 'antd';
import { api, body } from '../api/client';
import type { MeterReading } from '../api/model';
import { useTexts } from '../i18n';
import { LedgerPage, orDash } from './LedgerPage';

/** What meters showed, newest first. */
export default function MeterReadingsPage() {
  const { t, label } = useTexts();
  return (
    <LedgerPage<MeterReading>
      name="meter-readings"
      title="nav.meterReadings"
      kind="meter_readings"
      read={(query) => body(api.GET('/api/v1/meter-readings', { params: { query } }))}
      columns={[
        { title: t('ledger.unit'), dataIndex: 'unit', width: 150, render: (unit?: string) => unit || <span className="muted">{t('ledger.commonParts')}</span> },
        { title: t('ledger.meterKind'), dataIndex: 'meter_kind', width: 90, render: (kind: string) => label('meterKind', kind) },
        { title: t('ledger.meterName'), dataIndex: 'meter_name', width: 140, render: orDash },
        { title: t('ledger.serial'), dataIndex: 'serial', width: 140, className: 'figures', render: orDash },
        { title: t('ledger.readOn'), dataIndex: 'read_on', width: 120, className: 'figures nowrap' },
        {
          title: t('ledger.reading'),
          key: 'reading',
          width: 150,
          align: 'right',
          className: 'figures nowrap',
          render: (_, row) => (
            <>
              {row.reset_kind && <Tag>{label('meterReset', row.reset_kind)}</Tag>}
              {row.reading}
            </>
          ),
        },
        { title: t('ledger.feeItem'), dataIndex: 'fee_item', width: 120, render: orDash },
      ]}
    />
  );
}
