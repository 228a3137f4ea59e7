import { expect, test, type Page } from '@playwright/test';
import { businessNow, dayFrom, importFile, signIn } from './steps';
import { readDevFile } from './system';

test.describe.configure({ mode: 'serial' });

const mark = Date.now().toString(36);
const community = `收银测试小区${mark}`;
let page: Page;

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  await signIn(page, 'company_finance');
  const roster = ['小区,楼栋,单元,房号,建筑面积,业主,联系电话', `${community},3栋,2单元,1501,89.5,测试业主甲,19900010001`, `${community},3栋,2单元,1502,89.5,测试业主乙,19900010002`];
  await importFile(page, { kind: '房屋业主清册', community, name: 'roster.csv', text: roster.join('\n'), dryRun: false });
  const due = dayFrom(await businessNow(page), -40);
  const bills = ['2026-01', '2026-02', '2026-03'].map((period) => `${community},3栋,2单元,1501,物业费,${period},250.60,${due}`);
  await importFile(page, {
    kind: '应收欠费',
    community,
    name: 'receivables.csv',
    text: ['小区,楼栋,单元,房号,收费项目,账期,应收金额,应缴日期', ...bills].join('\n'),
    dryRun: false,
  });
});
test.afterAll(() => page.close());

test('a cashier opens a shift, takes cash, prints the receipt and closes the shift', async () => {
  await page.goto(`${readDevFile().base_url}/desk`);
  await page.getByRole('combobox', { name: '小区', exact: true }).focus();
  await page.keyboard.type(community);
  await expect(page.locator('.ant-select-dropdown:visible').getByTitle(community)).toBeVisible();
  await page.keyboard.press('Enter');

  const shift = page.getByTestId('desk-shift');
  await shift.getByRole('button', { name: '开班' }).click();
  await page.getByLabel('备用金（元）').fill('500');
  await page.getByRole('dialog').getByRole('button', { name: '开班' }).click();
  await expect(shift).toContainText('¥500.00');

  await page.getByLabel('查找住户').fill('3#1501');
  await page.keyboard.press('Enter');
  await expect(page.getByTestId('desk-owed')).toHaveText('¥751.80');
  await expect(page.getByTestId('desk-total')).toHaveText('¥751.80');
  await page.getByLabel('收款金额（元）').fill('1000');
  await page.getByLabel('收到现金（元）').fill('1000');
  await expect(page.getByTestId('desk-change')).toHaveText('¥0.00');
  await expect(page.getByText('多收的 ¥248.20 将转为预存')).toBeVisible();
  await page.getByRole('button', { name: '确认收款 ¥1,000.00' }).click();

  const done = page.getByTestId('desk-done');
  await expect(done).toContainText('¥248.20');
  const receipt = (await done.getByTestId('receipt-no').textContent()) ?? '';
  expect(receipt).toMatch(/^\d{3}-\d{8}$/);
  const printed = page.waitForResponse((answer) => answer.url().includes(`/receipts/${receipt}`));
  const opened = page.waitForEvent('popup');
  await done.getByRole('button', { name: '打印收据' }).click();
  expect((await printed).headers()['content-type']).toBe('application/pdf');
  await (await opened).close();
  await expect(page.getByRole('row', { name: new RegExp(receipt) })).toContainText('¥1,000.00');
  await expect(page.getByTestId('desk-owed')).toHaveText('¥0.00');

  await shift.getByRole('button', { name: '交班' }).click();
  const count = page.getByRole('dialog');
  await count.getByLabel('¥100.00', { exact: true }).fill('14');
  await count.getByLabel('¥50.00', { exact: true }).fill('2');
  await expect(page.getByTestId('desk-difference')).toHaveText('相符');
  await count.getByRole('button', { name: '交班' }).click();
  await expect(page.getByText('已交班，实交 ¥1,000.00')).toBeVisible();
});
