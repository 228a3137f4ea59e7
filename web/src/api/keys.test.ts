import { expect, it } from 'vitest';
import { uuid } from './keys';

it('makes a UUID where the browser offers none', () => {
  const plain = { getRandomValues: crypto.getRandomValues.bind(crypto) };
  const made = new Set(Array.from({ length: 200 }, () => uuid(plain)));
  expect(made.size).toBe(200);
  for (const id of made) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
