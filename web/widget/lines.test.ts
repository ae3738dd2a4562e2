import { expect, test } from 'vitest';
import type { Message } from '../protocol';
import type { Item, Shown } from '../wire';
import { linesOf } from './lines';

const at = (minute: number) => new Date(2026, 0, 5, 9, minute).toISOString();
const item = (seq: number, minute: number, text: string, more: Partial<Message> = {}): Item => ({
  seq, message: { id: `m_${seq}`, author: { kind: 'customer' }, text, channel: 'chat', at: at(minute), ...more },
});
const agent = { author: { kind: 'agent' as const, id: 'a', name: 'Hanna' } };
const row = (key: string, text: string, state: Shown['state'], minute = 59): Shown => ({
  id: key, key, conversation: 'c', text, attachments: [], at: Date.parse(at(minute)), tried: false, state,
  failed: state === 'failed' ? { code: 'invalid', message: '' } : null,
});
const brief = (lines: ReturnType<typeof linesOf>) => lines.map((l) => ('text' in l ? `${l.kind}:${l.text}:${l.state}${l.last ? '' : '+'}` : l.kind));

test('days, moves and words stand in order, hidden entries and unknown moves do not stand at all', () => {
  const lines = linesOf([
    item(1, 0, 'raz'), { seq: 2, message: null }, item(3, 1, '', { system: { kind: 'assigned', agent_name: 'Hanna' }, author: { kind: 'system' } }),
    item(4, 1, '', { system: { kind: 'of.tomorrow' }, author: { kind: 'system' } }), item(5, 2, 'tak', agent), item(6, 9, '', { system: { kind: 'resolved' } }),
  ], [], () => 'read');
  expect(brief(lines)).toEqual(['day', 'mine:raz:read', 'joined', 'theirs:tak:sent', 'resolved']);
});

test('what waits in the outbox follows what is held, unless it is the same message', () => {
  const lines = linesOf([item(1, 0, 'raz', { key: 'k1' })], [row('k1', 'raz', 'sending'), row('k2', 'dwa', 'failed'), row('k3', 'trzy', 'behind')], () => 'sent');
  expect(brief(lines)).toEqual(['day', 'mine:raz:sent', 'mine:dwa:failed', 'mine:trzy:behind']);
});

test('a line keeps its identity when its ack comes, so that nothing on the screen jumps', () => {
  const before = linesOf([], [row('k1', 'raz', 'sending')], () => 'sent');
  const after = linesOf([item(1, 59, 'raz', { key: 'k1' })], [], () => 'sent');
  expect(after.at(-1)?.id).toBe(before.at(-1)?.id);
});

test('a run says its state once, at its end; another state or a pause ends it', () => {
  const lines = linesOf([item(1, 0, 'a'), item(2, 1, 'b'), item(3, 2, 'c'), item(4, 30, 'd'), item(5, 31, 'e', agent), item(6, 31, 'f', agent)], [], (seq) => (seq < 3 ? 'read' : 'sent'));
  expect(brief(lines)).toEqual(['day', 'mine:a:read+', 'mine:b:read', 'mine:c:sent', 'mine:d:sent', 'theirs:e:sent+', 'theirs:f:sent']);
});
