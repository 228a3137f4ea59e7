import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, Space } from 'antd';
import { useTexts } from '../i18n';

/** A share in percent, such as 0.05. */
export const percent = /^\d{1,3}(\.\d{1,6})?$/;

const mostRates = 50;

/** The rates of the late fee, each from its day until the next begins. */
export function Rates() {
  const { t } = useTexts();
  return (
    <Form.Item label={t('settlements.rates')} extra={t('settlements.ratesHint')}>
      <Form.List name="rates">
        {(rows, { add, remove }) => (
          <>
            {rows.map((row) => (
              <Space key={row.key} align="start">
                <Form.Item name={[row.name, 'from']} rules={[{ required: true, message: t('fees.needFrom') }]}>
                  <Input type="date" aria-label={t('settlements.rateFrom')} />
                </Form.Item>
                <Form.Item name={[row.name, 'percent']} rules={[{ required: true, pattern: percent, message: t('fees.badFigure') }]}>
                  <Input aria-label={t('settlements.ratePercent')} addonBefore={t('settlements.daily')} suffix="%" inputMode="decimal" maxLength={10} style={{ width: 200 }} />
                </Form.Item>
                {rows.length > 1 && <Button type="text" icon={<DeleteOutlined />} aria-label={t('settlements.rateRemove')} onClick={() => remove(row.name)} />}
              </Space>
            ))}
            <div>
              <Button size="small" icon={<PlusOutlined />} disabled={rows.length >= mostRates} onClick={() => add({})}>
                {t('settlements.rateAdd')}
              </Button>
            </div>
          </>
        )}
      </Form.List>
    </Form.Item>
  );
}
