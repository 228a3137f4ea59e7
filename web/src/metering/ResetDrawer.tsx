import { Button, Checkbox, Drawer, Form, Input, InputNumber, Radio } from 'antd';
import { useState } from 'react';
import type { Meter, ReadingEntry } from '../api/model';
import { useTexts } from '../i18n';

interface Props {
  meter: Meter | undefined;
  reading: string;
  close: () => void;
  save: (meter: Meter, entry: ReadingEntry) => Promise<boolean>;
}

/** A reading that needs more than a figure: a new meter, a display that began at zero again, or a correction. */
export function ResetDrawer({ meter, reading, close, save }: Props) {
  const { t } = useTexts();
  return (
    <Drawer title={t('metering.more')} open={!!meter} onClose={close} width={420} destroyOnHidden>
      {meter && <Fields key={meter.id} meter={meter} reading={reading} close={close} save={save} />}
    </Drawer>
  );
}

function Fields({ meter, reading, close, save }: Props & { meter: Meter }) {
  const { t, label } = useTexts();
  const [entry, setEntry] = useState<ReadingEntry>({ reading });
  const [busy, setBusy] = useState(false);
  const set = (part: Partial<ReadingEntry>) => setEntry((before) => ({ ...before, ...part }));
  const send = async () => {
    setBusy(true);
    await save(meter, entry);
    close();
  };
  return (
    <Form layout="vertical" requiredMark={false} onFinish={() => void send()}>
      <p className="muted">{[meter.unit, meter.name, meter.serial].filter(Boolean).join(' ')}</p>
      <Form.Item label={t('metering.reset')}>
        <Radio.Group value={entry.reset} onChange={(event) => set({ reset: event.target.value as 'replaced' | 'rollover' })}>
          <Radio value="replaced">{label('meterReset', 'replaced')}</Radio>
          <Radio value="rollover">{label('meterReset', 'rollover')}</Radio>
        </Radio.Group>
      </Form.Item>
      <Form.Item label={t('metering.now')}>
        <Input inputMode="decimal" value={entry.reading} onChange={(event) => set({ reading: event.target.value.trim() })} />
      </Form.Item>
      {entry.reset === 'replaced' && (
        <>
          <Form.Item label={t('metering.final')}>
            <Input inputMode="decimal" onChange={(event) => set({ final_reading: event.target.value.trim() })} />
          </Form.Item>
          <Form.Item label={t('metering.start')}>
            <Input inputMode="decimal" onChange={(event) => set({ start_reading: event.target.value.trim() })} />
          </Form.Item>
          <Form.Item label={t('metering.serial')}>
            <Input maxLength={60} onChange={(event) => set({ new_serial: event.target.value.trim() })} />
          </Form.Item>
        </>
      )}
      {entry.reset === 'rollover' && (
        <Form.Item label={t('metering.digits')}>
          <InputNumber<number> min={1} max={10} {...(meter.digits ? { defaultValue: meter.digits } : {})} onChange={(value) => set({ digits: value ?? 0 })} />
        </Form.Item>
      )}
      <Form.Item>
        <Checkbox onChange={(event) => set({ corrects: event.target.checked })}>{t('metering.corrects')}</Checkbox>
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={busy} disabled={!entry.reading}>
        {t('metering.save')}
      </Button>
    </Form>
  );
}
