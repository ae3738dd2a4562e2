import { expect, test } from 'vitest';
import type { Message } from '../protocol';
import { Timeline } from './timeline';

const say = (text: string, more: Partial<Message> = {}): Message => ({ id: 'm', author: { kind: 'agent' }, text, channel: 'chat', at: '', ...more });
const filled = (...seqs: number[]) => {
  const t = new Timeline('c');
  for (const s of seqs) t.put(s, say(String(s)));
  return t;
};

test('held is the end of what is whole, never the highest seen', () => {
  const t = filled(1, 2, 5);
  expect([t.held, t.last, t.gap]).toEqual([2, 5, { after: 2, before: 5 }]);
  t.put(4, say('4'));
  expect([t.held, t.gap]).toEqual([2, { after: 2, before: 4 }]);
  t.put(3, null); // hidden entries count
  expect([t.held, t.gap]).toEqual([5, null]);
});

test('an entry is kept once, whichever way it comes', () => {
  const t = filled(1, 2);
  expect(t.put(2, say('again'))).toBe(false);
  t.putAll([{ seq: 1, id: 'm', author: { kind: 'agent' }, text: 'again', channel: 'chat', at: '' }]);
  expect(t.list().map((i) => i.message?.text)).toEqual(['1', '2']);
});

test('older entries widen the window downwards', () => {
  const t = filled(7);
  expect(t.hasOlder).toBe(true);
  t.putAll([4, 5, 6].map((seq) => ({ seq, hidden: true })));
  expect([t.first, t.held]).toEqual([4, 7]);
});

test('a truncated resume starts the window anew', () => {
  const t = filled(1, 2, 3);
  for (const s of [900, 901, 902]) t.put(s, say(String(s)));
  t.restart(900);
  expect([t.first, t.held, t.gap, t.list().length]).toEqual([900, 902, null, 3]);
});

test('a shrunken timeline keeps its place and takes history again', () => {
  const t = filled(1, 2, 3);
  t.shrink();
  expect([t.held, t.list()]).toEqual([3, []]);
  t.put(4, say('4'));
  expect([t.held, t.gap]).toEqual([4, null]);
  t.putAll([1, 2, 3].map((seq) => ({ seq, hidden: true })));
  expect([t.first, t.list().length]).toEqual([1, 4]);
});

test('changes apply to the entry they name, also when they come before it', () => {
  const t = filled(2);
  t.put(3, say('', { change: { of: 1, kind: 'edit', text: 'better' } }));
  t.put(4, say('', { change: { of: 2, kind: 'erase' } }));
  t.put(1, say('first'));
  const [one, two] = t.list();
  expect([one?.message?.text, one?.edited]).toEqual(['better', true]);
  expect([two?.message?.text, two?.gone]).toEqual(['', true]);
});

test('progress never goes backwards, and a failure is told for its message alone', () => {
  const t = filled(1, 2, 3);
  t.markDelivery(2, 'delivered');
  expect([1, 2, 3].map((s) => t.progress(s).state)).toEqual(['delivered', 'delivered', 'sent']);
  t.markRead(2);
  t.markDelivery(2, 'delivered');
  t.markDelivery(3, 'handing_over');
  expect([1, 2, 3].map((s) => t.progress(s).state)).toEqual(['read', 'read', 'sent']);
  t.markDelivery(3, 'bounced', 'mailbox full');
  expect(t.progress(3)).toEqual({ state: 'bounced', reason: 'mailbox full' });
  t.markDelivery(3, 'leased');
  expect(t.progress(3).state, 'a step inside the server').toBe('bounced');
  t.markDelivery(3, 'queued');
  expect(t.progress(3), 'it is sent again').toEqual({ state: 'sent' });
  t.markDelivery(3, 'bounced', 'mailbox full');
});
