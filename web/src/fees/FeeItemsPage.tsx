import { Button, Tag } from 'antd';
import { useSearchParams } from 'react-router';
import { api, body } from '../api/client';
import type { FeeItem } from '../api/model';
import { useCommunities } from '../campaigns/data';
import { useTexts } from '../i18n';
import { LedgerPage, orDash } from '../ledgers/LedgerPage';
import { useMay } from '../session/may';
import { FeeItemDrawer } from './FeeItemDrawer';

/** One of a fee item's parameters, such as its price; a decimal in text. */
function parameter(item: FeeItem, name: string): string | undefined {
  const value = (item.parameters as Record<string, unknown> | null | undefined)?.[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** The fee items of one community with their newest terms; one opens with all its versions. */
export default function FeeItemsPage() {
  const { t, label } = useTexts();
  const may = useMay();
  const [address, setAddress] = useSearchParams();
  const communities = useCommunities();
  const communityId = address.get('community') ?? communities.data?.items?.[0]?.id;
  const item = address.get('item') ?? undefined;
  const open = (id: string | undefined) =>
    setAddress((before) => {
      const next = new URLSearchParams(before);
      if (id) next.set('item', id);
      else next.delete('item');
      return next;
    });
  return (
    <>
      <LedgerPage<FeeItem>
        name="fee-items"
        title="nav.feeItems"
        kind="fee_items"
        oneCommunity
        actions={
          may('edit-policies') &&
          communityId && (
            <Button type="primary" onClick={() => open('new')}>
              {t('fees.add')}
            </Button>
          )
        }
        read={({ community_id = '' }) => body(api.GET('/api/v1/fee-items', { params: { query: { community_id } } }))}
        columns={[
          {
            title: t('ledger.feeItem'),
            dataIndex: 'name',
            width: 170,
            render: (name: string, row) => (
              <Button type="link" size="small" style={{ paddingInline: 0 }} onClick={() => open(row.id)}>
                {name}
              </Button>
            ),
          },
          { title: t('ledger.formula'), dataIndex: 'formula', width: 180, render: (formula: string) => label('formula', formula) },
          { title: t('ledger.price'), key: 'price', width: 110, align: 'right', className: 'figures', render: (_, row) => orDash(parameter(row, 'price_yuan')) },
          { title: t('ledger.extra'), key: 'extra', width: 110, align: 'right', className: 'figures', render: (_, row) => orDash(parameter(row, 'extra_yuan')) },
          { title: t('ledger.cycle'), dataIndex: 'cycle', width: 90, render: (cycle: string) => label('cycle', cycle) },
          { title: t('ledger.prepaid'), dataIndex: 'prepaid', width: 90, render: (prepaid: boolean) => t(prepaid ? 'ledger.prepaidYes' : 'ledger.prepaidNo') },
          { title: t('ledger.debtor'), dataIndex: 'debtor_role', width: 90, render: (role: string) => label('feeDebtor', role) },
          { title: t('ledger.from'), dataIndex: 'from_on', width: 120, className: 'figures nowrap', render: orDash },
          { title: t('fees.settled'), dataIndex: 'agreed', width: 90, render: (agreed: boolean) => (agreed ? <Tag color="success">{t('fees.agreed')}</Tag> : <Tag>{t('fees.notAgreed')}</Tag>) },
        ]}
      />
      <FeeItemDrawer communityId={communityId} itemId={item === 'new' ? undefined : item} making={item === 'new'} close={() => open(undefined)} />
    </>
  );
}
