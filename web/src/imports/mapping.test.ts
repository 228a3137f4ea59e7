import { describe, expect, it } from 'vitest';
import type { ColumnView, Inspection, SheetView } from '../api/model';
import { askOf, columnsOf, mappingOf, needsLook, sheetsToSettle, withChoice } from './mapping';

const column = (header: string, how: ColumnView['how'], key = '', more: Partial<ColumnView> = {}): ColumnView => ({
  header,
  how,
  column: key,
  title: key && `标题 ${key}`,
  unused: false,
  samples: [],
  ...more,
});

const sheet = (name: string, columns: ColumnView[], more: Partial<SheetView> = {}): SheetView => ({
  name,
  columns,
  looks_like: 'roster',
  looks_like_title: '房屋业主清册',
  used: true,
  header_row: 1,
  rows: 3,
  missing: [],
  ...more,
});

const inspection = (...sheets: SheetView[]): Inspection => ({
  kind: 'roster',
  title: '房屋业主清册',
  sheets,
  choices: [{ key: 'phone', title: '联系电话', required: true }],
  problems: [],
  notices: [],
});

const file = inspection(
  sheet('名单', [
    column('楼', 'synonym', 'building'),
    column('户主大名', 'proposed', 'name'),
    column('产权人大名', 'proposed', 'name'),
    column('常用手机', 'saved', 'phone'),
    column('门禁卡', 'left-out'),
    column('养狗吗', 'unknown'),
    column('房屋费用', 'proposed', 'place'),
    column('备注', 'synonym', 'remark', { unused: true }),
  ], { missing: [{ key: 'name', title: '业主' }] }),
);

describe('the mapping that is sent', () => {
  it('takes what was kept, and proposals for what would be missing, each column once, and leaves what is recognised alone', () => {
    expect(mappingOf(file, {}, undefined)).toEqual({ 户主大名: 'name', 常用手机: 'phone', 门禁卡: '' });
  });

  it('puts choices first, also to leave a proposal out, and names the sheet', () => {
    expect(mappingOf(file, { 户主大名: '', 养狗吗: 'other_phones', 楼: 'place' }, '名单')).toEqual({
      '@sheet': '名单',
      户主大名: '',
      产权人大名: 'name',
      常用手机: 'phone',
      门禁卡: '',
      养狗吗: 'other_phones',
      楼: 'place',
    });
  });

  it('leaves choices away that were made for headers of another file', () => {
    expect(mappingOf(file, { 楼栋编码: 'building' }, undefined)).not.toHaveProperty('楼栋编码');
  });

  it('names a header with its sheet where several sheets have it', () => {
    const missing = [{ key: 'owner_no', title: '业主编号' }];
    const two = inspection(sheet('房屋', [column('编号', 'proposed', 'owner_no')], { missing }), sheet('业主', [column('编号', 'proposed', 'owner_no')], { looks_like: 'people' }));
    expect(mappingOf(two, { '业主!编号': '' }, undefined)).toEqual({ '房屋!编号': 'owner_no', '业主!编号': '' });
  });

  it('proposes nothing for sheets that are not read', () => {
    const other = sheet('库存', [column('物品', 'proposed', 'name')], { used: false, looks_like: 'stock' });
    expect(mappingOf(inspection(sheet('名单', [column('楼', 'synonym', 'building')]), other), {}, undefined)).toEqual({});
    expect(sheetsToSettle(inspection(other)).map((one) => one.name)).toEqual(['库存']);
  });
});

describe('how a column stands', () => {
  const standings = (chosen: Record<string, string>, seen = file) =>
    Object.fromEntries(columnsOf(file, seen, seen.sheets?.[0] as SheetView, chosen, mappingOf(file, chosen, undefined)).map((one) => [one.header, `${one.standing}:${one.value}`]));

  it('says how it was recognised', () => {
    expect(standings({})).toEqual({
      楼: 'synonym:building',
      户主大名: 'proposed:name',
      产权人大名: 'proposed:',
      常用手机: 'saved:phone',
      门禁卡: 'left-out:',
      养狗吗: 'unknown:',
      房屋费用: 'proposed:',
      备注: 'unused:',
    });
  });

  it('keeps calling a proposal one after the service was sent it', () => {
    const given = inspection(sheet('名单', (file.sheets?.[0]?.columns ?? []).map((one) => (one.how === 'proposed' || one.how === 'saved' ? { ...one, how: 'given' as const } : one))));
    expect(standings({}, given)).toMatchObject({ 户主大名: 'proposed:name', 常用手机: 'saved:phone' });
  });

  it('follows a choice at once', () => {
    const columns = columnsOf(file, file, file.sheets?.[0] as SheetView, { 养狗吗: 'phone' }, mappingOf(file, { 养狗吗: 'phone' }, undefined));
    expect(columns.find((one) => one.header === '养狗吗')).toMatchObject({ standing: 'given', value: 'phone', title: '联系电话' });
    expect(columns.filter(needsLook).map((one) => one.header)).toEqual(['户主大名', '产权人大名', '房屋费用']);
    expect(columns.find((one) => one.header === '房屋费用')?.proposal).toEqual({ key: 'place', title: '标题 place' });
  });

  it('calls what only another kind knows unknown', () => {
    const stock = inspection(sheet('库存', [column('物品名称', 'synonym', 'goods')], { used: false, looks_like: 'stock' }));
    expect(standings({}, stock)).toEqual({ 物品名称: 'unknown:' });
  });

  it('can not name a column without a header', () => {
    const seen = { ...inspection(sheet('名单', [column('C 列', 'unknown')])), notices: [{ sheet: '名单', column: 'C 列', code: 'unnamed-column', message: '没有列名' }] };
    expect(columnsOf(seen, seen, seen.sheets?.[0] as SheetView, {}, {})[0]?.nameless).toBe(true);
  });
});

describe('a choice', () => {
  it('is forgotten when it is what the service found by itself', () => {
    expect(withChoice({ 楼: 'place' }, '楼', 'building', column('楼', 'synonym', 'building'))).toEqual({});
    expect(withChoice({}, '户主大名', 'name', column('户主大名', 'proposed', 'name'))).toEqual({ 户主大名: 'name' });
    expect(withChoice({}, '养狗吗', '', column('养狗吗', 'unknown'))).toEqual({ 养狗吗: '' });
  });
});

it('tells one ask from another, whatever the order of its mapping', () => {
  const ask = { kind: 'roster', community: '云栖苑', fileId: 'a', mapping: { a: '1', b: '2' } };
  expect(askOf({ ...ask, community: ' 云栖苑 ', mapping: { b: '2', a: '1' } })).toBe(askOf(ask));
  expect(askOf({ ...ask, mapping: { a: '1', b: '' } })).not.toBe(askOf(ask));
  expect(askOf({ ...ask, fileId: 'b' })).not.toBe(askOf(ask));
});
