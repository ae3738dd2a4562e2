import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refusalKey, refusalText, type Refusal } from '../../refusal';
import { translator, type Text } from '../../words';
import en from '../words/en.json';
import pl from '../words/pl.json';
import { knownCause, outcomeText, reasons, reasonText } from './reasons';

const known = (key: string) => key in pl;
const speak = (locale: 'pl' | 'en') => translator((locale === 'pl' ? pl : en) as Record<string, Text>, locale);
const says = (r: Refusal, locale: 'pl' | 'en' = 'pl') => refusalText(known, speak(locale), r).replaceAll('\u00a0', ' ');

describe('a refusal', () => {
  it('is told in the language of the reader, by code and field, with what to do', () => {
    const words = 'Another inbox has this slug.';
    expect(says({ code: 'conflict', field: 'slug', words })).toBe('Ta nazwa w adresie jest już zajęta. Podaj inną.');
    expect(says({ code: 'conflict', field: 'slug', words }, 'en')).toBe('This name in the address is taken. Give another.');
    expect(says({ code: 'invalid', field: 'contact.email' })).toContain('nie wygląda na adres e-mail');
    expect(says({ code: 'invalid', field: 'mailbox.imap.port' })).toBe('Port to liczba od 1 do 65535.');
    expect(says({ code: 'invalid', field: 'tags[3]' })).toContain('Etykieta ma od 1 do 40 znaków');
  });
  it('with a wait says how long, in the right form', () => {
    const wait = (retry_after_ms?: number) => says({ code: 'rate_limited', retry_after_ms });
    expect([wait(), wait(2100), wait(60_000)].map((s) => s.split('za ').at(-1))).toEqual(['1 sekundę.', '3 sekundy.', '60 sekund.']);
  });
  it('of an unknown field is the general sentence; where that says nothing, the server’s words follow', () => {
    expect(says({ code: 'too_many', field: 'whatever', words: 'Many.' })).toBe('Tego jest za dużo naraz. Podziel na części.');
    expect(says({ code: 'invalid', field: 'whatever', words: 'Expected a boolean.' })).toBe('Nie można tego przyjąć. Popraw dane i spróbuj ponownie. (Expected a boolean.)');
  });
  it('of an unknown code is told in the server’s words', () => {
    expect(says({ code: 'teapot', words: 'I am a teapot.' })).toBe('I am a teapot.');
    expect(says({ code: 'teapot' })).toBe(pl['err.unknown']);
  });
});

// ── against the server ──

const root = join(import.meta.dirname, '../../..');
function sources(dir: string, deep = true): string[] {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((e) => {
    const path = join(dir, e.name);
    if (e.isDirectory()) return deep ? sources(path) : [];
    return /\.go$/.test(e.name) && !/_test\.go$/.test(e.name) ? [readFileSync(join(root, path), 'utf8')] : [];
  });
}

/** What no person fills in: programs get these, and the console never sends what earns them. */
const programs = [
  'invalid.Idempotency-Key', 'conflict.Idempotency-Key', 'invalid.after', 'invalid.article', 'invalid.articles', 'invalid.before', 'invalid.code', 'invalid.conversation', 'invalid.cursor',
  'invalid.days', 'invalid.due', 'invalid.expires_at', 'invalid.from', 'invalid.identity', 'invalid.ids', 'unauthorized.identity', 'invalid.into', 'invalid.key', 'invalid.kind', 'invalid.limit', 'invalid.mentioned', 'invalid.place',
  'invalid.ref', 'invalid.score', 'invalid.sender', 'invalid.status', 'invalid.step', 'invalid.upto', 'conflict.secret', 'invalid.database', 'too_many.resume',
];

it('every field that the server may refuse has a sentence of its own', () => {
  const code = (name: string) => name.replace(/(?<=[a-z])([A-Z])/g, '_$1').toLowerCase();
  const found = [...sources('', false), ...['auth', 'gateway', 'store'].flatMap((d) => sources(d))]
    .filter((s) => !s.startsWith('package pages')) // its forms are rendered by the server, in the reader's language
    .flatMap((s) => [
      ...[...s.matchAll(/InvalidField\("([\w.-]*\w)"/g)].map((m) => `invalid.${m[1] ?? ''}`),
      ...[...s.matchAll(/Code: (?:centrala\.)?(Invalid|Conflict|TooLong|TooMany), Field: "([\w.-]+)"/g)].map((m) => `${code(m[1] ?? '')}.${m[2] ?? ''}`),
      ...[...s.matchAll(/\btaken\(.*?, "(\w+)", "/g)].map((m) => `conflict.${m[1] ?? ''}`),
    ]);
  expect(found.length).toBeGreaterThan(60);
  const without = [...new Set(found)].filter((f) => {
    const [code = '', ...field] = f.split('.');
    return !programs.includes(f) && refusalKey(known, { code, field: field.join('.') }) === `err.${code}`;
  });
  expect(without).toEqual([]);
});

it('every code of the contract has a general sentence', () => {
  const { words } = JSON.parse(readFileSync(join(root, 'web/protocol.json'), 'utf8')) as { words: { ErrorCode: string } };
  expect([...words.ErrorCode.split('|'), 'csrf'].filter((c) => !known(`err.${c}`))).toEqual([]);
});

describe('why an answer did not leave', () => {
  it('is told in the language of the reader, and what a mail server said as it was said', () => {
    const say = (reason: string) => reasonText(speak('pl'), reason).replaceAll('\u00a0', ' ');
    expect(say('no mailbox is configured')).toMatch(/^Nie ma skrzynki, z której można wysłać odpowiedź\./);
    expect(say('given up after 48h0m0s: 451 try later')).toBe('Serwer odkładał to zbyt długo: 451 try later');
    expect(say('550 5.1.1 no such user')).toBe('550 5.1.1 no such user');
  });
  it('is told by its known cause, and by the words of the vendor where there is none', () => {
    const say = (of: { state: string; reason?: string; cause?: string }) => outcomeText(speak('pl'), of).replaceAll('\u00a0', ' ');
    expect(say({ state: 'failed', reason: '131047 Re-engagement message', cause: 'outside-window' })).toBe('Nie wysłano. Okno na odpowiedź minęło.');
    expect(say({ state: 'bounced', reason: 'gone', cause: 'unreachable' })).toMatch(/^Odbite\. Klienta/);
    expect(say({ state: 'failed', reason: '131000 Something went wrong', cause: 'transient' })).toBe('Nie wysłano: 131000 Something went wrong');
    expect(say({ state: 'unknown', reason: 'no answer in 20 s', cause: 'unreachable' })).toContain('Sprawdź, zanim ponowisz');
  });
  it('has words for every cause that the server names, and for those of a vendor also what can be done', () => {
    const named = sources('', false).flatMap((s) => [...s.matchAll(/^\s+\w+\s+BounceCause = "([a-z-]+)"/gm)].map((m) => m[1] ?? ''));
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((c) => !(knownCause(c) ? known(`cause.${c}`) && known(`cause.${c}.do`) : known(`reason.bounce.${c}`)))).toEqual([]);
  });
  it('knows each reason by the words that the server has', () => {
    const all = [...sources('', false), ...['store', 'channels'].flatMap((d) => sources(d))].join('\n');
    for (const [pattern, key] of reasons) {
      const words = pattern.source.replace(/^\^|\$$|: \(.*$/g, '').replace('\\S+', '%v').trim();
      expect(all, key).toContain(words);
      expect(known(key), key).toBe(true);
    }
  });
});
