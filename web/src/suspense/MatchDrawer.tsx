import { useMutation, useQueryClient } from '@tanstack/react-query';
import { App, Button, Drawer, Input, List, Popconfirm, Space, Tag } from 'antd';
import { useState } from 'react';
import type { SuspenseItem } from '../api/model';
import { messageOf } from '../api/problem';
import { yuan } from '../format/money';
import { useTexts } from '../i18n';
import { Failure, Nothing } from '../shell/states';
import { matchSuspense, useCandidates, useUnitsFound, type Whose } from './data';

const stale = ['suspense', 'payment', 'desk', 'unit', 'case', 'campaign'] as const;

/** Whose the money may be, with the reasons, or a unit that a person looks for. */
export function MatchDrawer({ item, close }: { item: SuspenseItem | undefined; close: () => void }) {
  const { t } = useTexts();
  return (
    <Drawer title={t('suspense.match')} open={!!item} onClose={close} width={560} destroyOnHidden>
      {item && <Match key={item.id} item={item} close={close} />}
    </Drawer>
  );
}

function Match({ item, close }: { item: SuspenseItem; close: () => void }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const candidates = useCandidates(item.id);
  const [words, setWords] = useState('');
  const found = useUnitsFound(item.community_id, words);
  const match = useMutation({
    mutationFn: (whose: Whose) => matchSuspense(item.id, whose),
    onSuccess: async (payment) => {
      await Promise.all(stale.map((key) => queries.invalidateQueries({ queryKey: [key] })));
      void message.success(t('suspense.done', { receipt: payment.receipt_no }));
      close();
    },
    onError: (cause) => void message.error(messageOf(cause)),
  });
  const choose = (whose: Whose, name: string) => (
    <Popconfirm title={t('suspense.sure')} onConfirm={() => match.mutate(whose)}>
      <Button type="primary" size="small" loading={match.isPending}>
        {name}
      </Button>
    </Popconfirm>
  );
  return (
    <>
      <p>
        <strong className="figures">{yuan(item.amount_fen)}</strong> {item.payer} <span className="muted">{item.note}</span>
      </p>
      <h3>{t('suspense.candidates')}</h3>
      {candidates.error && <Failure cause={candidates.error} retry={() => void candidates.refetch()} />}
      <List
        loading={candidates.isPending}
        dataSource={candidates.data?.items ?? []}
        locale={{ emptyText: <Nothing title={t('suspense.noCandidates')} /> }}
        renderItem={(one) => (
          <List.Item
            actions={[
              choose(
                { debtor_id: one.debtor_id, community_id: one.community_id, ...(one.unit_id ? { unit_id: one.unit_id } : {}) },
                t(one.unit_id ? 'suspense.choose' : 'suspense.chooseDebtor'),
              ),
            ]}
          >
            <List.Item.Meta
              title={`${one.unit ?? ''} ${one.name}`}
              description={
                <Space size={4} wrap>
                  <Tag>{t('suspense.score', { score: one.score })}</Tag>
                  {one.reasons?.map((reason) => <Tag key={reason.code}>{`${label('suspenseReason', reason.code)} +${reason.points}`}</Tag>)}
                  <span>{t('suspense.owes', { amount: yuan(one.owed_fen) })}</span>
                </Space>
              }
            />
          </List.Item>
        )}
      />
      <Input.Search style={{ marginTop: 16 }} allowClear placeholder={t('suspense.find')} aria-label={t('suspense.find')} onSearch={(value) => setWords(value.trim())} />
      {words !== '' && (
        <List
          loading={found.isPending}
          dataSource={found.data?.items ?? []}
          renderItem={(unit) => (
            <List.Item actions={[choose({ unit_id: unit.id }, t('suspense.choose'))]}>
              <List.Item.Meta title={unit.display} description={(unit.occupancies ?? []).map((one) => one.name).join('、')} />
            </List.Item>
          )}
        />
      )}
    </>
  );
}
