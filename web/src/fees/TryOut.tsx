import { useMutation } from '@tanstack/react-query';
import { Alert, Button, Input, List, Select, Space, Typography } from 'antd';
import { useState } from 'react';
import type { FeeTerms } from '../api/model';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure } from '../shell/states';
import { tryFeeItem, useUnitSearch } from './data';

/** Computes a fee item on one unit and period and shows how the amount comes about; nothing is kept. */
export function TryOut({ communityId, itemId, name, terms }: { communityId: string; itemId?: string; name?: string; terms?: () => Promise<FeeTerms | undefined> }) {
  const { t } = useTexts();
  const [words, setWords] = useState('');
  const [unit, setUnit] = useState<string>();
  const [period, setPeriod] = useState(() => new Date().toISOString().slice(0, 7));
  const units = useUnitSearch(communityId, words);
  const trial = useMutation({
    mutationFn: async () => {
      const tried = terms ? await terms() : undefined;
      if (terms && !tried) return undefined;
      return tryFeeItem({ unit_id: unit as string, period, ...(itemId ? { fee_item_id: itemId } : {}), ...(name ? { name } : {}), ...(tried ? { terms: tried } : {}) });
    },
  });
  return (
    <Space direction="vertical" style={{ width: '100%' }} data-testid="try-out">
      <Space wrap>
        <Select
          aria-label={t('ledger.unit')}
          style={{ width: 200 }}
          showSearch
          filterOption={false}
          placeholder={t('fees.chooseUnit')}
          value={unit}
          onSearch={(text) => setWords(text.trim())}
          onChange={(value: string) => setUnit(value)}
          options={(units.data?.items ?? []).map((one) => ({ value: one.id, label: one.display }))}
        />
        <Input aria-label={t('fees.period')} style={{ width: 120 }} value={period} maxLength={24} onChange={(event) => setPeriod(event.target.value.trim())} />
        <Button disabled={!unit || !period} loading={trial.isPending} onClick={() => trial.mutate()}>
          {t('fees.try')}
        </Button>
      </Space>
      {trial.error && <Failure cause={trial.error} />}
      {trial.data && (trial.data.lines ?? []).length === 0 && <Alert type="info" showIcon message={t('fees.noLine')} />}
      {trial.data && (trial.data.lines ?? []).length > 0 && (
        <List
          size="small"
          bordered
          dataSource={trial.data.lines ?? []}
          rowKey={(line) => `${line.from}${line.debtor_id}`}
          renderItem={(line) => (
            <List.Item>
              <List.Item.Meta
                title={
                  <Space wrap>
                    <span className="figures">{line.problem ? t('fees.notComputed') : yuan(line.amount_fen)}</span>
                    <span>{line.debtor}</span>
                    <Typography.Text type="secondary">{t('fees.dates', { billed: line.bill_date, due: line.due_date })}</Typography.Text>
                  </Space>
                }
                description={line.problem ? <Typography.Text type="danger">{line.explanation}</Typography.Text> : line.explanation}
              />
            </List.Item>
          )}
        />
      )}
    </Space>
  );
}
