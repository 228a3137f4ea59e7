import { expect, test, type Page } from '@playwright/test';
import { chooseFile, importFile, reallyImport, settle, signIn, toColumns, toDryRun } from './steps';
import { readDevFile } from './system';
import { workbook } from './workbook';


const mark = Date.now().toString(36);
const community = `导入测试小区${mark}`;
const prefix = `199001${String(Date.now() % 1000).padStart(3, '0')}`;
const names = [...'甲乙丙丁戊己'];
const head = '楼,户号代码,产权面积,户主大名,打哪个电话,养狗吗,备注';
const row = (i: number, area: string) => `3栋,2-${i + 1}01,${area},测试${names[i]},${prefix}${String(i).padStart(2, '0')},否,`;
/** A file as an office keeps it: a title, and headers that nobody has taught the system. */
const roster = (area: (i: number) => string, ...more: string[]) => [`${community}业主资料`, head, ...names.map((_, i) => row(i, area(i))), ...more].join('\n');
const areaOf = (i: number) => `8${i}.5`;

test.describe.configure({ mode: 'serial' });

let page: Page;
const complaints: string[] = [];

test.beforeAll(async ({ browser }) => {
  page = await browser.newPage();
  page.on('console', (message) => {
    // A refusal that a test asks for is told by the browser as well.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await signIn(page, 'company_finance');
});
test.afterAll(async () => {
  await page.close();
});

const standing = (header: string) =>
  page.getByTestId('columns').locator('li').filter({ has: page.getByText(header, { exact: true }) }).locator('[data-standing]');

test('columns are proposed, missing ones named, and settled by the person', async () => {
  await chooseFile(page, { kind: '房屋业主清册', community, name: '三期业主资料.csv', text: roster(areaOf, '3栋,2-1501,-89,测试庚,12345,否,') });
  await expect(page.getByText(`系统里还没有“${community}”，导入后会新建这个小区。`)).toBeVisible();
  await toColumns(page);
  await expect(page.getByText('表头在第 2 行，共 7 行数据')).toBeVisible();
  await expect(standing('楼')).toHaveAttribute('data-standing', 'synonym');
  await expect(standing('户主大名')).toHaveAttribute('data-standing', 'proposed');
  await expect(standing('养狗吗')).toHaveAttribute('data-standing', 'unknown');
  await expect(standing('备注')).toHaveAttribute('data-standing', 'unused');
  await expect(page.getByRole('alert')).toContainText('联系电话');
  await expect(page.getByRole('button', { name: '下一步：试导入' })).toBeDisabled();

  await settle(page, '户号代码', '房号');
  await settle(page, '打哪个电话', '联系电话');
  await settle(page, '养狗吗', '不导入');
  await expect(standing('打哪个电话')).toHaveAttribute('data-standing', 'given');
  await expect(standing('养狗吗')).toHaveAttribute('data-standing', 'left-out');
  await expect(page.getByRole('alert')).toBeHidden();
  await expect(page.getByLabel('记住这些对应关系，下次自动使用')).toBeChecked();
});

test('going back and forth loses nothing', async () => {
  await page.getByRole('button', { name: '返回选择文件' }).click();
  await expect(page.getByTestId('held-file')).toContainText('三期业主资料.csv');
  await expect(page.getByLabel('小区', { exact: true })).toHaveValue(community);
  await page.getByRole('link', { name: '催缴活动' }).click();
  await page.getByRole('link', { name: '数据导入' }).click();
  await page.getByRole('button', { name: '导入文件' }).click();
  await expect(page.getByTestId('held-file')).toContainText('三期业主资料.csv');
  await toColumns(page);
  await expect(standing('打哪个电话')).toHaveAttribute('data-standing', 'given');
});

test('a dry run names the problems; the good rows can go in without the others', async () => {
  await toDryRun(page);
  const result = page.getByTestId('import-result');
  await expect(result.getByTestId('import-created')).toHaveText('6');
  await expect(result.getByTestId('import-rejected')).toHaveText('1');
  await expect(result.getByRole('cell', { name: '产权面积', exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: /^正式导入/ })).toBeHidden();
  await page.getByLabel('跳过这 1 行，先导入其余 6 行').check();
  await reallyImport(page);
  await expect(page.getByText('导入完成，跳过了有问题的 1 行。')).toBeVisible();
  await expect(result.getByTestId('import-created')).toHaveText('6');

  await page.getByRole('button', { name: '查看房屋' }).click();
  await expect(page.getByRole('heading', { level: 1, name: '房屋' })).toBeVisible();
  await page.getByLabel('房号、业主姓名、电话或后四位').fill('3-2-301');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('cell', { name: /3栋2单元301/ }).first()).toBeVisible();
});

test('what was settled is used for the next file, and a dry run shows old and new values', async () => {
  await chooseFile(page, { kind: '房屋业主清册', community, name: '三期业主资料-更正.csv', text: roster((i) => (i === 0 ? '99.25' : areaOf(i))) });
  await toColumns(page);
  await expect(standing('打哪个电话')).toHaveAttribute('data-standing', 'saved');
  await expect(standing('户主大名')).toHaveAttribute('data-standing', 'saved');
  await toDryRun(page);
  const result = page.getByTestId('import-result');
  await expect(result.getByTestId('import-unchanged')).toHaveText('5');
  await expect(result.getByTestId('import-updated')).toHaveText('1');
  await expect(result.locator('del')).toHaveText(/^80\.50?$/);
  await expect(result.locator('ins')).toHaveText('99.25');
  await expect(page.getByText(/跳过这/)).toBeHidden();
  await reallyImport(page);
});

test('an import is taken back, and says so afterwards', async () => {
  await page.getByRole('button', { name: '撤销这次导入' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '撤销这次导入' }).click();
  await expect(page.getByTestId('import-result').getByText(/已于 \d{4}-\d\d-\d\d \d\d:\d\d 撤销/)).toBeVisible();
  await expect(page.getByRole('button', { name: '撤销这次导入' })).toBeHidden();
  await page.getByRole('link', { name: '数据导入' }).click();
  const line = page.getByRole('row').filter({ hasText: '三期业主资料-更正.csv' }).filter({ hasText: community });
  await expect(line.filter({ hasText: '已撤销' })).toHaveCount(1);
  await expect(line.filter({ hasText: '试导入' })).toHaveCount(1);
  await line.filter({ hasText: '已撤销' }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText(community);
  await expect(page.getByText(/都已还原/)).toBeVisible();
  await expect(page.getByRole('tab', { name: '修改 1' })).toBeVisible();
});

test('an import on which something stands is not taken back, and the page says what stands on it', async () => {
  const text = `楼栋,单元,房号,收费项目,账期,应收金额,应缴日期\n3栋,2单元,101,物业费,2026-01,100.00,2026-01-31`;
  await importFile(page, { kind: '应收欠费', community, name: '应收.csv', text, dryRun: false });
  await page.getByRole('link', { name: '数据导入' }).click();
  const line = page.getByRole('row').filter({ hasText: '三期业主资料.csv' }).filter({ hasText: community });
  await line.filter({ hasNotText: '试导入' }).getByRole('link').click();
  await page.getByRole('button', { name: '撤销这次导入' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '撤销这次导入' }).click();
  await expect(dialog.getByRole('alert')).toContainText('不能撤销');
  await expect(dialog.getByTestId('standing')).toContainText(/账单：1 条/);
  await dialog.getByRole('button', { name: '取消' }).click();
});

test('of two sheets that are alike the person chooses one', async () => {
  const sheet = (area: string) => [['楼栋', '单元', '房号', '建筑面积', '业主', '联系电话'], ['3栋', '2单元', '101', area, '测试甲', `${prefix}00`]];
  await chooseFile(page, { kind: '房屋业主清册', community, name: '两份名单.xlsx', text: workbook({ 旧名单: sheet('70'), 新名单: sheet('75') }) });
  await toColumns(page);
  await expect(page.getByRole('alert')).toContainText('无法确定用哪一个');
  await page.getByRole('combobox', { name: '工作表' }).focus();
  await page.keyboard.press('ArrowDown');
  await page.locator('.ant-select-dropdown:visible').getByText(/^新名单/).click();
  await expect(page.getByText('另有 1 个工作表不导入：旧名单')).toBeVisible();
  await toDryRun(page);
  await expect(page.getByTestId('import-result').locator('ins')).toHaveText(/^75/);
});

const picture = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
/** The first bytes of an OLE container that holds an encrypted package. */
const encrypted = Buffer.concat([Buffer.from('d0cf11e0a1b11ae1', 'hex'), Buffer.alloc(2040), Buffer.from('EncryptedPackage', 'utf16le'), Buffer.alloc(1024)]);
const macros = workbook({ 名单: [['楼栋']] }, { 'xl/vbaProject.bin': Buffer.from('macro') });

for (const [name, content, says] of [
  ['照片.xlsx', picture, /图片|不是/],
  ['加密.xlsx', encrypted, /密码/],
  ['宏.xlsx', macros, /宏/],
] as const) {
  test(`${name} is refused where it was chosen`, async () => {
    await chooseFile(page, { kind: '房屋业主清册', community, name, text: content });
    await page.getByRole('button', { name: '下一步：核对列' }).click();
    await expect(page.getByRole('alert')).toContainText(says);
    await expect(page).not.toHaveURL(/step=/);
    await expect(page.getByLabel('小区', { exact: true })).toHaveValue(community);
  });
}

test('a file that can not be read any more is refused before anything is sent', async () => {
  await page.goto(`${readDevFile().base_url}/imports/new`);
  await page.evaluate(() => {
    File.prototype.arrayBuffer = () => Promise.reject(new DOMException('gone', 'NotReadableError'));
  });
  if (await page.getByRole('button', { name: '移除文件' }).isVisible()) await page.getByRole('button', { name: '移除文件' }).click();
  await page.locator('input[type=file]').setInputFiles({ name: '名册.csv', mimeType: 'text/csv', buffer: Buffer.from('a') });
  await expect(page.getByRole('alert')).toContainText('文件读取失败');
  await page.getByRole('button', { name: '下一步：核对列' }).click();
  await expect(page.getByText('请选择文件', { exact: true })).toBeVisible();
  await page.reload();
});

test('every kind has a template to be downloaded', async () => {
  await page.goto(`${readDevFile().base_url}/imports/new`);
  const buttons = page.getByRole('button', { name: /^下载“.+”模板$/ });
  await expect(buttons).toHaveCount(11);
  const saved = page.waitForEvent('download');
  await buttons.first().click();
  expect((await saved).suggestedFilename()).toBe('房屋业主清册.xlsx');
});

test('the assistant can be used by keyboard, and everything in it has a name', async () => {
  await page.goto(`${readDevFile().base_url}/imports/new`);
  await page.getByRole('radio', { name: '房屋业主清册', exact: true }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: '业主', exact: true })).toBeChecked();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll('main button, main a, main input:not([type=file]), [role=main] button, [role=main] a, [role=main] input:not([type=file])')]
      .filter((one) => !(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby') || one.textContent?.trim() || (one as HTMLInputElement).labels?.length))
      .map((one) => one.outerHTML.slice(0, 120)),
  );
  expect(nameless).toEqual([]);
});

test('on a phone nothing of the assistant is wider than the screen', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await chooseFile(page, { kind: '房屋业主清册', community, name: '三期业主资料.csv', text: roster(areaOf, '3栋,2-1501,-89,测试庚,12345,否,') });
  const tooWide = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
  expect(await tooWide()).toBe(false);
  await toColumns(page);
  expect(await tooWide()).toBe(false);
  await toDryRun(page);
  expect(await tooWide()).toBe(false);
  await page.setViewportSize({ width: 1280, height: 860 });
});

test('each list of what was imported opens', async () => {
  await page.getByRole('menuitem', { name: '基础资料' }).click();
  for (const name of ['房屋', '车辆车位', '收费项目', '仪表读数', '设备', '员工', '疑似重复人员']) {
    await page.getByRole('link', { name, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name, exact: true })).toBeVisible();
    await expect(page.getByRole('alert')).toBeHidden();
  }
});

test('the browser had nothing to complain about', () => {
  expect(complaints).toEqual([]);
});
