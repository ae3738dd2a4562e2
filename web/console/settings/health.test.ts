import { expect, it } from 'vitest';
import type { Inbox, InboxState } from '../api';
import { bodyOf, blank, formOf, tried } from './form';
import { daysLeft, delay, healthOf, lineOf, wayOf, wordOf, type Words } from './health';

const now = Date.parse('2026-11-29T10:00:00Z');
const at = (ms: number) => new Date(now + ms).toISOString();
const DAY = 86_400_000;
const w: Words = {
  t: (key, blanks) => [key, ...Object.values(blanks ?? {})].join(' '), locale: 'pl', now,
  short: (ms) => `${ms / 1000} s`, hour: (iso) => iso.slice(11, 16),
};
const inbox = (channel: Inbox['channel'], state: Partial<InboxState>, more: Partial<Inbox> = {}): Inbox => ({ id: 'in', slug: 's', name: 'N', channel, enabled: true, account: {}, state: { ok: true, ...state }, ...more });

it('a row says first what needs a person', () => {
  const cut = inbox('webhook', { ok: false, error: 'x', failing_since: '2026-11-29T09:52:00Z', queued: 7 });
  expect(healthOf(cut)).toBe('bad');
  expect(lineOf(cut, w)).toBe('channel.webhook, ch.queued 7');
  expect(wordOf(cut, w)).toEqual({ tone: 'bd', text: 'ch.broken 09:52' });
  const ends = inbox('messenger', { expires_soon: true, expires_at: at(5.2 * DAY), last_ok_at: at(-9000), delay_ms: 620 });
  expect(healthOf(ends)).toBe('warn');
  expect(wordOf(ends, w)).toEqual({ tone: 'wn', text: 'ch.expires 6' });
  expect(lineOf(ends, w)).toBe('ch.lastok 9 s, ch.delay 0,6\u00a0s');
  expect(wayOf(ends, w)).toBe('');
  expect(wordOf(inbox('messenger', { expires_soon: true, expires_at: at(-1) }), w).text).toBe('ch.expired');
  expect(wordOf(inbox('telegram', { limited_until: '2026-11-29T10:05:00Z' }), w).text).toBe('ch.limited 10:05');
  expect(healthOf(inbox('telegram', { ok: false }, { enabled: false }))).toBe('off');
});
it('a token that ends is counted in days, one that renews itself is not a worry', () => {
  expect(wayOf(inbox('instagram', { expires_at: at(53.5 * DAY) }), w)).toBe('ch.token.days 54');
  expect(wayOf(inbox('whatsapp', {}), w)).toBe('ch.token.endless');
  expect(wayOf(inbox('allegro', { expires_at: at(DAY), renews_at: at(3_600_000) }), w)).toBe('ch.token 3600 s');
  expect(wayOf(inbox('telegram', {}, { account: { polling: true } }), w)).toBe('ch.watch.poll');
  expect(daysLeft(at(-DAY), now)).toBe(0);
  expect([delay(38, 'pl'), delay(600, 'pl'), delay(12_400, 'pl')]).toEqual(['38\u00a0ms', '0,6\u00a0s', '12\u00a0s']);
});
it('a form says of an account only what its channel has a use for, and no secret that was left out', () => {
  const f = { ...blank('telegram'), token: ' 7700001:abc ', account: { id: '1', endpoint: 'https://x', polling: true } };
  expect(bodyOf(f, 'Telegram')).toEqual({ name: 'Telegram', side: null, team: null, enabled: true, account: { polling: true }, token: '7700001:abc' });
  const kept = formOf(inbox('messenger', {}, { account: { id: '900', comments: true, expires_at: at(0) } }));
  expect(bodyOf(kept)).toMatchObject({ name: 'N', account: { id: '900', comments: true } });
  expect(bodyOf(kept)).not.toHaveProperty('token');
  expect(bodyOf(kept).account).not.toHaveProperty('expires_at');
  expect(tried({ ...kept, name: 'other' })).toBe(tried(kept));
  expect(tried({ ...kept, token: 'new' })).not.toBe(tried(kept));
});

it('a form that is opened says of each box whether it is ticked, so that showing it changes nothing', () => {
  for (const channel of ['messenger', 'instagram', 'whatsapp', 'telegram', 'allegro', 'webhook'] as const) {
    const f = formOf({ id: 'in_1', slug: 's', name: 'N', channel, enabled: true, state: { ok: true }, account: { id: '1', human_agent: true } });
    expect([f.account.comments, f.account.polling, f.account.sandbox, f.account.mark_read, f.account.human_agent], channel).toEqual([false, false, false, false, true]);
    expect(Object.values(bodyOf(f).account ?? {}), channel).not.toContain(false);
  }
});
