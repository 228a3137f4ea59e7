import { expect, test, type Page } from '@playwright/test';
import { signIn } from './steps';
import { readDevFile } from './system';

const campaign = {
  id: '01TEST',
  name: '三月物业费催缴',
  status: 'running',
  households: 320,
  amount_fen: 48_239_050,
  collected_fen: 20_432_000,
  open: 152,
  held: 7,
  needs_attention: 0,
  paid: 161,
  start_at: '2026-03-02T00:00:00Z',
  created_at: '2026-03-02T00:00:00Z',
  stages: [],
};

/** Answers the reads of one campaign, so that a command on it can be refused at will. */
async function showCampaign(page: Page): Promise<void> {
  await signIn(page, 'company_finance');
  await page.route('**/api/v1/campaigns/01TEST', (route) => route.fulfill({ json: campaign }));
  await page.route('**/api/v1/campaigns/01TEST/cases?*', (route) => route.fulfill({ json: { items: [] } }));
  await page.goto(`${readDevFile().base_url}/campaigns/01TEST`);
  await expect(page.getByRole('heading', { level: 1, name: campaign.name })).toBeVisible();
}

async function pause(page: Page): Promise<void> {
  await page.getByRole('button', { name: '暂停' }).click();
  await page.getByRole('dialog').getByLabel('原因').fill('等待核对账单');
  await page.getByRole('dialog').getByRole('button', { name: '确定' }).click();
}

test('dates are those of Shanghai wherever the reader is', async ({ page }) => {
  await showCampaign(page);
  await expect(page.getByText('发起时间 2026-03-02 08:00')).toBeVisible();
  await expect(page.getByText('¥482,390.50')).toBeVisible();
});

test('a refused command says why and keeps what was typed', async ({ page }) => {
  await showCampaign(page);
  await page.route('**/api/v1/campaigns/01TEST/pause', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      body: JSON.stringify({ status: 409, code: 'campaign-over', detail: '活动已经结束，不能再暂停。', request_id: 'r-77' }),
    }),
  );
  await pause(page);
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('alert')).toContainText('活动已经结束，不能再暂停。');
  await expect(dialog.getByRole('alert')).toContainText('r-77');
  await expect(dialog.getByLabel('原因')).toHaveValue('等待核对账单');
});

test('a command whose answer is lost is sent again as the same command', async ({ page }) => {
  await showCampaign(page);
  const keys: (string | undefined)[] = [];
  await page.route('**/api/v1/campaigns/01TEST/pause', (route) => {
    keys.push(route.request().headers()['idempotency-key']);
    if (keys.length === 1) return route.abort('connectionreset');
    if (keys.length === 2) return route.fulfill({ status: 503, headers: { 'Retry-After': '1' }, json: { code: 'outcome-unknown' } });
    return route.fulfill({ json: { ...campaign, status: 'paused' } });
  });
  await pause(page);
  await expect(page.getByText('活动已暂停')).toBeVisible();
  expect(keys).toHaveLength(3);
  expect(keys[0]).toBeTruthy();
  expect(new Set(keys).size).toBe(1);
});

test('who may not import is told so, and is not led there', async ({ page }) => {
  await signIn(page, 'auditor');
  await expect(page.getByRole('link', { name: '数据导入' })).toBeHidden();
  await expect(page.getByRole('button', { name: '发起催缴' })).toBeHidden();
  await page.goto(`${readDevFile().base_url}/imports`);
  await expect(page.getByRole('alert')).toContainText('权限');
});

test('a list that can not be read says so and can be tried again', async ({ page }) => {
  await signIn(page, 'company_finance');
  let failing = true;
  await page.route('**/api/v1/campaigns?*', (route) =>
    failing ? route.fulfill({ status: 403, json: { code: 'forbidden', detail: '您没有进行此操作的权限，请联系管理员授权。' } }) : route.fulfill({ json: { items: [campaign] } }),
  );
  await page.reload();
  await expect(page.getByRole('alert')).toContainText('权限');
  failing = false;
  await page.getByRole('button', { name: '重试' }).click();
  await expect(page.getByRole('link', { name: campaign.name })).toBeVisible();
});
