import { api, body } from '../api/client';
import type { Equipment } from '../api/model';
import { useTexts } from '../i18n';
import { LedgerPage, orDash } from './LedgerPage';

/** The equipment of the communities with its dates. */
export default function EquipmentPage() {
  const { t, label } = useTexts();
  const model = (one: Equipment) => [one.maker, one.model].filter(Boolean).join(' ');
  return (
    <LedgerPage<Equipment>
      name="equipment"
      title="nav.equipment"
      kind="equipment"
      search="ledger.searchEquipment"
      read={(query) => body(api.GET('/api/v1/equipment', { params: { query } }))}
      columns={[
        { title: t('ledger.code'), dataIndex: 'code', width: 120, className: 'figures', render: orDash },
        { title: t('ledger.equipment'), dataIndex: 'name', width: 160 },
        { title: t('ledger.category'), dataIndex: 'category', width: 100, render: orDash },
        { title: t('ledger.location'), dataIndex: 'location', width: 160, render: orDash },
        { title: t('ledger.maker'), key: 'maker', width: 160, render: (_, row) => orDash(model(row)) },
        { title: t('ledger.maintainer'), dataIndex: 'maintainer', width: 150, render: orDash },
        { title: t('ledger.equipmentStatus'), dataIndex: 'status', width: 80, render: (status: string) => label('equipmentStatus', status) },
        { title: t('ledger.inspectBy'), dataIndex: 'inspect_by', width: 120, className: 'figures nowrap', render: orDash },
        { title: t('ledger.maintenanceDays'), dataIndex: 'maintenance_days', width: 110, align: 'right', className: 'figures', render: orDash },
      ]}
    />
  );
}
