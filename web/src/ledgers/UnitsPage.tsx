import { Button } from 'antd';
import { useState } from 'react';
import { Link } from 'react-router';
import { api, body } from '../api/client';
import type { Unit } from '../api/model';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { LedgerPage, orDash } from './LedgerPage';
import { UnitChangeDrawer } from './UnitChangeDrawer';

/** The units of the communities, with who is in them where the list says so. */
export default function UnitsPage() {
  const { t, label } = useTexts();
  const may = useMay();
  const [changing, setChanging] = useState<Unit>();
  const people = (unit: Unit) => (unit.occupancies ?? []).map((one) => one.name).filter(Boolean).join('、');
  return (
    <>
    <LedgerPage<Unit>
      name="units"
      title="nav.units"
      kind="roster"
      search="ledger.searchUnits"
      read={(query) => body(api.GET('/api/v1/units', { params: { query } }))}
      columns={[
        { title: t('ledger.unit'), dataIndex: 'display', width: 170 },
        { title: t('ledger.unitKind'), dataIndex: 'kind', width: 90, render: (kind: string) => label('unitKind', kind) },
        { title: t('ledger.builtArea'), dataIndex: 'built_area_m2', width: 120, align: 'right', className: 'figures', render: orDash },
        { title: t('ledger.innerArea'), dataIndex: 'inner_area_m2', width: 120, align: 'right', className: 'figures', render: orDash },
        { title: t('ledger.floor'), dataIndex: 'floor', width: 80, render: orDash },
        { title: t('ledger.unitStatus'), dataIndex: 'status', width: 90, render: (status: string) => label('unitStatus', status) },
        { title: t('ledger.people'), key: 'people', width: 180, render: (_, unit) => orDash(people(unit)) },
        ...(may('see-money') ? [{ title: t('account.title'), key: 'account', width: 80, render: (_: unknown, unit: Unit) => <Link to={`/accounts/units/${unit.id}`}>{t('account.open')}</Link> }] : []),
        ...(may('edit-policies')
          ? [
              {
                key: 'change',
                width: 80,
                render: (_: unknown, unit: Unit) => (
                  <Button type="link" size="small" onClick={() => setChanging(unit)}>
                    {t('unitChange.open')}
                  </Button>
                ),
              },
            ]
          : []),
      ]}
    />
    <UnitChangeDrawer unit={changing} close={() => setChanging(undefined)} />
    </>
  );
}
