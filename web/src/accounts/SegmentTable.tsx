import { Table, Tag } from 'antd';
import type { LateFeeSegment } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { ratePercent } from './explain';

/** The stretches of days from which a late fee is added up. */
export function SegmentTable({ segments }: { segments: LateFeeSegment[] }) {
  const { t } = useTexts();
  return (
    <Table<LateFeeSegment>
      size="small"
      rowKey="from"
      dataSource={segments}
      pagination={false}
      scroll={{ x: 'max-content' }}
      locale={{ emptyText: t('bill.lateFeeNone') }}
      columns={[
        { title: t('bill.from'), dataIndex: 'from' },
        { title: t('bill.to'), dataIndex: 'to' },
        { title: t('bill.dayCount'), dataIndex: 'days', align: 'right', className: 'figures' },
        { title: t('bill.base'), dataIndex: 'base_fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
        {
          title: t('bill.rate'),
          dataIndex: 'rate',
          align: 'right',
          className: 'figures',
          render: (rate: string, segment) => (segment.frozen ? <Tag>{t('bill.frozen')}</Tag> : <>{ratePercent(rate)} {segment.capped && <Tag>{t('bill.capped')}</Tag>}</>),
        },
        { title: t('bill.fen'), dataIndex: 'fen', align: 'right', className: 'figures', render: (fen: number) => yuan(fen) },
      ]}
    />
  );
}
