import { expect, test, type APIRequestContext, type Page } from '@playwright/test';
import { readDevFile } from './system';

interface Bill {
  id: string;
  debtor_id: string;
  community_id: string;
  payable_fen: number;
}

const { base_url, logins } = readDevFile();
const finance = { Authorization: `Bearer ${logins.company_finance?.token}` };

async function told<T>(answer: Awaited<ReturnType<APIRequestContext['get']>>): Promise<T> {
  expect(answer.ok(), await answer.text()).toBe(true);
  return (answer.status() === 204 ? undefined : await answer.json()) as T;
}

/** Makes the sandbox provider behave. */
async function mode(request: APIRequestContext, name: string): Promise<void> {
  await told(await request.put(`${base_url}/api/v1/dev/sandbox/payments`, { headers: finance, data: { mode: name } }));
}

/** A link for a debtor of the demo community who owes at least two bills; each test takes another one. */
async function linkFor(request: APIRequestContext, nth: number): Promise<{ url: string; bills: Bill[] }> {
  const list = await told<{ items: Bill[] }>(await request.get(`${base_url}/api/v1/bills?status=unpaid&limit=500`, { headers: finance }));
  const debtors = new Map<string, Bill[]>();
  for (const bill of list.items) debtors.set(bill.debtor_id, [...(debtors.get(bill.debtor_id) ?? []), bill]);
  const bills = [...debtors.values()].filter((own) => own.length > 1)[nth];
  if (!bills?.[0]) throw new Error('the demo community owes too little');
  const made = await request.post(`${base_url}/api/v1/debtors/${bills[0].debtor_id}/pay-link`, {
    headers: { ...finance, 'Idempotency-Key': `link-${nth}-${Date.now()}` },
    data: { community_id: bills[0].community_id },
  });
  return { url: (await told<{ url: string }>(made)).url, bills };
}

/** Chooses the first bill only, goes to the provider and pays there. */
async function payFirstBill(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByLabel('全选').uncheck();
  await expect(page.getByRole('button', { name: '去支付' })).toBeDisabled();
  await page.getByRole('listitem').first().getByRole('checkbox').check();
  const total = await page.getByTestId('pay-total').innerText();
  await page.getByRole('button', { name: '去支付' }).click();
  await expect(page.getByTestId('sandbox-amount')).toHaveText(total);
  await page.getByRole('button', { name: '支付', exact: true }).click();
}

test.use({ viewport: { width: 390, height: 780 } });
test.afterAll(async ({ request }) => mode(request, 'ok'));

for (const [nth, how] of ['ok', 'lost'].entries()) {
  test(`a resident pays by a link without signing in, notice ${how}`, async ({ page, request }) => {
    await mode(request, how);
    const { url, bills } = await linkFor(request, nth);
    await payFirstBill(page, url);
    await expect(page.getByTestId('pay-result')).toContainText('支付成功', { timeout: 60_000 });
    await expect(page.getByTestId('pay-result')).toContainText('收据号');
    await page.getByRole('link', { name: '返回账单' }).click();
    await expect(page.getByRole('listitem')).toHaveCount(bills.length - 1);
  });
}

test('a token that opens nothing says so, and what to do', async ({ page }) => {
  await page.goto(`${base_url}/pay/nothing-like-a-token`);
  await expect(page.getByTestId('link-invalid')).toContainText('物业服务中心');
});
