import { expect, test, type Page } from '@playwright/test';
import { businessNow, choose, dayFrom, importFile, signIn, turnClock } from './steps';
import { readDevFile } from './system';

test.describe.configure({ mode: 'serial' });

const mark = Date.now().toString(36);
const community = `页面测试小区${mark}`;
const campaign = `页面测试催缴${mark}`;
const households = 8;
/** A day in ten seconds: weekends pass while a test waits. */
const daysQuickly = 8640;
/** A day in six minutes: the next stage is far away while a test looks around. */
const daysSlowly = 240;
const prefix = `199000${String(Date.now() % 1000).padStart(3, '0')}`;
const phoneOf = (n: number) => `${prefix}${String(n).padStart(2, '0')}`;
let page: Page;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await turnClock(page, daysQuickly);
  await signIn(page, 'company_finance');
});
test.afterAll(async () => {
  await turnClock(page, readDevFile().speed);
  await page.close();
});

function roster(): string {
  const rows = Array.from({ length: households }, (_, i) => `${community},3栋,1单元,${i + 1}01,8${i}.5,测试业主${'甲乙丙丁戊己庚辛'[i]},${phoneOf(i)}`);
  return ['小区,楼栋,单元,房号,建筑面积,业主,联系电话', ...rows].join('\n');
}

function receivables(due: string, amount: (i: number) => string): string {
  const rows = Array.from({ length: households }, (_, i) => `${community},3栋,1单元,${i + 1}01,物业费,2026-01,${amount(i)},${due}`);
  return ['小区,楼栋,单元,房号,收费项目,账期,应收金额,应缴日期', ...rows].join('\n');
}

test('a dry run shows what is wrong, row by row', async () => {
  const text = `${roster()}\n${community},3栋,1单元,901,80,测试业主壬,12345`;
  await importFile(page, { kind: '房屋业主清册', community, name: 'roster.csv', text, dryRun: true });
  const result = page.getByTestId('import-result');
  await expect(result.getByTestId('import-rejected')).toHaveText('1');
  await expect(result.getByRole('cell', { name: String(households + 2), exact: true })).toBeVisible();
  await expect(result.getByRole('cell', { name: '联系电话', exact: true })).toBeVisible();
});

test('a roster and receivables come in', async () => {
  await importFile(page, { kind: '房屋业主清册', community, name: 'roster.csv', text: roster(), dryRun: false });
  await expect(page.getByText('导入完成。')).toBeVisible();
  const due = dayFrom(await businessNow(page), -40);
  await importFile(page, { kind: '应收欠费', community, name: 'receivables.csv', text: receivables(due, (i) => (1234.5 + i).toFixed(2)), dryRun: false });
  await expect(page.getByText('导入完成。')).toBeVisible();
});

test('a campaign is previewed and started, and its funnel moves by itself', async () => {
  await page.getByRole('link', { name: '催缴活动' }).click();
  await page.getByRole('button', { name: '发起催缴' }).click();
  await page.getByRole('button', { name: '预览', exact: true }).click();
  await expect(page.getByText('请填写名称')).toBeVisible();

  await page.getByLabel('名称').fill(campaign);
  await choose(page, '小区', community);
  await choose(page, '催缴策略', '短信三次提醒');
  await page.getByRole('button', { name: '预览', exact: true }).click();
  const preview = page.getByTestId('preview');
  await expect(preview.getByTestId('preview-households')).toHaveText(String(households));
  await expect(preview.getByText('¥9,904.00')).toBeVisible();
  await expect(preview.getByRole('cell', { name: '友情提醒' }).first()).toBeVisible();

  await page.getByRole('button', { name: `确认发起（${households} 户）` }).click();
  await expect(page.getByRole('heading', { level: 1, name: campaign })).toBeVisible();
  await expect(page.getByTestId('kpi-households')).toHaveText(String(households));
  await expect(page.getByTestId('friendly-sent')).toHaveText(String(households), { timeout: 120_000 });
  await turnClock(page, daysSlowly);
});

test('a case tells its story, and the phone shows the message', async () => {
  await page.getByRole('link', { name: /1单元\D*101/ }).first().click();
  await expect(page.getByTestId('timeline')).toContainText('友情提醒', { timeout: 30_000 });
  await expect(page.getByTestId('messages')).toContainText('1,234.50');

  await page.getByRole('link', { name: '手机模拟器' }).click();
  await page.getByLabel('按号码筛选').fill(phoneOf(0));
  await page.getByTestId('recipients').getByRole('button').click();
  await expect(page.getByTestId('bubble').first()).toContainText(community);
});

test('who pays on the phone is seen as paid', async () => {
  await page.getByTestId('bubble').first().getByRole('button', { name: '缴费' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('金额（元）')).toHaveValue('1,234.50');
  await dialog.getByRole('button', { name: '确认缴费' }).click();
  await expect(page.getByText(/缴费成功，收据号 \S+/)).toBeVisible();

  await page.getByRole('link', { name: '催缴活动' }).click();
  await page.getByRole('link', { name: campaign }).click();
  await expect(page.getByTestId('kpi-paid')).toHaveText('1');
  await expect(page.getByTestId('kpi-collected')).toContainText('¥1,234.50');
  await page.getByRole('link', { name: /1单元\D*101/ }).first().click();
  await expect(page.locator('.page-head [data-status]')).toHaveText('已结清');
  await expect(page.getByTestId('case-arrears')).toHaveText('¥0.00');
});

test('one case and the whole campaign can be stopped, with a reason', async () => {
  await page.getByRole('link', { name: '返回' }).click();
  await page.getByRole('link', { name: /1单元\D*201/ }).first().click();
  await page.getByRole('button', { name: '暂缓' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '确定' }).click();
  await expect(dialog.getByText('请填写原因')).toBeVisible();
  await dialog.getByLabel('原因').fill('业主反映漏水，等待工程回复');
  await dialog.getByRole('button', { name: '确定' }).click();
  await expect(page.locator('.page-head [data-status]')).toHaveText('已暂缓');
  await expect(page.getByTestId('timeline')).toContainText('业主反映漏水');

  await page.getByRole('link', { name: '返回' }).click();
  await expect(page.getByTestId('kpi-held')).toHaveText('1');
  await page.getByRole('button', { name: '终止' }).click();
  await page.getByRole('dialog').getByLabel('原因').fill('测试结束');
  await page.getByRole('dialog').getByRole('button', { name: '确定' }).click();
  await expect(page.locator('.page-head [data-status]')).toHaveText('已终止');
});
