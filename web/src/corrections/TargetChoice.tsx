import { Form, Segmented, Select } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n';
import { useHouseholdSearch, useUnitSearch } from './data';

/** For whom money was meant: a unit, whose owner of that day it is then booked for, or a household by its debtor. */
export type TransferTarget = { unit_id: string } | { debtor_id: string; community_id: string };

/** Asks for whom the money of a payment was meant. */
export function TargetChoice({ choose }: { choose: (target: TransferTarget | undefined) => void }) {
  const { t } = useTexts();
  const [by, setBy] = useState<'unit' | 'debtor'>('unit');
  return (
    <>
      <Form.Item label={t('correct.target')}>
        <Segmented
          value={by}
          onChange={(next) => {
            setBy(next);
            choose(undefined);
          }}
          options={[
            { value: 'unit' as const, label: t('correct.unit') },
            { value: 'debtor' as const, label: t('correct.debtor') },
          ]}
        />
      </Form.Item>
      <Form.Item>{by === 'unit' ? <UnitChoice choose={choose} /> : <DebtorChoice choose={choose} />}</Form.Item>
    </>
  );
}

function UnitChoice({ choose }: { choose: (target: TransferTarget) => void }) {
  const { t } = useTexts();
  const [text, setText] = useState('');
  const found = useUnitSearch(text);
  return (
    <Select
      showSearch
      aria-label={t('correct.unit')}
      style={{ width: 360 }}
      placeholder={t('correct.unitHint')}
      filterOption={false}
      onSearch={setText}
      loading={found.isFetching}
      notFoundContent={text.trim().length > 1 && !found.isFetching ? t('correct.noUnit') : null}
      options={(found.data?.items ?? []).map((unit) => ({ value: unit.id, label: unit.display }))}
      onChange={(unit_id: string) => choose({ unit_id })}
    />
  );
}

function DebtorChoice({ choose }: { choose: (target: TransferTarget) => void }) {
  const { t } = useTexts();
  const [text, setText] = useState('');
  const found = useHouseholdSearch(text);
  const households = found.data?.items ?? [];
  return (
    <Select
      showSearch
      aria-label={t('correct.debtor')}
      style={{ width: 360 }}
      placeholder={t('correct.debtorHint')}
      filterOption={false}
      onSearch={setText}
      loading={found.isFetching}
      notFoundContent={text.trim().length > 1 && !found.isFetching ? t('correct.noDebtor') : null}
      options={households.map((one, index) => ({ value: index, label: [one.name, one.phone, one.units?.[0]?.unit].filter(Boolean).join(' · ') }))}
      onChange={(index: number) => {
        const one = households[index];
        if (one) choose({ debtor_id: one.debtor_id, community_id: one.community_id });
      }}
    />
  );
}
