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

test('an edited mail has the files and the HTML that it has now', () => {
  const t = filled(1);
  const file = { id: 'at_1', name: 'a.pdf', type: 'application/pdf', size: 1, url: '/v1/x' };
  t.put(2, say('old', { has_more: true, attachments: [file] }));
  t.put(3, say('', { has_html: true, change: { of: 2, kind: 'edit', text: 'new' } }));
  const m = t.list()[1]?.message;
  expect([m?.text, m?.has_html, m?.has_more, m?.attachments]).toEqual(['new', true, undefined, undefined]);
});

test('reactions are one a person, and go when they are taken back', () => {
  const t = new Timeline('c_1');
  const by = (seq: number, emoji: string) => t.put(seq, say('', { author: { kind: 'customer', id: 'ct_1' }, change: { of: 1, kind: 'reaction', text: emoji } }));
  t.put(1, say('1', { reactions: [{ by: 'a_1', emoji: '👍' }] }));
  by(2, '❤️');
  by(3, '😮');
  expect(t.list()[0]?.message?.reactions).toEqual([{ by: 'a_1', emoji: '👍' }, { by: 'customer', emoji: '😮' }]);
  by(4, '');
  expect(t.list()[0]?.message?.reactions).toEqual([{ by: 'a_1', emoji: '👍' }]);
});

test('what was said before an edit stays to be read, and goes when the words are taken back', () => {
  const t = new Timeline('c_1');
  t.put(1, say('one'));
  t.put(3, say('', { change: { of: 1, kind: 'edit', text: 'three' } }));
  t.put(2, say('', { change: { of: 1, kind: 'edit', text: 'two' } })); // came late
  expect(t.list()[0]).toMatchObject({ edited: true, earlier: ['one', 'two'], message: { text: 'three' } });
  t.put(4, say('', { change: { of: 1, kind: 'reaction', text: '👍' } }));
  expect(t.list()[0]).toMatchObject({ earlier: ['one', 'two'], message: { text: 'three' } });
  t.put(5, say('', { change: { of: 1, kind: 'unsend' } }));
  expect(t.list()[0]).toMatchObject({ gone: true, message: { text: '', unsent: true } });
  expect(t.list()[0]?.earlier).toBeUndefined();
});

test('an entry that is served as it is now needs no changes', () => {
  const t = new Timeline('c_1');
  t.put(1, say('now', { edited: true }));
  t.put(2, say('', { unsent: true }));
  expect(t.list()).toMatchObject([{ edited: true, message: { text: 'now' } }, { gone: true }]);
});

test('a file that was fetched takes the place of the one that was awaited', () => {
  const t = new Timeline('c_1');
  const file = (more: object) => [{ id: 'f_1', name: 'zdjecie.jpg', type: 'image/jpeg', size: 0, ...more }];
  t.put(1, say('zobacz', { attachments: file({ state: 'fetching' }) }));
  t.put(2, say('', { change: { of: 1, kind: 'file' }, attachments: file({ size: 9, url: '/f/1' }) }));
  expect(t.list()[0]).toMatchObject({ message: { text: 'zobacz', attachments: [{ size: 9, url: '/f/1' }] } });
  expect(t.list()[0]?.edited).toBeUndefined();
});

test('a change of a kind that is not known leaves the entry as it is', () => {
  const t = new Timeline('c_1');
  t.put(1, say('words'));
  t.put(2, say('', { change: { of: 1, kind: 'pinned', text: 'x' } }));
  expect(t.list()[0]?.message).toEqual(say('words'));
  expect(t.list()[0]?.gone).toBeUndefined();
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
  t.markDelivery(3, 'failed', '131047 Re-engagement message', 'outside-window');
  expect(t.progress(3)).toEqual({ state: 'failed', reason: '131047 Re-engagement message', cause: 'outside-window' });
});
