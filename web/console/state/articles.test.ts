import { expect, test } from 'vitest';
import { linkOf, opens, textOf } from './articles';

const a = { title: 'Kiedy wrócą pieniądze', url: '/help/pl/kiedy#karta', snippet: 'Do 2 dni…', passage: '1. Sprawdź.\n2. Napisz.\n' };

test('what goes into an answer: a link, or the text with it', () => {
  expect(linkOf(a, 'https://pomoc.example')).toBe('Kiedy wrócą pieniądze: https://pomoc.example/help/pl/kiedy#karta');
  expect(textOf(a, 'https://pomoc.example', true)).toBe('1. Sprawdź.\n2. Napisz.\n\nKiedy wrócą pieniądze: https://pomoc.example/help/pl/kiedy#karta');
  expect(textOf({ ...a, passage: ' ' }, 'https://pomoc.example', false)).toBe('Do 2 dni…');
});

test('whom an article with readers opens for', () => {
  const c = (side: 'buyer' | 'seller', verified: boolean) => ({ side, contact: { verified } });
  expect(opens({}, c('buyer', false))).toBe(true);
  expect(opens({ readers: [] }, c('buyer', false))).toBe(true);
  expect(opens({ readers: ['seller'] }, c('seller', true))).toBe(true);
  expect(opens({ readers: ['seller'] }, c('seller', false))).toBe(false);
  expect(opens({ readers: ['seller'] }, c('buyer', true))).toBe(false);
});
