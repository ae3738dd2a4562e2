// Small renderings: times, sizes, ranges, and which words of a hit were asked for.
import type { Queue } from '../protocol';
import type { Locale, Translate } from '../words';

export const clock = (at: string | number | Date) => {
  const d = new Date(at);
  return `${d.getHours()}:${String(d.getMinutes()).padStart(2, '0')}`;
};

/** "Dziś, 9:53", "Wczoraj, 9:53", "12 lis, 9:53". */
export function dayOf(at: string, t: Translate, locale: Locale, now: Date = new Date()): string {
  const d = new Date(at);
  const time = clock(d);
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(d).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return t('today', { time });
  if (days === 1) return t('yesterday', { time });
  return `${new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' }).format(d)}, ${time}`;
}

export function sizeOf(bytes: number, locale: Locale): string {
  const mega = bytes >= 1_000_000;
  const n = mega ? bytes / 1_048_576 : Math.max(1, bytes / 1024);
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: mega && n < 10 ? 1 : 0 }).format(n)} ${mega ? 'MB' : 'KB'}`;
}

/** "4–7 min" of two numbers of seconds; null when they are not known. */
export function rangeOf(low: number | null | undefined, high: number | null | undefined, t: Translate): string | null {
  if (high === null || high === undefined) return null;
  const h = Math.ceil(high / 60);
  const l = Math.max(1, Math.round((low ?? high) / 60));
  if (h <= 1) return t('min.low');
  return l >= h ? t('min.one', { high: h }) : t('min', { low: l, high: h });
}
export const queueRange = (q: Queue, t: Translate) => rangeOf(q.eta_low_s, q.eta_high_s, t);

export interface Piece {
  text: string;
  mark: boolean;
}

/** Cuts a text into pieces, marking the words that share their stem with a word of the query. Marks already in it
 *  (as <mark> or <em>) are kept instead; every other tag stays the text it is. */
export function marked(text: string, query: string): Piece[] {
  if (/<(mark|em)>/.test(text)) {
    return text
      .split(/(<(?:mark|em)>.*?<\/(?:mark|em)>)/)
      .filter((p) => p !== '')
      .map((p) => ({ text: p.replace(/<\/?(mark|em)>/g, ''), mark: /^<(mark|em)>/.test(p) }));
  }
  const asked = fold(query).split(/[^\p{L}\p{N}]+/u).filter((w) => w.length > 2);
  return text
    .split(/([\p{L}\p{N}]+)/u)
    .filter((p) => p !== '')
    .map((p) => ({ text: p, mark: p.length > 2 && asked.some((w) => akin(fold(p), w)) }));
}

/** Whether two folded words look like forms of one: one begins the other, or they share the better half. */
function akin(word: string, asked: string): boolean {
  if (word.startsWith(asked)) return true;
  let same = 0;
  while (same < word.length && word[same] === asked[same]) same++;
  return same >= Math.max(4, Math.max(word.length, asked.length) / 2);
}

/** Without case and diacritics: łódź is lodz. */
export function fold(text: string): string {
  return text.toLowerCase().replace(/ł/g, 'l').normalize('NFD').replace(/\p{M}/gu, '');
}

/** Good enough to catch a slip of the finger; the server decides. */
export const looksLikeEmail = (text: string) => /^[^\s@]+@[^\s@]+\.[^\s@]{2,}$/.test(text.trim());
