import { expect, it } from 'vitest';
import type { Hook } from '../api';
import { culprit, hookCause, hookReason, largest, pretty } from './hooks';

const t = (key: string, blanks?: Record<string, string | number>) => (key.startsWith('hook.cause.strange') ? key : [key, ...Object.values(blanks ?? {})].join(' ').trim());
const hook = (more: Partial<Hook>): Hook => ({ id: 'h', inbox: 'in_1', channel: 'webhook', at: '', outcome: 'taken', size: 1, has_body: true, items: 0, messages: 0, ...more });
const text = (pieces: { text: string; mark: boolean }[]) => pieces.map((p) => (p.mark ? `[${p.text}]` : p.text)).join('');

it('a raw body is laid out without a digit changed, and its letters can be read', () => {
  expect(pretty('{"id":90071992547409931234,"t":"Dzie\\u0144 \\"x\\\\u0144\\u000a\\u202e: {","a":[1, 2],"e":{ },"f":[]}')).toBe(
    '{\n  "id": 90071992547409931234,\n  "t": "Dzień \\"x\\\\u0144\\u000a\\u202e: {",\n  "a": [\n    1,\n    2\n  ],\n  "e": {},\n  "f": []\n}',
  );
  for (const raw of ['', '{"a":', 'a=b&c=d', '<x/>', '\u0000']) expect(pretty(raw)).toBe(raw);
});
it('the culprit is marked where the cause names it, and nothing else', () => {
  const body = pretty('{"shop":"vendor","side":"vendor","n":7}');
  expect(text(culprit(body, 'unknown value of "side": "vendor"'))).toContain('"side": ["vendor"]');
  expect(text(culprit(body, 'nieznane pole „side: vendor”'))).toContain('"side": ["vendor"]');
  expect(text(culprit(body, 'the field "n" is no text'))).toContain('["n"]: 7');
  for (const nothing of [undefined, '', 'no quotation', 'there is no "other"', '"(((" "[" "*"']) expect(culprit(body, nothing)).toEqual([{ text: body, mark: false }]);
});
it('a reason says what came of it, and a cause that is not known here speaks for itself', () => {
  expect(hookReason(t, hook({ messages: 1, number: 48220 }))).toBe('hook.in hook.messages 1 48220');
  expect(hookReason(t, hook({ items: 4 }))).toBe('hook.items 4');
  expect(hookReason(t, hook({ items: 4, cause: { code: 'read', detail: 'delivery 3, read 1' } }))).toBe('hook.kind.delivery 3, hook.kind.read 1');
  expect(hookReason(t, hook({ outcome: 'repeated' }))).toBe('hook.cause.repeated');
  expect(hookReason(t, hook({ outcome: 'forged', cause: { code: '' } }))).toBe('hook.cause.forged');
  expect(hookCause(t, { code: 'telegram.shape', detail: 'x' })).toBe('hook.cause.shape x');
  expect(hookCause(t, { code: 'strange', detail: 'own words' })).toBe('own words');
  expect(hookCause(t, { code: 'strange' })).toBe('strange');
});
it('those of one inbox and one cause are taken together, without what cannot be read again', () => {
  const a = { outcome: 'unread' as const, cause: { code: 'shape', detail: 'side' } };
  const all = [hook({ ...a, id: '1' }), hook({ ...a, id: '2' }), hook({ ...a, id: '3', inbox: 'in_2' }), hook({ ...a, id: '4', has_body: false }), hook({ ...a, id: '5', cause: { code: 'json' } })];
  expect(largest(all).map((h) => h.id)).toEqual(['1', '2']);
  expect(largest([])).toEqual([]);
});
