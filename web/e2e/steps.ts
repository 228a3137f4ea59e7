import { expect, type Page } from '@playwright/test';
import { readDevFile } from './system';

/** Opens the sign-in page and signs in with a demo login. */
export async function signIn(page: Page, role: string): Promise<void> {
  const { base_url, logins } = readDevFile();
  const login = logins[role];
  if (!login) throw new Error(`dev.json knows no login for ${role}`);
  await page.goto(`${base_url}/login`);
  await page.getByLabel('用户名').fill(login.login);
  await page.getByLabel('密码', { exact: true }).fill(login.password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: '催缴活动' })).toBeVisible();
}

/** Brings a CSV file in through the import page and waits for its end. */
export async function importFile(page: Page, ask: { kind: string; community: string; name: string; text: string; dryRun: boolean }): Promise<void> {
  await page.getByRole('link', { name: '数据导入' }).click();
  await page.getByText(ask.kind, { exact: true }).first().click();
  await page.getByLabel('小区').fill(ask.community);
  await page.locator('input[type=file]').setInputFiles({ name: ask.name, mimeType: 'text/csv', buffer: Buffer.from(ask.text) });
  await page.getByLabel('试导入（只检查，不写入）').setChecked(ask.dryRun);
  const taken = page.waitForResponse((answer) => answer.url().endsWith('/api/v1/imports') && answer.request().method() === 'POST');
  await page.getByRole('button', { name: ask.dryRun ? '开始检查' : '正式导入' }).click();
  const { id } = (await (await taken).json()) as { id: string };
  await expect(page).toHaveURL(new RegExp(`id=${id}`));
  await expect(page.getByTestId('import-result')).not.toHaveAttribute('data-status', 'running', { timeout: 60_000 });
}

/** Chooses an option of a drop-down by its label, and closes one that stays open for more. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).click();
  await page.keyboard.type(option);
  await page.locator('.ant-select-dropdown:visible').getByTitle(option, { exact: true }).click();
  await page.keyboard.press('Escape');
}

/** Business time of the system under test. */
export async function businessNow(page: Page): Promise<Date> {
  const { base_url, logins } = readDevFile();
  const answer = await page.request.get(`${base_url}/api/v1/clock`, { headers: { Authorization: `Bearer ${logins.company_finance?.token}` } });
  return new Date(((await answer.json()) as { now: string }).now);
}

/** Changes how fast business time goes. */
export async function turnClock(page: Page, speed: number): Promise<void> {
  const { base_url, logins } = readDevFile();
  const answer = await page.request.put(`${base_url}/api/v1/dev/clock`, { headers: { Authorization: `Bearer ${logins.company_finance?.token}` }, data: { speed } });
  expect(answer.ok(), await answer.text()).toBe(true);
}

/** A day as staff write it, counted from an instant. */
export function dayFrom(now: Date, days: number): string {
  return new Date(now.getTime() + (days * 24 + 8) * 3_600_000).toISOString().slice(0, 10);
}
