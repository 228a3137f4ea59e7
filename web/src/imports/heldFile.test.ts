import { webcrypto } from 'node:crypto';
import { expect, it } from 'vitest';
import { FileRefused, holdFile, mostMegabytes, sizeOf } from './heldFile';

const faultOf = (file: File) => holdFile(file).then(
  () => undefined,
  (cause: unknown) => (cause as FileRefused).fault,
);

it('holds what the file was when it was chosen, with its digest', async () => {
  const held = await holdFile(new File(['abc'], '名册.csv'), webcrypto.subtle as unknown as SubtleCrypto);
  expect(await held.content.text()).toBe('abc');
  expect(held).toMatchObject({ name: '名册.csv', size: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' });
});

it('leaves the digest out where the browser offers none', async () => {
  expect(await holdFile(new File(['abc'], 'a.csv'), null)).not.toHaveProperty('sha256');
});

it('refuses what can not be read, is too large or empty', async () => {
  const file = (size: number, read: () => Promise<ArrayBuffer>) => ({ name: 'a.xlsx', type: '', size, arrayBuffer: read }) as File;
  expect(await faultOf(file(3, () => Promise.reject(new DOMException('', 'NotReadableError'))))).toBe('unreadable');
  expect(await faultOf(file(3, () => Promise.resolve(new ArrayBuffer(2))))).toBe('unreadable');
  expect(await faultOf(file((mostMegabytes << 20) + 1, () => Promise.reject(new Error('read'))))).toBe('too-large');
  expect(await faultOf(file(0, () => Promise.resolve(new ArrayBuffer(0))))).toBe('empty');
});

it('prints sizes as people read them', () => {
  expect([sizeOf(3), sizeOf(2048), sizeOf(5 << 20)]).toEqual(['1 KB', '2 KB', '5.0 MB']);
});
