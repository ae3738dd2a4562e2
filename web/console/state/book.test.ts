import { expect, test } from 'vitest';
import { translator, type Words } from '../../words';
import type { MailEntry } from '../api';
import en from '../words/en.json';
import pl from '../words/pl.json';
import { causeText, daysOf, reasonOf, weighed } from './book';

const t = translator(pl as Words, 'pl');
const entry = (part: Partial<MailEntry>): MailEntry => ({
  id: 'e_1', inbox: 'in_1', outcome: 'quarantined', reason: 'in English', cause: { code: '' }, from: { name: '', address: 'a@b.test' }, to: '', subject: '', size: 1,
  has_raw: true, at: '2026-11-19T10:00:00Z', parser: 1, trust: {}, sender: { wrote: 0, answers: false }, ...part,
});

const codes = ['person', 'no-message-id', 'auto-submitted', 'precedence', 'list', 'suppress', 'null-path', 'robot-address', 'absence-subject', 'report', 'loop-header', 'own-address', 'spam-flag', 'blocked', 'same-mail', 'same-mail-other-inbox', 'too-big', 'unreadable', 'no-header', 'no-sender', 'empty', 'not-given', 'refused', 'dmarc', 'flood', 'bounce-failed', 'bounce-delayed', 'bounce-other', 'released', 'by-hand'];

test.each(codes)('the cause %s is said in both languages, with and without its detail', (code) => {
  for (const words of [pl, en] as Words[]) {
    const say = translator(words, 'pl');
    expect(causeText(say, { code }, 'in English')).not.toMatch(/in English|[{:,]\s*$/);
    expect(causeText(say, { code, detail: 'x' }, 'in English')).not.toBe('in English');
  }
});

test('a cause that is not known here is told in the program’s words', () => {
  expect(causeText(t, { code: 'new-one' }, 'because')).toBe('because');
  expect(causeText(t, undefined, 'because')).toBe('because');
});

test('a taken mail says where it went; one that was released says that', () => {
  expect(reasonOf(t, entry({ outcome: 'ingested', number: 48213, link: 'reference', seq: 3 }))).toBe('rozmowa 48213, po nagłówku odpowiedzi');
  expect(reasonOf(t, entry({ outcome: 'ingested', number: 48213, link: 'reference', seq: 3, cause: { code: 'released' } }))).toBe('wypuszczona ręcznie');
  expect(reasonOf(t, entry({ cause: { code: 'dmarc' } }))).toBe('podpis nadawcy nie zgadza się z\u00a0domeną');
});

test('for and against a sender stands only what is known', () => {
  expect(weighed(t, entry({}))).toEqual({ pro: [], con: ['ten adres pisze pierwszy raz'] });
  const known = weighed(t, entry({ sender: { wrote: 14, answers: true }, trust: { verdict: 'contradicted', dmarc: 'fail' } }));
  expect(known.pro).toEqual(['odpowiada na nasz list', 'ten adres pisał 14 razy']);
  expect(known.con[0]).toContain('DMARC fail, DKIM –');
});

test('days begin at midnight of the reader', () => {
  const now = new Date(2026, 10, 19, 10, 5);
  expect(daysOf('today', now)).toEqual({ from: new Date(2026, 10, 19).toISOString() });
  expect(daysOf('yesterday', now)).toEqual({ from: new Date(2026, 10, 18).toISOString(), before: new Date(2026, 10, 19).toISOString() });
  expect(daysOf('all', now)).toEqual({});
});
