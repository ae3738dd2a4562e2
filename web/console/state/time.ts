// Time as people read it, and one timer for every clock on the screen (docs: rules of interaction, "Time").
import type { Locale } from '../../words';

export interface Stamp {
  now: string;
  min: (n: number) => string;
}

const day = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
const DAY = 86_400_000;

const made = new Map<string, Intl.DateTimeFormat>();
function format(locale: Locale, key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const k = locale + key;
  let f = made.get(k);
  if (!f) made.set(k, (f = new Intl.DateTimeFormat(locale === 'pl' ? 'pl-PL' : 'en-GB', options)));
  return f;
}

/** "9:53" */
export const hourOf = (at: Date, locale: Locale) => format(locale, 'h', { hour: 'numeric', minute: '2-digit' }).format(at);
/** "12 lis" */
export const dayOf = (at: Date, locale: Locale) => format(locale, 'd', { day: 'numeric', month: 'short' }).format(at);
/** "czw. 19 lis" */
export const weekdayOf = (at: Date, locale: Locale) =>
  format(locale, 'w', { weekday: 'short', day: 'numeric', month: 'short' }).format(at);
/** The whole of it, for a title. */
export const fullOf = (at: Date, locale: Locale) =>
  format(locale, 'f', { dateStyle: 'full', timeStyle: 'medium' }).format(at);
/** "czwartek 19 listopada" */
export const longDayOf = (at: Date, locale: Locale) =>
  format(locale, 'l', { weekday: 'long', day: 'numeric', month: 'long' }).format(at);

/** Which day `at` is, seen from `now`: 0 today, -1 yesterday, 1 tomorrow. */
/** When a meeting is, in the reader's zone: a date stands for a whole day, and the end is exclusive then; '' when it cannot be read. */
export function meetingOf(start: string | undefined, end: string | undefined, locale: Locale): string {
  const whole = /^\d{4}-\d{2}-\d{2}$/;
  const read = (s: string | undefined) => new Date(s ? (whole.test(s) ? `${s}T00:00` : s) : NaN);
  const [from, to] = [read(start), read(end)];
  if (Number.isNaN(from.getTime())) return '';
  const date: Intl.DateTimeFormatOptions = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' };
  if (whole.test(start ?? '')) {
    const last = new Date(to.getFullYear(), to.getMonth(), to.getDate() - 1);
    const days = new Intl.DateTimeFormat(locale, date);
    return last > from ? days.formatRange(from, last) : days.format(from);
  }
  const times = new Intl.DateTimeFormat(locale, { ...date, hour: 'numeric', minute: '2-digit', timeZoneName: 'short' });
  return to > from ? times.formatRange(from, to) : times.format(from);
}

export const dayDistance = (at: Date, now: Date) => Math.round((day(at) - day(now)) / DAY);

/** "1 h 05", "24 min", "3 d": how long, for people, in whole minutes. */
export function span(ms: number): string {
  const min = Math.floor(Math.abs(ms) / 60_000);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 ? `${h} h ${String(min % 60).padStart(2, '0')}` : `${h} h`;
  return `${Math.floor(h / 24)} d`;
}

export type Sla = 'calm' | 'soon' | 'late' | 'paused' | 'none';

export interface Promised {
  sla: Sla;
  /** What is left of the promised time, 0 to 1. */
  left: number;
  text: string;
}

/** How soon an answer is promised on a channel: ten minutes in chat, four hours elsewhere. */
export const promiseOf = (channel: string) => (channel === 'chat' ? 10 : 240) * 60_000;

/** The clock of a conversation at now. `due` is null on the customer's turn; then `since`, the last word, is told. */
export function promised(due: string | null | undefined, since: string | undefined, channel: string, now: number): Promised {
  if (!due) {
    if (!since) return { sla: 'none', left: 0, text: '' };
    return { sla: 'paused', left: 0.75, text: span(now - Date.parse(since)) };
  }
  const ms = Date.parse(due) - now;
  if (ms < 0) return { sla: 'late', left: 0, text: `+${span(ms)}` };
  const left = Math.min(1, ms / promiseOf(channel));
  const sla: Sla = left < 1 / 3 ? 'soon' : 'calm';
  if (ms >= 600_000) return { sla, left, text: span(ms) };
  const s = Math.floor(ms / 1000);
  return { sla, left, text: `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}` };
}

type Tick = (now: number) => void;
const ticks = new Set<Tick>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Calls tick at once and then every second with all others, until the returned function is called. */
export function everySecond(tick: Tick): () => void {
  ticks.add(tick);
  tick(Date.now());
  timer ??= setInterval(() => {
    const now = Date.now();
    for (const t of ticks) t(now);
  }, 1000);
  return () => {
    ticks.delete(tick);
    if (ticks.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}
