import { api, body } from '../api/client';
import type { FeeItem } from '../api/model';
import { useTexts } from '../i18n';
import { LedgerPage, orDash } from './LedgerPage';

/** One of a fee item's parameters, such as its price; a decimal in text. */
function parameter(item: FeeItem, name: string): string | undefined {
  const all = item.parameters as Record<string, unknown> | null | undefined;
  const value = all?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The fee items of one community with their newest terms. */
export default function FeeItemsPage() {
  const { t, label } = useTexts();
  return (
    <LedgerPage<FeeItem>
      name="fee-items"
      title="nav.feeItems"
      kind="fee_items"
      oneCommunity
      read={({ community_id = '' }) => body(api.GET('/api/v1/fee-items', { params: { query: { community_id } } }))}
      columns={[
        { title: t('ledger.feeItem'), dataIndex: 'name', width: 160 },
        { title: t('ledger.formula'), dataIndex: 'formula', width: 180, render: (formula: string) => label('formula', formula) },
        { title: t('ledger.price'), key: 'price', width: 110, align: 'right', className: 'figures', render: (_, row) => orDash(parameter(row, 'price_yuan')) },
        { title: t('ledger.extra'), key: 'extra', width: 110, align: 'right', className: 'figures', render: (_, row) => orDash(parameter(row, 'extra_yuan')) },
        { title: t('ledger.cycle'), dataIndex: 'cycle', width: 90, render: (cycle: string) => label('cycle', cycle) },
        { title: t('ledger.prepaid'), dataIndex: 'prepaid', width: 90, render: (prepaid: boolean) => t(prepaid ? 'ledger.prepaidYes' : 'ledger.prepaidNo') },
        { title: t('ledger.debtor'), dataIndex: 'debtor_role', width: 90, render: (role: string) => label('role', role) },
        { title: t('ledger.from'), dataIndex: 'from_on', width: 120, className: 'figures nowrap', render: orDash },
      ]}
    />
  );
}
