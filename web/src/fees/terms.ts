import type { FeeTerms } from '../api/model';

export const formulas = [
  'built_area',
  'inner_area',
  'fixed',
  'given',
  'rent_steps',
  'metered',
  'usage',
  'shared_area',
  'shared_household',
  'expression',
] as const;
export type Formula = (typeof formulas)[number];

/** The fields of the form. Figures are texts: they stay decimals. */
export interface TermsForm {
  formula: Formula;
  price_yuan?: string;
  extra_yuan?: string;
  per?: string;
  tiers?: { up_to?: string; price_yuan?: string }[];
  tier_basis?: string;
  rise?: 'none' | 'percent' | 'yuan' | 'steps';
  step_months?: string;
  step_percent?: string;
  step_yuan?: string;
  step_from?: string;
  steps?: { from?: string; amount_yuan?: string }[];
  expression?: string;
  variables?: { name?: string; value?: string }[];
  meter_kind?: string;
  unit_kinds?: string[];
  cycle: NonNullable<FeeTerms['cycle']>;
  prepaid: boolean;
  debtor_role: NonNullable<FeeTerms['debtor_role']>;
  prorate: NonNullable<FeeTerms['prorate']>;
  rounding: NonNullable<FeeTerms['rounding']>;
  bill_day: number;
  due_days: number;
  vacant_percent?: string;
  from?: string;
  to?: string;
}

export const usualTerms: TermsForm = {
  formula: 'built_area',
  rise: 'none',
  cycle: 'month',
  prepaid: false,
  debtor_role: 'owner',
  prorate: 'actual',
  rounding: 'half_up',
  bill_day: 1,
  due_days: 30,
  vacant_percent: '100',
};

/** Whether the form asks for a field with this formula. */
export const asks = {
  price: (formula: Formula) => ['built_area', 'inner_area', 'metered', 'usage', 'rent_steps', 'expression'].includes(formula),
  extra: (formula: Formula) => ['built_area', 'inner_area', 'fixed', 'metered', 'usage', 'expression'].includes(formula),
  per: (formula: Formula) => ['built_area', 'inner_area', 'fixed', 'expression'].includes(formula),
  tiers: (formula: Formula) => formula === 'metered' || formula === 'usage',
  meter: (formula: Formula) => formula === 'metered' || formula === 'expression',
};

/** Shifts the point of a decimal to the left without a float: 70 becomes 0.7 for two places. */
export function shifted(text: string, places: number): string {
  const [whole = '0', fraction = ''] = text.trim().split('.');
  const digits = whole.padStart(places + 1, '0');
  const at = digits.length - places;
  const result = `${digits.slice(0, at)}.${digits.slice(at)}${fraction}`.replace(/0+$/, '').replace(/\.$/, '');
  return result.replace(/^0+(?=\d)/, '');
}

/** Shifts the point of a decimal to the right without a float: 0.7 becomes 70 for two places. */
export function raised(text: string, places: number): string {
  const [whole = '0', fraction = ''] = text.trim().split('.');
  const filled = fraction.padEnd(places, '0');
  const rest = filled.slice(places);
  return `${whole}${filled.slice(0, places)}${rest ? `.${rest}` : ''}`.replace(/^0+(?=\d)/, '');
}

/** What the form says, as the service takes it. Empty fields are left out, and so are those that the formula has no use for. */
export function termsOf(form: TermsForm): FeeTerms {
  const parameters: Record<string, unknown> = {};
  const put = (name: string, value: unknown) => {
    if (value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0)) parameters[name] = value;
  };
  const steps = form.formula === 'rent_steps' ? (form.rise ?? 'none') : 'none';
  const tiers = asks.tiers(form.formula) ? (form.tiers ?? []).map((tier) => ({ ...(tier.up_to ? { up_to: tier.up_to } : {}), price_yuan: tier.price_yuan ?? '' })) : [];
  put('tiers', tiers);
  if (tiers.length > 0) put('tier_basis', form.tier_basis);
  if (asks.price(form.formula) && tiers.length === 0 && steps !== 'steps') put('price_yuan', form.price_yuan);
  if (asks.extra(form.formula)) put('extra_yuan', form.extra_yuan);
  if (asks.per(form.formula)) put('per', form.per);
  if (asks.meter(form.formula)) put('meter_kind', form.meter_kind);
  if (steps === 'steps') put('steps', form.steps);
  if (steps === 'percent' || steps === 'yuan') {
    put('step_months', Number(form.step_months) || undefined);
    put(steps === 'percent' ? 'step_percent' : 'step_yuan', steps === 'percent' ? form.step_percent : form.step_yuan);
    put('step_from', form.step_from);
  }
  if (form.formula === 'expression') {
    put('expression', form.expression);
    const named = (form.variables ?? []).filter((one) => one.name);
    if (named.length > 0) put('variables', Object.fromEntries(named.map((one) => [one.name, one.value ?? ''])));
  }
  put('unit_kinds', form.unit_kinds);
  return {
    formula: form.formula,
    parameters,
    cycle: form.cycle,
    prepaid: form.prepaid,
    debtor_role: form.debtor_role,
    prorate: form.prorate,
    rounding: form.rounding,
    bill_day: form.bill_day,
    due_days: form.due_days,
    vacant_share: shifted(form.vacant_percent || '100', 2),
    ...(form.from ? { from: form.from } : {}),
    ...(form.to ? { to: form.to } : {}),
  };
}

/** A version as the form shows it, to start another one from. Its days are left out. */
export function formOf(terms: FeeTerms): TermsForm {
  const has = (terms.parameters ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof has[name] === 'string' || typeof has[name] === 'number' ? String(has[name]) : undefined);
  const variables = (has.variables ?? {}) as Record<string, unknown>;
  const rise = Array.isArray(has.steps) ? 'steps' : has.step_percent !== undefined ? 'percent' : has.step_yuan !== undefined ? 'yuan' : 'none';
  const fen = text('amount_fen');
  const filled: Partial<TermsForm> = {
    price_yuan: text('price_yuan'),
    extra_yuan: text('extra_yuan') ?? (fen ? shifted(fen, 2) : undefined),
    per: text('per'),
    tiers: has.tiers as TermsForm['tiers'],
    tier_basis: text('tier_basis'),
    rise,
    step_months: text('step_months'),
    step_percent: text('step_percent'),
    step_yuan: text('step_yuan'),
    step_from: text('step_from'),
    steps: has.steps as TermsForm['steps'],
    expression: text('expression'),
    variables: Object.entries(variables).map(([name, value]) => ({ name, value: String(value) })),
    meter_kind: text('meter_kind'),
    unit_kinds: has.unit_kinds as string[] | undefined,
  };
  return {
    ...usualTerms,
    ...(Object.fromEntries(Object.entries(filled).filter(([, value]) => value !== undefined)) as Partial<TermsForm>),
    formula: terms.formula,
    cycle: terms.cycle ?? 'month',
    prepaid: terms.prepaid ?? false,
    debtor_role: terms.debtor_role ?? 'owner',
    prorate: terms.prorate ?? 'actual',
    rounding: terms.rounding ?? 'half_up',
    bill_day: terms.bill_day || 1,
    due_days: terms.due_days ?? 30,
    vacant_percent: raised(terms.vacant_share ?? '1', 2),
  };
}
