import { api, body } from '../api/client';
import type { Staff } from '../api/model';
import { useTexts } from '../i18n';
import { LedgerPage, orDash } from './LedgerPage';

/** Who works in the communities. */
export default function StaffPage() {
  const { t, label } = useTexts();
  return (
    <LedgerPage<Staff>
      name="staff"
      title="nav.staff"
      kind="staff"
      read={(query) => body(api.GET('/api/v1/staff', { params: { query } }))}
      columns={[
        { title: t('ledger.staffNo'), dataIndex: 'staff_no', width: 100, className: 'figures', render: orDash },
        { title: t('ledger.staffName'), dataIndex: 'name', width: 110 },
        { title: t('ledger.phone'), dataIndex: 'phone', width: 130, className: 'figures nowrap', render: orDash },
        { title: t('ledger.post'), dataIndex: 'post', width: 110, render: orDash },
        { title: t('ledger.role'), dataIndex: 'role', width: 110, render: (role?: string) => label('role', role) },
        { title: t('ledger.team'), dataIndex: 'team', width: 110, render: orDash },
        { title: t('ledger.skills'), dataIndex: 'skills', width: 150, render: orDash },
        { title: t('ledger.joinedOn'), dataIndex: 'joined_on', width: 120, className: 'figures nowrap', render: orDash },
        { title: t('ledger.leftOn'), dataIndex: 'left_on', width: 120, className: 'figures nowrap', render: orDash },
      ]}
    />
  );
}
