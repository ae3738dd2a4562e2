import { expect, it } from 'vitest';
import { alike, apart, blank, contentOf, formOf, typedOf } from './form';

it('an article goes through its fields and comes out as it was', () => {
  const c = { ...blank('Zwroty'), title: 'T', body: 'B\n', tags: ['hajs', 'blik oddaj'], related: ['ar_2'], popular: 3, sides: ['buyer' as const] };
  expect(typedOf(formOf(c))).toEqual(c);
  expect(typedOf({ ...formOf(c), tags: ' hajs,, blik oddaj ;hajs' }).tags).toEqual(['hajs', 'blik oddaj']);
  expect(typedOf({ ...formOf(c), title: ' T ', body: ' B ' })).toMatchObject({ title: 'T', body: ' B ' });
});

it('what the server leaves out is empty', () => {
  expect(contentOf({ title: 'T', sides: null })).toEqual({ ...blank(), title: 'T' });
  expect(alike(blank(), { ...blank(), sides: [] })).toBe(true);
  expect(alike({ ...blank(), sides: ['buyer', 'seller'] }, { ...blank(), sides: ['seller', 'buyer'] })).toBe(true);
  expect(apart({ ...blank(), title: 'a' }, { ...blank(), body: 'b' })).toEqual(['title', 'body']);
});
