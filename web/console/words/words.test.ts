import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import en from './en.json';
import pl from './pl.json';

const root = join(import.meta.dirname, '..');
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((f) => /\.(svelte|ts)$/.test(f) && !/\.test\.ts$/.test(f))
  .map((f) => readFileSync(join(root, f), 'utf8'));

it('every text a component asks for by a plain name exists', () => {
  const asked = sources.flatMap((s) => [...s.matchAll(/\bapp\.t\('([a-z][\w.:]*)'/g)].map((m) => m[1] ?? ''));
  expect(asked.length).toBeGreaterThan(300);
  expect([...new Set(asked)].filter((k) => !(k in pl))).toEqual([]);
});

it('the audit log has words for everything that is noted in it', () => {
  const house = join(root, '../..');
  const noted = ['gateway/rest', 'auth', 'cmd/centrala'].flatMap((dir) =>
    readdirSync(join(house, dir))
      .filter((f) => /\.go$/.test(f) && !/_test\.go$/.test(f))
      .map((f) => readFileSync(join(house, dir, f), 'utf8'))
      .filter((s) => /audited\(|Audit\(/.test(s))
      .flatMap((s) => [...s.matchAll(/"((?:agent|article|contact|delivery|follow_up|inbox|key|macro|password|session|stream|team|totp)\.[a-z_]+)"/g)].map((m) => m[1] ?? '')),
  );
  expect(noted.length).toBeGreaterThan(25);
  expect([...new Set(noted)].filter((a) => !(`audit.${a}` in pl))).toEqual([]);
});

it('whatever a post could not be read for has words', () => {
  const house = join(root, '../..');
  const parsers = ['channels/meta/hook', 'channels/telegram', 'channels/webhook', 'channels/allegro', 'gateway/hooks'].flatMap((dir) =>
    readdirSync(join(house, dir)).filter((f) => /\.go$/.test(f) && !/_test\.go$/.test(f)).map((f) => readFileSync(join(house, dir, f), 'utf8')),
  );
  parsers.push(...['reading.go', 'explainhook.go'].map((f) => readFileSync(join(house, 'channels', f), 'utf8')));
  const codes = parsers.flatMap((s) => [...s.matchAll(/(?:(?:Fault|Cause)\{Code: |\.bad\(|code(?: :?=|,.*=) )"([a-z.-]+)"/g)].map((m) => m[1] ?? ''));
  const last = [...new Set(codes)].map((c) => c.slice(c.lastIndexOf('.') + 1)).filter((c) => !['read', 'hook'].includes(c));
  expect(last).toEqual(expect.arrayContaining(['json', 'shape', 'incomplete', 'post', 'version', 'event', 'not-meta', 'no-id', 'forged', 'parser', 'unreadable']));
  expect(last.filter((c) => !(`hook.cause.${c}` in pl) || !(`hook.cause.${c}` in en))).toEqual([]);
});

it('Polish keeps its one-letter words with the next one', () => {
  const loose = Object.entries(pl).filter(([, v]) => / [wzouia] /i.test(typeof v === 'string' ? v : Object.values(v).join(' ')));
  expect(loose.map(([k]) => k)).toEqual([]);
});
