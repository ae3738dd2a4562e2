import { expect, it } from 'vitest';
import type { Content } from './api';
import { keeper, type Kept } from './kept';

const content = { title: 'T', body: 'B' } as Content;
const kept: Kept = { content, save: 2, base: 1, basis: 0, at: '2026-11-19T10:00:00Z' };

it('what no server has is kept by author and article', () => {
  const box = new Map<string, string>();
  const storage = { getItem: (k: string) => box.get(k) ?? null, setItem: (k: string, v: string) => void box.set(k, v), removeItem: (k: string) => void box.delete(k) };
  const mine = keeper('a_1', storage);
  expect(mine.set('ar_1', kept)).toBe(true);
  expect(mine.get('ar_1')).toEqual(kept);
  expect([mine.get('ar_2'), keeper('a_2', storage).get('ar_1')]).toEqual([null, null]);
  mine.set('ar_1', null);
  expect(mine.get('ar_1')).toBeNull();
  box.set('centrala-article:a_1:ar_3', '{"content":1}');
  expect(mine.get('ar_3')).toBeNull();
});

it('a full or forbidden storage says so', () => {
  const full = { getItem: () => null, setItem: () => { throw new Error('quota'); }, removeItem: () => undefined };
  expect(keeper('a_1', full).set('ar_1', kept)).toBe(false);
  expect(keeper('a_1', null).set('ar_1', kept)).toBe(false);
});
