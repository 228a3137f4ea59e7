import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Card, Input, Space, Table } from 'antd';
import { useState } from 'react';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { Figures, PageHead } from '../shell/PageHead';
import { Failure, Nothing } from '../shell/states';
import { CommunityChoice, useChosenCommunity } from './CommunityChoice';
import { signOpening, useOpening } from './data';

/** What was owed and paid in advance when the community was taken over, and who found it right. */
export default function OpeningPage() {
  const { t } = useTexts();
  const may = useMay();
  const { message, modal } = App.useApp();
  const client = useQueryClient();
  const community = useChosenCommunity();
  const opening = useOpening(community.chosen);
  const [note, setNote] = useState('');
  const [failure, setFailure] = useState<unknown>();
  const amount = { align: 'right', className: 'figures nowrap', render: yuan } as const;
  const o = opening.data;

  const sign = async () => {
    if (!o || !community.chosen) return;
    setFailure(undefined);
    try {
      const signature = { principal_fen: o.principal_fen, advance_fen: o.advance_fen, fingerprint: o.fingerprint };
      await signOpening(community.chosen, { ...signature, ...(note.trim() ? { note: note.trim() } : {}) });
      void message.success(t('opening.done'));
    } catch (cause) {
      setFailure(cause);
    }
    await client.invalidateQueries({ queryKey: ['community'] });
  };

  return (
    <>
      <PageHead title={t('nav.opening')} subtitle={t('opening.hint')} actions={<CommunityChoice community={community} />} />
      {opening.error && <Failure cause={opening.error} retry={() => void opening.refetch()} />}
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      {o && (
        <>
          {o.sign_off && (
            <Alert
              className="section"
              type="success"
              showIcon
              message={t('opening.signed', { name: o.sign_off.signed_name, at: dateTime(o.sign_off.signed_at), principal: yuan(o.sign_off.principal_fen), advance: yuan(o.sign_off.advance_fen) })}
              description={o.sign_off.note}
            />
          )}
          {o.changed_since_sign_off && <Alert className="section" type="warning" showIcon message={t('opening.changed')} />}
          <Figures
            items={[
              { name: t('opening.principal'), value: yuan(o.principal_fen), id: 'opening-principal' },
              { name: t('opening.advance'), value: yuan(o.advance_fen), id: 'opening-advance' },
              { name: t('opening.debtors'), value: o.debtors },
              { name: t('opening.bills'), value: o.bills },
            ]}
          />
          <Card>
            <Table
              size="middle"
              rowKey="fee_item_id"
              dataSource={o.fee_items ?? []}
              pagination={false}
              locale={{ emptyText: <Nothing title={t('opening.none')} /> }}
              columns={[
                { title: t('closing.feeItem'), dataIndex: 'fee_item' },
                { title: t('opening.bills'), dataIndex: 'bills', align: 'right', className: 'figures' },
                { title: t('opening.debtors'), dataIndex: 'debtors', align: 'right', className: 'figures' },
                { title: t('opening.principal'), dataIndex: 'principal_fen', ...amount },
              ]}
            />
            {!o.sign_off && may('sign-off') && (
              <Space wrap style={{ marginTop: 16 }}>
                <Input aria-label={t('finance.note')} placeholder={t('finance.note')} style={{ width: 320 }} maxLength={200} value={note} onChange={(event) => setNote(event.target.value)} />
                <Button
                  type="primary"
                  onClick={() =>
                    void modal.confirm({
                      title: t('opening.confirm'),
                      content: t('opening.confirmHint', { principal: yuan(o.principal_fen), advance: yuan(o.advance_fen) }),
                      okText: t('opening.sign'),
                      cancelText: t('common.cancel'),
                      onOk: sign,
                    })
                  }
                >
                  {t('opening.sign')}
                </Button>
              </Space>
            )}
          </Card>
        </>
      )}
    </>
  );
}
