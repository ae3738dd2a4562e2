// The book of fetched mail for people: why a mail ended as it did, what speaks for its sender, which days are meant.
import type { MailEntry, MailLine, Outcome } from '../api';
import type { Blanks } from '../../words';

type Translate = (key: string, blanks?: Blanks) => string;

/** Days of the book: [from, before) in this browser's zone; none for all. */
export type Days = 'today' | 'yesterday' | 'week' | 'month' | 'all';
export const spans: Days[] = ['today', 'yesterday', 'week', 'month', 'all'];

export function daysOf(days: Days, now: Date): { from?: string; before?: string } {
  const midnight = (back: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - back).toISOString();
  if (days === 'today') return { from: midnight(0) };
  if (days === 'yesterday') return { from: midnight(1), before: midnight(0) };
  if (days === 'week') return { from: midnight(6) };
  if (days === 'month') return { from: midnight(29) };
  return {};
}

/** The sign of an outcome and the tone that it is said in. */
export const signs: Record<Outcome, { icon: string; tone: '' | 'ok' | 'q' | 'b' | 'm' }> = {
  ingested: { icon: 'done', tone: 'ok' },
  automatic: { icon: 'loop', tone: 'm' },
  spam: { icon: 'flag', tone: 'm' },
  duplicate: { icon: 'copy', tone: 'm' },
  bounce: { icon: 'undo', tone: 'm' },
  oversize: { icon: 'alert', tone: 'b' },
  quarantined: { icon: 'lock', tone: 'q' },
};

/** Why, in the reader's language; the program's own words for a code that is not known here. */
export function causeText(t: Translate, cause: { code: string; detail?: string } | undefined, reason: string): string {
  const key = `book.cause.${cause?.code ?? ''}`;
  const text = t(key, { detail: cause?.detail ?? '' });
  return text === key ? reason : text.replace(/[:,]\s*$/, '');
}

/** The line's reason: of a mail that was taken, where it went and by what. */
export function reasonOf(t: Translate, e: MailLine): string {
  const key = `book.link.${e.link ?? ''}`;
  if (e.outcome === 'ingested' && e.number && e.cause.code !== 'released') {
    const text = t(key, { n: String(e.number) });
    if (text !== key) return text;
  }
  return causeText(t, e.cause, e.reason);
}

/** What is known for and against the sender, as sentences; only what is known. */
export function weighed(t: Translate, e: MailEntry): { pro: string[]; con: string[] } {
  const pro: string[] = [];
  const con: string[] = [];
  if (e.sender.answers) pro.push(t('book.for.answers'));
  if (e.sender.wrote > 0) pro.push(t('book.for.wrote', { n: e.sender.wrote }));
  else if (e.from.address && e.outcome !== 'ingested') con.push(t('book.against.first'));
  const { verdict, dmarc, dkim, spf, pretended } = e.trust;
  if (verdict === 'confirmed') pro.push(t('book.for.confirmed'));
  if (verdict === 'unproven') con.push(t('book.against.unproven'));
  if (verdict === 'contradicted') con.push(t('book.against.contradicted', { dmarc: dmarc || '–', dkim: dkim || '–', spf: spf || '–' }));
  if (pretended) con.push(t('book.against.pretended', { address: pretended }));
  return { pro, con };
}
