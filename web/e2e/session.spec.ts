import { expect, test } from '@playwright/test';
import { signIn } from './steps';
import { readDevFile } from './system';

test('a wrong password is refused in Chinese, and the page asks for what is missing', async ({ page }) => {
  await page.goto(`${readDevFile().base_url}/campaigns`);
  await expect(page).toHaveURL(/\/login$/);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await expect(page.getByText('请输入用户名')).toBeVisible();
  await page.getByLabel('用户名').fill('auditor');
  await page.getByLabel('密码', { exact: true }).fill('not-the-password');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alert')).toContainText(/用户名或密码/);
});

test('the demo offers its logins, and signing out closes the door', async ({ page }) => {
  await page.goto(`${readDevFile().base_url}/login`);
  await page.getByRole('button', { name: '审计员' }).click();
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: '催缴活动' })).toBeVisible();
  await expect(page.getByTestId('business-clock')).toHaveText(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
  await expect(page.getByRole('status', { name: '实时更新中' })).toBeVisible();

  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Campaigns' })).toBeVisible();
  await page.getByRole('button', { name: '中文' }).click();

  await page.getByRole('button', { name: '审计演示' }).click();
  await page.getByText('退出登录').click();
  await expect(page).toHaveURL(/\/login$/);
  await page.goto(`${readDevFile().base_url}/campaigns`);
  await expect(page).toHaveURL(/\/login$/);
});

test('nothing is loaded from another site', async ({ page }) => {
  const { base_url } = readDevFile();
  const elsewhere: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(base_url) && !request.url().startsWith('data:') && !request.url().startsWith('blob:')) elsewhere.push(request.url());
  });
  const broken: string[] = [];
  page.on('pageerror', (error) => broken.push(error.message));
  await signIn(page, 'company_finance');
  for (const path of ['/campaigns', '/imports', '/phone', '/docs', '/nowhere']) await page.goto(base_url + path, { waitUntil: 'load' });
  expect(elsewhere).toEqual([]);
  expect(broken).toEqual([]);
});
