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
  await expect(page.getByRole('navigation', { name: '主导航' })).toBeAttached();
}

/** What is brought in through the import assistant. */
export interface Upload {
  kind: string;
  community: string;
  name: string;
  text: string | Buffer;
}

/** Chooses kind, community and file in the import assistant; `next` goes on to its columns. */
export async function chooseFile(page: Page, ask: Upload): Promise<void> {
  await page.goto(`${readDevFile().base_url}/imports`);
  await page.getByRole('button', { name: '导入文件' }).click();
  await page.getByRole('radio', { name: ask.kind, exact: true }).check();
  await page.getByLabel('小区', { exact: true }).fill(ask.community);
  await page.locator('input[type=file]').setInputFiles({ name: ask.name, mimeType: 'application/octet-stream', buffer: Buffer.from(ask.text) });
  await expect(page.getByTestId('held-file')).toContainText(ask.name);
}

/** Goes on from the file to its columns. */
export async function toColumns(page: Page): Promise<void> {
  await page.getByRole('button', { name: '下一步：核对列' }).click();
  await expect(page.getByTestId('columns').first()).toBeVisible();
}

/** Goes on from the columns to the dry run, and waits for its end. */
export async function toDryRun(page: Page): Promise<void> {
  await page.getByRole('button', { name: '下一步：试导入' }).click();
  await expect(page.getByTestId('import-result')).not.toHaveAttribute('data-status', 'running', { timeout: 60_000 });
}

/** Does what was tried, and waits for the end. */
export async function reallyImport(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^正式导入/ }).click();
  await expect(page).toHaveURL(/step=result/);
  await expect(page.getByTestId('import-result')).toHaveAttribute('data-status', 'done', { timeout: 60_000 });
}

/** Brings a file in whose columns need no settling; a dry run ends before anything is written. */
export async function importFile(page: Page, ask: Upload & { dryRun: boolean }): Promise<void> {
  await chooseFile(page, ask);
  await toColumns(page);
  await toDryRun(page);
  if (!ask.dryRun) await reallyImport(page);
}

/** Says what a header of the file is imported as. */
export async function settle(page: Page, header: string, column: string): Promise<void> {
  await page.getByRole('combobox', { name: `“${header}”导入为`, exact: true }).focus();
  await page.keyboard.type(column);
  await page.keyboard.press('Enter');
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
