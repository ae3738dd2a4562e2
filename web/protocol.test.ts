import { expect, expectTypeOf, test } from 'vitest';
import { closes, frames, limits, objects, words } from './protocol';
import type { AgentGets, CustomerSends, Frame, Message } from './protocol';

test('protocol.json says the same as protocol.ts', async () => {
  const list = JSON.stringify({ words, objects, frames, closes, limits }, null, 2) + '\n';
  await expect(list).toMatchFileSnapshot('./protocol.json');
});

test('every type that a field names exists', () => {
  const known = new Set(['string', 'number', 'boolean', 'null', ...Object.keys(objects), ...Object.keys(words)]);
  const all = [
    ...Object.values(objects),
    ...[frames.client, frames.server].flatMap((d) => Object.values(d)).flatMap((l) => Object.values(l)),
  ];
  for (const fields of all)
    for (const type of Object.values(fields as Record<string, string>))
      for (const part of type.split('|')) {
        const name = part.replace(/\[\]$/, '');
        if (/^[A-Z]/.test(name)) expect(known, name).toContain(name);
      }
});

test('the derived types are those of the list', () => {
  expectTypeOf<Frame<CustomerSends, 'typing'>>().toMatchTypeOf<{ type: 'typing'; conversation: string; on: boolean }>();
  expectTypeOf<Message['author']['kind']>().toEqualTypeOf<'customer' | 'agent' | 'bot' | 'system'>();
  expectTypeOf<Message['attachments']>().toMatchTypeOf<{ id: string; url?: string }[] | undefined>();
  expectTypeOf<Frame<AgentGets, 'presence'>['status']>().toEqualTypeOf<'online' | 'away' | 'offline'>();
});
