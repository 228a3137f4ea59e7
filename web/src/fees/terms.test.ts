import { describe, expect, it } from 'vitest';
import { formOf, raised, shifted, termsOf, usualTerms } from './terms';

describe('the form of a fee item', () => {
  it('sends nothing that the formula has no use for', () => {
    const terms = termsOf({ ...usualTerms, formula: 'metered', price_yuan: '9', per: 'month', tiers: [{ up_to: '15', price_yuan: '3' }, { price_yuan: '4.2' }], vacant_percent: '70' });
    expect(terms.parameters).toEqual({ tiers: [{ up_to: '15', price_yuan: '3' }, { price_yuan: '4.2' }] });
    expect(terms.vacant_share).toBe('0.7');
    expect(termsOf({ ...usualTerms, formula: 'usage', tier_basis: 'year', tiers: [{ price_yuan: '3' }] }).parameters).toEqual({ tiers: [{ price_yuan: '3' }], tier_basis: 'year' });
    expect(termsOf({ ...usualTerms, formula: 'usage', tier_basis: 'year', price_yuan: '3' }).parameters).toEqual({ price_yuan: '3' });
  });

  it('shows a version as it was entered', () => {
    const form = { ...usualTerms, formula: 'rent_steps' as const, price_yuan: '3000', rise: 'percent' as const, step_months: '12', step_percent: '5', vacant_percent: '85.5' };
    const again = termsOf(formOf(termsOf(form)));
    expect(again).toEqual(termsOf(form));
    expect(again.parameters).toEqual({ price_yuan: '3000', step_months: 12, step_percent: '5' });
  });

  it('moves the point without a float', () => {
    expect(['100', '70', '7', '0', '85.5'].map((text) => shifted(text, 2))).toEqual(['1', '0.7', '0.07', '0', '0.855']);
    expect(['1', '0.7', '0.07', '0.855', '0'].map((text) => raised(text, 2))).toEqual(['100', '70', '7', '85.5', '0']);
  });
});
