import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Card, Descriptions, Form, Input, Modal, Select, Space, Table, Tag } from 'antd';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import type { SettlementVersion } from '../api/model';
import { useCommunities } from '../campaigns/data';
import { yuan } from '../format/money';
import { dateTime } from '../format/time';
import { useTexts } from '../i18n';
import { useMay } from '../session/may';
import { PageHead } from '../shell/PageHead';
import { ReasonDialog, type ReasonAsk } from '../shell/ReasonDialog';
import { Failure, Nothing, PageLoading } from '../shell/states';
import { signSettlement, useSettlements, withdrawSettlement } from './data';
import { ProposeDrawer } from './ProposeDrawer';

const colours = { proposed: 'warning', signed: 'success', withdrawn: 'default' } as const;

/** What a community has agreed about its money: every version, the one in force, and what waits for a signature. */
export default function SettlementsPage() {
  const { t } = useTexts();
  const may = useMay();
  const [address, setAddress] = useSearchParams();
  const communities = useCommunities();
  const known = communities.data?.items ?? [];
  const community = address.get('community') ?? known[0]?.id;
  const list = useSettlements(community);
  const [proposing, setProposing] = useState(false);
  const versions = list.data?.items ?? [];
  const inForce = versions.find((version) => version.in_force);
  return (
    <>
      <PageHead
        title={t('settlements.title')}
        subtitle={t('settlements.intro')}
        actions={
          may('sign-off') &&
          community && (
            <Button type="primary" onClick={() => setProposing(true)}>
              {t('settlements.propose')}
            </Button>
          )
        }
      />
      <div className="filters">
        <Select
          aria-label={t('ledger.community')}
          style={{ width: 220 }}
          showSearch
          optionFilterProp="label"
          value={community}
          onChange={(value: string) => setAddress({ community: value })}
          options={known.map((one) => ({ value: one.id, label: one.name }))}
        />
      </div>
      {list.error && <Failure cause={list.error} retry={() => void list.refetch()} />}
      {list.isPending && community && <PageLoading />}
      {list.data && versions.length === 0 && <Nothing title={t('settlements.none')}>{t('settlements.noneHint')}</Nothing>}
      {versions.map((version) => (
        <Version key={version.id} version={version} open={version.in_force || version.status === 'proposed'} />
      ))}
      {community && <ProposeDrawer key={inForce?.id ?? 'first'} communityId={community} from={inForce?.rules} open={proposing} close={() => setProposing(false)} />}
    </>
  );
}

function Version({ version, open }: { version: SettlementVersion; open: boolean }) {
  const { t, label } = useTexts();
  const may = useMay();
  const queries = useQueryClient();
  const [shown, setShown] = useState(open);
  const [ask, setAsk] = useState<ReasonAsk>();
  const [signing, setSigning] = useState(false);
  const waits = version.status === 'proposed' && may('sign-off');
  const refresh = () => queries.invalidateQueries({ queryKey: ['community'] });
  return (
    <Card
      className="section"
      data-testid={`settlement-${version.no}`}
      title={
        <Space wrap>
          {t('settlements.no', { no: version.no })}
          <Tag color={colours[version.status as keyof typeof colours]}>{label('settlementStatus', version.status)}</Tag>
          {version.in_force && <Tag color="processing">{t('settlements.inForce')}</Tag>}
        </Space>
      }
      extra={
        <Space wrap>
          {waits && (
            <Button type="primary" onClick={() => setSigning(true)}>
              {t('settlements.sign')}
            </Button>
          )}
          {waits && (
            <Button
              danger
              onClick={() =>
                setAsk({
                  title: t('settlements.withdraw'),
                  text: t('settlements.withdrawText'),
                  danger: true,
                  send: async (reason) => {
                    await withdrawSettlement(version.community_id, version.id, reason);
                    await refresh();
                  },
                })
              }
            >
              {t('settlements.withdraw')}
            </Button>
          )}
          <Button onClick={() => setShown(!shown)}>{t(shown ? 'settlements.less' : 'settlements.more')}</Button>
        </Space>
      }
    >
      <Rules version={version} />
      {(version.warnings ?? []).map((warning) => (
        <Alert key={warning} className="section" type="warning" showIcon message={warning} />
      ))}
      {shown && <Examples version={version} />}
      <ReasonDialog ask={ask} close={() => setAsk(undefined)} />
      <SignDialog version={version} open={signing} close={() => setSigning(false)} signed={() => void refresh()} />
    </Card>
  );
}

function Rules({ version }: { version: SettlementVersion }) {
  const { t, label } = useTexts();
  const rules = version.rules;
  const late = rules.late_fee;
  const rates = (late.rates ?? []).map((rate) => t('settlements.rate', { from: rate.from, daily: rate.daily })).join('；');
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2, xl: 3 }}
      items={[
        { key: 'items', label: t('settlements.items'), children: t('settlements.itemsCount', { count: (rules.fee_item_version_ids ?? []).length }) },
        { key: 'first', label: t('settlements.firstDay'), children: rules.first_day ?? '—' },
        { key: 'order', label: t('settlements.order'), children: label('settlementOrder', rules.allocation_order) },
        { key: 'late', label: t('settlements.lateFee'), children: late.enabled ? `${rates}，${t('settlements.grace', { days: late.grace_days ?? 0 })}` : t('settlements.lateFeeOff') },
        { key: 'change', label: t('settlements.smallChange'), children: label('settlementChange', rules.small_change ?? 'none') },
        { key: 'day', label: t('settlements.billDay'), children: rules.bill_day ? t('settlements.everyMonth', { day: rules.bill_day }) : t('settlements.byHand') },
        { key: 'proposed', label: t('settlements.proposedAt'), children: dateTime(version.proposed_at) },
        ...(version.signed_names ? [{ key: 'signed', label: t('settlements.signedBy'), children: `${version.signed_names}（${dateTime(version.decided_at)}）` }] : []),
        ...(version.note ? [{ key: 'note', label: t('settlements.note'), children: version.note }] : []),
      ]}
    />
  );
}

function Examples({ version }: { version: SettlementVersion }) {
  const { t, label } = useTexts();
  return (
    <Table
      size="small"
      title={() => t('settlements.examples')}
      rowKey={(row) => `${row.case}${row.unit_id}${row.fee_item}${row.period}${row.explanation}`}
      pagination={false}
      scroll={{ x: 860, y: 420 }}
      dataSource={version.examples ?? []}
      columns={[
        { title: t('settlements.case'), dataIndex: 'case', width: 90, render: (code: string) => label('settlementCase', code) },
        { title: t('ledger.unit'), dataIndex: 'unit', width: 130 },
        { title: t('ledger.feeItem'), dataIndex: 'fee_item', width: 110 },
        { title: t('fees.period'), dataIndex: 'period', width: 90, className: 'figures' },
        { title: t('fees.amountDue'), dataIndex: 'amount_fen', width: 110, align: 'right', className: 'figures', render: (fen: number, row) => (row.problem ? '—' : yuan(fen)) },
        { title: t('settlements.how'), dataIndex: 'explanation', render: (text: string, row) => (row.problem ? <Alert type="error" message={text} /> : text) },
      ]}
    />
  );
}

function SignDialog({ version, open, close, signed }: { version: SettlementVersion; open: boolean; close: () => void; signed: () => void }) {
  const { t } = useTexts();
  const { message } = App.useApp();
  const [form] = Form.useForm<{ names: string; note?: string }>();
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const send = async () => {
    const values = await form.validateFields().catch(() => undefined);
    if (!values) return;
    setSending(true);
    setFailure(undefined);
    try {
      await signSettlement(version.community_id, version.id, values.names.trim(), values.note?.trim() ?? '');
      void message.success(t('settlements.signedDone'));
      close();
      signed();
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  return (
    <Modal open={open} title={t('settlements.sign')} okText={t('settlements.signOk')} cancelText={t('common.cancel')} okButtonProps={{ loading: sending }} onOk={() => void send()} onCancel={close} maskClosable={false}>
      <p>{t('settlements.signText')}</p>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Form form={form} layout="vertical" requiredMark={false}>
        <Form.Item name="names" label={t('settlements.names')} rules={[{ required: true, whitespace: true, message: t('settlements.needNames') }]}>
          <Input maxLength={200} autoFocus />
        </Form.Item>
        <Form.Item name="note" label={t('settlements.note')}>
          <Input.TextArea rows={2} maxLength={500} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
