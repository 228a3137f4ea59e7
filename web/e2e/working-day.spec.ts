import { expect, test, type Page } from '@playwright/test';
import { businessNow, dayFrom, signIn, turnClock } from './steps';
import { readDevFile } from './system';

const community = '云栖苑演示小区';

/** A page of its own for somebody, so that maker and checker are signed in side by side. */
async function pageOf(page: Page, role: string): Promise<Page> {
  const other = await (await page.context().browser()!.newContext()).newPage();
  await signIn(other, role);
  return other;
}

/** Opens what can be put right about the payment of a receipt, and chooses one. */
async function correct(page: Page, receipt: string, kind: string): Promise<void> {
  await page.getByRole('row', { name: new RegExp(receipt) }).getByTestId('correct').click();
  await page.getByRole('menuitem', { name: kind }).click();
}

/** The number of the receipt that the desk shows. */
async function receiptOf(page: Page): Promise<string> {
  await expect(page.getByTestId('receipt-no')).toBeVisible();
  return (await page.getByTestId('receipt-no').textContent()) ?? '';
}

test('a month is billed, money is taken at the desk and by a code, moved, given back with a checker, and the day is closed', async ({ page }) => {
  const { base_url } = readDevFile();
  await signIn(page, 'company_finance');
  await turnClock(page, 1);
  const today = dayFrom(await businessNow(page), 0);
  const [manager, cashier] = await Promise.all([pageOf(page, 'community_manager'), pageOf(page, 'cashier')]);

  await page.goto(`${base_url}/billing`);
  await page.getByRole('button', { name: '新出账' }).click();
  await page.getByRole('dialog').getByRole('combobox', { name: '小区' }).fill(community);
  await page.keyboard.press('Enter');
  await page.getByLabel('账期').fill(today.slice(0, 7));
  await page.getByRole('button', { name: /试\s*算/ }).click();
  await expect(page.getByTestId('billing-preview')).toContainText('物业费');
  await page.getByRole('button', { name: '发起出账' }).click();
  await expect(page).toHaveURL(/\/billing\/\w+$/);
  const approve = { name: '审核并发出账单' };
  await expect(page.getByRole('button', approve)).toBeDisabled();

  await manager.goto(page.url());
  await manager.getByRole('button', approve).click();
  await manager.getByRole('dialog').getByRole('button', approve).click();
  await expect(page.getByText('已出账', { exact: true })).toBeVisible();

  await cashier.goto(`${base_url}/desk?q=1-1-101`);
  await cashier.getByRole('button', { name: /^确认收款/ }).click();
  const receipt = await receiptOf(cashier);

  await correct(cashier, receipt, '转到正确的房屋或住户');
  const drawer = cashier.getByRole('dialog');
  await drawer.getByRole('combobox', { name: '正确的房屋' }).fill('1-1-102');
  await cashier.locator('.ant-select-item-option').first().click();
  await expect(drawer.getByTestId('effect')).toContainText(`${receipt} 有效 → 作废`);
  await drawer.getByTestId('correction-reason').fill('收错房号');
  await drawer.getByRole('button', { name: '确认办理' }).click();
  await expect(drawer).toBeHidden();
  await expect(cashier.getByRole('row', { name: new RegExp(receipt) })).toContainText('已冲销');

  const asked = cashier.waitForResponse(async (answer) => /\/pay-orders\/\w+$/.test(answer.url()) && answer.request().method() === 'GET' && 'pay_url' in ((await answer.json()) as object));
  await cashier.goto(`${base_url}/desk?q=1-1-101`);
  await cashier.getByRole('button', { name: '扫码支付' }).click();
  const phone = await page.context().newPage();
  await phone.goto(((await (await asked).json()) as { pay_url: string }).pay_url);
  await phone.getByRole('button', { name: '支付', exact: true }).click();
  await expect(drawer).toContainText('已收到');
  await expect(drawer.getByRole('button', { name: '打印收据' })).toBeVisible();
  await phone.close();

  await cashier.goto(`${base_url}/desk?q=1-1-103`);
  await cashier.getByText('押金', { exact: true }).last().click();
  await cashier.getByLabel('收款金额（元）').fill('100');
  await cashier.getByRole('button', { name: '确认收款 ¥100.00' }).click();
  await correct(cashier, await receiptOf(cashier), '申请退款');
  await drawer.getByTestId('correction-reason').fill('装修已验收');
  await drawer.getByRole('button', { name: '提交审批' }).click();
  await expect(cashier.getByText('已提交审批，审批通过后生效。')).toBeVisible();

  await manager.goto(`${base_url}/approvals`);
  await manager.getByTestId('approvals').getByRole('row').filter({ hasText: '装修已验收' }).getByRole('button').click();
  await manager.getByTestId('approve').click();
  await expect(manager.getByText('已同意并办理。')).toBeVisible();
  await cashier.goto(`${base_url}/approvals`);
  await cashier.getByRole('tab', { name: '退款办理' }).click();
  await cashier.getByRole('button', { name: '办理退款' }).click();
  await cashier.getByRole('button', { name: '确认已退款' }).click();
  await expect(cashier.getByText('已登记退款。')).toBeVisible();

  await page.goto(`${base_url}/finance/closings`);
  await page.getByRole('combobox', { name: '小区' }).fill(community);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /核\s*对/ }).click();
  const expected = ((await page.getByTestId('cash-expected').textContent()) ?? '').replace(/[¥,]/g, '');
  await page.getByLabel('柜台现金 实点（元）').fill(expected);
  await page.getByRole('button', { name: /结\s*账$/ }).click();
  await page.getByRole('dialog').getByRole('button', { name: /结\s*账$/ }).click();
  await expect(page.getByText(`${today} 已结账`)).toBeVisible();
});
