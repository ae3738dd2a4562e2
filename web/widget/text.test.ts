import { expect, test } from 'vitest';
import { translator } from '../words';
import { dayOf, fold, looksLikeEmail, marked, rangeOf, sizeOf } from './text';
import en from './words/en.json';
import pl from './words/pl.json';
import type { Translate } from '../words';

const t = translator(pl, 'pl') as Translate;
const bold = (text: string, query: string) => marked(text, query).map((p) => (p.mark ? `[${p.text}]` : p.text)).join('');

test('words of the query are marked by their stem, without diacritics', () => {
  expect(bold('Kiedy wrócą pieniądze za anulowane zamówienie', 'zwrot pieniedzy za anulowane zamowienie')).toBe('Kiedy wrócą [pieniądze] za [anulowane] [zamówienie]');
  expect(bold('Minęło 5 dni, a zwrotu nie ma', 'zwrot')).toBe('Minęło 5 dni, a [zwrotu] nie ma');
});

test('marks of the engine are kept, every other tag is the text it is', () => {
  expect(bold('<mark>zwrot</mark> <b>x</b>', 'x')).toBe('[zwrot] <b>x</b>');
  expect(bold('<img src=x onerror=alert(1)>', 'zzz')).toBe('<img src=x onerror=alert(1)>');
});

test('ranges, sizes and days', () => {
  expect([rangeOf(240, 420, t), rangeOf(170, 180, t), rangeOf(10, 50, t), rangeOf(null, null, t)]).toEqual(['4–7 min', '3 min', 'do minuty', null]);
  expect([sizeOf(188_416, 'pl'), sizeOf(67_108_864, 'pl'), sizeOf(1_500_000, 'pl'), sizeOf(10, 'en')]).toEqual(['184 KB', '64 MB', '1,4 MB', '1 KB']);
  const now = new Date(2026, 0, 5, 12, 0);
  expect(dayOf(new Date(2026, 0, 5, 9, 53).toISOString(), t, 'pl', now)).toBe('Dziś, 9:53');
  expect(dayOf(new Date(2026, 0, 4, 23, 1).toISOString(), t, 'pl', now)).toBe('Wczoraj, 23:01');
  expect(dayOf(new Date(2025, 10, 12, 8, 0).toISOString(), t, 'pl', now)).toBe('12 lis, 8:00');
});

test('fold is for comparing, looksLikeEmail for slips of the finger', () => {
  expect(fold('ŁÓDŹ')).toBe('lodz');
  expect(['a@b.pl', 'a@b', 'a b@c.pl', ' a@b.pl '].map(looksLikeEmail)).toEqual([true, false, false, true]);
});

test('texts take plurals and placeholders, and a one-letter word stays with the next', () => {
  const e = translator(en, 'en');
  expect([1, 2, 5, 22].map((n) => t('msg.toolong', { n }))).toEqual(['Za długie o\u00a01 znak', 'Za długie o\u00a02 znaki', 'Za długie o\u00a05 znaków', 'Za długie o\u00a022 znaki']);
  expect([1, 2].map((n) => e('msg.toolong', { n }))).toEqual(['1 character too long', '2 characters too long']);
  expect(t('ask')).toBe('Napisz, o\u00a0co chodzi…');
  expect(t('joined', { name: 'Hanna $& {time}', time: '9:55' })).toBe('Hanna $& {time} jest tu od 9:55');
});
