import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepDrafts } from './drafts';
import { OthersTyping, OwnTyping } from './typing';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('typing is told when it begins, seldom while it goes on, and when it ends', () => {
  const told: boolean[] = [];
  const own = new OwnTyping((on) => told.push(on));
  for (let i = 1; i <= 20; i++) {
    own.changed('x'.repeat(i));
    vi.advanceTimersByTime(200);
  }
  expect(told).toEqual([true, true]);
  own.changed('');
  own.changed('');
  expect(told).toEqual([true, true, false]);
  own.changed('again');
  vi.advanceTimersByTime(6_000);
  expect(told).toEqual([true, true, false, true, false]);
});

test('others type until they stop, say so, or are silent for six seconds', () => {
  let names: string[] = [];
  const others = new OthersTyping((n) => (names = n));
  others.put('a', 'Ania', true);
  others.put('b', 'Piotr', true);
  expect(names).toEqual(['Ania', 'Piotr']);
  others.put('b', '', false);
  expect(names).toEqual(['Ania']);
  vi.advanceTimersByTime(5_000);
  others.put('a', 'Ania', true);
  vi.advanceTimersByTime(5_000);
  expect(names).toEqual(['Ania']);
  vi.advanceTimersByTime(1_000);
  expect(names).toEqual([]);
});

test('a draft outlives the page, by name and by whose it is; an empty one leaves nothing', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) };
  keepDrafts('a', storage).set('c_1', 'szkic');
  expect(keepDrafts('a', storage).get('c_1')).toBe('szkic');
  expect([keepDrafts('b', storage).get('c_1'), keepDrafts('a', storage).get('c_2')]).toEqual(['', '']);
  keepDrafts('a', storage).set('c_1', '');
  expect(kept.size).toBe(0);
});

test('where nothing can be kept, the draft still lives as long as the page', () => {
  const full = { getItem: () => null, setItem: () => { throw new Error('quota'); }, removeItem: () => undefined };
  for (const drafts of [keepDrafts('a', full), keepDrafts('a', null)]) {
    drafts.set('c', 'x');
    expect(drafts.get('c')).toBe('x');
  }
});
