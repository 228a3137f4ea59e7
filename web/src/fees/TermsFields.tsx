import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Form, Input, InputNumber, Select, Space, Switch } from 'antd';
import type { FormInstance } from 'antd';
import { useTexts } from '../i18n';
import { asks, formulas, type Formula, type TermsForm } from './terms';

const decimal = /^\d{1,12}(\.\d{1,10})?$/;

/** The fields of one version of a fee item: those of the formula, and those that every formula has. */
export function TermsFields({ form }: { form: FormInstance<TermsForm> }) {
  const { t, label } = useTexts();
  const formula = Form.useWatch('formula', form) ?? 'built_area';
  return (
    <>
      <Form.Item name="formula" label={t('fees.formula')} extra={label('fees.formulaHint', formula)}>
        <Select options={formulas.map((one) => ({ value: one, label: label('formula', one) }))} />
      </Form.Item>
      <FormulaFields form={form} formula={formula} />
      <SharedFields />
    </>
  );
}

function FormulaFields({ form, formula }: { form: FormInstance<TermsForm>; formula: Formula }) {
  const { t, label } = useTexts();
  const figure = { pattern: decimal, message: t('fees.badFigure') };
  const options = (group: string, codes: string[]) => codes.map((code) => ({ value: code, label: label(group, code) }));
  return (
    <>
      <div className="form-columns">
        {asks.price(formula) && (
          <Form.Item name="price_yuan" label={t(formula === 'rent_steps' ? 'fees.rent' : 'fees.price')} rules={[figure]}>
            <Input prefix="¥" inputMode="decimal" maxLength={18} />
          </Form.Item>
        )}
        {asks.extra(formula) && (
          <Form.Item name="extra_yuan" label={t(formula === 'fixed' ? 'fees.amount' : 'fees.extra')} rules={[figure]}>
            <Input prefix="¥" inputMode="decimal" maxLength={18} />
          </Form.Item>
        )}
        {asks.per(formula) && (
          <Form.Item name="per" label={t('fees.per')}>
            <Select allowClear placeholder={label('feePer', formula === 'fixed' ? 'period' : 'month')} options={options('feePer', ['month', 'period'])} />
          </Form.Item>
        )}
        {asks.meter(formula) && (
          <Form.Item name="meter_kind" label={t('fees.meterKind')}>
            <Select allowClear placeholder={t('fees.meterKindOwn')} options={options('meterKind', ['water', 'hot_water', 'electricity', 'gas', 'heat', 'other'])} />
          </Form.Item>
        )}
      </div>
      {asks.tiers(formula) && <Tiers />}
      {asks.tiers(formula) && (
        <Form.Item name="tier_basis" label={t('fees.tierBasis')} extra={t('fees.tierBasisHint')}>
          <Select allowClear placeholder={label('tierBasis', 'period')} options={options('tierBasis', ['period', 'year'])} />
        </Form.Item>
      )}
      {formula === 'rent_steps' && <Rises form={form} />}
      {formula === 'expression' && <ExpressionFields />}
    </>
  );
}

function Tiers() {
  const { t } = useTexts();
  return (
    <Form.Item label={t('fees.tiers')} extra={t('fees.tiersHint')}>
      <Form.List name="tiers">
        {(fields, { add, remove }) => (
          <Space direction="vertical">
            {fields.map((field) => (
              <Space key={field.key} align="baseline" wrap>
                <Form.Item name={[field.name, 'up_to']} noStyle>
                  <Input addonBefore={t('fees.upTo')} placeholder={t('fees.noBound')} maxLength={18} />
                </Form.Item>
                <Form.Item name={[field.name, 'price_yuan']} noStyle>
                  <Input addonBefore={t('fees.price')} prefix="¥" maxLength={18} />
                </Form.Item>
                <Button type="text" icon={<MinusCircleOutlined />} aria-label={t('fees.remove')} onClick={() => remove(field.name)} />
              </Space>
            ))}
            <Button icon={<PlusOutlined />} onClick={() => add({})}>
              {t('fees.addTier')}
            </Button>
          </Space>
        )}
      </Form.List>
    </Form.Item>
  );
}

function Rises({ form }: { form: FormInstance<TermsForm> }) {
  const { t, label } = useTexts();
  const rise = Form.useWatch('rise', form) ?? 'none';
  return (
    <>
      <div className="form-columns">
        <Form.Item name="rise" label={t('fees.rise')}>
          <Select options={['none', 'percent', 'yuan', 'steps'].map((one) => ({ value: one, label: label('feeRise', one) }))} />
        </Form.Item>
        {(rise === 'percent' || rise === 'yuan') && (
          <>
            <Form.Item name="step_months" label={t('fees.stepMonths')}>
              <Input inputMode="numeric" maxLength={3} />
            </Form.Item>
            <Form.Item name={rise === 'percent' ? 'step_percent' : 'step_yuan'} label={t(rise === 'percent' ? 'fees.stepPercent' : 'fees.stepYuan')}>
              <Input inputMode="decimal" maxLength={12} />
            </Form.Item>
            <Form.Item name="step_from" label={t('fees.stepFrom')} extra={t('fees.stepFromHint')}>
              <Input type="date" />
            </Form.Item>
          </>
        )}
      </div>
      {rise === 'steps' && (
        <Form.List name="steps">
          {(fields, { add, remove }) => (
            <Form.Item label={t('fees.steps')}>
              <Space direction="vertical">
                {fields.map((field) => (
                  <Space key={field.key} align="baseline" wrap>
                    <Form.Item name={[field.name, 'from']} noStyle>
                      <Input type="date" />
                    </Form.Item>
                    <Form.Item name={[field.name, 'amount_yuan']} noStyle>
                      <Input prefix="¥" addonBefore={t('fees.rent')} maxLength={18} />
                    </Form.Item>
                    <Button type="text" icon={<MinusCircleOutlined />} aria-label={t('fees.remove')} onClick={() => remove(field.name)} />
                  </Space>
                ))}
                <Button icon={<PlusOutlined />} onClick={() => add({})}>
                  {t('fees.addStep')}
                </Button>
              </Space>
            </Form.Item>
          )}
        </Form.List>
      )}
    </>
  );
}

function ExpressionFields() {
  const { t } = useTexts();
  return (
    <>
      <Form.Item name="expression" label={t('fees.expression')} extra={t('fees.expressionHint')}>
        <Input.TextArea rows={2} maxLength={400} placeholder="max(建筑面积 - 60, 0) * 单价" />
      </Form.Item>
      <Form.Item label={t('fees.variables')}>
        <Form.List name="variables">
          {(fields, { add, remove }) => (
            <Space direction="vertical">
              {fields.map((field) => (
                <Space key={field.key} align="baseline" wrap>
                  <Form.Item name={[field.name, 'name']} noStyle>
                    <Input placeholder={t('fees.variableName')} maxLength={40} />
                  </Form.Item>
                  <Form.Item name={[field.name, 'value']} noStyle>
                    <Input placeholder={t('fees.variableValue')} maxLength={18} />
                  </Form.Item>
                  <Button type="text" icon={<MinusCircleOutlined />} aria-label={t('fees.remove')} onClick={() => remove(field.name)} />
                </Space>
              ))}
              <Button icon={<PlusOutlined />} onClick={() => add({})}>
                {t('fees.addVariable')}
              </Button>
            </Space>
          )}
        </Form.List>
      </Form.Item>
    </>
  );
}

function SharedFields() {
  const { t, label } = useTexts();
  const options = (group: string, codes: string[]) => codes.map((code) => ({ value: code, label: label(group, code) }));
  return (
    <div className="form-columns">
      <Form.Item name="from" label={t('fees.from')} rules={[{ required: true, message: t('fees.needFrom') }]}>
        <Input type="date" />
      </Form.Item>
      <Form.Item name="to" label={t('fees.to')} extra={t('fees.toHint')}>
        <Input type="date" />
      </Form.Item>
      <Form.Item name="cycle" label={t('ledger.cycle')}>
        <Select options={options('cycle', ['month', 'quarter', 'half_year', 'year'])} />
      </Form.Item>
      <Form.Item name="prepaid" label={t('ledger.prepaid')} valuePropName="checked">
        <Switch checkedChildren={t('ledger.prepaidYes')} unCheckedChildren={t('ledger.prepaidNo')} />
      </Form.Item>
      <Form.Item name="debtor_role" label={t('ledger.debtor')}>
        <Select options={options('feeDebtor', ['owner', 'tenant', 'developer'])} />
      </Form.Item>
      <Form.Item name="unit_kinds" label={t('fees.unitKinds')} extra={t('fees.unitKindsHint')}>
        <Select mode="multiple" allowClear placeholder={t('fees.unitKindsUsual')} options={options('unitKind', ['home', 'shop', 'office', 'parking', 'storage'])} />
      </Form.Item>
      <Form.Item name="bill_day" label={t('fees.billDay')} extra={t('fees.billDayHint')}>
        <InputNumber min={1} max={31} precision={0} style={{ width: '100%' }} />
      </Form.Item>
      <Form.Item name="due_days" label={t('fees.dueDays')}>
        <InputNumber min={0} max={366} precision={0} style={{ width: '100%' }} />
      </Form.Item>
      <Form.Item name="prorate" label={t('fees.prorate')}>
        <Select options={options('feeProrate', ['actual', 'days30', 'days365', 'none'])} />
      </Form.Item>
      <Form.Item name="rounding" label={t('fees.rounding')}>
        <Select options={options('feeRounding', ['half_up', 'half_down', 'down', 'up', 'whole_yuan'])} />
      </Form.Item>
      <Form.Item name="vacant_percent" label={t('fees.vacant')} rules={[{ pattern: /^(100|\d{1,2}(\.\d{1,4})?)$/, message: t('fees.badShare') }]}>
        <Input suffix="%" inputMode="decimal" maxLength={7} />
      </Form.Item>
    </div>
  );
}
