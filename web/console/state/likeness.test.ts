import { expect, test } from 'vitest';
import { compare, digits, forbidden, strength } from './likeness';

const person = (more: object) => ({ id: 'ct_1', name: '', verified: false, created_at: '', ...more });

test('a number is its digits, and a Polish one is taken for what it is', () => {
  expect([digits('+48 600 100 214'), digits('600-100-214'), digits('0048600100214'), digits('112'), digits(undefined)]).toEqual(['48600100214', '48600100214', '48600100214', '', '']);
});

test('what is the same is found whatever its case and accents, and is weak', () => {
  const all = compare(person({ name: 'Łucja Żak', email: 'L@x.example', phone: '600 100 214', locale: 'pl' }), person({ name: 'lucja zak', email: 'l@X.example', phone: '+48600100214', locale: 'pl' }));
  expect(all.map((e) => e.kind)).toEqual(['email', 'phone', 'name', 'locale']);
  expect(strength(all)).toBe('weak');
  expect(forbidden(all)).toBe(false);
});

test('two signed accounts are never one person, and two sides are something to check', () => {
  expect(forbidden(compare(person({ external_id: 'u1' }), person({ external_id: 'u2' })))).toBe(true);
  expect(forbidden(compare(person({ doubted: true }), person({})))).toBe(true);
  expect(compare(person({ side: 'buyer' }), person({ side: 'seller' }))).toEqual([{ kind: 'other-side', against: true }]);
  expect(forbidden(compare(person({ side: 'buyer' }), person({ side: 'seller' })))).toBe(false);
  expect(strength(compare(person({ external_id: 'u1' }), person({ external_id: 'u1' })))).toBe('strong');
});

test('nothing in common is nothing', () => {
  const all = compare(person({ email: 'a@x.example' }), person({ email: 'b@x.example' }));
  expect(all).toEqual([{ kind: 'other-email', against: true }]);
  expect(strength(all)).toBe('none');
});
