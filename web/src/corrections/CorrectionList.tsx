import { Table } from 'antd';
import type { Correction } from '../api/model';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useCorrections } from './data';

/** What was corrected on a bill, by whom and why; nothing when it never was. */
export function CorrectionList({ billId }: { billId: string }) {
  const { t, label } = useTexts();
  const corrections = useCorrections(billId).data?.items ?? [];
  if (corrections.length === 0) return null;
  return (
    <>
      <h3>{t('corrections.title')}</h3>
      <Table<Correction>
        size="small"
        rowKey="id"
        dataSource={corrections}
        pagination={false}
        columns={[
          { title: t('corrections.at'), dataIndex: 'made_at', className: 'nowrap', render: (at: string) => dateTime(at) },
          { title: t('corrections.kind'), dataIndex: 'kind', render: (kind: string) => label('correctionKind', kind) },
          { title: t('corrections.principal'), dataIndex: 'principal_fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
          { title: t('corrections.lateFee'), dataIndex: 'late_fee_fen', align: 'right', className: 'figures', render: (fen: number) => (fen ? yuan(-fen) : '—') },
          { title: t('corrections.by'), key: 'by', render: (_, one) => one.made_by_name || '—' },
          { title: t('corrections.reason'), dataIndex: 'reason', className: 'wrap-anywhere' },
        ]}
      />
    </>
  );
}
