import { useQueryClient } from '@tanstack/react-query';
import { App, Button, Card, Form, InputNumber, Segmented, Table } from 'antd';
import { useState, type ReactNode } from 'react';
import type { ReceiptLayout } from '../api/model';
import { useTexts } from '../i18n';
import { Failure, PageLoading } from '../shell/states';
import { setLayout, useLayout } from './data';

const fields = ['no', 'date', 'year', 'month', 'day', 'payer', 'unit', 'method', 'total', 'words', 'advance', 'deposit', 'round_off', 'late_fee', 'cashier', 'note'] as const;
const columns = ['unit', 'item', 'period', 'principal', 'late_fee', 'sum'] as const;

/** Where a community's receipts are printed on the paper. */
export function LayoutCard({ communityId }: { communityId: string }) {
  const { t } = useTexts();
  const layout = useLayout(communityId);
  return (
    <Card title={t('layout.title')}>
      {layout.error ? <Failure cause={layout.error} retry={() => void layout.refetch()} /> : layout.data ? <Editor key={layout.data.version} communityId={communityId} from={layout.data} /> : <PageLoading />}
    </Card>
  );
}

function Editor({ communityId, from }: { communityId: string; from: ReceiptLayout }) {
  const { t, label } = useTexts();
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [layout, setDraft] = useState(from);
  const [failure, setFailure] = useState<unknown>();
  const [sending, setSending] = useState(false);
  const set = (part: Partial<ReceiptLayout>) => setDraft((before) => ({ ...before, ...part }));
  const place = (name: string, axis: 'x_mm' | 'y_mm', value: number | null) => {
    const places = { ...(layout.fields as Record<string, { x_mm: number; y_mm: number }>) };
    if (value === null) delete places[name];
    else places[name] = { ...(places[name] ?? { x_mm: 0, y_mm: 0 }), [axis]: value };
    set({ fields: places });
  };
  const send = async () => {
    setSending(true);
    setFailure(undefined);
    try {
      await setLayout(communityId, layout);
      await queries.invalidateQueries({ queryKey: ['book'] });
      void message.success(t('layout.saved'));
    } catch (cause) {
      setFailure(cause);
    }
    setSending(false);
  };
  const places = layout.fields as Record<string, { x_mm: number; y_mm: number } | undefined>;
  const offsets = layout.lines.columns as Record<string, number | undefined>;
  return (
    <Form layout="vertical" requiredMark={false}>
      <Form.Item label={t('layout.plain')}>
        <Segmented value={layout.plain_size} onChange={(size) => set({ plain_size: size })} options={(['a5', 'a4_third'] as const).map((size) => ({ value: size, label: label('layoutPaper', size) }))} />
      </Form.Item>
      <h3>{t('layout.form')}</h3>
      <div className="form-columns">
        <Figure label={t('layout.offsetX')} extra={t('layout.offsetHint')} min={-50} max={50} value={layout.offset_x_mm} set={(offset_x_mm) => set({ offset_x_mm })} />
        <Figure label={t('layout.offsetY')} min={-50} max={50} value={layout.offset_y_mm} set={(offset_y_mm) => set({ offset_y_mm })} />
        <Figure label={t('layout.width')} min={50} max={420} value={layout.width_mm} set={(width_mm) => set({ width_mm })} />
        <Figure label={t('layout.height')} min={50} max={420} value={layout.height_mm} set={(height_mm) => set({ height_mm })} />
        <Figure label={t('layout.font')} min={6} max={24} value={layout.font_pt} set={(font_pt) => set({ font_pt })} />
      </div>
      <div className="two-columns">
        <Table
          size="small"
          title={() => t('layout.places')}
          rowKey="name"
          pagination={false}
          dataSource={fields.map((name) => ({ name }))}
          columns={[
            { title: t('layout.value'), dataIndex: 'name', render: (name: string) => label('layoutField', name) },
            { title: t('layout.x'), key: 'x', render: (_, { name }) => <Millimetres name={`${label('layoutField', name)} ${t('layout.x')}`} value={places[name]?.x_mm} set={(value) => place(name, 'x_mm', value)} /> },
            { title: t('layout.y'), key: 'y', render: (_, { name }) => <Millimetres name={`${label('layoutField', name)} ${t('layout.y')}`} value={places[name]?.y_mm} set={(value) => place(name, 'y_mm', value)} /> },
          ]}
        />
        <div>
          <Table
            size="small"
            title={() => t('layout.lines')}
            rowKey="name"
            pagination={false}
            dataSource={columns.map((name) => ({ name }))}
            columns={[
              { title: t('layout.column'), dataIndex: 'name', render: (name: string) => label('layoutColumn', name) },
              {
                title: t('layout.x'),
                key: 'x',
                render: (_, { name }) => (
                  <Millimetres
                    name={`${label('layoutColumn', name)} ${t('layout.x')}`}
                    value={offsets[name]}
                    set={(value) => {
                      const next = { ...(layout.lines.columns as Record<string, number>) };
                      if (value === null) delete next[name];
                      else next[name] = value;
                      set({ lines: { ...layout.lines, columns: next } });
                    }}
                  />
                ),
              },
            ]}
          />
          <div className="form-columns" style={{ marginBlockStart: 16 }}>
            <Figure label={t('layout.top')} min={0} max={420} value={layout.lines.top_mm} set={(top_mm) => set({ lines: { ...layout.lines, top_mm } })} />
            <Figure label={t('layout.row')} min={2} max={50} value={layout.lines.row_mm} set={(row_mm) => set({ lines: { ...layout.lines, row_mm } })} />
            <Figure label={t('layout.rows')} whole min={1} max={40} value={layout.lines.rows} set={(rows) => set({ lines: { ...layout.lines, rows } })} />
          </div>
        </div>
      </div>
      {failure !== undefined && (
        <div className="section">
          <Failure cause={failure} />
        </div>
      )}
      <Button type="primary" style={{ marginBlockStart: 16 }} loading={sending} disabled={layout === from} onClick={() => void send()}>
        {t('layout.save')}
      </Button>
    </Form>
  );
}

/** A figure that is always there; an emptied field keeps what it had. */
function Figure(props: { label: string; extra?: ReactNode; min: number; max: number; whole?: boolean; value: number; set: (value: number) => void }) {
  return (
    <Form.Item label={props.label} {...(props.extra ? { extra: props.extra } : {})}>
      <InputNumber aria-label={props.label} min={props.min} max={props.max} {...(props.whole ? { precision: 0 } : { step: 0.5 })} value={props.value} style={{ width: '100%' }} onChange={(value) => value !== null && props.set(value)} />
    </Form.Item>
  );
}

/** A place on the paper; an emptied one is not printed. */
function Millimetres({ name, value, set }: { name: string; value: number | undefined; set: (value: number | null) => void }) {
  const { t } = useTexts();
  return <InputNumber size="small" aria-label={name} min={0} max={420} step={0.5} placeholder={t('layout.notPrinted')} value={value ?? null} style={{ width: 110 }} onChange={set} />;
}
