import { useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Button, Input, Select, Space, Table } from 'antd';
import { useState } from 'react';
import { messageOf } from '../api/problem';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { enterFigures, readFigures, useUnitSearch } from './data';

/** Whether figures of each period are entered for an item with this formula. */
export const takesFigures = (formula: string) => ['given', 'usage', 'shared_area', 'shared_household', 'expression'].includes(formula);

/** The amounts, quantities or the shared total of a period: what was entered, and a line to enter more. */
export function Figures({ communityId, itemId, shared }: { communityId: string; itemId: string; shared: boolean }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [period, setPeriod] = useState(() => new Date().toISOString().slice(0, 7));
  const [words, setWords] = useState('');
  const [unit, setUnit] = useState<string>();
  const [value, setValue] = useState('');
  const units = useUnitSearch(communityId, words);
  const list = useQuery({ queryKey: ['community', 'fee-figures', itemId, period], queryFn: () => readFigures(itemId, period), enabled: period.length >= 4, retry: false });
  const enter = async () => {
    try {
      await enterFigures(itemId, period, [{ value: value.trim(), ...(unit && !shared ? { unit_id: unit } : {}) }]);
      setValue('');
      await queries.invalidateQueries({ queryKey: ['community', 'fee-figures', itemId] });
    } catch (cause) {
      void message.error(messageOf(cause));
    }
  };
  return (
    <Space direction="vertical" style={{ width: '100%' }}>
      <Space wrap>
        <Input aria-label={t('fees.period')} style={{ width: 120 }} value={period} maxLength={24} onChange={(event) => setPeriod(event.target.value.trim())} />
        {!shared && (
          <Select
            aria-label={t('ledger.unit')}
            style={{ width: 200 }}
            showSearch
            allowClear
            filterOption={false}
            placeholder={t('fees.chooseUnit')}
            value={unit}
            onSearch={(text) => setWords(text.trim())}
            onChange={(next?: string) => setUnit(next)}
            options={(units.data?.items ?? []).map((one) => ({ value: one.id, label: one.display }))}
          />
        )}
        <Input aria-label={t('fees.figure')} placeholder={t(shared ? 'fees.total' : 'fees.figure')} style={{ width: 140 }} inputMode="decimal" value={value} maxLength={18} onChange={(event) => setValue(event.target.value)} />
        <Button disabled={!value.trim() || (!shared && !unit)} onClick={() => void enter()}>
          {t('fees.enter')}
        </Button>
      </Space>
      {list.error && <Failure cause={list.error} />}
      {(list.data?.items ?? []).length > 0 && (
        <Table
          size="small"
          rowKey={(row) => row.unit_id ?? 'total'}
          dataSource={list.data?.items ?? []}
          pagination={{ pageSize: 10, hideOnSinglePage: true }}
          columns={[
            { title: t('ledger.unit'), dataIndex: 'unit', render: (name?: string) => name || t('fees.total') },
            { title: t('fees.figure'), dataIndex: 'value', align: 'right', className: 'figures' },
          ]}
        />
      )}
    </Space>
  );
}
