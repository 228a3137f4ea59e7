import { api, body } from '../api/client';
import type { Vehicle } from '../api/model';
import { useTexts } from '../i18n';
import { LedgerPage, orDash } from './LedgerPage';

/** Vehicles, whose they are and where they stand. */
export default function VehiclesPage() {
  const { t, label } = useTexts();
  const model = (vehicle: Vehicle) => [vehicle.brand, vehicle.colour].filter(Boolean).join(' · ');
  const term = (vehicle: Vehicle) => (vehicle.from || vehicle.to ? `${vehicle.from ?? ''} ~ ${vehicle.to ?? ''}` : '—');
  return (
    <LedgerPage<Vehicle>
      name="vehicles"
      title="nav.vehicles"
      kind="vehicles"
      search="ledger.searchVehicles"
      read={(query) => body(api.GET('/api/v1/vehicles', { params: { query } }))}
      columns={[
        { title: t('ledger.plate'), dataIndex: 'plate', width: 120, className: 'figures', render: orDash },
        { title: t('ledger.vehicleKind'), dataIndex: 'kind', width: 90, render: (kind: string) => label('vehicleKind', kind) },
        { title: t('ledger.model'), key: 'model', width: 140, render: (_, row) => orDash(model(row)) },
        { title: t('ledger.space'), dataIndex: 'space', width: 140, render: orDash },
        { title: t('ledger.person'), dataIndex: 'name', width: 110, render: orDash },
        { title: t('ledger.unit'), dataIndex: 'unit', width: 150, render: orDash },
        { title: t('ledger.term'), key: 'term', width: 190, className: 'figures nowrap', render: (_, row) => term(row) },
      ]}
    />
  );
}
