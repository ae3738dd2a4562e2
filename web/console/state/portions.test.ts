import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fullness, measureOf, portions } from './portions';

interface Shared {
  about: string;
  channel: string;
  thread?: string;
  text: [string, number][];
  files?: number;
  want: { chars: number; bytes: number; from: number; to: number; ends: string }[];
}
const shared = JSON.parse(readFileSync(new URL('../../../testdata/portions.json', import.meta.url), 'utf8')) as Shared[];

test.each(shared.map((s) => [s.about, s] as const))('divided as the server does: %s', (_about, s) => {
  const text = s.text.map(([words, times]) => words.repeat(times)).join('');
  const got = portions(measureOf(s.channel, s.thread?.startsWith('iss:')), text, s.files ?? 0);
  expect(got.map((p) => ({ chars: [...p.text].length, bytes: new TextEncoder().encode(p.text).length, from: p.from, to: p.to, ends: [...p.text].slice(-8).join('') }))).toEqual(s.want);
});

test('half of a surrogate pair counts as what it becomes on the wire', () => {
  expect(fullness(measureOf('instagram'), 'a\ud83d')).toEqual({ used: 4, limit: 1000 });
  expect(portions(measureOf('instagram'), '\ud83d'.repeat(400), 0).map((p) => p.text.length)).toEqual([333, 67]);
});

test('a text of nothing but white space costs no time', () => {
  const begun = performance.now();
  portions(measureOf('telegram'), `a${' '.repeat(16_000)}b`, 0);
  expect(performance.now() - begun).toBeLessThan(200);
});

test('where a channel has no limit, there is none to tell', () => {
  expect(fullness(measureOf('email'), 'x')).toBeNull();
  expect(fullness(measureOf('messenger'), 'ąć')).toEqual({ used: 2, limit: 2000 });
});
