// What the row of a channel says: how it does, since when, what waits, and what ends soon.
import type { Inbox } from '../api';
import type { Blanks } from '../../words';

type Translate = (key: string, blanks?: Blanks) => string;

export type Health = 'ok' | 'warn' | 'bad' | 'off';
const DAY = 86_400_000;

export function healthOf(i: Inbox): Health {
  if (!i.enabled) return 'off';
  if (!i.state.ok) return 'bad';
  return i.state.warning || i.state.expires_soon || i.state.limited_until ? 'warn' : 'ok';
}

/** Whole days until something ends, 0 once it has. */
export const daysLeft = (until: string, now: number): number => Math.max(0, Math.ceil((Date.parse(until) - now) / DAY));

/** "0,6 s", "38 ms": how late what comes is in the log. */
export function delay(ms: number, locale: string): string {
  if (ms < 100) return `${ms}\u00a0ms`;
  return `${(ms / 1000).toLocaleString(locale, { maximumFractionDigits: ms < 10_000 ? 1 : 0 })}\u00a0s`;
}

export interface Words {
  t: Translate;
  locale: string;
  now: number;
  /** A length of time, such as "12 s" or "2 min". */
  short: (ms: number) => string;
  hour: (iso: string) => string;
}

/** The small line below the name. */
export function lineOf(i: Inbox, { t, locale, now, short }: Words): string {
  const { state } = i;
  if (state.ok === false && state.queued) return `${t(`channel.${i.channel}`)}, ${t('ch.queued', { n: state.queued })}`;
  if (state.error) return state.error;
  if (state.warning) return state.warning;
  if (i.channel === 'chat') return state.connected === undefined ? `/widget/${i.slug}` : t('ch.connected', { n: state.connected });
  if (!state.last_ok_at) return i.mailbox?.address ?? (i.channel === 'form' ? '/contact' : i.account?.name || t('ch.nothingyet'));
  const ok = t('ch.lastok', { time: short(now - Date.parse(state.last_ok_at)) });
  if (state.behind) return `${ok}, ${t('ch.behind', { n: state.behind, time: short(1000 * (state.lag_s ?? 0)) })}`;
  if (state.delay_ms) return `${ok}, ${t('ch.delay', { time: delay(state.delay_ms, locale) })}`;
  return state.queued ? `${ok}, ${t('ch.queued', { n: state.queued })}` : ok;
}

/** How it does, in a word or two at the right. */
export function wordOf(i: Inbox, { t, now, hour }: Words): { tone: '' | 'ok' | 'wn' | 'bd'; text: string } {
  const { state } = i;
  switch (healthOf(i)) {
    case 'off':
      return { tone: '', text: t('ch.off') };
    case 'bad':
      return { tone: 'bd', text: state.failing_since ? t('ch.broken', { time: hour(state.failing_since) }) : t('ch.broken.now') };
    case 'warn':
      if (state.expires_soon && state.expires_at) return { tone: 'wn', text: Date.parse(state.expires_at) <= now ? t('ch.expired') : t('ch.expires', { n: daysLeft(state.expires_at, now) }) };
      if (state.limited_until) return { tone: 'wn', text: t('ch.limited', { time: hour(state.limited_until) }) };
      return { tone: 'wn', text: t('ch.warned') };
  }
  return { tone: 'ok', text: t('ch.ok') };
}

/** What stands below that: how it learns of what is new, and how long its token is good. */
export function wayOf(i: Inbox, { t, now, short }: Words): string {
  const { state } = i;
  if (!i.enabled) return '';
  if (state.renews_at) return t('ch.token', { time: short(Date.parse(state.renews_at) - now) });
  if (state.expires_at && !state.expires_soon) return t('ch.token.days', { n: daysLeft(state.expires_at, now) });
  if (state.expires_at || !state.ok) return '';
  if (i.account && ['messenger', 'instagram', 'whatsapp'].includes(i.channel)) return t('ch.token.endless');
  if (i.channel === 'telegram' && i.account?.polling) return t('ch.watch.poll');
  return state.watch ? t(`ch.watch.${state.watch}`) : '';
}
