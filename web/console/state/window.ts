// Until when somebody may be answered on a channel, and what is left to do afterwards. Everything is decided from the
// conversation and the time; the server decides the same anew (window.go).
import type { Locale } from '../../words';
import type { Window } from '../../protocol';

/** none: the channel knows no window · free: in free words · human: because a person writes · shut: not by this channel. */
export type Passage = 'none' | 'free' | 'human' | 'shut';

export interface Standing {
  passage: Passage;
  /** soon from two hours before the end: amber. */
  sla: 'calm' | 'soon';
  /** Milliseconds to the end of what is open now; 0 when nothing is. */
  left: number;
  /** When the present standing ends or, shut, ended. */
  end: number;
}

const HOUR = 3_600_000;

export function standing(w: Window | null | undefined, now: number): Standing {
  const until = w?.until ? Date.parse(w.until) : NaN;
  if (Number.isNaN(until)) return { passage: 'none', sla: 'calm', left: 0, end: 0 };
  if (now < until) return open('free', until, now);
  const human = w?.human_until ? Date.parse(w.human_until) : NaN;
  if (now < human) return open('human', human, now);
  return { passage: 'shut', sla: 'soon', left: 0, end: Number.isNaN(human) ? until : human };
}

const open = (passage: Passage, end: number, now: number): Standing => ({ passage, end, left: end - now, sla: end - now < 2 * HOUR ? 'soon' : 'calm' });

/** "3 h 12 min", "48 min", under ten minutes "9:04", over a day "5 d 3 h". */
export function leftText(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h >= 24) return h % 24 ? `${Math.floor(h / 24)} d ${h % 24} h` : `${Math.floor(h / 24)} d`;
  return min % 60 ? `${h} h ${min % 60} min` : `${h} h`;
}

/** "5 grudnia", of another year with it; within the present day its hour. */
export function endText(at: number, now: number, locale: Locale): string {
  const [end, today] = [new Date(at), new Date(now)];
  const tag = locale === 'pl' ? 'pl-PL' : 'en-GB';
  if (end.toDateString() === today.toDateString()) return end.toLocaleTimeString(tag, { hour: 'numeric', minute: '2-digit' });
  const year = end.getFullYear() === today.getFullYear() ? {} : ({ year: 'numeric' } as const);
  return end.toLocaleDateString(tag, { day: 'numeric', month: 'long', ...year });
}

/** A way in which an answer can leave although the window is shut, the best first. */
export type Way = 'template' | 'email';

export function ways(w: Window | null | undefined, contact: { email?: string | undefined; undeliverable?: unknown } | null | undefined): Way[] {
  const out: Way[] = [];
  if (w?.template) out.push('template');
  if (contact?.email && !contact.undeliverable) out.push('email');
  return out;
}

/** A template's body with its blanks filled; those that are empty stay as they are. */
export function filled(body: string, params: readonly string[]): string {
  return body.replace(/\{\{\s*(\d+)\s*\}\}/g, (whole, n: string) => params[Number(n) - 1]?.trim() || whole);
}

/** Why a filled template cannot leave yet: the first blank that is empty, counted from one; 0 when it can. */
export function firstEmpty(blanks: number, params: readonly string[]): number {
  for (let n = 0; n < blanks; n++) if (!params[n]?.trim()) return n + 1;
  return 0;
}
